"""A pytest plugin that makes nbval compare what it skips by default: the text of errors, and pictures.

It also makes the kernel "forked" available, which starts faster than TensorFlow is imported.
Two pictures are equal if they look alike from a distance: the last bits of a map depend on the processor's rounding.
"""

from __future__ import annotations

import base64
import functools
import io
import os
import pathlib
import tempfile
from collections.abc import Iterator
from typing import Any

import nbformat
import numpy as np
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile
from PIL import Image

from tests import forked_kernel

PICTURES = {"image/png": "iVBORw0KGgo", "image/jpeg": "/9j/"}  # with the first characters of its Base64
_ALIKE = 8  # of 255, in any of the 12 × 12 parts


def pytest_collectstart(collector: Any) -> None:
    if isinstance(collector, IPyNbFile):
        collector.skip_compare = tuple(set(collector.skip_compare) - {"traceback", *PICTURES})


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: Any) -> None:
    if isinstance(item, IPyNbCell):
        _offer_forks(item.config)


@functools.cache
def _offer_forks(config: pytest.Config) -> None:
    home = tempfile.TemporaryDirectory(prefix="seqwidget-kernels-")
    config.add_cleanup(home.cleanup)
    forked_kernel.install(pathlib.Path(home.name))
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (home.name, os.environ.get("JUPYTER_PATH"))))


def pytest_itemcollected(item: Any) -> None:
    if isinstance(item, IPyNbCell):
        sanitize, compare = item.sanitize, item.compare_outputs
        item.sanitize = lambda data: sanitize(sketch(data) if str(data).startswith(tuple(PICTURES.values())) else data)
        item.compare_outputs = lambda test, ref, *rest: compare(recognised(test, ref), ref, *rest)


def recognised(outputs: list[Any], stored: list[Any]) -> list[Any]:
    """Return the outputs, with each picture replaced by the stored one if they look alike."""
    outputs = nbformat.from_dict(outputs)
    for kind in PICTURES:
        for data, then in zip(_data(outputs, kind), _data(stored, kind), strict=False):
            if _alike(data[kind], then[kind]):
                data[kind] = then[kind]
    return outputs


def _data(outputs: list[Any], kind: str) -> Iterator[Any]:
    return (output.data for output in outputs if kind in output.get("data", {}))


def _alike(one: str, other: str) -> bool:
    (size, parts), (then, stored) = _thumbnail(one), _thumbnail(other)
    return size == then and bool(np.abs(parts - stored).max() <= _ALIKE)


@functools.cache
def _thumbnail(data: str) -> tuple[tuple[int, int], np.ndarray[Any, Any]]:
    picture = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    return picture.size, np.asarray(picture.resize((12, 12), Image.Resampling.BOX), "int16")


def sketch(data: str) -> str:
    """Describe a picture by its size and a coarse thumbnail, for reports and the patterns of sanitize.cfg."""
    (width, height), parts = _thumbnail(data)
    return f"picture of {width}×{height}: {(parts // 16).astype('uint8').tobytes().hex()}"
