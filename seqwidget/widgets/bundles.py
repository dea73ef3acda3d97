"""The built front end, as a widget class takes it."""

from __future__ import annotations

import pathlib

_STATIC = pathlib.Path(__file__).parent.parent / "static"


def bundle(name: str) -> tuple[str, str]:
    """Give a widget's module and style sheet, as text: of a file anywidget expects news, and keeps its widgets alive."""
    return tuple((_STATIC / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("js", "css"))  # type: ignore[return-value]
