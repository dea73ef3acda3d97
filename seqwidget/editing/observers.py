"""Observers of models: one notification per user edit, and no cost for models without observers."""

from __future__ import annotations

import contextvars
import logging
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import keras

Callback = Callable[[Any], None]
T = TypeVar("T")

_log = logging.getLogger("seqwidget")
_log.addHandler(logging.NullHandler())  # log nothing in the notebook unless the user asks for it

_watchers: weakref.WeakKeyDictionary[Any, list[Callback]] = weakref.WeakKeyDictionary()
_edited: contextvars.ContextVar[frozenset[int]] = contextvars.ContextVar("_edited", default=frozenset())
_held: contextvars.ContextVar[list[Any] | None] = contextvars.ContextVar("_held", default=None)


def subscribe(model: keras.Model, callback: Callback) -> None:
    """Call ``callback(model)`` after every edit of ``model``, without keeping the model alive."""
    _watchers.setdefault(model, []).append(callback)


def unsubscribe(model: keras.Model, callback: Callback) -> None:
    """End a subscription. Do nothing if there is none."""
    callbacks = _watchers.get(model, [])
    if callback in callbacks:
        callbacks.remove(callback)
    if not callbacks:
        _watchers.pop(model, None)


def is_edited(model: keras.Model) -> bool:
    """Return whether the calling code runs inside an edit of ``model``."""
    return id(model) in _edited.get()


def as_one(model: keras.Model, act: Callable[[], T]) -> T:
    """Run ``act`` as one edit of ``model``, and notify its observers once, even if it fails.

    Keras's edits are nested: the constructor calls ``add`` for each layer, and ``add`` calls
    itself for ``input_shape=``. A context variable tells nested calls that an edit is running. It
    ends with the call, whereas an interrupt could leave a counter at a wrong value.
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
    """Run ``act`` and delay all notifications until its end.

    This is for an ``act`` that creates the models it edits, so that they are not known before.
    """
    held: list[Any] = []
    inside = contextvars.copy_context()
    inside.run(_held.set, held)
    try:
        return inside.run(act)
    finally:
        for model in held:
            _notify(model)


def _notify(model: keras.Model) -> None:
    for callback in list(_watchers.get(model, ())):
        try:
            callback(model)
        except Exception:  # noqa: BLE001  a failing view must never stop the user's cell
            _log.exception("a view of model %r could not be brought up to date", getattr(model, "name", model))
