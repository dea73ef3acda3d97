"""Run a whole model at once, as one compiled graph that returns the outputs of all layers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np

from ..keras_compat import keras_graph, keras_layers
from ..keras_compat.inner_layers import every_layer
from ..keras_compat.one_graph import compiles, one_graph
from ..keras_compat.origin import is_from_keras
from ..model.session import part
from ..model.tensor_specs import Structure
from .run import Run

Array = np.ndarray


class WholeRun:
    """The part of a model's session that holds the graph which computes the outputs of its layers.

    Attributes
    ----------
    key
        The paths, the mode and the configs of the layers that the graph is for. Weights may change.
    graph
        The graph; None if the layers have to run one after the other.
    order
        The paths of its outputs, in the order in which the layers run.
    """

    def __init__(self) -> None:
        self.key: object = None
        self.graph: Callable[[Sequence[Array]], list[Structure]] | None = None
        self.order: list[str] = []

    def outputs(self, inputs: Sequence[Array]) -> dict[str, Structure] | None:
        """Return the outputs by path, in order; None if they cannot be computed at once.

        The caller then runs the layers one after the other: the error names the layer that fails,
        and the outputs before it can be shown.
        """
        graph, self.graph = self.graph, None
        if graph is not None:
            with contextlib.suppress(Exception):  # a layer may raise anything
                outputs = graph(inputs)
                self.graph = graph
                return dict(zip(self.order, outputs, strict=True))
        return None


def whole_run(model: keras.Model, paths: Iterable[str], *, training: bool) -> WholeRun | None:
    """Return the graph of a model; None if its layers have to run one after the other.

    This is the case where nothing is compiled, and for layers that are not Keras's own, because it
    is not known what these depend on.
    """
    if not compiles() or not all(map(_is_own_layer_of_keras, every_layer(model))):
        return None
    paths, whole, config = tuple(paths), part(model, WholeRun), ""
    with contextlib.suppress(Exception):  # reading a config may fail in any way
        config = json.dumps(keras_layers.config_of(model), default=repr)
    variables = model.variables
    if whole.key != (key := (paths, training, config, tuple(map(id, variables)))):

        def compute(inputs: Sequence[Array]) -> list[Structure]:
            found: dict[str, Structure] = {}
            run = Run(paths, training=training, seen=found.__setitem__)
            for _ in run.steps(model, as_tensors(model, inputs)):
                if not run.wanted:
                    break
            if run.wanted:
                raise run.missing(model)
            whole.order = list(found)
            return [readable(output) for output in found.values()]

        whole.key, whole.graph = key, one_graph(compute, variables) if config else None
    return whole if whole.graph is not None else None


def as_tensors(model: keras.Model, arrays: Sequence[Array]) -> Structure:
    """Return the inputs of a model, one array for each, in the structure that it takes and cast by its dtype policy."""
    policy = model.dtype_policy
    tensors = [policy.convert_input(array, autocast=True, dtype=policy.compute_dtype) for array in arrays]
    graph = None if isinstance(model, keras.Sequential) else keras_graph.graph(model)
    return keras_graph.as_inputs(graph, tensors) if graph is not None else tensors[0]


def readable(output: Structure) -> Any:
    """Return an output as a tensor that NumPy can read: the first one if there are several.

    Values of dtype bfloat16 or float16 become float32.
    """
    tensor = keras.tree.flatten(output)[0]
    if keras.backend.standardize_dtype(tensor.dtype) in ("bfloat16", "float16"):
        tensor = keras.ops.cast(tensor, "float32")
    return tensor


def _is_own_layer_of_keras(layer: keras.Layer) -> bool:
    own = is_from_keras(type(layer)) and not isinstance(layer, keras.layers.Lambda)
    state = vars(layer)
    # Tensors, such as the mean of a Normalization, and functions would become constants of the graph.
    fixed = any(keras.ops.is_tensor(one) and not isinstance(one, keras.Variable) for one in state.values())
    activation = state.get("activation")
    fixed = fixed or (activation is not None and not is_from_keras(activation))
    return (own or type(layer).call is keras.Sequential.call) and "call" not in state and not fixed
