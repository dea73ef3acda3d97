"""The built front end. The kernel sends it to a page once, in a message.

It is not part of each widget's state, which would store it in a notebook many times.
"""

from __future__ import annotations

import functools
import hashlib
import pathlib
import uuid

import anywidget
import ipywidgets
import traitlets
from comm import DummyComm

from ..i18n import languages

_STATIC = pathlib.Path(__file__).parent.parent / "static"
_SESSION = uuid.uuid4().hex[:12]


def loader() -> str:
    """Return the small module in every widget. It receives the front end and starts it."""
    return _read("loader.js")


def script() -> str:
    """Return the front end as one module: the views of all widgets, and their styles."""
    return _read("front_end.js")


@functools.cache
def key() -> str:
    """Return the key of the front end in a page: it identifies this Python process and build."""
    return f"{_SESSION}-{hashlib.sha256(script().encode()).hexdigest()[:12]}"


def page_texts(code: str) -> dict[str, object]:
    """Return the front end's own texts in a language, in the form in which a page receives them."""
    return {"language": code, "texts": dict(languages.catalogue(code).page)}


@functools.cache
def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


class FrontEnd(anywidget.AnyWidget):
    """The front end as a widget, for pages without a kernel.

    ``ipywidgets.embed`` writes it next to the other widgets. No message about it is sent, so a
    notebook that is executed or saved does not store it.
    """

    front_end = traitlets.Unicode().tag(sync=True)
    catalogue = traitlets.Dict().tag(sync=True)

    def __init__(self) -> None:
        layout = ipywidgets.Layout(comm=DummyComm(target_name="jupyter.widget"))
        super().__init__(_esm=script(), front_end=key(), layout=layout, comm=DummyComm(target_name="jupyter.widget"))

    def _get_embed_state(self, **_options: bool) -> dict[str, object]:
        return super()._get_embed_state()


@functools.cache
def embedded() -> FrontEnd:
    """Return the one `FrontEnd` of this Python process."""
    return FrontEnd()
