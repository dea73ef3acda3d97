"""The edits of one model as steps, and the way back and forth between them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from ..stack.errors import UserError
from ..stack.inspect import inspect
from ..stack.languages import tell
from ..stack.records import Stack
from . import keras_edits

LIMIT = 500
"""How many steps a history keeps; the layers that only an older step had are freed."""


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

    @property
    def stack(self) -> Stack:
        """The facts of the stack as it was then; of its layers' flags and weights, as they are now.

        The model stays where it is.
        """
        model = self.model()
        return dataclasses.replace(inspect(keras_edits.stand_in(model, self.layers, self.end)), compiled=model.compiled)


class Edits(Sequence[Step]):
    """The steps of a model, from the one that it was first seen in: a sequence of `Step`.

    Attributes
    ----------
    position : int
        The step that the model is in now.
    """

    def __init__(self, start: Step) -> None:
        self._steps = [start]
        self.position = 0

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        return self._steps[index]

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __repr__(self) -> str:
        return "\n".join(f"{'→' if i == self.position else ' '} {i} {tell(step.what)}" for i, step in enumerate(self._steps))

    def flags_between(self, here: int, there: int) -> list[Mapping[Any, bool]]:
        """Give the flags to set, in order, on the way from one step to another."""
        if there < here:
            return [step.flags_before for step in reversed(self._steps[there + 1 : here + 1])]
        return [step.flags_after for step in self._steps[here + 1 : there + 1]]

    def push(self, step: Step) -> None:
        """Take in a new step after the present one; the steps that were undone cannot be redone any more."""
        dropped = self._steps[self.position + 1 :]
        del self._steps[self.position + 1 :]
        self._steps.append(step)
        dropped += self._steps[:-LIMIT]
        del self._steps[:-LIMIT]
        self.position = len(self._steps) - 1
        if dropped:
            reachable = {id(layer) for step in self._steps for layer in step.layers}
            lost = {id(layer): layer for step in dropped for layer in step.layers if id(layer) not in reachable}
            keras_edits.forget(list(lost.values()))
