"""Every layer that Keras ships has a family."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers

from seqwidget.stack.layers import _KIND, keras_name, kind
from seqwidget.stack.records import KINDS

PUBLIC = {
    cls.__name__
    for cls in vars(layers).values()
    if isinstance(cls, type) and issubclass(cls, keras.layers.Layer) and cls is not keras.layers.Layer
}
# Wrappers are of the family of what they wrap; the others do whatever they are given to do.
NO_FAMILY = {
    "Bidirectional",
    "TimeDistributed",
    "Wrapper",
    "Lambda",
    "TFSMLayer",
    "JaxLayer",
    "FlaxLayer",
    "TorchModuleWrapper",
}


def test_every_public_layer_has_a_family() -> None:
    assert PUBLIC - set(_KIND) == NO_FAMILY
    assert set(_KIND.values()) <= set(KINDS)


@pytest.mark.parametrize(
    ("layer", "family"),
    [
        (layers.Dense(1), "dense"),
        (layers.Conv2DTranspose(1, 1), "conv"),
        (layers.GlobalMaxPooling1D(), "pool"),
        (layers.LayerNormalization(), "norm"),
        (layers.GaussianNoise(0.1), "dropout"),
        (layers.ZeroPadding2D(), "shape"),
        (layers.Bidirectional(layers.LSTM(1)), "recurrent"),
        (layers.TimeDistributed(layers.Conv2D(1, 1)), "conv"),
        (layers.MultiHeadAttention(1, 1), "attention"),
        (layers.Embedding(2, 2), "embedding"),
        (layers.RandomFlip(), "preprocessing"),
        (layers.LeakyReLU(), "activation"),
        (layers.Lambda(lambda x: x), "other"),
        (keras.Sequential(), "model"),
        (layers.InputLayer((1,)), "input"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_families(layer: Any, family: str) -> None:
    assert kind(layer) == family


class Own(layers.Layer):
    def call(self, x: Any) -> Any:
        return x


class OwnConv(layers.Conv2D):
    def call(self, x: Any) -> Any:
        return x


class RenamedConv(layers.Conv2D):
    pass


def test_a_layer_of_ones_own() -> None:
    assert (kind(Own()), keras_name(Own())) == ("other", "")
    assert (kind(OwnConv(1, 1)), keras_name(OwnConv(1, 1))) == ("conv", "")
    assert (kind(RenamedConv(1, 1)), keras_name(RenamedConv(1, 1))) == ("conv", "Conv2D")
