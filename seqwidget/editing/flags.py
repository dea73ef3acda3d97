"""Set the trainable flags of several layers as one edit."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from ..keras_compat import inner_layers
from .events import as_one

Flags = Mapping[keras.Layer, bool]


def set_flags(model: keras.Model, flags: Flags) -> dict[keras.Layer, bool]:
    """Freeze or unfreeze layers, and all layers nested in them. Other layers do not change.

    A layer inside a frozen model does not train. So the models that contain an unfrozen layer are
    unfrozen too, and the other layers in those models keep their own flags.

    Parameters
    ----------
    model
        The model that has the layers.
    flags
        The trainable flag to set, by layer. The flag of a layer takes precedence over the flag of a
        model that contains it.

    Returns
    -------
    dict
        The previous flag of each layer whose flag changed. `apply_flags` restores them.
    """
    return apply_flags(model, wanted(model, flags))


def wanted(model: keras.Model, flags: Flags) -> dict[keras.Layer, bool]:
    """Return the flag that each affected layer needs, so that ``flags`` takes effect."""
    result: dict[keras.Layer, bool] = {}
    for layer, around in inner_layers.walk(model):
        if layer in flags:
            for inside, _ in inner_layers.walk(layer):
                result[inside] = flags[layer]
            if flags[layer]:
                result.update(dict.fromkeys(around, True))
    return result


def apply_flags(model: keras.Model, flags: Flags) -> dict[keras.Layer, bool]:
    """Set the flags of exactly these layers, and notify the observers of the model once.

    Returns
    -------
    dict
        The previous flag of each layer whose flag changed.
    """
    layers = inner_layers.every_layer(model)
    before = {layer: layer.trainable for layer in layers}

    def apply() -> None:
        for layer in layers:  # outermost first, because Keras also sets the flags of nested layers
            flag = flags.get(layer, before[layer])
            if layer.trainable != flag:
                layer.trainable = flag

    as_one(model, apply)
    return {layer: flag for layer, flag in before.items() if layer.trainable != flag}
