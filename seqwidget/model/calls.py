"""Records of the calls of layers, and of a whole model that was read."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import keras

from ..i18n.messages import Text
from .records import Shapes
from .tensor_specs import Structure

Node: TypeAlias = Any
"""A call as Keras recorded it in a graph; the class is private in Keras."""


class Call(NamedTuple):
    """One call of a layer, or of another Keras operation, inside a model.

    Attributes
    ----------
    layer
        The layer or operation that is called.
    weights_of
        The object whose weights are counted: the layer itself, or a built copy of it if it is not
        built yet.
    input_shape, output_shape
        Shapes, including the batch axis; ``None`` while unknown.
    why
        Why the shapes or the weights are unknown.
    dtype
        Dtype of the output; a tuple if several tensors have different dtypes; ``None`` if unknown.
    misfit
        Whether the call raises an error that Keras does not tolerate.
    arguments
        ``(args, kwargs)`` of an operation that is not a layer, with a `Spec` for each tensor.
    inside
        What runs inside a model, or inside a layer that contains layers.
    steps
        The number of time steps along each time axis, if a layer runs ``inside`` once for each time
        step; ``()`` if it runs once.
    """

    layer: keras.Layer
    weights_of: keras.Layer
    input_shape: Shapes | None = None
    output_shape: Shapes | None = None
    why: Text = ""
    dtype: str | tuple[str | None, ...] | None = None
    misfit: bool = False
    arguments: tuple[tuple[Structure, ...], dict[str, Structure]] | None = None
    inside: Reading | None = None
    steps: tuple[int | None, ...] = ()


class Link(NamedTuple):
    """A tensor that a call takes from another call of the same model.

    Attributes
    ----------
    source, target
        Positions of the calls; None for the input and the output of the model.
    tensor
        Which output of the source it is, or which input of the model.
    """

    source: int | None
    tensor: int
    target: int | None


class Reading(NamedTuple):
    """What was read from a model: its calls and its outputs.

    Attributes
    ----------
    calls
        The calls of its layers, in order.
    outputs
        A structure of `Spec` for the model's outputs; ``None`` if they are unknown.
    line
        Whether the model is linear: each call takes exactly the outputs of the call before it, and
        the outputs of the last call are those of the model.
    own_code
        Whether the model runs its own code, so that only its layers are known, and not how they are
        connected.
    links
        How the calls are connected, if the model is not linear; empty if this is not known.
    """

    calls: list[Call]
    outputs: Structure | None = None
    line: bool = True
    own_code: bool = False
    links: tuple[Link, ...] = ()

    def sources(self) -> dict[int | None, list[tuple[int | None, int]]]:
        """Return the tensors that each call takes: for each tensor, the call that returns it and its number there.

        The key None has the outputs of the model; the call None stands for its inputs.
        """
        found: dict[int | None, list[tuple[int | None, int]]] = {}
        for link in self.links:
            found.setdefault(link.target, []).append((link.source, link.tensor))
        return found

    @property
    def inputs(self) -> int:
        """The number of inputs that the calls take."""
        return 1 + max((link.tensor for link in self.links if link.source is None), default=0)

    def path(self, tensor: int = 0) -> list[Call]:
        """Return the calls that follow one of the inputs one after the other, up to the first that joins several tensors."""
        if self.line:
            return self.calls
        found, sources = list[Call](), self.sources()
        last: tuple[int | None, int] = (None, tensor)
        for link in self.links:
            at = link.target
            if (link.source, link.tensor) == last and at is not None and sources[at] == [last]:
                found.append(self.calls[at])
                last = (at, 0)
        return found
