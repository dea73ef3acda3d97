"""Compare the range of values of images with what a model was probably trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import keras
import numpy as np

from ..i18n.messages import Text, message
from ..model.layer_kinds import keras_name

Array = np.ndarray


def about_range(array: Array, layers: Sequence[keras.Layer]) -> list[Text]:
    """Return a note if images seem to have a different range of values from those in training.

    The layers are those that run on the images, in order.
    """
    if array.ndim != 4 or array.dtype.kind in "SUO" or not layers:  # a batch of images
        return []
    low, high = float(array.min()), float(array.max())
    first = next((one for one in _leaves(layers) if keras_name(one) not in ("InputLayer", "Resizing", "CenterCrop")), None)
    scales = keras_name(first) in ("Rescaling", "Normalization", "BatchNormalization")
    if low >= 0 and 1.5 < high <= 255 and not scales:
        return [
            message(
                "values from {low:g} to {high:g}, but the model has no Rescaling layer: if it was trained on 0 to 1, "
                "pass x / 255",
                low=low,
                high=high,
            )
        ]
    if low >= 0 and 0 < high <= 1 and isinstance(first, keras.layers.Rescaling) and float(np.max(first.scale)) < 0.1:
        return [
            message(
                "values from {low:g} to {high:g}, but the model starts with a Rescaling layer: it was probably trained on "
                "0 to 255",
                low=low,
                high=high,
            )
        ]
    return []


def _leaves(layers: Sequence[keras.Layer]) -> Iterator[keras.Layer]:
    """Yield layers in order, with those of a nested model in its place."""
    for layer in layers:
        if isinstance(layer, keras.Model) and layer.layers:
            yield from _leaves(layer.layers)
        else:
            yield layer
