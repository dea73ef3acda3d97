"""Compile a computation with a model's variables as one graph, on a backend that would compile each operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras


class _Scope(keras.StatelessScope):
    def get_current_value(self, variable: keras.Variable) -> Any:
        value = super().get_current_value(variable)
        if value is None:
            msg = f"{variable.path} is not a variable of the model, so the graph would fix its value"
            raise ValueError(msg)
        return value


def compiles() -> bool:
    """Return whether the backend compiles each operation of a layer, for each shape. TensorFlow and PyTorch do not."""
    return keras.backend.backend() == "jax"


def one_graph(compute: Callable[[Any], list[Any]], variables: Sequence[keras.Variable]) -> Callable[[Any], list[Any]]:
    """Return a function that computes the same as one graph on JAX, which is compiled at its first call.

    Parameters
    ----------
    compute
        Takes a tensor, and returns tensors. Updates of variables are discarded.
    variables
        All variables that it reads. Their current values are used at each call.
    """
    import jax

    def pure(values: list[Any], inputs: Any) -> list[Any]:
        with _Scope(state_mapping=list(zip(variables, values, strict=True))):
            return compute(inputs)

    graph = jax.jit(pure)
    return lambda inputs: graph([variable.value for variable in variables], inputs)


def are_computed(outputs: Iterable[Any]) -> bool:
    """Return whether outputs of a graph have their values: JAX returns them before it has computed them."""
    return all(output.is_ready() for output in outputs)
