"""A cost that cannot be known is unknown with a reason, never zero."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import keras
import ml_dtypes
import numpy as np
import pytest
from keras import layers

from seqwidget.model.cost import UnknownCost, macs
from seqwidget.model.memory import activation_bytes

from .test_cost import check

# Costs that cannot be known.


class OwnDense(layers.Dense):
    def call(self, x: Any) -> Any:
        return super().call(x) + super().call(x)


class OwnOperation(layers.Conv2D):
    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        return super().convolution_op(inputs, kernel * kernel)


class OwnCell(layers.Layer):
    state_size = output_size = 4

    def call(self, x: Any, states: Any) -> Any:
        return x, states


class NamedDense(layers.Dense):
    """A Dense under another name, with the call of Dense."""

    def get_config(self) -> Any:
        return super().get_config()


def patched() -> Any:
    layer = layers.Dense(3)
    layer.call = lambda x: x
    return layer


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Lambda(lambda x: x),
        lambda: OwnDense(3),
        lambda: OwnOperation(3, 1),
        lambda: layers.RNN(OwnCell()),
        lambda: layers.TimeDistributed(OwnDense(3)),
        lambda: layers.TimeDistributed(keras.Sequential([OwnDense(3)])),
        patched,
    ],
)
def test_an_unknown_cost_is_not_zero(make: Callable[[], Any]) -> None:
    layer = make()
    with pytest.raises(UnknownCost, match="custom computation"):
        macs(layer, (None, 4, 4), (None, 4, 3))


def test_the_cost_of_a_mel_spectrogram_is_unknown() -> None:
    layer = layers.MelSpectrogram.__new__(layers.MelSpectrogram)  # building one needs SciPy
    with pytest.raises(UnknownCost, match="Fourier"):
        macs(layer, (None, 400), (None, 8, 8))


def test_operations_count_over_time_too() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, keras.ops.matmul(layers.Dense(4)(x), keras.ops.ones((4, 5))))
    assert check(lambda: layers.TimeDistributed(model), [(3, 4)]) == 3 * (16 + 20)


def test_a_subclass_that_changes_nothing_costs_the_same() -> None:
    assert macs(NamedDense(3), (None, 4), (None, 3)) == 12


@pytest.mark.parametrize(
    ("make", "shape", "reason"),
    [
        (lambda: layers.Conv2D(4, 3), (None, None, None, 3), "the input's height is not fixed"),
        (lambda: layers.Conv2D(4, 3), (None, 8, None, 3), "the input's width is not fixed"),
        (lambda: layers.Conv2DTranspose(4, 3, data_format="channels_first"), (None, 3, 8, None), "the input's width"),
        (lambda: layers.Conv3D(4, 3), (None, None, 8, 8, 3), "the input's depth is not fixed"),
        (lambda: layers.SeparableConv1D(4, 3), (None, None, 3), "the input's length is not fixed"),
        (lambda: layers.LSTM(4), (None, None, 3), "the input's number of steps is not fixed"),
        (lambda: layers.ConvLSTM2D(4, 3), (None, None, 8, 8, 3), "the input's number of steps is not fixed"),
        (lambda: layers.TimeDistributed(layers.Dense(4)), (None, None, 3), "the input's number of steps is not fixed"),
        (lambda: layers.TimeDistributed(layers.Conv1D(4, 3)), (None, 5, None, 3), "the input's length is not fixed"),
        (lambda: layers.Dense(4), (None, 7, None, 3), "the input's size along axis 2 is not fixed"),
    ],
)
def test_a_size_that_is_not_fixed_is_named(make: Callable[[], Any], shape: tuple[int | None, ...], reason: str) -> None:
    layer = make()
    with pytest.raises(UnknownCost, match=reason):
        macs(layer, shape, layer.compute_output_shape(shape))


def test_layers_without_cost_have_none_at_any_size() -> None:
    assert macs(layers.MaxPooling2D(), (None, None, None, 3), (None, None, None, 3)) == 0


def test_the_batch_does_not_count() -> None:
    assert macs(layers.Dense(3), (32, 4), (32, 3)) == macs(layers.Dense(3), (None, 4), (None, 3)) == 12


def test_asking_does_not_build() -> None:
    layer = layers.TimeDistributed(keras.Sequential([layers.Dense(3), layers.LayerNormalization()]))
    assert macs(layer, (None, 5, 4), (None, 5, 3)) == 5 * 12
    assert not layer.built
    assert not layer.layer.built
    assert layer.layer.layers[0].weights == []


@pytest.mark.parametrize(
    "dtype",
    ["bool", "bfloat16", "float8_e4m3fn", "float8_e5m2", "complex64", "complex128"]
    + [f"{kind}{bits}" for kind, bits in itertools.product(("int", "uint"), (8, 16, 32, 64))]
    + [f"float{bits}" for bits in (16, 32, 64)],
)
def test_activation_bytes_are_those_of_an_array(dtype: str) -> None:
    size = np.dtype(getattr(ml_dtypes, dtype, dtype)).itemsize
    assert activation_bytes((None, 3, 5), dtype) == math.prod((3, 5)) * size


def test_activation_bytes_of_half_bytes_and_of_several_tensors() -> None:
    assert activation_bytes((None, 3, 5), "int4") == 8
    assert activation_bytes(((None, 3), (None, 2, 2)), "float32") == 28


def test_activation_bytes_that_are_not_known() -> None:
    with pytest.raises(UnknownCost, match="the output's size along axis 2 is not fixed"):
        activation_bytes((None, 3, None), "float32")
    with pytest.raises(UnknownCost, match="string has no fixed size"):
        activation_bytes((None, 3), "string")
