"""Rows of layers that are as they were: a row is made anew only where something that it tells of has changed.

What a row depends on is compared each time: the layer's place and shapes, the field before it, its weights (which ones, and
which of them train), its settings. Only Keras's own layers are known well enough for that, and only those with none inside.
"""

from __future__ import annotations

import operator
import types
import weakref
from collections.abc import Callable
from typing import Any

from ..keras_compat import keras_layers
from ..keras_compat.origin import is_from_keras
from .calls import Call

_looks: weakref.WeakKeyDictionary[Any, dict[int, Look]] = weakref.WeakKeyDictionary()
_DATA = frozenset({str, int, float, bool, type(None)})


class Look:
    """What a call's layer was when its row was made. It keeps neither the layer alive nor its weights.

    Settings are the attributes that are plain data, which is what Keras's layers compute their shapes and costs from. Of
    those that Keras gives every layer, they are the few that a row tells of.

    Parameters
    ----------
    call
        The layer and its shapes.
    flags
        Tells of a weight all that the row tells of it.
    around
        Whatever else the row depends on.
    made
        What was made of the layer.
    """

    __slots__ = ("_around", "_flags", "_layer", "_lists", "_read", "_settings", "_shapes", "_size", "_weights", "made")

    def __init__(self, call: Call, flags: Callable[[Any], Any], around: tuple[Any, ...], made: Any) -> None:
        self.made = made
        layer, state = call.layer, vars(call.layer)
        if call.weights_of is not layer or not _is_simple(layer):
            self._layer: Callable[[], Any] = _nothing
            return
        own = [name for name in state if name[0] != "_" and name not in keras_layers.OF_EVERY_LAYER]
        data = [name for name in own if _is_data(state[name])]
        self._layer, self._shapes, self._around = weakref.ref(layer), call[2:], around
        self._read = operator.itemgetter(*keras_layers.TELLING, *data)
        self._settings, self._size = self._read(state), len(state)
        lists = [(name, list(state[name])) for name in own if isinstance(state[name], list)]
        self._lists = [(name, items) for name, items in lists if all(map(_is_data, items))]
        self._weights, self._flags = list(map(weakref.ref, layer.weights)), list(map(flags, layer.weights))

    def still(self, call: Call, flags: Callable[[Any], Any], around: tuple[Any, ...]) -> list[Any] | None:
        """Give the weights of the layer if it, the number of whose attributes may have changed too, is still what it was."""
        layer = call.weights_of
        if self._layer() is not layer:
            return None
        state = vars(layer)
        try:
            weights = keras_layers.own_weights(layer)
            same = (
                call[2:] == self._shapes
                and around == self._around
                and len(state) == self._size
                and self._read(state) == self._settings
                and len(weights) == len(self._weights)
                and all(map(operator.is_, weights, map(operator.call, self._weights)))  # == compares number by number
                and list(map(flags, weights)) == self._flags
                and (not self._lists or all(list(state[name]) == value for name, value in self._lists))
            )
        except Exception:  # noqa: BLE001  an attribute that is gone, or now is something that cannot be compared
            return None
        return weights if same else None


def _nothing() -> None:
    """Stand for a reference to a layer that is not known well enough."""


def last_looks(model: Any) -> dict[int, Look]:
    """Give what was made of a model's layers the last time, by the position of the row."""
    return _looks.get(model, {})


def remember(model: Any, looks: dict[int, Look]) -> None:
    """Keep what was made of a model's layers for the next time."""
    _looks[model] = looks


def _is_simple(layer: Any) -> bool:
    cls = type(layer)
    return (
        is_from_keras(cls, "layers")
        and "call" not in vars(layer)
        and _is_data(vars(layer).get("activation"))
        and not keras_layers.parts(layer)
    )


def _is_data(value: Any) -> bool:
    """Whether a value is plain: what is in it does not change, and leads nowhere. One of Keras's own functions is."""
    kind = type(value)
    if kind is tuple:
        return all(map(_is_data, value))
    return kind in _DATA or (kind is types.FunctionType and is_from_keras(value))
