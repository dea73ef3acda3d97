"""The one file of `stack` that reads what Keras keeps to itself; each use says what it falls back to.

Keras documents no way to ask which call of a layer belongs to a model: ``layer.output`` is the layer's first call
anywhere, and ``summary()`` its last.
"""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import keras


def graph(model: Any) -> Any | None:
    """Give the functional graph that a model runs, or None where it has none (yet)."""
    if isinstance(model, keras.Sequential):
        return getattr(model, "_functional", None)
    return model if hasattr(model, "_nodes_by_depth") and hasattr(model, "_run_through_graph") else None


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


def run(functional: Any, inputs: Any, noting: Callable[[Any], Callable[..., Any]]) -> Any:
    """Run a graph on real tensors, each operation by way of what ``noting`` makes of it."""
    tensors = functional._standardize_inputs(inputs)  # noqa: SLF001
    outputs = functional._run_through_graph(tensors, operation_fn=noting)  # noqa: SLF001
    return outputs[0] if isinstance(outputs, list | tuple) and len(outputs) == 1 else outputs


def takes_training(layer: Any) -> bool:
    """Whether a layer behaves differently in training. A graph remembers the mode it was made in, and must be told."""
    return "training" in getattr(layer, "_call_context_args", ())


def input_layer(model: Any) -> Any | None:
    """Give the InputLayer that Keras hides at the head of a Sequential, if it is there."""
    layers = getattr(model, "_layers", None) or [None]
    return layers[0] if isinstance(layers[0], keras.layers.InputLayer) else None


def check_input(layer: Any, tensor: Any) -> None:
    """Raise what Keras would raise when ``layer`` is called on ``tensor``, without calling it."""
    check = getattr(layer, "_assert_input_compatibility", None)
    if check is not None:
        check(tensor)


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
