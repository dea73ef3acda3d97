"""The built front end, as a widget class takes it."""

from __future__ import annotations

import pathlib

_STATIC = pathlib.Path(__file__).parent.parent / "static"


def module(name: str) -> str:
    """Give a widget's module as text: of a file anywidget expects news, and keeps its widgets alive."""
    return (_STATIC / f"{name}.js").read_text(encoding="utf-8")


def style(name: str) -> str:
    """Give a widget's style sheet as text."""
    return (_STATIC / f"{name}.css").read_text(encoding="utf-8")
