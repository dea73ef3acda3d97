"""Switching layers between trained and frozen, all at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..keras_compat import keras_layers
from .observers import as_one

Flags = Mapping[Any, bool]


def set_flags(model: Any, flags: Flags) -> dict[Any, bool]:
    """Have layers train, or not, and all that is in them; every other layer stays as it is.

    A layer does not train inside a frozen model, so the models around a layer that is to train are unfrozen as well, and
    what else is in them keeps its own flag.

    Parameters
    ----------
    model
        The model whose layers they are.
    flags
        By layer, whether it is to train. What is said of a nested model comes first, then what is said of its layers.

    Returns
    -------
    dict
        The flags before, of every layer whose flag changed: `apply_flags` takes them back.
    """
    return apply_flags(model, wanted(model, flags))


def wanted(model: Any, flags: Flags) -> dict[Any, bool]:
    """Give the flag that each layer has to have, so that what ``flags`` asks for is the case."""
    result: dict[Any, bool] = {}
    for layer, around in keras_layers.walk(model):
        if layer in flags:
            for inside, _ in keras_layers.walk(layer):
                result[inside] = flags[layer]
            if flags[layer]:
                result.update(dict.fromkeys(around, True))
    return result


def apply_flags(model: Any, flags: Flags) -> dict[Any, bool]:
    """Set the flags of just these layers, to just these values, and tell the model's observers once.

    Returns
    -------
    dict
        The flags before, of every layer whose flag changed, also by Keras's passing flags on to what is inside.
    """
    layers = keras_layers.every_layer(model)
    before = {layer: layer.trainable for layer in layers}

    def apply() -> None:
        for layer in layers:  # outermost first: Keras passes a flag on to all that is inside
            flag = flags.get(layer, before[layer])
            if layer.trainable != flag:
                layer.trainable = flag

    as_one(model, apply)
    return {layer: flag for layer, flag in before.items() if layer.trainable != flag}
