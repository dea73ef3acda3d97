"""The code of Functional models, when run, builds a model with the same config and the same outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from seqwidget.inspection.inspect import inspect
from seqwidget.keras_compat import keras_graph
from tests.close import as_array, assert_close

from ..inspection.test_edges import MODELS, nested, residual, several
from ..inspection.test_edges import masked as attention
from .test_writer import run, without_numbers


def block() -> Any:
    x = keras.Input((8, 8, 4))
    wide, pool = layers.Conv2D(2, 3, padding="same")(layers.Conv2D(2, 1)(x)), layers.MaxPooling2D(3, 1, padding="same")(x)
    return keras.Model(x, layers.Concatenate()([layers.Conv2D(2, 1, name="1 x 1")(x), wide, pool]), name="inception block")


def u_net() -> Any:
    x = keras.Input((16, 16, 1), name="image")
    skip = layers.Conv2D(2, 3, padding="same")(x)
    low = layers.Conv2D(4, 3, padding="same")(layers.MaxPooling2D()(skip))
    return keras.Model([x], [layers.Concatenate()([layers.UpSampling2D()(low), skip])], name="u_net")


def operations() -> Any:
    x = keras.Input((4, 3))
    y = layers.MultiHeadAttention(2, 2)(x, layers.Dense(3)(x), use_causal_mask=True)
    y = ops.maximum(y * x + 1.0, ops.sum(x, axis=1, keepdims=True))[:, ..., 1:3]
    return keras.Model(x, ops.reshape(ops.concatenate([y, x], axis=-1), (-1, 20)))


def masked() -> Any:
    x, weights = keras.Input((5,), dtype="int32"), keras.Input((5,))
    y = layers.Embedding(9, 4, mask_zero=True)(x)
    both = layers.Bidirectional(layers.LSTM(2, return_state=True))(y)
    return keras.Model([x, weights], [layers.LSTM(3)(layers.Masking()(y)), both[0], layers.GRU(2)(y, mask=weights > 0)])


def inside() -> Any:
    model = several()
    x, y = keras.Input((6,)), keras.Input((4, 3))
    given = model({"b": y, "a": x}, training=False)
    return keras.Model([x, y], layers.Concatenate()([given["all"], given["join"]]), trainable=False)


def around() -> Any:
    return keras.Sequential([keras.Input((8, 8, 4)), layers.ReLU(), residual(), layers.Dense(2)])


@pytest.mark.parametrize("build", [*MODELS, block, u_net, operations, masked, inside, around])
def test_the_code_builds_the_same_config(build: Callable[[], Any]) -> None:
    model = build()
    again = run(inspect(model).to_code())
    assert without_numbers(again.get_config()) == without_numbers(model.get_config())
    rng = np.random.default_rng(1)
    given = [rng.integers(0, 4, (2, *x.shape[1:])).astype(x.dtype) for x in model.inputs]
    if build in (u_net, attention) and keras_graph.lists_one_tensor():
        pytest.skip("an older Keras, which does not store that a model takes a list, and whose Attention fails on masks")
    given = given if len(given) > 1 or build is u_net else given[0]
    again.set_weights(model.get_weights())
    for new, old in zip(*(keras.tree.flatten(one(given)) for one in (again, model)), strict=True):
        assert_close(as_array(new), as_array(old))


def test_the_code_is_what_a_person_would_write() -> None:
    assert (
        inspect(nested()).to_code()
        == """import keras
from keras import layers

base_inputs = keras.Input((8, 8, 4))
conv2d = layers.Conv2D(4, 3, padding="same")(base_inputs)
x = layers.ReLU()(conv2d)
x = layers.Add()([x, base_inputs, conv2d])
x = layers.Flatten()(x)
base = keras.Model(base_inputs, x, name="base")

input_1 = keras.Input((8, 8, 4))
input_2 = keras.Input((8, 8, 4))
chain = keras.Sequential(
    [
        keras.Input((8, 8, 4)),
        layers.Conv2D(4, 1, name="one"),
        layers.ReLU(),
    ],
    name="chain",
)
x = chain(input_1)
base_1 = base(x)
x = base(input_2)
x = layers.Dot(1)([base_1, x])
model = keras.Model([input_1, input_2], x)
"""
    )
