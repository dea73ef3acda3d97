"""Read the inputs of a model: their names, shapes and dtypes."""

from __future__ import annotations

from typing import NamedTuple

import keras

from ..keras_compat import inner_layers, keras_graph
from .records import Shape, Shapes
from .tensor_specs import shapes_of


class ModelInput(NamedTuple):
    """An input of a model: its name, its shape with the batch axis, and its dtype; None while they are unknown."""

    name: str
    shape: Shape | None
    dtype: str | None


def own_input(model: keras.Model) -> tuple[Shapes | None, str | None]:
    """Return the shape and dtype of a model's input, or ``(None, None)`` while they are unknown.

    The dtype of a model with several inputs is that of the first one.
    """
    if isinstance(model, keras.Sequential):
        layer = inner_layers.input_layer(model)
        return (tuple(layer.batch_shape), keras.backend.standardize_dtype(layer.dtype)) if layer is not None else (None, None)
    graph = keras_graph.graph(model)
    return (shapes_of(graph.inputs), keras.backend.standardize_dtype(graph.inputs[0].dtype)) if graph else (None, None)


def own_inputs(model: keras.Model) -> list[ModelInput]:
    """Return the inputs of a model, in order; a Sequential has one, even while it is unknown."""
    graph = None if isinstance(model, keras.Sequential) else keras_graph.graph(model)
    if graph is None:
        return [ModelInput("", *own_input(model))]  # type: ignore[arg-type]  # one input has one shape
    return [ModelInput(x.name, tuple(x.shape), keras.backend.standardize_dtype(x.dtype)) for x in graph.inputs]
