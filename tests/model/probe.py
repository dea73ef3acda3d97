"""The oracle for receptive fields: which output cells of a real stack respond to an impulse at each input position.

All weights are one, and pooling takes the mean instead of the maximum (over the same windows), so that responses
do not cancel out.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import layers

from tests.close import as_array


def stand_in(layer: Any) -> Any:
    """Return a layer with the same windows, in which every input has an effect."""
    config = layer.get_config()
    name = type(layer).__name__
    if name.startswith("MaxPooling"):
        return getattr(layers, name.replace("Max", "Average")).from_config(config)
    if name.startswith("GlobalMaxPooling"):
        return getattr(layers, name.replace("Max", "Average")).from_config(config)
    return type(layer).from_config(config)


def seen(stack: list[Any], shape: tuple[int, ...], data_format: str = "channels_last") -> np.ndarray:
    """Run the stack on impulses, and return for every output cell the input positions that it depends on.

    Returns
    -------
    np.ndarray
        Booleans of shape (output spatial sizes…, input spatial sizes…); the output sizes are () for a vector.
    """
    model = keras.Sequential([keras.Input(shape), *(stand_in(layer) for layer in stack)])
    for weight in model.weights:  # no offsets: a cell that does not depend on an impulse is exactly 0 on every processor
        weight.assign(np.zeros(weight.shape) if weight.name in ("bias", "beta", "moving_mean") else np.ones(weight.shape))
    channel = 1 if data_format == "channels_first" else -1
    spatial = shape[1:] if data_format == "channels_first" else shape[:-1]
    impulses = np.eye(math.prod(spatial), dtype="float32").reshape(-1, *spatial)
    impulses = np.repeat(np.expand_dims(impulses, channel), shape[0 if channel == 1 else -1], axis=channel)
    answers = np.abs(as_array(model(impulses)) - as_array(model(np.zeros((1, *shape), "float32"))))
    parts = answers.sum(axis=channel) > 1e-6
    return np.moveaxis(parts, 0, -1).reshape(*parts.shape[1:], *spatial)


def spans(field: np.ndarray, rank: int) -> list[tuple[int, int]]:
    """Return the first and the last position of a receptive field, along each of its axes."""
    found = []
    for axis in range(rank):
        hit = np.flatnonzero(field.any(axis=tuple(other for other in range(rank) if other != axis)))
        found.append((int(hit[0]), int(hit[-1])))
    return found
