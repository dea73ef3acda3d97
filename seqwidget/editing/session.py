"""What is kept of one model beside what Keras keeps: one frozen record, which an edit replaces by a single assignment.

An edit that does not come to its end, because of an error or of Ctrl-C at whatever line, is taken back: while it is under
way, the record holds how. If taking it back is interrupted too, the next look at the model does it: all of it can be done
twice.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from ..keras_compat.names import RECORD
from . import observers

if TYPE_CHECKING:
    from ..model.refusal import Diagnosis
    from .step import Step

T = TypeVar("T")

_locks: weakref.WeakKeyDictionary[Any, threading.RLock] = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Record:
    """What is kept of a model.

    Attributes
    ----------
    steps, position
        Its edits, and the one that it is in now; no steps while nobody has asked for them.
    refused
        Why its last edit was refused.
    built_input
        The InputLayer that a first call gave it.
    pending
        The flags that wait for the end of ``fit``, by layer.
    undo
        While an edit is under way: what takes it back, and the record before it.
    """

    steps: tuple[Step, ...] = ()
    position: int = 0
    refused: Diagnosis | None = None
    built_input: Any = None
    pending: Mapping[Any, bool] = field(default_factory=dict)
    undo: tuple[Callable[[], None], Record] | None = None


_EMPTY = Record()


def record(model: Any) -> Record:
    """Return what is kept of a model now."""
    return vars(model).get(RECORD, _EMPTY)


def change(model: Any, **fields: Any) -> None:
    """Change fields of a model's record, at once."""
    vars(model)[RECORD] = replace(record(model), **fields)


def forget(model: Any) -> None:
    """Drop all that is kept of a model."""
    vars(model).pop(RECORD, None)


def lock(model: Any) -> threading.RLock:
    """Return what a thread holds while it changes a model, or begins to train it."""
    return _locks.get(model) or _locks.setdefault(model, threading.RLock())


def settle(model: Any) -> None:
    """Take back what an interrupted edit has left half done; nothing happens while one is under way."""
    if record(model).undo is not None and not observers.is_edited(model):
        with lock(model):
            _take_back(model)


def always(act: Callable[[], T], clean_up: Callable[[], object]) -> T:
    """Run ``act`` and then ``clean_up``, which is run again in case an interrupt came in the middle of it."""
    __tracebackhide__ = True
    try:
        try:
            return act()
        finally:
            clean_up()
    finally:
        clean_up()


def transact(
    model: Any,
    act: Callable[[], object],
    *,
    after: Callable[[Record], Record],
    restorer: Callable[[], Callable[[], None]],
    failed: Callable[[Exception], None] = lambda _: None,
) -> None:
    """Run ``act``, which changes a model, as one edit: all of it, or nothing.

    Parameters
    ----------
    model
        The model.
    act
        What changes it.
    after
        Returns the record of the changed model, from that of before. From then on the edit has happened.
    restorer
        Called before the edit; returns what puts the model back to what it is then, which may be called twice.
    failed
        Told of an error that ``act`` raises, once the model is as it was.
    """
    __tracebackhide__ = True
    if observers.is_edited(model):
        act()
        vars(model)[RECORD] = after(record(model))
        return

    def edit() -> None:
        __tracebackhide__ = True
        with lock(model):
            _take_back(model)
            restore = restorer()

            def whole() -> None:
                __tracebackhide__ = True
                change(model, undo=(restore, record(model)))
                act()
                vars(model)[RECORD] = replace(after(record(model)), undo=None)

            try:
                always(whole, lambda: _take_back(model))
            except Exception as error:
                failed(error)
                raise

    observers.as_one(model, edit)


def _take_back(model: Any) -> None:
    undo = record(model).undo
    if undo is not None:
        restore, before = undo
        restore()
        vars(model)[RECORD] = before
