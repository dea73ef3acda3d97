"""What language a widget speaks: the one that was chosen, else its page's."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from ..stack import languages
from ..stack.printable import encodable
from ..stack.said import said
from . import schema
from .bundles import module

_open: weakref.WeakSet[Spoken] = weakref.WeakSet()
_page = languages.ENGLISH  # what the last page said that it is in: the next widget is probably for the same one


def _in_words(value: Any, widget: Spoken) -> Any:
    return languages.tell_all(value, widget.language)


WORDS = {"sync": True, "to_json": _in_words}
"""Tags of a trait that holds sentences: they go out in the widget's language."""


class Spoken(anywidget.AnyWidget):
    """A widget that speaks the language of its page, or the chosen one."""

    _esm = module("loader")  # of the module in the trait ``bundle``

    takes: frozenset[str] = frozenset()
    """The names of the requests that it answers."""

    page_language = traitlets.Unicode().tag(sync=True, page=schema.language)
    """What the page is in; the page says so."""
    language = traitlets.Unicode().tag(sync=True)
    catalogue = traitlets.Dict().tag(sync=True)
    """What the front end says itself, in that language."""

    @traitlets.default("page_language")
    def _first_page_language(self) -> str:
        return _page

    @traitlets.default("language")
    def _first_language(self) -> str:
        return languages.spoken(self.page_language)

    @traitlets.default("catalogue")
    def _first_catalogue(self) -> dict[str, Any]:
        return _page_section(self.language)

    def open(self) -> None:
        """Open the comm, with the whole state."""
        super().open()
        _open.add(self)

    def close(self) -> None:
        """Close the comm, and that of the layout, which is a widget of its own."""
        if self.comm is not None:
            self.layout.close()
        super().close()

    def get_state(self, *arguments: Any, **options: Any) -> Any:
        """Return traits for the page, as far as a message can carry them."""
        return encodable(super().get_state(*arguments, **options))

    def _send(self, msg: Any, buffers: Any = None) -> None:
        super()._send(encodable(msg), buffers)

    def set_state(self, sync_data: Any) -> None:
        """Take what a page sets, as far as it may; what it may not, it is told again as it is."""
        state = schema.settable(self._settable(), sync_data)
        super().set_state(state)
        if isinstance(sync_data, dict) and (refused := [name for name in sync_data if name in self.keys and name not in state]):
            self.send_state(refused)

    def _settable(self) -> dict[str, Callable[[Any], Any]]:
        """Return the traits that a page may set, each with what checks a value."""
        return {name: trait.metadata["page"] for name, trait in self.traits().items() if "page" in trait.metadata}

    def _handle_msg(self, msg: Any) -> None:
        """Take a message of the page, of which nothing is known but that somebody sent it."""
        data = msg["content"].get("data")
        method = data.get("method") if isinstance(data, dict) else None
        part = (
            {"update": "state", "custom": "content", "request_state": "method"}.get(method) if isinstance(method, str) else None
        )
        if part is not None:
            clean = {"method": method, part: data.get(part)}
            super()._handle_msg({"content": {"data": clean}, "buffers": []})

    def _handle_custom_msg(self, content: Any, buffers: Any) -> None:
        """Hand on a request that is one, with clean values; answer one that is not."""
        try:
            request = schema.request(content, self.takes)
        except schema.RequestError as error:
            self.send({"id": schema.sender(content), "error": languages.tell(error.args[0], self.language)})
            return
        if request is not None:
            super()._handle_custom_msg(request, buffers)

    @traitlets.observe("page_language")
    def _hear(self, _change: object) -> None:
        global _page  # noqa: PLW0603  of this session
        _page = self.page_language
        self.speak()

    def speak(self) -> None:
        """Say everything again if the language is another one now."""
        now = languages.spoken(self.page_language)
        if now == self.language:
            return
        with self.hold_sync():
            self.language, self.catalogue = now, _page_section(now)
            self._say_again()
        self.send_state([name for name, trait in self.traits().items() if trait.metadata.get("to_json") is _in_words])

    def _say_again(self) -> None:
        """Make those facts anew that hold sentences already translated."""


def could_not_read(error: Exception) -> str:
    """Say what a panel shows in place of a model's newest state."""
    return said("seqwidget could not read this model: {error}", error=f"{type(error).__name__}: {error}")


def _page_section(code: str) -> dict[str, Any]:
    return dict(languages.catalogue(code)["page"])


def _choose() -> None:
    for widget in list(_open):
        widget.speak()


languages.on_choice.append(_choose)
