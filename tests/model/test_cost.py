"""Multiply-adds agree with TensorFlow's FLOP counter for every layer of Keras; activation memory agrees with real arrays."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from seqwidget.model.cost import macs
from tests.backends import module, needs, only_on

from .flops import by_ones, multiply_adds

Case = tuple[str, Callable[[], Any], list[tuple[int, ...]]]

# Layers with multiply-adds: the class under test, the layer, and the shape of each input.
MULTIPLYING: list[Case] = [
    ("Dense", lambda: layers.Dense(4), [(3,)]),
    ("Dense", lambda: layers.Dense(4, activation="softmax"), [(5, 3)]),
    ("Dense", lambda: layers.Dense(4, use_bias=False), [(2, 5, 3)]),
    ("EinsumDense", lambda: layers.EinsumDense("ab,bc->ac", output_shape=7, bias_axes="c"), [(5,)]),
    ("EinsumDense", lambda: layers.EinsumDense("abc,cd->abd", output_shape=(None, 7)), [(4, 5)]),
    ("EinsumDense", lambda: layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3)), [(4, 5)]),
    ("EinsumDense", lambda: layers.EinsumDense("abcd,cde->abe", output_shape=(None, 6)), [(4, 2, 3)]),
    ("EinsumDense", lambda: layers.EinsumDense("...x,xy->...y", output_shape=6), [(4, 4, 5)]),
    ("EinsumDense", lambda: layers.EinsumDense("ab...,bc->ac...", output_shape=(6, None)), [(4, 5)]),
    ("Conv1D", lambda: layers.Conv1D(4, 3), [(10, 2)]),
    ("Conv1D", lambda: layers.Conv1D(4, 3, padding="causal", strides=2), [(11, 2)]),
    ("Conv1D", lambda: layers.Conv1D(4, 3, groups=2), [(11, 6)]),
    ("Conv2D", lambda: layers.Conv2D(4, 3, strides=2), [(9, 8, 3)]),
    ("Conv2D", lambda: layers.Conv2D(4, (3, 5), strides=(2, 3), padding="same"), [(9, 8, 3)]),
    ("Conv2D", lambda: layers.Conv2D(4, 3, dilation_rate=(2, 1)), [(8, 8, 3)]),
    ("Conv2D", lambda: layers.Conv2D(6, 3, groups=3), [(8, 8, 6)]),
    ("Conv2D", lambda: layers.Conv2D(4, 3, data_format="channels_first"), [(3, 8, 9)]),
    ("Conv3D", lambda: layers.Conv3D(4, 2, strides=(1, 2, 1)), [(6, 6, 6, 2)]),
    ("Conv3D", lambda: layers.Conv3D(4, 2, groups=2, padding="same"), [(4, 5, 6, 2)]),
    ("Conv3D", lambda: layers.Conv3D(4, 2, data_format="channels_first"), [(2, 4, 5, 6)]),
    ("Conv1DTranspose", lambda: layers.Conv1DTranspose(4, 3, strides=2, padding="same"), [(5, 3)]),
    ("Conv1DTranspose", lambda: layers.Conv1DTranspose(4, 3, dilation_rate=2), [(5, 3)]),
    ("Conv2DTranspose", lambda: layers.Conv2DTranspose(4, 3, strides=2, padding="same"), [(5, 6, 3)]),
    ("Conv2DTranspose", lambda: layers.Conv2DTranspose(4, 3, strides=2), [(5, 6, 3)]),
    ("Conv2DTranspose", lambda: layers.Conv2DTranspose(4, 3, strides=2, output_padding=1), [(5, 6, 3)]),
    ("Conv2DTranspose", lambda: layers.Conv2DTranspose(4, 2, strides=3, data_format="channels_first"), [(3, 5, 6)]),
    ("Conv3DTranspose", lambda: layers.Conv3DTranspose(4, 3, strides=2, padding="same"), [(2, 3, 4, 3)]),
    ("DepthwiseConv1D", lambda: layers.DepthwiseConv1D(3, depth_multiplier=3), [(8, 4)]),
    ("DepthwiseConv2D", lambda: layers.DepthwiseConv2D(3, depth_multiplier=2, strides=2), [(9, 9, 4)]),
    ("DepthwiseConv2D", lambda: layers.DepthwiseConv2D(3, padding="same", data_format="channels_first"), [(4, 8, 9)]),
    ("SeparableConv1D", lambda: layers.SeparableConv1D(5, 3, depth_multiplier=2), [(8, 4)]),
    ("SeparableConv2D", lambda: layers.SeparableConv2D(5, 3, padding="same"), [(8, 8, 4)]),
    ("SeparableConv2D", lambda: layers.SeparableConv2D(5, 3, strides=2, data_format="channels_first"), [(4, 8, 9)]),
    ("SimpleRNN", lambda: layers.SimpleRNN(4, unroll=True), [(3, 5)]),
    ("GRU", lambda: layers.GRU(4, unroll=True, return_sequences=True), [(3, 5)]),
    ("GRU", lambda: layers.GRU(4, unroll=True, reset_after=False, return_state=True), [(3, 5)]),
    ("LSTM", lambda: layers.LSTM(4, unroll=True), [(3, 5)]),
    ("LSTM", lambda: layers.LSTM(4, unroll=True, return_sequences=True, return_state=True), [(3, 5)]),
    ("RNN", lambda: layers.RNN(layers.LSTMCell(4), unroll=True), [(3, 5)]),
    ("RNN", lambda: layers.RNN([layers.GRUCell(4), layers.SimpleRNNCell(6)], unroll=True), [(3, 5)]),
    (
        "StackedRNNCells",
        lambda: layers.RNN(layers.StackedRNNCells([layers.LSTMCell(4), layers.LSTMCell(3)]), unroll=True),
        [(3, 4)],
    ),
    ("SimpleRNNCell", lambda: layers.SimpleRNNCell(4), [(5,), (4,)]),
    ("GRUCell", lambda: layers.GRUCell(4), [(5,), (4,)]),
    ("ConvLSTM1D", lambda: layers.ConvLSTM1D(4, 3, unroll=True, strides=2, return_state=True), [(3, 9, 2)]),
    ("ConvLSTM2D", lambda: layers.ConvLSTM2D(4, 3, unroll=True), [(3, 8, 7, 2)]),
    ("ConvLSTM2D", lambda: layers.ConvLSTM2D(4, 3, unroll=True, return_sequences=True, padding="same"), [(3, 8, 7, 2)]),
    ("ConvLSTM2D", lambda: layers.ConvLSTM2D(4, 3, unroll=True, data_format="channels_first"), [(3, 2, 8, 7)]),
    ("ConvLSTM3D", lambda: layers.ConvLSTM3D(2, 2, unroll=True, padding="same"), [(2, 3, 4, 5, 2)]),
    ("Bidirectional", lambda: layers.Bidirectional(layers.LSTM(4, unroll=True)), [(3, 5)]),
    ("Bidirectional", lambda: layers.Bidirectional(layers.GRU(4, unroll=True), merge_mode=None), [(3, 5)]),
    (
        "Bidirectional",
        lambda: layers.Bidirectional(layers.LSTM(4, unroll=True), backward_layer=layers.GRU(4, unroll=True, go_backwards=True)),
        [(3, 5)],
    ),
    ("Bidirectional", lambda: layers.Bidirectional(layers.ConvLSTM1D(4, 3, unroll=True)), [(3, 9, 2)]),
    ("TimeDistributed", lambda: layers.TimeDistributed(layers.Dense(4)), [(3, 5)]),
    ("TimeDistributed", lambda: layers.TimeDistributed(layers.Conv2D(4, 3)), [(3, 6, 6, 2)]),
    ("TimeDistributed", lambda: layers.TimeDistributed(small_model()), [(3, 6, 6, 2)]),
    ("SpectralNormalization", lambda: layers.SpectralNormalization(layers.Conv2D(4, 3)), [(6, 7, 3)]),
    ("Attention", layers.Attention, [(4, 8), (6, 8)]),
    ("Attention", layers.Attention, [(4, 8), (6, 5), (6, 8)]),
    ("Attention", lambda: layers.Attention(use_scale=True), [(4, 8), (6, 8)]),
    ("Attention", lambda: layers.Attention(score_mode="concat"), [(4, 8), (6, 8)]),
    ("AdditiveAttention", layers.AdditiveAttention, [(4, 8), (6, 8)]),
    ("MultiHeadAttention", lambda: layers.MultiHeadAttention(2, 3), [(4, 8), (6, 8)]),
    ("MultiHeadAttention", lambda: layers.MultiHeadAttention(2, 3, value_dim=5, output_shape=7), [(4, 8), (6, 7), (6, 3)]),
    ("MultiHeadAttention", lambda: layers.MultiHeadAttention(2, 3, dropout=0.1), [(4, 8), (6, 8)]),
    (
        "MultiHeadAttention",
        lambda: layers.MultiHeadAttention(2, 3, attention_axes=2, output_shape=(2, 3)),
        [(5, 4, 8), (5, 6, 8)],
    ),
    ("MultiHeadAttention", lambda: layers.MultiHeadAttention(2, 3), [(5, 4, 8), (5, 6, 8)]),
    ("GroupQueryAttention", lambda: layers.GroupQueryAttention(4, 4, 2), [(4, 8), (6, 8)]),
    ("GroupQueryAttention", lambda: layers.GroupQueryAttention(4, 4, 2), [(4, 8), (6, 8), (6, 8)]),
    ("Dot", lambda: layers.Dot(axes=2), [(4, 8), (6, 8)]),
    ("Dot", lambda: layers.Dot(axes=(1, -1)), [(4, 8), (6, 4)]),
    ("Dot", lambda: layers.Dot(axes=1, normalize=True), [(6,), (6,)]),
    ("STFTSpectrogram", lambda: spectrogram(mode="log"), [(64, 2)]),
    ("STFTSpectrogram", lambda: spectrogram(mode="real", padding="same"), [(65, 2)]),
    ("STFTSpectrogram", lambda: spectrogram(mode="stft", expand_dims=True), [(64, 2)]),
    ("Pipeline", lambda: layers.Pipeline([layers.Rescaling(2.0), layers.Conv2D(3, 3), layers.Conv2D(2, 3)]), [(8, 8, 2)]),
]
if "use_gate" in inspect.signature(layers.MultiHeadAttention).parameters:
    MULTIPLYING += [  # only in a newer Keras
        ("Attention", layers.Attention, [(3, 4, 8), (3, 6, 8)]),
        ("MultiHeadAttention", lambda: layers.MultiHeadAttention(2, 3, value_dim=5, use_gate=True), [(4, 8), (6, 7)]),
        ("GroupQueryAttention", lambda: layers.GroupQueryAttention(4, 4, 2, use_gate=True), [(4, 8), (6, 8)]),
    ]

IMAGE, VECTOR, STEPS = (8, 9, 3), (6,), (8, 4)
# Layers without multiply-adds in inference, with their arguments and the shape of each input.
FREE: list[Case] = [
    *((name, lambda name=name: getattr(layers, name)(), [STEPS]) for name in ("BatchNormalization", "LayerNormalization")),
    *((name, lambda name=name: getattr(layers, name)(), [STEPS]) for name in ("RMSNormalization", "UnitNormalization")),
    *((name, lambda name=name: getattr(layers, name)(), [STEPS]) for name in ("Flatten", "Identity", "Masking", "Softmax")),
    *((name, lambda name=name: getattr(layers, name)(), [STEPS]) for name in ("ReLU", "LeakyReLU", "ELU", "PReLU")),
    *(
        (name, lambda name=name: getattr(layers, name)(), [STEPS, STEPS])
        for name in ("Add", "Average", "Concatenate", "Maximum")
    ),
    *((name, lambda name=name: getattr(layers, name)(), [STEPS, STEPS]) for name in ("Minimum", "Multiply", "Subtract")),
    ("GroupNormalization", lambda: layers.GroupNormalization(2), [STEPS]),
    ("Activation", lambda: layers.Activation("gelu"), [STEPS]),
    ("ActivityRegularization", lambda: layers.ActivityRegularization(0.1), [STEPS]),
    *(
        (n, lambda n=n: getattr(layers, n)(0.5), [STEPS])
        for n in ("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise")
    ),
    ("Reshape", lambda: layers.Reshape((4, -1)), [STEPS]),
    ("Permute", lambda: layers.Permute((2, 1)), [STEPS]),
    ("RepeatVector", lambda: layers.RepeatVector(3), [VECTOR]),
    ("Normalization", lambda: layers.Normalization(mean=1.0, variance=2.0), [STEPS]),
    ("Discretization", lambda: layers.Discretization([0.0, 1.0]), [STEPS]),
    ("Rescaling", lambda: layers.Rescaling(2.0), [IMAGE]),
    ("Resizing", lambda: layers.Resizing(5, 6), [IMAGE]),
    ("CenterCrop", lambda: layers.CenterCrop(5, 6), [IMAGE]),
    ("RandomCrop", lambda: layers.RandomCrop(5, 6), [IMAGE]),
    ("MaxNumBoundingBoxes", lambda: layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy"), [IMAGE]),
]
for rank, shape in enumerate([(8, 3), (8, 6, 3), (8, 6, 4, 3)], 1):
    FREE += [
        (f"{name}{rank}D", lambda name=name, rank=rank, args=args: getattr(layers, f"{name}{rank}D")(*args), [shape])
        for names, args in (
            (("MaxPooling", "AveragePooling", "AdaptiveMaxPooling", "AdaptiveAveragePooling"), (2,)),
            (("GlobalMaxPooling", "GlobalAveragePooling", "UpSampling", "ZeroPadding", "Cropping"), ()),
            (("SpatialDropout",), (0.5,)),
        )
        for name in names
    ]
# Image layers. Some of them would multiply in training (a blur is a convolution), but do nothing in inference.
AUGMENTING: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(
        ("AugMix", "AutoContrast", "CutMix", "Equalization", "MixUp", "RandAugment", "RandomErasing", "RandomFlip"), ()
    ),
    **dict.fromkeys(("RandomGaussianBlur", "RandomGrayscale", "RandomInvert", "RandomPerspective", "RandomShear"), ()),
    **dict.fromkeys(("RandomElasticTransform", "Solarization", "ContrastLimitedAdaptiveHistogramEqualization"), ()),
    **dict.fromkeys(("RandomBrightness", "RandomColorDegeneration", "RandomContrast", "RandomHue", "RandomRotation"), (0.2,)),
    **dict.fromkeys(("RandomSharpness", "RandomZoom", "RandomSaturation"), (0.2,)),
    "RandomColorJitter": ((0, 255), 0.1, 0.1, 0.1, 0.1),
    "RandomPosterization": (4,),
    "RandomTranslation": (0.2, 0.2),
}
# Lookups, which take numbers or words.
LOOKUPS: list[tuple[str, Callable[[], Any], list[tuple[int, ...]], str]] = [
    ("Embedding", lambda: layers.Embedding(9, 4), [(5,)], "int32"),
    ("ReversibleEmbedding", lambda: layers.ReversibleEmbedding(9, 4), [(5,)], "int32"),
    ("CategoryEncoding", lambda: layers.CategoryEncoding(9), [(5,)], "int32"),
    ("Hashing", lambda: layers.Hashing(9), [(5,)], "int32"),
    ("HashedCrossing", lambda: layers.HashedCrossing(9), [(1,), (1,)], "int32"),
    ("IntegerLookup", lambda: layers.IntegerLookup(vocabulary=[1, 2]), [(5,)], "int64"),
    ("StringLookup", lambda: layers.StringLookup(vocabulary=["a", "b"]), [(5,)], "string"),
    ("TextVectorization", lambda: layers.TextVectorization(vocabulary=["a", "b"], output_sequence_length=4), [(1,)], "string"),
]
# Layers whose cost is unknown, or (the Fourier transform of a spectrogram) is not measured in multiply-adds.
UNKNOWN = {"Layer", "Lambda", "Wrapper", "JaxLayer", "FlaxLayer", "TFSMLayer", "TorchModuleWrapper", "MelSpectrogram"}
ELSEWHERE = {"InputLayer", "LSTMCell"}  # no call to trace; needs two states, which the case of RNN passes


def small_model() -> Any:
    inner = keras.Sequential([layers.MaxPooling2D(2), layers.Flatten()])
    return keras.Sequential([keras.Input((6, 6, 2)), layers.Conv2D(4, 3), inner, layers.Dense(2)])


def spectrogram(**options: Any) -> Any:
    return layers.STFTSpectrogram(frame_length=8, frame_step=4, fft_length=16, window=None, **options)


def present(cases: list[Any]) -> list[Any]:
    """Leave out layers that the installed Keras does not have yet, and name each case."""
    found = [case for case in cases if hasattr(layers, case[0])]
    marks = {
        name: needs("tensorflow")
        for name in ("Hashing", "HashedCrossing", "IntegerLookup", "StringLookup", "TextVectorization")
    }
    return [pytest.param(*case[1:], id=f"{case[0]}-{n}", marks=marks.get(case[0], ())) for n, case in enumerate(found)]


def check(make: Callable[[], Any], shapes: list[tuple[int, ...]], dtype: str = "float32", **arguments: Any) -> int:
    layer = make()
    expected, output = multiply_adds(layer, *shapes, dtype=dtype, **arguments)
    batched = tuple((None, *shape) for shape in shapes)
    assert macs(layer, batched if len(batched) > 1 else batched[0], output) == expected
    return expected


@pytest.mark.parametrize(("make", "shapes"), present(MULTIPLYING))
def test_multiply_adds_agree_with_tensorflow(make: Callable[[], Any], shapes: list[tuple[int, ...]]) -> None:
    assert check(make, shapes) > 0


@pytest.mark.parametrize(("make", "shapes"), present(FREE))
def test_other_arithmetic_costs_nothing_by_the_convention(make: Callable[[], Any], shapes: list[tuple[int, ...]]) -> None:
    assert check(make, shapes) == 0


@pytest.mark.parametrize("name", [name for name in AUGMENTING if hasattr(layers, name)])
def test_augmentation_costs_nothing_in_inference(name: str) -> None:
    assert check(lambda: getattr(layers, name)(*AUGMENTING[name]), [IMAGE], training=False) == 0


@pytest.mark.parametrize(("make", "shapes", "dtype"), present(LOOKUPS))
def test_a_lookup_costs_nothing(make: Callable[[], Any], shapes: list[tuple[int, ...]], dtype: str) -> None:
    assert check(make, shapes, dtype) == 0


def test_every_public_layer_is_tried() -> None:
    public = {cls for cls in vars(layers).values() if isinstance(cls, type) and issubclass(cls, layers.Layer)}
    tried = {getattr(layers, case[0], None) for case in (*MULTIPLYING, *FREE, *LOOKUPS)} | {
        getattr(layers, name, None) for name in AUGMENTING
    }
    rest = {getattr(layers, name, None) for name in (*UNKNOWN, *ELSEWHERE)}
    assert public - tried - rest == set()


def test_an_input_costs_nothing() -> None:
    assert macs(layers.InputLayer((4,)), (None, 4), (None, 4)) == 0


@pytest.mark.skipif(not hasattr(layers, "ReversibleEmbedding"), reason="a younger Keras has it")
def test_a_reversible_embedding_multiplies() -> None:
    assert check(lambda: layers.ReversibleEmbedding(9, 4), [(5, 4)], reverse=True) == 5 * 4 * 9


def test_an_attention_mask_is_not_mistaken_for_a_key() -> None:
    layer = layers.MultiHeadAttention(2, 3)
    x, mask = keras.Input((5, 8)), keras.Input((5, 5), dtype="bool")
    layer(x, x, attention_mask=mask)
    expected, output = multiply_adds(layer, (5, 8), (5, 8))
    assert macs(layer, ((None, 5, 8), (None, 5, 8), (None, 5, 5)), output) == expected


# An oracle for the oracle: if every product is 1, the sum of the output is their number.


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: layers.Dense(4, use_bias=False), (5, 3)),
        (lambda: layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3)), (4, 5)),
        (lambda: layers.Conv2D(4, 3, groups=2, use_bias=False), (8, 8, 4)),
        (lambda: layers.Conv1D(4, 3, dilation_rate=2, use_bias=False), (9, 2)),
        (lambda: layers.Conv3D(4, 2, strides=2, use_bias=False), (5, 6, 7, 2)),
        (lambda: layers.Conv1DTranspose(4, 2, strides=3, use_bias=False), (5, 3)),
        (lambda: layers.Conv2DTranspose(4, 3, strides=2, use_bias=False), (5, 6, 3)),
        (lambda: layers.Conv2DTranspose(4, 3, strides=2, output_padding=1, use_bias=False), (5, 6, 3)),
        (lambda: layers.Conv3DTranspose(2, (2, 3, 1), strides=(2, 3, 1), use_bias=False), (2, 3, 4, 3)),
        # TensorFlow pads a dilated depthwise convolution into a denser one, so its counter counts more.
        (lambda: layers.DepthwiseConv2D(3, dilation_rate=2, use_bias=False), (9, 9, 4)),
        (lambda: layers.DepthwiseConv1D(3, dilation_rate=2, depth_multiplier=2, use_bias=False), (9, 4)),
    ],
)
def test_the_number_of_products(make: Callable[[], Any], shape: tuple[int, ...]) -> None:
    layer = make()
    products = by_ones(layer, shape)
    assert macs(layer, (None, *shape), layer.compute_output_shape((1, *shape))) == products


@only_on("tensorflow")
def test_the_counter_agrees_on_a_transposed_convolution_where_strides_divide_the_output() -> None:
    # With other padding, it divides an output that is not a multiple of the strides, and counts 3 % too much here.
    shape = (1, 5, 6, 3)
    for padding, exact in (("same", True), ("valid", False)):
        layer = layers.Conv2DTranspose(4, 3, strides=2, padding=padding)
        layer.build(shape)
        tf = module("tensorflow")
        graph = tf.function(layer).get_concrete_function(tf.TensorSpec(shape)).graph
        (op,) = (op for op in graph.get_operations() if op.type == "Conv2DBackpropInput")
        flops = tf.compat.v1.profiler.profile(
            graph,
            options=tf.compat.v1.profiler.ProfileOptionBuilder(tf.compat.v1.profiler.ProfileOptionBuilder.float_operation())
            .with_node_names(show_name_regexes=[op.name])
            .with_empty_output()
            .build(),
        ).total_float_ops
        assert (flops == 2 * macs(layer, shape, tuple(op.outputs[0].shape))) is exact


CONVOLUTIONS: dict[str, st.SearchStrategy[Any]] = {
    "kernel_size": st.integers(1, 4),
    "strides": st.integers(1, 3),
    "padding": st.sampled_from(["valid", "same"]),
}


@settings(max_examples=25)
@given(
    options=st.fixed_dictionaries(CONVOLUTIONS | {"groups": st.integers(1, 2)}),
    size=st.integers(4, 12),
    channels=st.integers(1, 3),
    filters=st.integers(1, 3),
)
def test_any_convolution(options: dict[str, Any], size: int, channels: int, filters: int) -> None:
    groups = options["groups"]
    check(lambda: layers.Conv2D(filters * groups, **options), [(size, size + 1, channels * groups)])


@settings(max_examples=25)
@given(
    options=st.fixed_dictionaries(CONVOLUTIONS), size=st.integers(3, 6), channels=st.integers(1, 3), filters=st.integers(1, 3)
)
def test_any_transposed_convolution(options: dict[str, Any], size: int, channels: int, filters: int) -> None:
    check(lambda: layers.Conv2DTranspose(filters, **options), [(size, size + 1, channels)])


@settings(max_examples=25)
@given(kernel=st.integers(1, 4), dilation=st.integers(1, 3), size=st.integers(10, 14), channels=st.integers(1, 3))
def test_any_dilated_convolution(kernel: int, dilation: int, size: int, channels: int) -> None:
    # TensorFlow pads a dilated convolution into a denser one, so its counter counts more.
    layer = layers.Conv1D(2, kernel, dilation_rate=dilation, use_bias=False)
    products = by_ones(layer, (size, channels))
    assert macs(layer, (None, size, channels), layer.compute_output_shape((None, size, channels))) == products
