"""Read the settings of a layer, to tell whether two layers are the same."""

from __future__ import annotations

import types
from typing import TypeAlias

import keras

from ..keras_compat.inner_layers import sublayers
from ..keras_compat.keras_layers import OF_EVERY_LAYER

Setting: TypeAlias = object  # plain data
Settings: TypeAlias = tuple[tuple[str, Setting], ...]

_DATA = (str, int, float, bool, type(None))
_UNTOLD = {"seed"}  # two layers with different seeds are the same for a reader


def settings(layer: keras.Operation) -> Settings:
    """Return the attributes of a layer, and of the layers in it, that are plain data or functions.

    The values of a nested model are empty, because its layers have rows of their own.
    """
    found = [
        (name, value if not isinstance(value, types.FunctionType) else f"{value.__module__}.{value.__qualname__}")
        for name, value in vars(layer).items()
        if name[0] != "_" and name not in OF_EVERY_LAYER and name not in _UNTOLD and _is_plain(value)
    ]
    inner = sublayers(layer) if isinstance(layer, keras.Layer) and not isinstance(layer, keras.Model) else []
    more = [(f"{at}.{name}", value) for at, one in enumerate(inner) for name, value in settings(one)]
    return (*found, *more)


def _is_plain(value: object) -> bool:
    if type(value) is tuple:
        return all(type(one) in _DATA or (type(one) is tuple and _is_plain(one)) for one in value)
    return type(value) in _DATA or type(value) is types.FunctionType
