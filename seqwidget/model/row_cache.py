"""Cache the rows of layers: a row is made again only if something that it shows has changed.

Everything that a row depends on is compared each time: the layer's position and shapes, the
receptive field before it, its weights (which ones, and which of them train), and its settings. Only
Keras's own layers without inner layers are cached, because only for them is it known what a row
depends on.
"""

from __future__ import annotations

import copy
import operator
import types
import weakref
from collections.abc import Callable
from typing import Any

import keras

from ..keras_compat import inner_layers, keras_layers
from ..keras_compat.deferred_graph import live_output
from ..keras_compat.origin import is_from_keras
from .calls import Call
from .session import part

_DATA = frozenset({str, int, float, bool, type(None)})


class CachedRow:
    """The state of a call's layer at the time when its row was made.

    It keeps neither the layer nor its weights alive. The settings are the attributes with plain
    data, from which Keras's layers compute their shapes and costs. Of the attributes that every
    Keras layer has, only the few that a row shows are compared.

    Parameters
    ----------
    call
        The layer and its shapes.
    flags
        A function that returns everything that a row shows about a weight.
    around
        Everything else that the row depends on.
    made
        The result to cache for the layer.
    """

    __slots__ = ("_flags", "_layer", "_lists", "_read", "_settings", "_shapes", "_size", "_weights", "around", "made")

    def __init__(self, call: Call, flags: Callable[[keras.Variable], object], around: Any, made: Any) -> None:
        self.made = made
        layer, state = call.layer, vars(call.layer)
        if call.weights_of is not layer or not _is_simple(layer):
            self._layer: Callable[[], object] = _nothing
            return
        own = [name for name in state if name[0] != "_" and name not in keras_layers.OF_EVERY_LAYER]
        data = [name for name in own if _is_data(state[name])]
        self._layer, self._shapes, self.around = weakref.ref(layer), call[2:], around
        self._read = operator.itemgetter(*keras_layers.DISTINCTIVE, *data)
        self._settings, self._size = self._read(state), len(state)
        lists = [(name, list(state[name])) for name in own if isinstance(state[name], list)]
        self._lists = [(name, items) for name, items in lists if all(map(_is_data, items))]
        self._weights, self._flags = list(map(weakref.ref, layer.weights)), list(map(flags, layer.weights))

    def unchanged_weights(
        self, call: Call, flags: Callable[[keras.Variable], object], around: object
    ) -> list[keras.Variable] | None:
        """Return the weights of the layer if it is unchanged, else None.

        A layer that has gained or lost attributes counts as changed.
        """
        weights = self.unchanged(call.weights_of, flags)
        return weights if weights is not None and call[2:] == self._shapes and around == self.around else None

    def unchanged(self, layer: keras.Layer, flags: Callable[[keras.Variable], object]) -> list[keras.Variable] | None:
        """Return the weights of the layer if its settings and weights are unchanged, else None."""
        if self._layer() is not layer:
            return None
        state = vars(layer)
        try:
            weights = keras_layers.own_weights(layer)
            same = (
                len(state) == self._size
                and self._read(state) == self._settings
                and len(weights) == len(self._weights)
                and all(map(operator.is_, weights, map(operator.call, self._weights)))  # == compares element by element
                and list(map(flags, weights)) == self._flags
                and (not self._lists or all(list(state[name]) == value for name, value in self._lists))
            )
        except Exception:  # noqa: BLE001  an attribute may be missing or not comparable
            return None
        return weights if same else None


class Rows:
    """The part of a model's session that holds the cached results for its layers, by the position of the row."""

    def __init__(self) -> None:
        self.cached: dict[int, CachedRow] = {}
        self.calls: list[Call] = []
        self.around: object = None

    def leading(
        self, calls: list[Call], flags: Callable[[keras.Variable], object], around: object
    ) -> list[tuple[CachedRow, list[keras.Variable]]]:
        """Return the results for the leading calls that are unchanged, with the weights of their layers.

        Calls that were read once are the same objects, so only the layers can have changed. The
        results of the first layer with inner layers, and of all after it, are not among them.
        """
        found: list[tuple[CachedRow, list[keras.Variable]]] = []
        if around == self.around:
            for position, (call, before) in enumerate(zip(calls, self.calls, strict=False)):
                one = self.cached[position]
                weights = one.unchanged(call.weights_of, flags) if call is before else None
                if weights is None:
                    break
                found.append((one, weights))
        return found


def _nothing() -> None:
    """Return None, in place of a weak reference, for a layer that is not cached."""


def last_rows(model: keras.Model) -> Rows:
    """Return the cached results for a model's layers."""
    return copy.copy(part(model, Rows))  # another thread may replace them


def remember(model: keras.Model, cached: dict[int, CachedRow], calls: list[Call], around: object) -> None:
    """Store the results for a model's layers, for the next time, and what all of them depend on.

    Only the calls of a live model are stored: others are read again, and would keep layers alive.
    """
    vars(part(model, Rows)).update(cached=cached, calls=calls if live_output(model) is not None else [], around=around)


def _is_simple(layer: keras.Layer) -> bool:
    cls = type(layer)
    return (
        is_from_keras(cls, "layers")
        and "call" not in vars(layer)
        and _is_data(vars(layer).get("activation"))
        and not inner_layers.sublayers(layer)
    )


def _is_data(value: Any) -> bool:
    """Return whether a value is plain and immutable data, or one of Keras's own functions."""
    kind = type(value)
    if kind is tuple:
        return all(map(_is_data, value))
    return kind in _DATA or (kind is types.FunctionType and is_from_keras(value))
