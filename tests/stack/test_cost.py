"""Multiply-adds against TensorFlow's FLOP counter, and activation memory against real arrays."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from seqwidget.stack.cost import UnknownCost, activation_bytes, macs

from .flops import multiply_adds

CASES: list[tuple[Any, tuple[int, ...]]] = [
    (layers.Dense(4), (3,)),
    (layers.Dense(4), (5, 3)),
    (layers.Dense(4, use_bias=False, activation="relu"), (2, 5, 3)),
    (layers.EinsumDense("abc,cd->abd", output_shape=(None, 7)), (4, 5)),
    (layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3)), (4, 5)),
    (layers.EinsumDense("...x,xy->...y", output_shape=(6,)), (4, 5)),
    (layers.Conv1D(4, 3), (10, 2)),
    (layers.Conv1D(4, 3, padding="causal", strides=2), (11, 2)),
    (layers.Conv2D(4, 3, strides=2), (9, 8, 3)),
    (layers.Conv2D(4, (3, 5), padding="same"), (9, 8, 3)),
    (layers.Conv2D(4, 3, dilation_rate=2), (8, 8, 3)),
    (layers.Conv3D(4, 2, strides=(1, 2, 1)), (6, 6, 6, 2)),
    (layers.Conv1DTranspose(4, 3, strides=2, padding="same"), (5, 3)),
    (layers.Conv2DTranspose(4, 3, strides=2, padding="same"), (5, 6, 3)),
    (layers.DepthwiseConv1D(3, depth_multiplier=3), (8, 4)),
    (layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2), (9, 9, 4)),
    (layers.SeparableConv1D(5, 3, depth_multiplier=2), (8, 4)),
    (layers.SeparableConv2D(5, 3, padding="same"), (8, 8, 4)),
    (layers.SimpleRNN(4, unroll=True), (3, 5)),
    (layers.GRU(4, unroll=True, return_sequences=True), (3, 5)),
    (layers.LSTM(4, unroll=True), (3, 5)),
    (layers.RNN(layers.LSTMCell(4), unroll=True), (3, 5)),
    (layers.RNN([layers.GRUCell(4), layers.SimpleRNNCell(6)], unroll=True), (3, 5)),
    (layers.Bidirectional(layers.LSTM(4, unroll=True)), (3, 5)),
    (layers.Bidirectional(layers.GRU(4, unroll=True, return_sequences=True), merge_mode=None), (3, 5)),
    (layers.TimeDistributed(layers.Dense(4)), (3, 5)),
    (layers.TimeDistributed(layers.Conv2D(4, 3)), (3, 6, 6, 2)),
    (layers.SpectralNormalization(layers.Dense(4)), (3,)),
]


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=lambda value: getattr(value, "name", str(value)))
def test_macs_are_tensorflows(layer: Any, shape: tuple[int, ...]) -> None:
    expected = multiply_adds(layer, shape)
    assert macs(layer, (None, *shape), layer.compute_output_shape((None, *shape))) == expected


@pytest.mark.parametrize(
    ("layer", "shapes"),
    [
        (layers.Attention(), [(4, 8), (6, 8)]),
        (layers.Attention(), [(4, 8), (6, 5), (6, 8)]),
        (layers.AdditiveAttention(), [(4, 8), (6, 8)]),
        (layers.Dot(axes=2), [(4, 8), (6, 8)]),
        (layers.Add(), [(4, 8), (4, 8)]),
        (layers.Concatenate(), [(4, 8), (4, 8)]),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_macs_of_layers_with_several_inputs(layer: Any, shapes: list[tuple[int, ...]]) -> None:
    batched = tuple((None, *shape) for shape in shapes)
    output = tuple(layer(*[[keras.KerasTensor(shape) for shape in batched]]).shape)
    assert macs(layer, batched, output) == multiply_adds(layer, *shapes)


class SelfAttention(keras.layers.Layer):
    def __init__(self, attention: Any) -> None:
        super().__init__()
        self.attention = attention

    def call(self, x: Any) -> Any:
        return self.attention(x, x)


@pytest.mark.parametrize(
    "attention",
    [
        layers.MultiHeadAttention(2, 3),
        layers.MultiHeadAttention(2, 3, value_dim=5, output_shape=7),
        layers.GroupQueryAttention(4, 4, 2),
    ],
    ids=lambda layer: layer.name,
)
def test_macs_of_multi_head_attention(attention: Any) -> None:
    expected = multiply_adds(SelfAttention(attention), (4, 8))
    output = (None, 4, attention.compute_output_shape((1, 4, 8), (1, 4, 8))[-1])
    assert macs(attention, ((None, 4, 8), (None, 4, 8)), output) == expected


@pytest.mark.parametrize(("groups", "channels", "filters"), [(2, 4, 6), (3, 6, 3)])
def test_a_grouped_convolution_is_its_groups(groups: int, channels: int, filters: int) -> None:
    # Keras compiles grouped convolutions into one opaque call, so the oracle counts one group.
    one = multiply_adds(layers.Conv2D(filters // groups, 3), (8, 8, channels // groups))
    layer = layers.Conv2D(filters, 3, groups=groups)
    assert macs(layer, (None, 8, 8, channels), (None, 6, 6, filters)) == groups * one


@pytest.mark.parametrize(("kind", "rank"), [("Conv1DTranspose", 1), ("Conv2DTranspose", 2), ("Conv3DTranspose", 3)])
def test_a_transposed_convolution_by_hand(kind: str, rank: int) -> None:
    # With valid padding TensorFlow's counter divides the output by the strides, which is not exact: count them.
    size, kernel, channels, filters = 3, 2, 3, 4
    layer = getattr(layers, kind)(filters, kernel, strides=2)
    shape = (None, *[size] * rank, channels)
    products = itertools.product(range(size**rank), range(kernel**rank), range(channels), range(filters))
    assert macs(layer, shape, layer.compute_output_shape(shape)) == sum(1 for _ in products)


@pytest.mark.parametrize(("layer", "steps"), [(layers.ConvLSTM1D(4, 3), 2), (layers.ConvLSTM2D(4, 3, padding="same"), 3)])
def test_a_convolutional_lstm_is_its_convolutions(layer: Any, steps: int) -> None:
    # The loop over time hides them from the counter: a gate convolves the input, and then the state on its own size.
    rank = len(layer.kernel_size)
    shape = (None, steps, *[8] * rank, 3)
    state = layer.compute_output_shape(shape)
    conv = layers.Conv1D if rank == 1 else layers.Conv2D
    on_input = multiply_adds(conv(4, 3, padding=layer.padding), shape[2:])
    on_state = multiply_adds(conv(4, 3, padding="same"), state[1:])
    assert macs(layer, shape, state) == steps * 4 * (on_input + on_state)


@settings(max_examples=25, deadline=None)
@given(
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    padding=st.sampled_from(["valid", "same"]),
    size=st.integers(5, 12),
    channels=st.integers(1, 5),
    filters=st.integers(1, 5),
)
def test_any_convolution(kernel: int, stride: int, padding: str, size: int, channels: int, filters: int) -> None:
    layer = layers.Conv2D(filters, kernel, strides=stride, padding=padding)
    shape = (None, size, size + 1, channels)
    assert macs(layer, shape, layer.compute_output_shape(shape)) == multiply_adds(layer, shape[1:])


def test_channels_first_costs_the_same() -> None:
    for cls, extra in ((layers.Conv2D, {"filters": 4}), (layers.SeparableConv2D, {"filters": 4}), (layers.DepthwiseConv2D, {})):
        last, first = cls(kernel_size=3, **extra), cls(kernel_size=3, data_format="channels_first", **extra)
        expected = macs(last, (None, 8, 9, 2), last.compute_output_shape((None, 8, 9, 2)))
        assert macs(first, (None, 2, 8, 9), first.compute_output_shape((None, 2, 8, 9))) == expected


@pytest.mark.parametrize(
    "layer",
    [
        layers.MaxPooling2D(),
        layers.GlobalAveragePooling2D(),
        layers.BatchNormalization(),
        layers.Dropout(0.5),
        layers.Flatten(),
        layers.ReLU(),
        layers.Rescaling(2.0),
        layers.RandomFlip(),
    ],
    ids=lambda layer: layer.name,
)
def test_elementwise_layers_cost_nothing_by_the_convention(layer: Any) -> None:
    shape = (None, 4, 4, 2)
    assert macs(layer, shape, shape) == 0


class OwnDense(layers.Dense):
    def call(self, x: Any) -> Any:
        return super().call(x) + super().call(x)


class NamedDense(layers.Dense):
    """A Dense under another name: it runs what Dense runs."""


@pytest.mark.parametrize("layer", [layers.Lambda(lambda x: x), OwnDense(3), layers.MelSpectrogram()], ids=lambda x: x.name)
def test_what_cannot_be_known_is_not_zero(layer: Any) -> None:
    with pytest.raises(UnknownCost, match=r"\w"):
        macs(layer, (None, 4), (None, 3))


def test_a_subclass_that_changes_nothing_costs_the_same() -> None:
    assert macs(NamedDense(3), (None, 4), (None, 3)) == 12


def test_a_size_that_is_not_fixed_is_not_known() -> None:
    with pytest.raises(UnknownCost, match="not fixed"):
        macs(layers.Conv2D(4, 3), (None, None, None, 3), (None, None, None, 4))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int8", "int32", "uint8", "bool"])
def test_activation_bytes_are_an_arrays(dtype: str) -> None:
    tensor = tf.zeros((1, 3, 5), dtype=dtype)
    assert activation_bytes((None, 3, 5), dtype) == 15 * tensor.dtype.size
    assert activation_bytes(((None, 3, 5), (None, 2)), dtype) == 17 * tensor.dtype.size
