"""Common mistakes with ``keras.Sequential.add``, each of which Keras refuses."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from .mistake import (
    IMAGE,
    Mistake,
    Named,
    Pairing,
    Specified,
    Twice,
    Uninitialised,
    Unprintable,
    bare,
    doubled,
    inner,
    two_inputs,
)
from .mistakes_of_shape import MISTAKES_OF_SHAPE

L = layers
MISTAKES: list[Mistake] = [
    *MISTAKES_OF_SHAPE,
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
    Mistake("inner model for vectors", (5,), bare, lambda: inner(4), "expects the input (None, 4)", "Dense with 4 units"),
    Mistake(
        "inner model for images",
        (9, 9, 1),
        bare,
        lambda: inner(8, 8, 3),
        "expects the input (None, 8, 8, 3)",
        "Resizing and Conv2D",
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
        "ConvLSTM of any size",
        (None, None, None, 3),
        bare,
        lambda: L.ConvLSTM2D(2, 3),
        "axis 3 of the input",
        "input shape to",
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
    Mistake(
        "own spec, shape", (5, 3), bare, lambda: Specified(shape=(None, 6, 3)), "a size of 6 along axis 1", "shape to (6, 3)"
    ),
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
    Mistake("a list", (5,), bare, lambda: [L.Dense(4), L.Dense(3)], "received list of 2;", "one by one"),
    Mistake("a number", (5,), bare, lambda: 10, "10 of type int", "Dense with 10"),
    Mistake("an output", (4,), bare, lambda: L.Dense(3)(keras.Input((4,))), "the output of a layer", "itself"),
    Mistake("None", (5,), bare, lambda: None, "received None"),
    Mistake("an optimizer", (5,), bare, keras.optimizers.Adam, "pass it to model.compile"),
    Mistake("a regularizer", (5,), bare, keras.regularizers.L2, "kernel_regularizer"),
    Mistake("a metric", (5,), bare, keras.metrics.MeanSquaredError, "metrics=[...]"),
    Mistake("no super().__init__()", (5,), bare, Uninitialised, "this one was not initialised"),
    Mistake("an object without a repr", (5,), bare, Unprintable, "Unprintable object at"),
    Mistake("a custom layer of two inputs", (5,), lambda: [L.Dense(4)], Pairing, "needs 2 tensors", instead="Pairing()(x, y)"),
    Mistake(
        "a list of tensors",
        (4,),
        lambda: [Twice(name="twice")],
        lambda: L.Dense(3),
        "twice returns 2",
        "Concatenate",
        "x, other_1 = ",
    ),
]
