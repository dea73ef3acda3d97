"""What every widget has: facts that travel as patches with a version, choices of the page, requests, and a language."""

from __future__ import annotations

import functools
import itertools
import logging
import uuid
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import anywidget
import numpy as np
import traitlets

from ..errors import UserError
from ..i18n import languages
from ..i18n.messages import said
from ..printable import encodable
from ..render.text import one_line
from . import front_end, schema
from .patches import patch
from .requests import Answer, Handler

_log = logging.getLogger("seqwidget")
_open: weakref.WeakSet[LiveWidget] = weakref.WeakSet()
_numbers = itertools.count(1)
_page = languages.ENGLISH  # the language of the last page that named its own: the next widget is probably for the same one
_has_front_end = False  # whether a page has said so: until then each widget brings it along


def _translated(value: Any, widget: LiveWidget) -> Any:
    return languages.tell_all(value, widget.language)


FACT: dict[str, Any] = {"sync": True, "fact": True}
"""Tags of a trait that only the kernel writes."""
SENTENCES: dict[str, Any] = {**FACT, "to_json": _translated}
"""Tags of a fact that is translated on its way out; others hold no sentences, or are made in the widget's language."""
_LONGEST = 1_000  # characters of an error


def choice(clean: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the tags of a trait that a page may set to what ``clean`` of `schema` takes."""
    return {"sync": True, "choice": clean}


class LiveWidget(anywidget.AnyWidget):
    """A widget whose page shows it as live only while the kernel answers for it.

    Facts go out as patches, each with the next version. A page that starts, missed a patch or lost its connection says
    ``hello`` with the version that it has, and is told the present one, with all facts if it is another.
    """

    _esm = front_end.loader()

    component = traitlets.Unicode().tag(sync=True)
    """What the front end draws."""
    front_end = traitlets.Unicode().tag(sync=True)
    token = traitlets.Unicode().tag(sync=True)
    """This widget among all that a page may have."""
    number = traitlets.Int().tag(sync=True)
    """This widget among those of its session; the static panel that stands in for it has the same number."""
    version = traitlets.Int().tag(sync=True)
    page_language = traitlets.Unicode().tag(**choice(schema.language))
    language = traitlets.Unicode().tag(**FACT)

    @traitlets.default("page_language")
    def _first_page_language(self) -> str:
        return _page

    @traitlets.default("language")
    def _first_language(self) -> str:
        return languages.spoken(self.page_language)

    def __init__(self, **values: Any) -> None:
        self._handlers: dict[str, Handler] = {"hello": self._hello}
        self._front_end = front_end.embedded()
        identity = {"token": uuid.uuid4().hex, "number": next(_numbers), "front_end": front_end.key()}
        super().__init__(**identity, **values)
        self._front_end.catalogue = front_end.page_texts(self.language)

    @functools.cached_property
    def _facts_names(self) -> tuple[str, ...]:
        return tuple(self.trait_names(fact=True))

    @functools.cached_property
    def _choices(self) -> dict[str, Callable[[Any], Any]]:
        return {name: trait.metadata["choice"] for name, trait in self.traits().items() if "choice" in trait.metadata}

    def open(self) -> None:
        """Open the comm with the whole state, and tell the page that a kernel is behind it, also while a cell runs."""
        super().open()
        self._sent, self._sending = super().get_state(self._facts_names), False
        _open.add(self)
        self.send({"version": self.version, **self._needed(has_front_end=_has_front_end)})

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

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send traits, of the facts only what is new; with no key, everything whole."""
        if key is None:
            super().send_state()
            return
        names = {key} if isinstance(key, str) else set(key)
        if rest := names - {*self._facts_names, "version"}:
            super().send_state(rest)
        now = super().get_state([name for name in self._facts_names if name in names])
        if changed := {name: value for name, value in now.items() if value != self._sent[name]}:
            patches = {name: patch(self._sent[name], value) for name, value in changed.items()}
            self.version += 2 if self._sending else 1  # what an interrupt kept back leaves a gap: the page asks for the whole
            self._sending = True
            self.send({"version": self.version, "patches": patches})
            self._sent.update(changed)
            self._sending = False

    def set_state(self, sync_data: Any) -> None:
        """Take what a page sets, as far as it may; what it may not, it is told again as it is."""
        state = schema.settable(self._settable(), sync_data)
        super().set_state(state)
        if isinstance(sync_data, dict) and (refused := [name for name in sync_data if name in self.keys and name not in state]):
            self.send_state(refused)

    def _settable(self) -> dict[str, Callable[[Any], Any]]:
        """Return the traits that a page may set now, each with what takes a value."""
        return self._choices

    def serve(self, handlers: dict[str, Handler]) -> None:
        """Have requests ``{"id", "ask", …}`` of the page answered by what ``handlers`` has under ``ask``."""
        self._handlers.update(handlers)

    def _handle_msg(self, msg: Any) -> None:
        """Take a message of the page, of which nothing is known but that somebody sent it."""
        data = msg["content"].get("data")
        method = data.get("method") if isinstance(data, dict) else None
        part = {"update": "state", "custom": "content", "request_state": "method"}.get(method) if type(method) is str else None
        if part is not None:
            super()._handle_msg({"content": {"data": {"method": method, part: data.get(part)}}, "buffers": []})

    def _handle_custom_msg(self, content: Any, _buffers: Any) -> None:
        """Answer a request once, with what was asked for or an error; what is no request is passed over."""
        try:
            request = schema.request(content, self._handlers)
            if request is None:
                return
            answer = self._handlers[request["ask"]](request)
        except Exception as error:  # noqa: BLE001  whatever goes wrong is the answer
            _log.debug("the request %r failed", content, exc_info=True)
            known = isinstance(error, UserError)
            sentence = languages.tell(error.args[0], self.language) if known else f"{type(error).__name__}: {error}"
            self.send({"id": schema.sender(content), "error": one_line(sentence, _LONGEST)})
            return
        arrays = {name: np.ascontiguousarray(array) for name, array in answer.arrays.items()}
        described = [{"name": name, "dtype": str(array.dtype), "shape": array.shape} for name, array in arrays.items()]
        message = {"id": request["id"], "facts": _translated(answer.facts, self), "arrays": described}
        self.send(message, buffers=[array.reshape(-1).view("uint8").data for array in arrays.values()])

    def _hello(self, question: dict[str, Any]) -> Answer:
        """Answer a page that wants to know whether what it has is still so."""
        global _has_front_end  # noqa: PLW0603  of this session
        has = question.get("front_end", False)
        _has_front_end |= has
        news = {"version": self.version, **self._needed(has_front_end=has)}
        if question.get("version") != self.version:
            news["whole"] = super().get_state([*self._facts_names, *self._choices])
        return Answer(news)

    def _needed(self, *, has_front_end: bool) -> dict[str, Any]:
        """Return what a page needs besides facts: the front end, and what that says in the widget's language."""
        needed: dict[str, Any] = {} if has_front_end else {"front_end": front_end.script()}
        if self.language != languages.ENGLISH:
            needed["catalogue"] = front_end.page_texts(self.language)
        return needed

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
        self._front_end.catalogue = texts = front_end.page_texts(now)
        self.send({"catalogue": texts})
        with self.hold_sync():
            self.language = now
            self._say_again()
        self.send_state(self._facts_names)

    def _say_again(self) -> None:
        """Make those facts anew that hold sentences already translated."""

    def _get_embed_state(self, drop_defaults: bool = False) -> Any:  # noqa: ARG002, FBT001, FBT002  ipywidgets' signature
        embedded = super()._get_embed_state()
        embedded["state"]["_front_end"] = f"IPY_MODEL_{self._front_end.model_id}"  # what it needs, as ipywidgets writes it
        return embedded


def could_not_read(error: Exception) -> str:
    """Say what a panel shows in place of a model's newest state."""
    return said("seqwidget could not read this model: {error}", error=f"{type(error).__name__}: {error}")


def _choose() -> None:
    for widget in list(_open):
        widget.speak()


languages.on_choice.append(_choose)
