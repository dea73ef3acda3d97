"""Rows of layers that are as they were: a row is made anew only where something that it tells of has changed.

What a row depends on is compared each time: the layer's place and shapes, the field before it, its weights (which ones, and
which of them train), its settings. Only Keras's own layers are known well enough for that, and only those with none inside.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Container
from typing import Any

from . import keras_internals
from .chain import Call

_rows: weakref.WeakKeyDictionary[Any, tuple[tuple[Any, ...], Any]] = weakref.WeakKeyDictionary()
_PLAIN = frozenset({str, int, float, bool, type(None)})


class _The(weakref.ref[Any]):
    """One object, not one that is equal: weights compare number by number. It is not kept alive."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _The) and self() is other() is not None


def kept(call: Call, training: Container[int], around: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """Give what ``make`` gave for this layer the last time if nothing has changed since, else what it gives now.

    Parameters
    ----------
    call
        The layer and its shapes.
    training
        The ids of the weights that train.
    around
        Whatever else the row depends on.
    make
        Gives the row.
    """
    layer = call.layer
    if call.weights_of is not layer or not _is_simple(layer):
        return make()
    weights = layer.weights
    state = (
        *(around, call.input_shape, call.output_shape, call.why),
        *(layer.name, layer.built, layer.trainable, layer.compute_dtype, _settings(layer)),
        [_The(weight) for weight in weights],
        [id(weight) in training for weight in weights],
    )
    known = _rows.get(layer)
    if known is not None and known[0] == state:
        return known[1]
    made = make()
    _rows[layer] = (state, made)
    return made


def _is_simple(layer: Any) -> bool:
    cls = type(layer)
    return cls.__module__.startswith("keras.src.layers.") and "call" not in vars(layer) and not keras_internals.parts(layer)


def _settings(layer: Any) -> list[Any]:
    """Give the public attributes that are plain data, which is what Keras's layers compute their shapes and costs from."""
    return [value if type(value) in _PLAIN else _plain(value) for name, value in vars(layer).items() if name[0] != "_"]


def _plain(value: Any) -> Any:
    """Give a copy of a list or tuple of plain data; what is something else is of no account."""
    if isinstance(value, list | tuple):
        return [item if type(item) in _PLAIN else _plain(item) for item in value]
    return None
