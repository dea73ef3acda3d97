"""A step in the history of a model."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import keras

from ..i18n.messages import Text
from ..inspection.inspect import inspect
from ..inspection.stack import Stack
from ..keras_compat import graph_edit, inner_layers
from ..model.records import public_repr


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """The layers of a model after one edit.

    Steps are items of ``model.edits``; they are not made by hand.

    Attributes
    ----------
    what : str
        A short description of the edit, such as ``"add conv1 (Conv2D)"``.
    layers : tuple of keras.Layer
        The layer objects, with the InputLayer if there is one. Going to the step restores these
        objects, with their weights.
    end : keras.KerasTensor or None
        The symbolic output of the layers. None if the model was not built.
    model : callable
        Returns the model, or None if it was deleted.
    flags_before : mapping of keras.Layer to bool
        For an edit that froze or unfroze layers: the trainable flag of each changed layer before
        it.
    flags_after : mapping of keras.Layer to bool
        The trainable flags of the same layers after the edit.
    """

    what_message: Text
    layers: tuple[keras.Layer, ...] = field(repr=False)
    end: keras.KerasTensor = field(repr=False)
    model: Callable[[], keras.Model] = field(repr=False)
    flags_before: Mapping[keras.Layer, bool] = field(default_factory=dict, repr=False)
    flags_after: Mapping[keras.Layer, bool] = field(default_factory=dict, repr=False)
    __repr__ = public_repr

    @classmethod
    def of(cls, model: keras.Model, what: Text, **flags: Mapping[keras.Layer, bool]) -> Step:
        """Return the current state of a model as a step.

        Parameters
        ----------
        model : keras.Sequential
            The model.
        what : Message or str
            A short description of the edit that led to this state.
        flags : mapping of keras.Layer to bool
            ``flags_before`` and ``flags_after``, if the edit changed trainable flags.

        Returns
        -------
        Step
            The step.
        """
        return cls(what, inner_layers.contents(model), graph_edit.tail(model), weakref.ref(model), **flags)

    @property
    def what(self) -> str:
        """A short description of the edit, in English."""
        return str(self.what_message)

    @property
    def stack(self) -> Stack:
        """The `Stack` of this step. The model itself does not change.

        Layers and shapes are those of the step. The layers' flags and weights are the current ones.
        """
        model = self.model()
        return dataclasses.replace(inspect(graph_edit.stand_in(model, self.layers, self.end)), compiled=model.compiled)
