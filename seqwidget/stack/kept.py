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

from . import keras_internals
from .chain import Call

_known: weakref.WeakKeyDictionary[Any, _Look] = weakref.WeakKeyDictionary()
_DATA = frozenset({str, int, float, bool, type(None)})


class _Look:
    """What a layer was when its row was made. It holds nothing that leads back to the layer, which it must not keep alive.

    Settings are the attributes that are plain data, which is what Keras's layers compute their shapes and costs from. Of
    those that Keras gives every layer, they are the few that a row tells of.
    """

    __slots__ = ("around", "flags", "lists", "made", "read", "settings", "size", "weights")

    def __init__(self, layer: Any, weights: list[Any], flags: list[bool], around: tuple[Any, ...], made: Any) -> None:
        state = vars(layer)
        own = [name for name in state if name[0] != "_" and name not in keras_internals.OF_EVERY_LAYER]
        data = [name for name in own if _is_data(state[name])]
        self.read = operator.itemgetter(*keras_internals.TELLING, *data)
        self.settings, self.size = self.read(state), len(state)
        self.lists = [(name, list(state[name])) for name in own if isinstance(state[name], list)]
        self.weights, self.flags, self.around, self.made = weights, flags, around, made

    def is_of(self, layer: Any, weights: list[Any], flags: list[bool], around: tuple[Any, ...]) -> bool:
        """Whether the layer, the number of whose attributes may have changed too, is still what it was."""
        state = vars(layer)
        try:
            return (
                around == self.around
                and len(state) == self.size
                and self.read(state) == self.settings
                and flags == self.flags
                and all(map(operator.is_, weights, self.weights))  # never ==, which compares number by number
                and all(list(state[name]) == value for name, value in self.lists)
            )
        except Exception:  # noqa: BLE001  an attribute that is gone, or now is something that cannot be compared
            return False


def kept(call: Call, weights: list[Any], flags: list[bool], around: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """Give what ``make`` gave for this layer the last time if nothing has changed since, else what it gives now.

    Parameters
    ----------
    call
        The layer and its shapes.
    weights, flags
        The layer's weights, and which of them train.
    around
        Whatever else the row depends on.
    make
        Gives the row.
    """
    layer = call.layer
    if call.weights_of is not layer:
        return make()
    around = (call.input_shape, call.output_shape, call.why, *around)
    known = _known.get(layer)
    if known is not None and known.is_of(layer, weights, flags, around):
        return known.made
    made = make()
    if _is_simple(layer):
        _known[layer] = _Look(layer, weights, flags, around, made)
    return made


def _is_simple(layer: Any) -> bool:
    cls = type(layer)
    return (
        cls.__module__.startswith("keras.src.layers.")
        and "call" not in vars(layer)
        and _is_data(vars(layer).get("activation"))
        and not keras_internals.parts(layer)
    )


def _is_data(value: Any) -> bool:
    """Whether a value is plain: what is in it does not change, and leads nowhere. A function is, if it closes over nothing."""
    kind = type(value)
    if kind is tuple:
        return all(map(_is_data, value))
    return kind in _DATA or (kind is types.FunctionType and value.__closure__ is None)
