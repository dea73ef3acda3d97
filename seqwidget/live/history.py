"""The edits of one model as steps, and the position among them."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from ..stack.errors import UserError
from ..stack.inspect import inspect
from ..stack.languages import tell
from ..stack.printable import line
from ..stack.records import Stack
from . import keras_edits, session

LIMIT = 500
"""How many steps are kept of a model; the layers that only an older step had are freed."""


class NoStepError(UserError, IndexError):
    """There is no step to go back or forth to."""


class EmptyStackError(UserError, IndexError):
    """There is no layer to take off."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A model's layers after one edit.

    Attributes
    ----------
    what
        The edit, in a few words: ``"add conv1 (Conv2D)"``.
    layers
        The layers themselves, with the InputLayer if there is one: going to the step brings back these, and their weights.
    end
        The symbolic output that they gave; None where the stack was not built.
    model
        Gives the model, or None when it is gone.
    flags_before
        For an edit that switched layers between trained and frozen: the flags before it, by layer.
    flags_after
        The flags after it, likewise.
    """

    what: str
    layers: tuple[Any, ...] = field(repr=False)
    end: Any = field(repr=False)
    model: Callable[[], Any] = field(repr=False)
    flags_before: Mapping[Any, bool] = field(default_factory=dict, repr=False)
    flags_after: Mapping[Any, bool] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, model: Any, what: str, **flags: Mapping[Any, bool]) -> Step:
        """Return what a model is now, as a step."""
        return cls(what, keras_edits.contents(model), keras_edits.tail(model), weakref.ref(model), **flags)

    @property
    def stack(self) -> Stack:
        """The facts of the stack as it was then; of its layers' flags and weights, as they are now.

        The model stays where it is.
        """
        model = self.model()
        return dataclasses.replace(inspect(keras_edits.stand_in(model, self.layers, self.end)), compiled=model.compiled)


class Edits(Sequence[Step]):
    """The steps of a model, from the one that it was first seen in: a sequence of `Step`, which grows with each edit."""

    def __init__(self, model: Any) -> None:
        self._model, self._last = weakref.ref(model), session.record(model)

    @property
    def _record(self) -> session.Record:
        model = self._model()
        if model is not None:
            self._last = session.record(model)
        return self._last

    @property
    def position(self) -> int:
        """The step that the model is in now."""
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
        steps = ((("→" if i == now.position else " "), i, line(tell(step.what))) for i, step in enumerate(now.steps))
        return "\n".join(f"{mark} {i} {what}" for mark, i, what in steps)


def flags_between(steps: Sequence[Step], here: int, there: int) -> list[Mapping[Any, bool]]:
    """Return the flags to set, in order, on the way from one step to another."""
    if there < here:
        return [step.flags_before for step in reversed(steps[there + 1 : here + 1])]
    return [step.flags_after for step in steps[here + 1 : there + 1]]


def pushed(record: session.Record, step: Step) -> session.Record:
    """Return a record with one more step after the present one; the steps that were undone are dropped."""
    steps = (*record.steps[: record.position + 1], step)[-LIMIT:]
    return dataclasses.replace(record, steps=steps, position=len(steps) - 1, refused=None)


def free_dropped(before: session.Record, after: session.Record) -> None:
    """Let go of the layers that only steps had which are dropped now."""
    kept = set(map(id, after.steps))
    dropped = [step for step in before.steps if id(step) not in kept]
    if dropped:
        reachable = {id(layer) for step in after.steps for layer in step.layers}
        lost = {id(layer): layer for step in dropped for layer in step.layers if id(layer) not in reachable}
        keras_edits.forget(list(lost.values()))
