"""The history of one model: its edits as steps, and the current position."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import keras

from ..i18n.languages import translate
from ..keras_compat import graph_edit
from ..printable import line
from . import transaction
from .step import Step

LIMIT = 500
"""The most steps to keep per model. Layers that only older steps had are freed."""


class Edits(Sequence[Step]):
    """The history of a model: a sequence of `seqwidget.Step` that starts with the first state seen."""

    def __init__(self, model: keras.Model) -> None:
        self._model, self._last = weakref.ref(model), transaction.record(model)

    @property
    def _record(self) -> transaction.Record:
        model = self._model()
        if model is not None:
            self._last = transaction.record(model)
        return self._last

    @property
    def position(self) -> int:
        """The index of the step that the model is at."""
        return self._record.position

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        steps = self._record.steps
        return list(steps[index]) if isinstance(index, slice) else steps[index]

    def __len__(self) -> int:
        return len(self._record.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._record.steps)

    def __repr__(self) -> str:
        now = self._record
        steps = (
            (("→" if i == now.position else " "), i, line(translate(step.what_message))) for i, step in enumerate(now.steps)
        )
        return "\n".join(f"{mark} {i} {what}" for mark, i, what in steps)


def flags_between(steps: Sequence[Step], here: int, there: int) -> list[Mapping[keras.Layer, bool]]:
    """Return the flags to set, in this order, to go from one step to another."""
    if there < here:
        return [step.flags_before for step in reversed(steps[there + 1 : here + 1])]
    return [step.flags_after for step in steps[here + 1 : there + 1]]


def pushed(record: transaction.Record, step: Step) -> transaction.Record:
    """Return a record with one more step after the current one. Undone steps are dropped."""
    steps = (*record.steps[: record.position + 1], step)[-LIMIT:]
    return dataclasses.replace(record, steps=steps, position=len(steps) - 1, refused=None)


def free_dropped(before: transaction.Record, after: transaction.Record) -> None:
    """Free the layers that were only in steps that have been dropped."""
    kept = set(map(id, after.steps))
    dropped = [step for step in before.steps if id(step) not in kept]
    if dropped:
        reachable = {id(layer) for step in after.steps for layer in step.layers}
        lost = {id(layer): layer for step in dropped for layer in step.layers if id(layer) not in reachable}
        graph_edit.forget(list(lost.values()))
