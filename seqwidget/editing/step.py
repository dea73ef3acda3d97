"""One step of a model's history."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..inspection.inspect import inspect
from ..inspection.stack import Stack
from ..keras_compat import graph_edit


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
        return cls(what, graph_edit.contents(model), graph_edit.tail(model), weakref.ref(model), **flags)

    @property
    def stack(self) -> Stack:
        """The facts of the stack as it was then; of its layers' flags and weights, as they are now.

        The model stays where it is.
        """
        model = self.model()
        return dataclasses.replace(inspect(graph_edit.stand_in(model, self.layers, self.end)), compiled=model.compiled)
