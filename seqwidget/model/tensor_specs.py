"""Describe the tensors between layers: their shapes, and the dtypes that they really have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import numpy as np

from ..keras_compat import scratch
from ..keras_compat.held_dtype import held_dtype
from ..keras_compat.layer_state import is_whole, restorer
from ..keras_compat.names import SPECS
from .layer_kinds import innermost, keeps_its_input, keras_name, kind
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
    return Spec(tuple(tensor.shape), held_dtype(dtype or keras.backend.standardize_dtype(tensor.dtype)))


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


def output_specs(
    layer: keras.Layer, args: Structure, kwargs: Structure, declared: Sequence[keras.KerasTensor], node: object = None
) -> list[Spec]:
    """Return the shape and dtype of each output tensor of a call, as they really are.

    A dtype is ``None`` if it cannot be determined. Keras often declares the compute dtype, although
    a layer that only moves integers returns integers, and some layers declare a shape that is not
    that of their output. If the declared spec may differ, the layer is run on symbolic tensors of
    the backend, and a preprocessing layer on zeros.

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
        return [spec_of(x) for x in declared]
    inner, taken = innermost(layer), specs_in(args)
    if inner.compute_dtype == layer.compute_dtype and _declares_its_output(inner, taken, declared):
        return [spec_of(x, inner.compute_dtype) for x in declared]
    key = layer.dtype_policy
    known = getattr(node, SPECS, None)
    if known is None or known[:2] != (key, taken):
        known = (key, taken, _trace(layer, args, kwargs, declared))
        if node is not None:
            setattr(node, SPECS, known)
    return known[2]


def _declares_its_output(layer: keras.Layer, taken: Sequence[Spec], declared: Sequence[keras.KerasTensor]) -> bool:
    """Return whether a layer is certain to return its compute dtype and the shape that it declares.

    This holds for most of Keras's own layers if their inputs are floats, which Keras casts for
    them, and if every size that can be known is fixed.
    """
    name, family = keras_name(layer), kind(layer)
    if not name or name == "RNN" or not layer.autocast or not keeps_its_input(getattr(layer, "activation", None)):
        return False
    if any(None in x.shape[1:] for x in declared) and not any(None in one.shape[1:] for one in taken):
        return False
    return name == "Embedding" or (family in _SAME_DTYPE and all("float" in (one.dtype or "") for one in taken))


class _Run(keras.Operation):
    """Run a layer as a call on real tensors does, including casts."""

    def __init__(self, layer: keras.Layer) -> None:
        super().__init__(name="run")
        self.layer = layer

    def call(self, *args: Structure, **kwargs: Structure) -> Structure:
        return self.layer(*args, **kwargs)


def zeros(value: object) -> object:
    """Return zeros, or empty strings, for a spec; return any other value unchanged.

    The batch has two samples: with a single one, it would not show if a layer loses the batch axis.
    """
    if not isinstance(value, Spec):
        return value
    shape: Any = (value.shape[0] or 2, *(_SIZE if size is None else size for size in value.shape[1:]))
    return keras.ops.convert_to_tensor(np.full(shape, "")) if value.dtype == "string" else keras.ops.zeros(shape, value.dtype)


_SIZE = 8  # of an axis whose size is not fixed


def _trace(layer: keras.Layer, args: Structure, kwargs: Structure, declared: Sequence[keras.KerasTensor]) -> list[Spec]:
    # On symbolic tensors, a preprocessing layer would cast, as it does in a tf.data pipeline.
    on_zeros = kind(layer) == "preprocessing"
    found = _given(layer, layer, keras.tree.map_structure(zeros, args), {}) if on_zeros else []
    if len(found) != len(declared):
        on_zeros = False
        found = _given(layer, _Run(layer).compute_output_spec, stand_ins(args), stand_ins(kwargs))
    if len(found) != len(declared):
        return [Spec(tuple(x.shape), None) for x in declared]
    is_open = any(None in tuple(x.shape)[1:] for x in keras.tree.flatten(args) if hasattr(x, "shape"))
    pairs = zip(declared, found, strict=True)
    merged = [_merged(tuple(x.shape), one.shape, on_zeros=on_zeros, is_open=is_open) for x, one in pairs]
    return [Spec(shape, one.dtype) for shape, one in zip(merged, found, strict=True)]


def _given(layer: keras.Layer, run: Callable[..., Structure], args: Structure, kwargs: Structure) -> list[Spec]:
    """Run a layer, which is not changed, and return the specs of its outputs; none if it fails."""
    restore = None if is_whole(layer) else restorer(layer)
    try:
        with scratch.scratch():
            given = run(*args, **kwargs)
        return [spec_of(x) for x in keras.tree.flatten(given) if hasattr(x, "dtype")]
    except Exception:  # noqa: BLE001  a layer may raise anything; the dtypes are then unknown
        return []
    finally:
        if restore is not None:
            restore()


def _merged(declared: Shape, traced: Shape, *, on_zeros: bool, is_open: bool) -> Shape:
    """Return the shape of an output, from the declared one and the one that a run has shown.

    A size that a run on zeros has shown holds for other values only if Keras declares a fixed one.
    """
    if on_zeros:
        traced = (*declared[:1], *traced[1:])
    if len(declared) != len(traced):
        # The size that the run used for an open axis is not a known size; an equal size may come from it.
        return tuple(None if on_zeros and is_open and size == _SIZE else size for size in traced)
    return tuple(a if b is None or (a is None and on_zeros) else b for a, b in zip(declared, traced, strict=True))
