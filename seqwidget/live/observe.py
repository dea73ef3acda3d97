"""Who watches which model: one user edit, one notification. Models that nobody watches cost nothing."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import weakref
from collections.abc import Callable, Iterator
from typing import Any

Callback = Callable[[Any], None]

_log = logging.getLogger("seqwidget")
_log.addHandler(logging.NullHandler())  # nothing of ours between the user's outputs, unless they ask for it

_watchers: weakref.WeakKeyDictionary[Any, list[Callback]] = weakref.WeakKeyDictionary()
_edits_under_way: dict[int, int] = {}
_held: contextvars.ContextVar[list[Any] | None] = contextvars.ContextVar("_held", default=None)


def subscribe(model: Any, callback: Callback) -> None:
    """Have ``callback(model)`` called after every edit of ``model``. The model is not kept alive by it."""
    _watchers.setdefault(model, []).append(callback)


def unsubscribe(model: Any, callback: Callback) -> None:
    """End a subscription; one that is not there is ended already."""
    callbacks = _watchers.get(model, [])
    if callback in callbacks:
        callbacks.remove(callback)
    if not callbacks:
        _watchers.pop(model, None)


@contextlib.contextmanager
def editing(model: Any) -> Iterator[bool]:
    """Hold notifications back until the outermost edit of ``model`` has ended, well or not; tell whether this is it.

    Keras's own edits nest: a list in the constructor calls ``add``, which for ``input_shape=`` calls itself.
    """
    key = id(model)
    _edits_under_way[key] = _edits_under_way.get(key, 0) + 1
    try:
        yield _edits_under_way[key] == 1
    finally:
        _edits_under_way[key] -= 1
        if not _edits_under_way[key]:
            del _edits_under_way[key]
            held = _held.get()
            if held is None:
                _notify(model)
            elif not any(one is model for one in held):
                held.append(model)


@contextlib.contextmanager
def holding() -> Iterator[None]:
    """Hold back all notifications inside, for a user's act that edits models which are not known before it."""
    held: list[Any] = []
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)
        for model in held:
            _notify(model)


def _notify(model: Any) -> None:
    for callback in list(_watchers.get(model, ())):
        try:
            callback(model)
        except Exception:  # noqa: BLE001  a view that fails must never stop the user's cell
            _log.exception("a view of model %r could not be brought up to date", getattr(model, "name", model))
