"""The base class of all widgets: versioned facts, choices of the page, and requests.

A fact is a trait that only the kernel writes; changes are sent as patches. A choice is a trait that
the page may set.
"""

from __future__ import annotations

import functools
import itertools
import logging
import time
import uuid
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
import traitlets
from ipywidgets import Layout
from ipywidgets.widgets.widget import _instances

from ..errors import UserError
from ..i18n.languages import ENGLISH, translate, translate_all
from ..i18n.messages import Text, message
from ..printable import encodable
from ..render.text import one_line
from . import front_end, schema
from .idle import HomeLoop, Work
from .localized import LocalizedWidget, open_widgets
from .packing import packed
from .pages import Pages
from .patches import patch
from .requests import LONGEST, Answer, Handler, Partial, RequestData, Steps, sentence
from .views import current_page, live_pages, page_of, publish_view

_logger = logging.getLogger("seqwidget")
_numbers = itertools.count(1)
# Whether any page has reported that it has the front end. Until then, each new widget sends it.
_has_front_end = False


W = TypeVar("W", bound="LiveWidget")


_HEARD = 0.9  # seconds; a page that repeats hello so long after the answer has not received it
_REOPENINGS = 3  # the most times that one widget opens a new comm


class LiveWidget(LocalizedWidget):
    """A widget whose page shows it as live only while the kernel answers for it.

    Facts are sent as patches, and each message of patches has the next version number. A page that
    starts, that missed a patch or that lost its connection sends ``hello`` with its version. The
    answer has the current version. If the two differ, the answer also has all facts and choices, packed.
    The state that ipywidgets synchronizes, and that a notebook may store, has no facts.
    """

    _esm = front_end.loader()

    component = traitlets.Unicode().tag(sync=True)
    """The name of the component that the front end draws."""
    front_end = traitlets.Unicode().tag(sync=True)
    token = traitlets.Unicode().tag(sync=True)
    """Identifies this widget among all widgets in a page."""
    number = traitlets.Int().tag(sync=True)
    """Identifies this widget in its session. Its static panel has the same number."""
    version = traitlets.Int().tag(sync=True)

    waits_for_cells = False
    """Whether messages wait for the end of a running cell, because their answers run the model."""
    _at_once: tuple[str, ...] = ()
    """The requests that do not wait for the end of a running cell."""

    def __init__(self, **values: object) -> None:
        self._handlers: dict[str, Handler] = {"hello": self._hello, "stop": self._stop}
        self._home, self._front_end = HomeLoop(), front_end.embedded()
        self._answered, self._reopenings = ("", 0.0), _REOPENINGS
        self._pages = Pages()
        self._working: dict[Work[Answer], RequestData] = {}
        self.display_ids: list[str] = []
        self.twin_ids: list[str] = []
        identity = {"token": uuid.uuid4().hex, "number": next(_numbers), "front_end": front_end.key()}
        super().__init__(**identity, **values)
        self._front_end.catalogue = front_end.page_texts(self.language)

    @functools.cached_property
    def _facts_names(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(self.trait_names(fact=lambda kind: kind is not None))

    @functools.cached_property
    def _choices(self) -> dict[str, schema.Check]:
        return {name: trait.metadata["choice"] for name, trait in self.traits().items() if "choice" in trait.metadata}

    def open(self) -> None:
        """Open the comm, and send all facts to show that the kernel is there.

        The page receives this message even while a cell runs, when the kernel answers no requests.
        """
        super().open()
        self._pages.opened(self.model_id, current_page())
        self._sent, self._sending = super().get_state(self._facts_names), False
        news = {"version": self.version, **self._needed(has_front_end=_has_front_end)}
        self._tell({}, Answer(news, {"whole": packed(self._sent)}))

    def close(self) -> None:
        """Close the comms of the widget, and the comms of its layouts, which are separate widgets."""
        if self.comm is not None:
            self.stop(UserError(message("the panel was closed")))
            self.layout.close()
            self._pages.close()
        super().close()

    def reach(self, page: str | None) -> None:
        """Open a new comm if a page may not have the model of this widget.

        Some front ends, such as VS Code and Colab, make a widget's model only from the message that
        opens its comm. After a reload, their page has not received this message. A page that has
        sent a message to this widget has its model.
        """
        if not self._pages.have(page):
            self._reopen()

    def _reopen(self) -> None:
        """Open a new comm with a new layout, and replace all views of this widget that the kernel can replace.

        The last earlier comms receive all messages, too, because a page may still have views of them.
        """
        self._pages.replace(self.comm, self.layout)
        _instances.pop(self.model_id, None)
        self.set_trait("comm", None)
        self._model_id = None
        self.set_trait("layout", Layout())
        self.token = uuid.uuid4().hex
        self.open()
        for display_id in self.display_ids:
            publish_view(self, display_id, update=True)

    def get_state(self, key: str | Iterable[str] | None = None, drop_defaults: bool = False) -> object:  # noqa: FBT001, FBT002  as in ipywidgets
        """Return traits for the page, by default all but facts; without lone surrogates, which no message can carry."""
        names = [name for name in self.keys if name not in self._facts_names] if key is None else key
        return encodable(super().get_state(names, drop_defaults))

    def _send(self, msg: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        msg = encodable(msg)
        super()._send(msg, buffers)
        self._pages.send(msg, buffers)
        if self._answers_during_cells and self.comm is not None:
            # JupyterLab sends its requests to a thread of their own, but ipykernel passes them to the
            # thread that wrote last. That may be the thread of fit, which cannot answer before its end.
            self.comm.__dict__.pop("_reply_subshell_id", None)

    @property
    def _answers_during_cells(self) -> bool:
        """Whether requests can be answered in another thread while a cell runs."""
        return bool(self._at_once)

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send traits: facts as patches, other traits whole; without a key, everything whole."""
        if key is None:
            super().send_state()
            return
        names = {key} if isinstance(key, str) else set(key)
        if rest := names - {*self._facts_names, "version"}:
            super().send_state(rest)
        now = super().get_state([name for name in self._facts_names if name in names])
        if changed := {name: value for name, value in now.items() if value != self._sent[name]}:
            patches = {name: patch(self._sent[name], value) for name, value in changed.items()}
            # After an interrupted send, skip a version: the page sees a gap and asks for all facts.
            self.version += 2 if self._sending else 1
            self._sending = True
            self.send({"version": self.version, "patches": patches})
            self._sent.update(changed)
            self._sending = False

    def set_state(self, sync_data: object) -> None:
        """Set the traits that the page may set, and send back the current values of the others."""
        state = schema.settable(self._settable(), sync_data)
        super().set_state(state)
        if isinstance(sync_data, dict) and (refused := [name for name in sync_data if name in self.keys and name not in state]):
            self.send_state(refused)

    def _settable(self) -> dict[str, schema.Check]:
        """Return the traits that the page may set now, each with its `schema.Check`."""
        return self._choices

    def serve(self, handlers: dict[str, Handler]) -> None:
        """Register handlers for requests from the page.

        Parameters
        ----------
        handlers
            The handler of a request ``{"id", "ask", …}``, by the value of ``"ask"``.
        """
        self._handlers.update(handlers)

    def _handle_msg(self, msg: Mapping[str, Any]) -> None:
        """Handle a comm message, and ignore any that does not have a known form.

        Anyone can send such a message, so none of its fields is trusted.
        """
        data = msg["content"].get("data")
        method = data.get("method") if isinstance(data, dict) else None
        part = {"update": "state", "custom": "content", "request_state": "method"}.get(method) if type(method) is str else None
        if part is not None:
            self._pages.heard(self.model_id, msg)
            if (page := page_of(msg)) is not None:
                live_pages.add(page)
            self._deliver({"content": {"data": {"method": method, part: data.get(part)}}, "buffers": []})

    def _deliver(self, msg: Mapping[str, Any]) -> None:
        """Handle a message whose form has been checked: in its thread, or when no cell runs."""
        handle, content = functools.partial(super()._handle_msg, msg), msg["content"]["data"].get("content")
        if self.waits_for_cells and not (isinstance(content, dict) and content.get("ask") in self._at_once):
            self._home.call(handle)
        else:
            handle()

    def _handle_custom_msg(self, content: Any, _buffers: object) -> None:
        """Answer a request exactly once, with a result or an error. Ignore all other messages."""
        try:
            request = schema.request(content, self._handlers)
            if request is None:
                return
            answer = self._handlers[request["ask"]](request)
        except Exception as error:  # noqa: BLE001  the page gets any error as the answer
            self._refuse(schema.sender(content), error)
            return
        if isinstance(answer, Generator):
            self._work(request, answer)
        else:
            self._reply(request["id"], answer)

    def _work(self, request: RequestData, steps: Steps) -> None:
        """Answer a request in steps, between which the kernel handles other messages."""
        identity = request["id"]

        def done(answer: Answer) -> None:
            del self._working[work]
            self._reply(identity, answer)

        def failed(error: BaseException) -> None:
            del self._working[work]
            self._refuse(identity, error)

        def progress(step: object) -> None:
            answer = step.answer() if isinstance(step, Partial) else None
            how_far = step.progress if isinstance(step, Partial) else step
            self._reply(identity, answer, progress=how_far) if answer else self.send({"id": identity, "progress": how_far})

        work = Work(steps, done, failed, progress)
        self._working[work] = request
        work.start()

    def stop(self, why: UserError, request: Callable[[RequestData], bool] = lambda _: True) -> None:
        """Stop answering the open requests that a condition selects; they get an error instead."""
        for work, one in list(self._working.items()):
            if request(one):
                work.stop(why)

    def _reply(self, identity: str | None, answer: Answer, **more: object) -> None:
        self._tell({"id": identity, **more}, answer)

    def _tell(self, head: Mapping[str, object], answer: Answer) -> None:
        arrays = {name: np.ascontiguousarray(array) for name, array in answer.arrays.items()}
        described = [{"name": name, "dtype": str(array.dtype), "shape": array.shape} for name, array in arrays.items()]
        said = {**head, "facts": translate_all(answer.facts, self.language), "arrays": described}
        self.send(said, buffers=[array.reshape(-1).view("uint8").data for array in arrays.values()])

    def _refuse(self, identity: str | None, error: BaseException) -> None:
        _logger.debug("the request %r failed", identity, exc_info=error)
        self.send({"id": identity, "error": one_line(translate(sentence(error), self.language), LONGEST)})

    def _hello(self, question: RequestData) -> Answer:
        """Answer ``hello``: return the current version, and whatever the page lacks."""
        global _has_front_end  # noqa: PLW0603  one value per session
        if start := question.get("start"):
            (before, answered), now = self._answered, time.monotonic()
            self._answered = start, now
            if start == before and now - answered > _HEARD and self.display_ids and self._reopenings > 0:
                self._reopenings -= 1
                self._reopen()  # the page does not receive the messages of this comm
        has = question.get("front_end", False)
        _has_front_end |= has
        news = {"version": self.version, **self._needed(has_front_end=has)}
        if question.get("version") == self.version:
            return Answer(news)
        return Answer(news, {"whole": packed(super().get_state([*self._facts_names, *self._choices]))})

    def _stop(self, _request: RequestData) -> Answer:
        """Answer ``stop``: stop every request that the page waits for."""
        self.stop(UserError(message("stopped")))
        return Answer()

    def _needed(self, *, has_front_end: bool) -> dict[str, object]:
        """Return what the page needs besides facts: the front end, and its texts if not English."""
        needed: dict[str, object] = {} if has_front_end else {"front_end": front_end.script()}
        if self.language != ENGLISH:
            needed["catalogue"] = front_end.page_texts(self.language)
        return needed

    def _get_embed_state(self, **_options: bool) -> dict[str, Any]:
        embedded = super()._get_embed_state()
        embedded["state"] |= self.get_state(self._facts_names)
        # A reference in the form of ipywidgets, so that ``embed`` also writes the front end.
        embedded["state"]["_front_end"] = f"IPY_MODEL_{self._front_end.model_id}"
        return embedded


def open_of(kind: type[W]) -> list[W]:
    """Return the open widgets of a class, in the order in which they were opened."""
    return [one for one in open_widgets() if isinstance(one, kind)]


def could_not_read(error: Exception) -> Text:
    """Return the message that a panel shows when it cannot read its model."""
    return message("seqwidget could not read this model: {error}", error=f"{type(error).__name__}: {error}")
