"""Stacks of every family of layers, each with an input, for tests that must hold for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import layers

from tests.close import as_array

Stack = tuple[tuple[int, ...], Any]

FAMILIES: dict[str, Stack] = {
    "dense": ((4,), lambda: [layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(2)]),
    "conv1d": ((20, 3), lambda: [layers.Conv1D(4, 3), layers.MaxPooling1D(), layers.GlobalMaxPooling1D()]),
    "conv2d": ((12, 13, 3), lambda: [layers.Conv2D(4, 3), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2)]),
    "conv3d": ((8, 8, 8, 1), lambda: [layers.Conv3D(2, 3), layers.AveragePooling3D(2), layers.GlobalAveragePooling3D()]),
    "transposed": ((6, 6, 2), lambda: [layers.Conv2DTranspose(3, 3, strides=2), layers.UpSampling2D(), layers.Cropping2D()]),
    "separable": ((12, 12, 3), lambda: [layers.SeparableConv2D(4, 3), layers.DepthwiseConv2D(3), layers.ZeroPadding2D()]),
    "norms": ((6, 4), lambda: [layers.LayerNormalization(), layers.GroupNormalization(2), layers.UnitNormalization()]),
    "recurrent": (
        (9, 5),
        lambda: [
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.GRU(3, return_sequences=True),
            layers.LSTM(2),
        ],
    ),
    "masked": ((9,), lambda: [layers.Embedding(5, 6, mask_zero=True), layers.LSTM(4, return_sequences=True), layers.GRU(3)]),
    "time": (
        (5, 6, 6, 2),
        lambda: [layers.TimeDistributed(layers.Conv2D(3, 3)), layers.ConvLSTM2D(2, 3, return_sequences=True)],
    ),
    "shapes": ((4, 6), lambda: [layers.Permute((2, 1)), layers.Reshape((3, 8)), layers.Flatten(), layers.RepeatVector(2)]),
    "noise": ((6, 4), lambda: [layers.SpatialDropout1D(0.5), layers.GaussianNoise(0.1), layers.AlphaDropout(0.3)]),
    "image": ((8, 8, 3), lambda: [layers.Rescaling(1 / 255), layers.Resizing(6, 6), layers.CenterCrop(4, 4)]),
    "activations": ((5,), lambda: [layers.Activation("relu"), layers.PReLU(), layers.Softmax(), layers.LeakyReLU()]),
    "lambda": ((5,), lambda: [layers.Lambda(lambda x: x * 2), layers.Dense(3)]),
    "half": ((8, 8, 3), lambda: [layers.Conv2D(4, 3, dtype="mixed_float16"), layers.Flatten(), layers.Dense(2)]),
    "brain": ((8, 8, 3), lambda: [layers.Conv2D(4, 3, dtype="mixed_bfloat16"), layers.GlobalAveragePooling2D()]),
    "first": (
        (3, 8, 9),
        lambda: [layers.MaxPooling2D(2, data_format="channels_first"), layers.GlobalMaxPooling2D(data_format="channels_first")],
    ),
}


def sample_of(shape: tuple[int, ...], *, count: int = 2) -> np.ndarray[Any, Any]:
    """Return an input of small whole numbers, which suits an Embedding as well as a convolution."""
    return np.random.default_rng(4).integers(0, 5, (count, *shape)).astype("float32")


def in_turn(stack: list[Any], x: Any) -> list[np.ndarray[Any, Any]]:
    """Call the layers one after the other in inference mode: the oracle."""
    found = []
    for layer in stack:
        x = layer(x, training=False) if "training" in getattr(layer, "_call_context_args", ()) else layer(x)
        found.append(x)
    return [as_array(one, "float32") for one in found]
