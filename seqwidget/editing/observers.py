"""Who watches which model: one user edit, one notification. Models that nobody watches cost nothing."""

from __future__ import annotations

import contextvars
import logging
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

Callback = Callable[[Any], None]
T = TypeVar("T")

_log = logging.getLogger("seqwidget")
_log.addHandler(logging.NullHandler())  # nothing of ours between the user's outputs, unless they ask for it

_watchers: weakref.WeakKeyDictionary[Any, list[Callback]] = weakref.WeakKeyDictionary()
_edited: contextvars.ContextVar[frozenset[int]] = contextvars.ContextVar("_edited", default=frozenset())
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


def is_edited(model: Any) -> bool:
    """Return whether this code runs inside an edit of ``model``."""
    return id(model) in _edited.get()


def as_one(model: Any, act: Callable[[], T]) -> T:
    """Run ``act`` as one edit of ``model``: its observers are told once, at the end, whether it succeeds or not.

    Keras's own edits nest: a list in the constructor calls ``add``, which for ``input_shape=`` calls itself. What runs
    inside knows it by its context, which ends with the call; a counter would be left behind by an interrupt.
    """
    __tracebackhide__ = True
    if is_edited(model):
        return act()
    inside = contextvars.copy_context()
    inside.run(_edited.set, _edited.get() | {id(model)})
    try:
        return inside.run(act)
    finally:
        held = _held.get()
        if held is None:
            _notify(model)
        elif not any(one is model for one in held):
            held.append(model)


def holding(act: Callable[[], T]) -> T:
    """Run ``act`` and hold back all notifications until its end: it edits models that are not known before it."""
    held: list[Any] = []
    inside = contextvars.copy_context()
    inside.run(_held.set, held)
    try:
        return inside.run(act)
    finally:
        for model in held:
            _notify(model)


def _notify(model: Any) -> None:
    for callback in list(_watchers.get(model, ())):
        try:
            callback(model)
        except Exception:  # noqa: BLE001  a view that fails must never stop the user's cell
            _log.exception("a view of model %r could not be brought up to date", getattr(model, "name", model))
