"""The one file of `stack` that reads what Keras keeps to itself; each use says what it falls back to.

Keras documents no way to ask which call of a layer belongs to a model: ``layer.output`` is the layer's first call
anywhere, and ``summary()`` its last.
"""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Iterator
from typing import Any

import keras

TAIL = "_seqwidget_tail"
"""Where a Sequential that is built layer by layer (see `live.keras_edits`) has its output, until its graph is asked for."""


def graph(model: Any) -> Any | None:
    """Give the functional graph that a model runs, or None where it has none (yet)."""
    if isinstance(model, keras.Sequential):
        return getattr(model, "_functional", None)
    return model if hasattr(model, "_nodes_by_depth") and hasattr(model, "_run_through_graph") else None


def output(model: Any) -> Any | None:
    """Give what a built Sequential gives, in the structure in which its last layer gives it; None while it is not known."""
    if TAIL in vars(model):
        return vars(model)[TAIL]
    functional = graph(model)
    return None if functional is None else functional._outputs_struct  # noqa: SLF001


def line(model: Any) -> list[Any] | None:
    """Give the calls of a built Sequential in order, or None where they are not a line from its input to its output."""
    end = vars(model).get(TAIL)
    if end is None:
        functional = graph(model)
        return None if functional is None else nodes(functional)
    calls: list[Any] = []
    while True:
        operation, index, _ = end._keras_history  # noqa: SLF001
        node = operation._inbound_nodes[index]  # noqa: SLF001
        if node.is_input:
            return calls[::-1]
        calls.append(node)
        end = node.input_tensors[0]


def nodes(functional: Any) -> list[Any]:
    """Give the calls of a graph in the order in which Keras runs them, without those of its inputs."""
    by_depth = functional._nodes_by_depth  # noqa: SLF001
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth] if not node.is_input]


def rerun(functional: Any, inputs: list[Any]) -> list[tuple[Any, Any, Any]]:
    """Infer a graph's shapes again for other inputs.

    Returns
    -------
    list
        A triple ``(operation, inputs, outputs)`` a call, in order; the tensors are symbolic.
    """
    calls: list[tuple[Any, Any, Any]] = []

    def recorded(operation: Any) -> Any:
        def infer(*args: Any, **kwargs: Any) -> Any:
            outputs = operation.compute_output_spec(*args, **kwargs)
            tensors = [x for x in keras.tree.flatten((args, kwargs)) if isinstance(x, keras.KerasTensor)]
            calls.append((operation, tensors, keras.tree.flatten(outputs)))
            return outputs

        return infer

    functional._run_through_graph(inputs, operation_fn=recorded)  # noqa: SLF001
    return calls


def input_layer(model: Any) -> Any | None:
    """Give the InputLayer that Keras hides at the head of a Sequential, if it is there."""
    layers = getattr(model, "_layers", None) or [None]
    return layers[0] if isinstance(layers[0], keras.layers.InputLayer) else None


def parts(layer: Any) -> list[Any]:
    """Give the layers that a layer is made of: a wrapper, a recurrent layer, attention."""
    return layer._layers  # noqa: SLF001


def check_input(layer: Any, tensor: Any) -> None:
    """Raise what Keras would raise when ``layer`` is called on ``tensor``, without calling it."""
    check = getattr(layer, "_assert_input_compatibility", None)
    if check is not None:
        check(tensor)


def check_add(model: Any, layer: Any) -> None:
    """Raise what Keras raises when ``layer`` is added to a Sequential, before it looks at any shape, and add nothing."""
    stand_in = keras.Sequential(name=model.name)
    stand_in._layers = list(model._layers)  # noqa: SLF001
    stand_in.add(layer, rebuild=False)


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Build layers inside without memory for their weights, and leave names and seeds as they were.

    Weights made in a StatelessScope have a shape and no value. Keras keeps a list of them to fill in later, which for a
    layer that is thrown away would only cost time and memory.
    """
    from keras.src.backend.common import global_state  # noqa: PLC0415

    names = ("uninitialized_variables", "object_name_uids")
    kept = {name: copy.copy(global_state.get_global_attribute(name)) for name in names}
    python_seed = random.getstate()
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        random.setstate(python_seed)
        for name, value in kept.items():
            global_state.set_global_attribute(name, value)
