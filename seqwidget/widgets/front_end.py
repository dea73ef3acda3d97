"""The built front end, and how a page gets it: once, by a message from the kernel, never in the state of each widget."""

from __future__ import annotations

import functools
import hashlib
import pathlib
import uuid
from typing import Any

import anywidget
import ipywidgets
import traitlets
from comm.base_comm import BaseComm

from ..i18n import languages

_STATIC = pathlib.Path(__file__).parent.parent / "static"
_SESSION = uuid.uuid4().hex[:12]


def loader() -> str:
    """Return the small module that every widget carries: it takes the front end from a message and hands over to it."""
    return _read("loader.js")


def script() -> str:
    """Return the front end: the views of all widgets with their styles, as one module."""
    return _read("front_end.js")


@functools.cache
def key() -> str:
    """Return what a page knows the front end by: this Python process and this build."""
    return f"{_SESSION}-{hashlib.sha256(script().encode()).hexdigest()[:12]}"


def page_texts(code: str) -> dict[str, Any]:
    """Return what the front end itself says in a language, as it is sent to a page."""
    return {"language": code, "texts": dict(languages.catalogue(code)["page"])}


@functools.cache
def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


class _Unsent(BaseComm):
    """The comm of a widget that no page is told of."""

    def publish_msg(self, *_args: Any, **_kwargs: Any) -> None:
        """Send nothing."""


class FrontEnd(anywidget.AnyWidget):
    """The front end as a widget, for pages that have no kernel to ask: ``ipywidgets.embed`` writes it beside the others.

    No message announces it, so a notebook that is executed or saved does not store it.
    """

    front_end = traitlets.Unicode().tag(sync=True)
    catalogue = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        layout = ipywidgets.Layout(comm=_Unsent(target_name="jupyter.widget"))
        super().__init__(_esm=script(), front_end=key(), layout=layout, comm=_Unsent(target_name="jupyter.widget"))

    def _get_embed_state(self, drop_defaults: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002  ipywidgets' signature
        return super()._get_embed_state()


@functools.cache
def embedded() -> FrontEnd:
    """Return the one `FrontEnd` of this Python process."""
    return FrontEnd()
