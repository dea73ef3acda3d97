"""Common mistakes with ``keras.Sequential.add``, each of which Keras refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers

Stack = Callable[[], list[Any]]


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    ``cause`` is part of the expected diagnosis, and ``fix`` part of a fix that must be offered. Without ``fix``, no fix is
    offered, and ``instead`` is part of the functional code that is shown instead.
    """

    id: str
    shape: tuple[int | None, ...] | None
    stack: Stack
    bad: Callable[[], Any]
    cause: str
    fix: str = ""
    instead: str = ""
    sum: str = ""


def bare() -> list[Any]:
    return []


def used(layer: Any, *shape: int) -> Any:
    layer(keras.ops.ones(shape))
    return layer


def two_inputs() -> Any:
    a, b = keras.Input((4,)), keras.Input((4,))
    return keras.Model([a, b], layers.Add()([a, b]), name="two")


def doubled(x: Any) -> Any:
    return x * 2


class Specified(layers.Layer):
    """A custom layer that declares its input."""

    def __init__(self, **spec: Any) -> None:
        super().__init__(name="specified")
        self.input_spec = keras.InputSpec(**spec)
        self.spec = spec

    def call(self, x: Any) -> Any:
        return x + 1

    def get_config(self) -> dict[str, Any]:
        return self.spec


class Uninitialised(layers.Layer):
    """A custom layer that forgets to initialise its base class."""

    def __init__(self) -> None:
        self.units = 3


class Unprintable:
    """Not a layer, and its repr fails."""

    def __repr__(self) -> str:
        raise RuntimeError


class Pairing(layers.Layer):
    """A custom layer of two tensors."""

    def call(self, x: Any, y: Any) -> Any:
        return x + y


class Named(layers.Layer):
    """A custom layer that returns its outputs by name."""

    def call(self, x: Any) -> Any:
        return {"first": x + 1, "second": x * 2}


def inner(*shape: int) -> Any:
    return keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(3)])


IMAGE = (8, 8, 3)
L = layers
MISTAKES: list[Mistake] = [
    # windows larger than the input
    Mistake(
        "conv on 3x3",
        IMAGE,
        lambda: [L.Conv2D(4, 3), L.MaxPooling2D(2)],
        lambda: L.Conv2D(4, 5),
        "kernel of 5×5",
        "padding",
        sum="(3 − 5) / 1 + 1 < 1",
    ),
    Mistake(
        "pool on 2x2",
        IMAGE,
        lambda: [L.MaxPooling2D(4)],
        lambda: L.MaxPooling2D(3),
        "pool of 3×3",
        "pool_size=2",
        sum="a 3×3 pool on 2×2: (2 − 3) / 3 + 1 < 1",
    ),
    Mistake(
        "average pool", IMAGE, lambda: [L.MaxPooling2D(4)], lambda: L.AveragePooling2D(3), "pool of 3×3", "remove the earlier"
    ),
    Mistake(
        "pool 1D",
        (8, 3),
        lambda: [L.MaxPooling1D(4)],
        lambda: L.MaxPooling1D(3),
        "pool of 3",
        "padding",
        sum="a pool of 3 on 2",
    ),
    Mistake("pool 3D", (4, 4, 4, 1), lambda: [L.MaxPooling3D(4)], lambda: L.MaxPooling3D(2), "pool of 2×2×2", "the model take"),
    Mistake("depthwise", IMAGE, lambda: [L.MaxPooling2D(4)], lambda: L.DepthwiseConv2D(3), "kernel of 3×3", "kernel_size=2"),
    Mistake("separable", IMAGE, lambda: [L.MaxPooling2D(4)], lambda: L.SeparableConv2D(4, 3), "kernel of 3×3", "padding"),
    Mistake(
        "dilated",
        IMAGE,
        bare,
        lambda: L.Conv2D(4, 3, dilation_rate=4),
        "dilated to 9×9",
        "dilation_rate=1",
        sum="(3 − 1) · 4 + 1 = 9",
    ),
    Mistake("conv 1D", (4, 3), bare, lambda: L.Conv1D(4, 7), "kernel of 7", "the model take (7, 3)"),
    Mistake("conv 3D", (4, 4, 4, 3), bare, lambda: L.Conv3D(4, 5), "kernel of 5×5×5", "kernel_size=4"),
    Mistake(
        "one pool too many",
        (28, 28, 1),
        lambda: [L.Conv2D(4, 3), *(L.MaxPooling2D(2) for _ in range(4))],
        lambda: L.MaxPooling2D(2),
        "pool of 2×2",
        "remove the earlier",
    ),
    Mistake(
        "pool after global pool with kept axes",
        IMAGE,
        lambda: [L.GlobalAveragePooling2D(keepdims=True)],
        lambda: L.MaxPooling2D(2),
        "pool of 2×2",
        "leave it out",
    ),
    Mistake("cropping", IMAGE, bare, lambda: L.Cropping2D(4), "crops 4 + 4", "cropping=3", sum="8 − 4 − 4 = 0 < 1"),
    Mistake("cropping 1D", (6, 3), bare, lambda: L.Cropping1D(4), "crops 4 + 4", "cropping=2", sum="6 − 4 − 4 = −2 < 1"),
    Mistake("time-distributed conv", (5, 4, 4, 3), bare, lambda: L.TimeDistributed(L.Conv2D(2, 5)), "kernel of 5×5", "padding"),
    # too many axes, too few axes
    Mistake("conv on flat", IMAGE, lambda: [L.Flatten()], lambda: L.Conv2D(4, 3), "needs 4 axes", "remove the earlier flatten"),
    Mistake("conv on grey images", (28, 28), bare, lambda: L.Conv2D(4, 3), "has 3 axes", "the model take (28, 28, 1)"),
    Mistake("conv on 784", (784,), bare, lambda: L.Conv2D(4, 3), "has 2 axes", "(28, 28, 1)"),
    Mistake("conv 1D on flat", (16,), bare, lambda: L.Conv1D(4, 3), "batch, steps, channels", "Reshape to (16, 1)"),
    Mistake("conv 1D on images", IMAGE, bare, lambda: L.Conv1D(4, 3), "has 4 axes", "use Conv2D"),
    Mistake("conv 2D on sequences", (20, 4), bare, lambda: L.Conv2D(4, 3), "has 3 axes", "use Conv1D"),
    Mistake("conv 3D on images", IMAGE, bare, lambda: L.Conv3D(4, 3), "needs 5 axes", "use Conv2D"),
    Mistake(
        "transposed conv on flat", (16,), lambda: [L.Dense(196)], lambda: L.Conv2DTranspose(4, 3), "needs 4 axes", "(7, 7, 4)"
    ),
    Mistake(
        "LSTM on images", IMAGE, lambda: [L.Conv2D(4, 3)], lambda: L.LSTM(4), "batch, steps, features", "Reshape to (36, 4)"
    ),
    Mistake("LSTM on vectors", (16,), lambda: [L.Dense(4)], lambda: L.LSTM(4), "needs 3 axes", "RepeatVector"),
    Mistake(
        "GRU on an LSTM's last step",
        (5, 3),
        lambda: [L.LSTM(4)],
        lambda: L.GRU(3),
        "with enough axes was lstm",
        "return_sequences=True",
    ),
    Mistake(
        "Bidirectional on Bidirectional",
        (5, 3),
        lambda: [L.Bidirectional(L.LSTM(4))],
        lambda: L.Bidirectional(L.GRU(3)),
        "Bidirectional of GRU needs 3 axes",
        "return_sequences=True",
    ),
    Mistake(
        "LSTM behind Flatten", (5, 3), lambda: [L.Flatten()], lambda: L.LSTM(3), "was flatten", "remove the earlier flatten"
    ),
    Mistake("RNN of cells on vectors", (5,), bare, lambda: L.RNN(L.LSTMCell(3)), "needs 3 axes", "Reshape to (5, 1)"),
    Mistake(
        "pool after global pool",
        IMAGE,
        lambda: [L.GlobalAveragePooling2D()],
        lambda: L.MaxPooling2D(2),
        "with enough axes was global",
        "leave it",
    ),
    Mistake("global pool after Flatten", IMAGE, lambda: [L.Flatten()], L.GlobalAveragePooling2D, "has 2 axes", "flatten"),
    Mistake("global pool 1D on vectors", (8,), bare, L.GlobalAveragePooling1D, "needs 3 axes", "Reshape to (8, 1)"),
    Mistake("global pool 1D on images", IMAGE, bare, L.GlobalMaxPooling1D, "needs 3 axes", "use GlobalMaxPooling2D"),
    Mistake("Permute of images", IMAGE, bare, lambda: L.Permute((2, 1)), "the 2 that it permutes", "dims=(2, 1, 3)"),
    Mistake("RepeatVector on sequences", (5, 4), bare, lambda: L.RepeatVector(3), "(batch, features)", "Flatten"),
    Mistake(
        "RepeatVector on a whole LSTM",
        (5, 4),
        lambda: [L.LSTM(3, return_sequences=True)],
        lambda: L.RepeatVector(3),
        "has 3 axes",
        "return_sequences=False",
    ),
    Mistake(
        "ZeroPadding on flat", IMAGE, lambda: [L.Flatten()], lambda: L.ZeroPadding2D(1), "needs 4 axes", "remove the earlier"
    ),
    Mistake("ZeroPadding1D on images", IMAGE, bare, lambda: L.ZeroPadding1D(1), "needs 3 axes", "use ZeroPadding2D"),
    Mistake("UpSampling on vectors", (16,), bare, lambda: L.UpSampling2D(2), "needs 4 axes", "Reshape to (4, 4, 1)"),
    Mistake("SpatialDropout on vectors", (5,), bare, lambda: L.SpatialDropout2D(0.1), "needs 4 axes", "use Dropout"),
    Mistake(
        "TimeDistributed on vectors", (16,), bare, lambda: L.TimeDistributed(L.Dense(3)), "batch, time", "the Dense itself"
    ),
    Mistake(
        "TimeDistributed conv on images",
        IMAGE,
        bare,
        lambda: L.TimeDistributed(L.Conv2D(3, 3)),
        "needs 5 axes",
        "Conv2D itself",
    ),
    Mistake("ConvLSTM on images", IMAGE, bare, lambda: L.ConvLSTM2D(3, 3), "batch, time, height, width", "use Conv2D"),
    Mistake(
        "ConvLSTM on 2x2",
        (4, 2, 2, 3),
        bare,
        lambda: L.ConvLSTM2D(4, 3),
        "kernel of 3×3",
        "the model take (4, 3, 3, 3)",
        sum="a 3×3 kernel on 2×2",
    ),
    Mistake("crop on vectors", (6,), bare, lambda: L.CenterCrop(3, 3), "batch, height, width", "Reshape to (1, 1, 6)"),
    Mistake("einsum", (5,), bare, lambda: L.EinsumDense("abc,cd->abd", (None, 7)), "needs 3 axes (a, b, c)", "Reshape"),
    Mistake("Dense on a scalar", (), bare, lambda: L.Dense(3), "has 1 axis", "Reshape to (1,)"),
    Mistake("wrapped conv on a vector", (5,), bare, lambda: L.SpectralNormalization(L.Conv2D(3, 3)), "needs 4 axes"),
    # sizes, channels, groups
    Mistake(
        "groups", IMAGE, bare, lambda: L.Conv2D(4, 3, groups=2), "2 equal groups", "groups=1", sum="3 channels / 2 groups = 1.5"
    ),
    Mistake(
        "groups after conv",
        IMAGE,
        lambda: [L.Conv2D(6, 3)],
        lambda: L.Conv2D(8, 3, groups=4),
        "4 equal groups",
        "filters=8",
    ),
    Mistake("group norm of few channels", IMAGE, bare, L.GroupNormalization, "32 equal groups", "groups=3"),
    Mistake("group norm", (8, 8, 32), bare, lambda: L.GroupNormalization(5), "5 equal groups", "groups=4", sum="= 6.4"),
    Mistake(
        "used Dense",
        (5,),
        lambda: [L.Dense(6)],
        lambda: used(L.Dense(3), 1, 4),
        "channels (features) must be 4",
        "create a new layer",
        sum="6 ≠ 4",
    ),
    Mistake(
        "used conv",
        IMAGE,
        bare,
        lambda: used(L.Conv2D(3, 3), 1, 8, 8, 1),
        "channels (features) must be 1",
        "the model take (8, 8, 1)",
    ),
    Mistake(
        "used norm",
        IMAGE,
        bare,
        lambda: used(L.BatchNormalization(), 1, 8, 8, 1),
        "channels (features) must be 1",
        "create a new layer",
    ),
    Mistake(
        "Reshape",
        (10,),
        lambda: [L.Dense(12)],
        lambda: L.Reshape((5, 5)),
        "has 25, but the input has 12",
        "units=25",
        sum="5 · 5 = 25 ≠ 12",
    ),
    Mistake(
        "Reshape with -1",
        (10,),
        lambda: [L.Dense(12)],
        lambda: L.Reshape((-1, 5)),
        "multiple of 5",
        "(3, 4)",
        sum="12 / 5 = 2.4",
    ),
    Mistake("Reshape with the batch", IMAGE, bare, lambda: L.Reshape((32, 8, 8, 3)), "has 6144", "target_shape=(8, 8, 3)"),
    Mistake("Reshape of an input", (100,), bare, lambda: L.Reshape((28, 28, 1)), "has 784", "the model take (28, 28, 1)"),
    Mistake("features not fixed", (5, None), bare, lambda: L.Dense(3), "axis 2 of the input has none", "the model take (5, 3)"),
    Mistake(
        "Flatten of any size",
        (None, None, 3),
        lambda: [L.Flatten()],
        lambda: L.Dense(3),
        "needs a fixed size",
        "GlobalAveragePooling2D",
    ),
    Mistake("channels not fixed", (8, 8, None), bare, lambda: L.Conv2D(3, 3), "axis 3 of the input has none", "(8, 8, 3)"),
    Mistake("BatchNormalization axis", IMAGE, bare, lambda: L.BatchNormalization(axis=5), "axis 5 does not exist", "axis=-1"),
    Mistake(
        "BatchNormalization over time", (None, 4), bare, lambda: L.BatchNormalization(axis=1), "axis 1 of the input", "axis=-1"
    ),
    Mistake("LayerNormalization axis", (5, 4), bare, lambda: L.LayerNormalization(axis=3), "axis 3 does not exist", "axis=-1"),
    Mistake("Normalization axis", (5, 3), bare, lambda: L.Normalization(axis=3), "axis 3 does not exist", "axis=-1"),
    Mistake(
        "PReLU shared axes", (5,), bare, lambda: L.PReLU(shared_axes=[3]), "shared_axes 3 does not exist", "shared_axes=[1]"
    ),
    # channels first
    Mistake(
        "channels first",
        (3, 32, 32),
        lambda: [L.Conv2D(8, 3)],
        lambda: L.Conv2D(8, 3),
        "looks like channels_first",
        "channels last, (32, 32, 3)",
        sum="on 1×30",
    ),
    Mistake("channels first at once", (1, 28, 28), bare, lambda: L.MaxPooling2D(2), "looks like channels_first", "(28, 28, 1)"),
    Mistake("channels first, kernel", (3, 32, 32), bare, lambda: L.Conv2D(8, 5), "reads a height of 3", "Permute"),
    Mistake(
        "a channels-first layer on channels-last data",
        (28, 28, 1),
        bare,
        lambda: L.MaxPooling2D(2, data_format="channels_first"),
        "pool of 2×2",
        'data_format="channels_last"',
    ),
    # several tensors
    Mistake("Add", (5, 4), lambda: [L.Dense(4)], L.Add, "a list of tensors", instead="layers.Add()([x, y])"),
    Mistake(
        "Concatenate", (5, 4), lambda: [L.Dense(4)], L.Concatenate, "a list of tensors", instead="layers.Concatenate()([x, y])"
    ),
    Mistake("Multiply", (4,), bare, L.Multiply, "a list of tensors", instead="layers.Multiply()([x, y])"),
    Mistake("Dot", (5, 4), bare, lambda: L.Dot(1), "two tensors", instead="layers.Dot(1)([x, y])"),
    Mistake("Attention", (5, 4), bare, L.Attention, "a query and a value", instead="layers.Attention()([x, y])"),
    Mistake(
        "MultiHeadAttention",
        (9,),
        lambda: [L.Embedding(50, 4)],
        lambda: L.MultiHeadAttention(2, 3),
        "a query and a value",
        instead="layers.MultiHeadAttention(2, 3)(x, x)",
    ),
    Mistake("model of two inputs", (4,), bare, two_inputs, "needs 2 inputs", instead="two([x, other_1])"),
    Mistake("a cell", (5, 3), bare, lambda: L.LSTMCell(3), "one step of a recurrent layer", "use LSTM"),
    Mistake(
        "behind return_state",
        (5, 3),
        lambda: [L.LSTM(4, return_state=True)],
        lambda: L.Dense(3),
        "takes one tensor",
        "return_state=False",
    ),
    Mistake(
        "behind unmerged",
        (5, 3),
        lambda: [L.Bidirectional(L.LSTM(4), merge_mode=None)],
        lambda: L.Dense(3),
        "takes one tensor",
        'merge_mode="concat"',
    ),
    # nested models
    Mistake("inner model for vectors", (5,), bare, lambda: inner(4), "expects the input (None, 4)", "Dense of 4 units"),
    Mistake(
        "inner model for images",
        (9, 9, 1),
        bare,
        lambda: inner(8, 8, 3),
        "expects the input (None, 8, 8, 3)",
        "Resizing and a Conv2D",
    ),
    Mistake("inner model behind images", IMAGE, bare, lambda: inner(192), "expects the input (None, 192)", "Flatten"),
    Mistake(
        "inside a stack", IMAGE, bare, lambda: keras.Sequential([L.LSTM(3, name="lstm")]), "inside it, lstm does not fit: LSTM"
    ),
    Mistake(
        "deep inside a stack",
        IMAGE,
        bare,
        lambda: keras.Sequential([L.Conv2D(2, 3), L.MaxPooling2D(9, name="pool")]),
        "inside it, pool does not fit: its pool of 9×9",
        sum="(6 − 9) / 9 + 1 < 1",
    ),
    Mistake(
        "ConvLSTM of any size", (None, None, None, 3), bare, lambda: L.ConvLSTM2D(2, 3), "axis 3 of the input", "the model take"
    ),
    Mistake("a cell on images", IMAGE, bare, lambda: L.LSTMCell(3), "one step of a recurrent layer"),
    Mistake("RMSNormalization axis", (5, 4), bare, lambda: L.RMSNormalization(axis=4), "axis 4 does not exist", "axis=-1"),
    Mistake("RepeatVector on volumes", (5, 6, 6, 2, 3), bare, lambda: L.RepeatVector(3), "has 6 axes", "Flatten"),
    # not a layer, or not a valid one
    Mistake(
        "second Input", (5,), lambda: [L.Dense(4)], lambda: keras.Input((4,)), "one input, as its first layer", "leave it out"
    ),
    Mistake(
        "second Input of another size",
        (5,),
        lambda: [L.Dense(4)],
        lambda: keras.Input((2, 2)),
        "one input",
        "reshape to (2, 2)",
    ),
    Mistake(
        "same name", (5,), lambda: [L.Dense(4, name="a")], lambda: L.Dense(3, name="a"), "named 'a' at position 0", 'name="a_1"'
    ),
    Mistake(
        "same name, no input",
        None,
        lambda: [L.Dense(4, name="a")],
        lambda: L.Dense(3, name="a"),
        "names must be unique",
        'name="a_1"',
    ),
    Mistake("a class", IMAGE, bare, lambda: L.Flatten, "Flatten is a class", "call it"),
    Mistake("a class with arguments", (5,), bare, lambda: L.Dense, "Dense is a class"),
    Mistake("a string", (5,), bare, lambda: "relu", "consists of layers", "Activation"),
    Mistake("a function", (5,), bare, lambda: keras.activations.tanh, "consists of layers", "Activation"),
    Mistake("a lambda", (5,), bare, lambda: lambda x: x * 2, "<lambda> is a function", "wrap it in a Lambda"),
    Mistake(
        "an own function",
        (5,),
        lambda: [L.Dense(4)],
        lambda: doubled,
        "doubled is a function",
        "layers.Lambda(doubled)",
    ),
    Mistake(
        "an application", (32, 32, 3), bare, lambda: keras.applications.MobileNetV2, "MobileNetV2 is a function", "call it"
    ),
    Mistake("an array", (5,), bare, lambda: np.zeros((3, 3)), "type ndarray"),
    # errors that a layer raises itself
    Mistake("stateful", (5, 3), bare, lambda: L.LSTM(4, stateful=True), "is stateful", "batch_shape=(32, 5, 3)"),
    Mistake("stateful, no state", (5, 3), bare, lambda: L.GRU(4, stateful=True), "is stateful", "stateful=False"),
    Mistake(
        "stateful both ways",
        (5, 3),
        lambda: [L.Dense(2)],
        lambda: L.Bidirectional(L.LSTM(4, stateful=True)),
        "Bidirectional of LSTM is stateful",
        "batch_size=32",
    ),
    Mistake(
        "own spec, ndim",
        (5,),
        lambda: [L.Dense(4)],
        lambda: Specified(ndim=4),
        "needs 4 axes, including",
        "Reshape to (2, 2, 1)",
    ),
    Mistake("own spec, min_ndim", (5,), bare, lambda: Specified(min_ndim=3), "needs 3 or more axes", "Reshape to (5, 1)"),
    Mistake("own spec, max_ndim", IMAGE, bare, lambda: Specified(max_ndim=3), "needs 1 to 3 axes", "Flatten"),
    Mistake(
        "own spec, axes", (5,), lambda: [L.Dense(4)], lambda: Specified(axes={-1: 7}), "a size of 7 along axis -1", "units=7"
    ),
    Mistake("own spec, shape", (5, 3), bare, lambda: Specified(shape=(None, 6, 3)), "a size of 6 along axis 1", "take (6, 3)"),
    Mistake("own spec, dtype", (5,), bare, lambda: Specified(dtype="int32"), "needs dtype int32"),
    # several tensors, in structures
    Mistake(
        "stacked cells with states",
        (5, 3),
        lambda: [L.RNN([L.LSTMCell(4), L.LSTMCell(2)], return_state=True, name="r")],
        lambda: L.Dense(3),
        "r returns 5",
        "return_state=False",
        "x, state_1, state_2 = ",
    ),
    Mistake("a dict", (4,), lambda: [Named(name="d")], lambda: L.Dense(3), "d returns 2", "", 'outputs["first"]'),
    Mistake("a list", (5,), bare, lambda: [L.Dense(4), L.Dense(3)], "a list of 2;", "one by one"),
    Mistake("a number", (5,), bare, lambda: 10, "10 of type int", "Dense of 10"),
    Mistake("an output", (4,), bare, lambda: L.Dense(3)(keras.Input((4,))), "the output of a layer", "itself"),
    Mistake("None", (5,), bare, lambda: None, "received None"),
    Mistake("an optimizer", (5,), bare, keras.optimizers.Adam, "pass it to model.compile"),
    Mistake("a regularizer", (5,), bare, keras.regularizers.L2, "kernel_regularizer"),
    Mistake("a metric", (5,), bare, keras.metrics.MeanSquaredError, "metrics=[...]"),
    Mistake("no super().__init__()", (5,), bare, Uninitialised, "this one was not initialised"),
    Mistake("an object without a repr", (5,), bare, Unprintable, "Unprintable object at"),
    Mistake("a custom layer of two inputs", (5,), lambda: [L.Dense(4)], Pairing, "needs 2 tensors", instead="Pairing()(x, y)"),
]
