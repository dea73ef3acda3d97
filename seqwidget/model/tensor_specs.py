"""Describe the tensors between layers: their shapes, and the dtypes that they really have."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np

from ..keras_compat import scratch
from ..keras_compat.layer_state import is_whole, restorer
from ..keras_compat.names import DTYPES
from ..keras_compat.origin import is_from_keras
from .layer_kinds import WRAPPERS, keras_name, kind, wrapped
from .records import Shape, Shapes

Structure: TypeAlias = Any
"""A tensor or a `Spec`, or a structure of them as ``keras.tree`` takes it."""


@dataclass(frozen=True, slots=True)
class Spec:
    """Shape of a tensor, including the batch axis, and its dtype; ``None`` for an unknown dtype."""

    shape: Shape
    dtype: str | None


def spec_of(tensor: keras.KerasTensor, dtype: str | None = None) -> Spec:
    """Return the spec of a tensor or array, with another dtype if ``dtype`` is given."""
    return Spec(tuple(tensor.shape), dtype or keras.backend.standardize_dtype(tensor.dtype))


def stand_in(value: object) -> object:
    """Return a symbolic tensor for a spec; return any other value unchanged."""
    return keras.KerasTensor(value.shape, dtype=value.dtype or "float32") if isinstance(value, Spec) else value


def stand_ins(values: Structure) -> Structure:
    """Return a structure with a symbolic tensor in place of each spec.

    The tensors have no history, so a layer that is called on them is not linked to another layer.
    """
    return keras.tree.map_structure(stand_in, values)


def specs_in(values: Structure) -> list[Spec]:
    """Return the specs in a structure of arguments, in order."""
    return [values] if isinstance(values, Spec) else [one for one in keras.tree.flatten(values) if isinstance(one, Spec)]


def inputs_of(args: Structure, kwargs: Mapping[str, Structure]) -> list[Structure]:
    """Return all inputs of a call, flat and in order.

    Masks are left out, because Keras passes them on by itself.
    """
    return keras.tree.flatten((args, {name: value for name, value in kwargs.items() if not name.endswith("mask")}))


def shapes_of(tensors: Structure) -> Shapes:
    """Return the shape of one tensor, or a tuple of shapes for several tensors."""
    if hasattr(tensors, "shape"):
        return tuple(tensors.shape)
    flat = keras.tree.flatten(tensors)
    return tuple(flat[0].shape) if len(flat) == 1 else tuple(tuple(x.shape) for x in flat)


_SAME_DTYPE = frozenset({"dense", "conv", "pool", "norm", "dropout", "shape", "recurrent", "attention", "activation"})


def dtypes(
    layer: keras.Layer, args: Structure, kwargs: Structure, declared: Sequence[keras.KerasTensor], node: object = None
) -> list[str | None]:
    """Return the dtype of each output tensor of a call; ``None`` if it cannot be found out.

    Keras often declares the compute dtype, although a layer that only moves integers returns
    integers. If the dtype may differ, the layer is run on symbolic tensors of the backend. A
    preprocessing layer is run on zeros if all sizes are fixed.

    Parameters
    ----------
    layer
        The layer or operation that runs, built.
    args, kwargs
        Arguments of the call, with a `Spec` in place of each tensor.
    declared
        The output tensors that Keras declares.
    node
        The node of this call in a graph, if there is one. The result is cached for it.
    """
    if not isinstance(layer, keras.Layer):
        return [keras.backend.standardize_dtype(x.dtype) for x in declared]
    inner = layer
    while keras_name(inner) in WRAPPERS:
        inner = wrapped(inner)
    taken = [one.dtype for one in specs_in(args)]
    if inner.compute_dtype == layer.compute_dtype and _keeps_to_its_policy(inner, taken):
        return [inner.compute_dtype] * len(declared)
    key = layer.dtype_policy
    known = getattr(node, DTYPES, None)
    if known is None or known[:2] != (key, taken):
        known = (key, taken, _trace(layer, args, kwargs, len(declared)))
        if node is not None:
            setattr(node, DTYPES, known)
    return known[2]


def _keeps_to_its_policy(layer: keras.Layer, taken: list[str | None]) -> bool:
    """Return whether a layer is certain to return its compute dtype.

    This holds for most of Keras's own layers if their inputs are floats, which Keras casts for
    them.
    """
    name, family = keras_name(layer), kind(layer)
    if not name or name == "RNN" or not layer.autocast or not _is_keras_function(getattr(layer, "activation", None)):
        return False
    return name == "Embedding" or (family in _SAME_DTYPE and all(dtype is not None and "float" in dtype for dtype in taken))


def _is_keras_function(value: object) -> bool:
    return not isinstance(value, types.FunctionType) or is_from_keras(value)


class _Run(keras.Operation):
    """Run a layer as a call on real tensors does, including casts."""

    def __init__(self, layer: keras.Layer) -> None:
        super().__init__(name="run")
        self.layer = layer

    def call(self, *args: Structure, **kwargs: Structure) -> Structure:
        return self.layer(*args, **kwargs)


def _zeros(value: object) -> object:
    if not isinstance(value, Spec):
        return value
    shape: Any = (1, *value.shape[1:])
    return keras.ops.convert_to_tensor(np.full(shape, "")) if value.dtype == "string" else keras.ops.zeros(shape, value.dtype)


def _trace(layer: keras.Layer, args: Structure, kwargs: Structure, count: int) -> list[str | None]:
    restore = restorer(layer) if isinstance(layer, keras.Layer) and not is_whole(layer) else None
    try:
        with scratch.scratch():
            if kind(layer) == "preprocessing" and not any(None in one.shape[1:] for one in specs_in(args)):
                # On symbolic tensors it would cast, as it does in a tf.data pipeline.
                given = layer(*keras.tree.map_structure(_zeros, args))
            else:
                given = _Run(layer).compute_output_spec(*stand_ins(args), **stand_ins(kwargs))
        found = [keras.backend.standardize_dtype(x.dtype) for x in keras.tree.flatten(given) if hasattr(x, "dtype")]
    except Exception:  # noqa: BLE001  a layer may raise anything; the dtypes are then unknown
        found = []
    finally:
        if restore is not None:
            restore()
    return found if len(found) == count else [None] * count
