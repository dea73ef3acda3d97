"""Records of a call of a layer, and of what was read of a model."""

from __future__ import annotations

from typing import Any, NamedTuple

from .records import Shapes


class Call(NamedTuple):
    """One run of a layer (or of another Keras operation) inside a model.

    Attributes
    ----------
    layer
        What runs.
    weights_of
        Where its weights are counted: the layer itself, or for a layer that is not built yet a copy that is.
    input_shape, output_shape
        ``None`` while unknown.
    why
        Why the shapes, or the weights, are unknown.
    dtype
        That of the output, a tuple for several tensors; ``None`` where it is not known.
    misfit
        Whether it raises an error that Keras does not tolerate.
    arguments
        What an operation that is no layer is called with: ``(args, kwargs)``, with a `Spec` for each tensor.
    inside
        What runs inside a model, or a layer around one.
    steps
        How often that runs, where a layer runs it for each time step; ``()`` for once.
    """

    layer: Any
    weights_of: Any
    input_shape: Shapes | None = None
    output_shape: Shapes | None = None
    why: str = ""
    dtype: str | tuple[str | None, ...] | None = None
    misfit: bool = False
    arguments: Any = None
    inside: Reading | None = None
    steps: tuple[int | None, ...] = ()


class Reading(NamedTuple):
    """What a model makes of its input.

    Attributes
    ----------
    calls
        The calls of its layers, in order.
    outputs
        What it gives: a structure of `Spec`; ``None`` where that is unknown.
    line
        Whether each call takes just what the one before it gave, and the last one gives what the model does.
    own_code
        Whether only the layers are known, and not what happens between them.
    """

    calls: list[Call]
    outputs: Any = None
    line: bool = True
    own_code: bool = False
