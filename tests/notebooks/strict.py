"""A plugin for pytest that has nbval compare what it passes over by itself: all that an error says, and pictures."""

from __future__ import annotations

import base64
import functools
import io
from typing import Any

from nbval.plugin import IPyNbCell, IPyNbFile
from PIL import Image

PICTURE = "image/png"
_PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()[:10]


def pytest_collectstart(collector: Any) -> None:
    if isinstance(collector, IPyNbFile):
        collector.skip_compare = tuple(set(collector.skip_compare) - {"traceback", PICTURE})


def pytest_itemcollected(item: Any) -> None:
    if isinstance(item, IPyNbCell):
        sanitize = item.sanitize
        item.sanitize = lambda data: sketch(data) if str(data).startswith(_PNG) else sanitize(data)


@functools.cache
def sketch(png: str) -> str:
    """Give a picture's size and what can be made out from afar: the last bit of a pixel is for the processor to round."""
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    levels = picture.resize((12, 12), Image.Resampling.BOX).point(lambda value: value // 16).tobytes()
    return f"{picture.width}×{picture.height} {levels.hex()}"
