"""Edits as transactions on one frozen record of a model.

An edit replaces the record with a single assignment. If an error or
Ctrl-C stops an edit at any line, the edit is rolled back: while it runs, the record holds a
function that restores the model. If the rollback is interrupted too, `settle` repeats it when the
model is used next; a rollback can safely run twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

import keras

from ..model.session import part
from . import events

if TYPE_CHECKING:
    from ..model.refusal import Diagnosis
    from .step import Step

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Record:
    """The data about a model.

    Attributes
    ----------
    steps, position
        The steps of the history, and the index of the current one. There are no steps until the
        history is first needed.
    refused
        The diagnosis of the last edit, if it was refused.
    built_input
        The InputLayer that was created by a first call of the model.
    pending
        The flags that will be set when ``fit`` ends, by layer.
    undo
        During an edit: the function that restores the model, and the record from before the edit.
    """

    steps: tuple[Step, ...] = ()
    position: int = 0
    refused: Diagnosis | None = None
    built_input: keras.layers.InputLayer | None = None
    pending: Mapping[keras.Layer, bool] = field(default_factory=dict)
    undo: tuple[Callable[[], None], Record] | None = None


class Editing:
    """The part of a model's session that edits share: the record, the lock, and whether `watch` changed its class."""

    def __init__(self) -> None:
        self.record = Record()
        self.lock = threading.RLock()
        self.adopted = False


def record(model: keras.Model) -> Record:
    """Return the current record of a model."""
    return part(model, Editing).record


def change(model: keras.Model, **fields: Any) -> None:
    """Change fields of a model's record in one assignment."""
    part(model, Editing).record = replace(record(model), **fields)


def lock(model: keras.Model) -> threading.RLock:
    """Return the lock that a thread holds while it edits a model or starts to train it."""
    return part(model, Editing).lock


def settle(model: keras.Model) -> None:
    """Roll back an edit that was interrupted. Do nothing while an edit is running."""
    if record(model).undo is not None and not events.is_edited(model):
        with lock(model):
            _take_back(model)


def always(act: Callable[[], T], clean_up: Callable[[], object]) -> T:
    """Run ``act``, then ``clean_up`` twice, in case an interrupt stops the first ``clean_up``."""
    __tracebackhide__ = True
    try:
        try:
            return act()
        finally:
            clean_up()
    finally:
        clean_up()


def transact(
    model: keras.Model,
    act: Callable[[], object],
    *,
    after: Callable[[Record], Record],
    restorer: Callable[[], Callable[[], None]],
    failed: Callable[[Exception], None] = lambda _: None,
) -> None:
    """Run ``act``, which changes a model, as one edit: it has its full effect or none.

    Parameters
    ----------
    model
        The model.
    act
        The function that changes the model.
    after
        Takes the record from before the edit, and returns the record of the changed model. The edit
        is complete when this record is assigned.
    restorer
        Called before the edit. Returns a function that restores the model to that state; the
        function may be called twice.
    failed
        Called with an error that ``act`` raises, after the model has been restored.
    """
    __tracebackhide__ = True
    if events.is_edited(model):
        act()
        part(model, Editing).record = after(record(model))
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
                part(model, Editing).record = replace(after(record(model)), undo=None)

            try:
                always(whole, lambda: _take_back(model))
            except Exception as error:
                failed(error)
                raise

    events.as_one(model, edit)


def _take_back(model: keras.Model) -> None:
    undo = record(model).undo
    if undo is not None:
        restore, before = undo
        restore()
        part(model, Editing).record = before
