"""Operations between the layers of a model are rows with costs, as TensorFlow counts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import seqwidget
from seqwidget import inspect
from seqwidget.activations.extractor import feature_extractor
from tests.close import as_array

from ..model.flops import multiply_adds

# Operations.

OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "matmul": lambda x: ops.matmul(x, ops.ones((3, 5))),
    "at": lambda x: x @ np.ones((3, 7), "float32"),
    "by itself": lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))),
    "vector": lambda x: ops.matmul(x, ops.ones((3,))),
    "dot": lambda x: ops.dot(x, ops.ones((3, 2))),
    "tensordot": lambda x: ops.tensordot(x, ops.ones((4, 3, 2)), axes=2),
    "tensordot axes": lambda x: ops.tensordot(x, ops.ones((3, 2)), axes=[[2], [0]]),
    "einsum": lambda x: ops.einsum("abc,cd->abd", x, ops.ones((3, 2))),
    "einsum of two": lambda x: ops.einsum("abc,adc->abd", x, x),
    "conv": lambda x: ops.conv(x, ops.ones((2, 3, 4)), strides=2, padding="same"),
    "depthwise": lambda x: ops.depthwise_conv(ops.expand_dims(x, 1), ops.ones((1, 2, 3, 2))),
    "separable": lambda x: ops.separable_conv(ops.expand_dims(x, 1), ops.ones((1, 2, 3, 2)), ops.ones((1, 1, 6, 5))),
    "attention": lambda x: ops.dot_product_attention(*[ops.reshape(x, (-1, 4, 1, 3))] * 3),
    "arithmetic": lambda x: ops.exp((x + 1) * 2 - x / 3) ** 2,
    "pieces": lambda x: ops.concatenate([x[:, 1:3], ops.reshape(x, (-1, 4, 3))[:, :2]], axis=1),
    "figures": lambda x: ops.stack([ops.mean(x, -1), ops.std(x, -1), ops.max(x, -1)], axis=-1),
    "activations": lambda x: ops.softmax(ops.relu(x)),
    "sorted": lambda x: ops.cast(ops.argsort(x, axis=-1), "float32"),
    "of layers": lambda x: ops.matmul(layers.Dense(4)(x), layers.Dense(3)(x)),
}


@pytest.mark.filterwarnings("ignore:NotImplemented should not be used")  # raised in Keras, for axes that are lists
@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_are_rows_with_the_costs_of_tensorflow(name: str) -> None:
    x = keras.Input((4, 3))
    model = keras.Model(x, OPERATIONS[name](x))
    facts = inspect(model)
    assert [row.index for row in facts.rows] == list(range(len(facts.rows)))
    outer = {row.name for row in facts.rows if row.depth == 0}
    assert outer == {one.name for one in model.operations if type(one) is not layers.InputLayer}
    assert facts.totals.macs == multiply_adds(model, (4, 3))[0]
    given = feature_extractor(model)(np.ones((2, 4, 3), "float32"))
    if given[-1].shape[1:] != model.output_shape[1:]:
        pytest.skip("this Keras's own graph has another shape than its run")
    for row, output in zip(facts.rows, given, strict=True):
        array = as_array(output)
        assert (row.output_shape[1:], row.dtype, row.activation_bytes) == (array.shape[1:], array.dtype.name, array[0].nbytes)
    assert seqwidget.Summary(model).stack["rows"]
    assert repr(seqwidget.FeatureMaps(model, np.ones((2, 4, 3), "float32")))
    if model.weights:
        seqwidget.Trainable(model).freeze()


UNTOLD: dict[str, Callable[[Any], Any]] = {
    "fourier": lambda x: ops.rfft(x)[0],
    "decomposition": lambda x: ops.qr(x)[0],
    "map": lambda x: ops.vectorized_map(lambda one: ops.matmul(one, ops.ones((3, 2))), x),
    "three": lambda x: ops.einsum("abc,cd,de->abe", x, ops.ones((3, 2)), ops.ones((2, 2))),
    "over the batch": lambda x: ops.matmul(ops.mean(x, axis=0), ops.ones((3, 4))),
}


@pytest.mark.parametrize("name", UNTOLD)
def test_the_cost_of_an_operation_is_unknown_with_a_reason(name: str) -> None:
    x = keras.Input((4, 3))
    try:
        model = keras.Model(x, layers.Lambda(lambda y: y)(UNTOLD[name](x)))
    except ValueError as refusal:
        pytest.skip(f"this Keras makes no graph of it: {refusal}")
    facts = inspect(model)
    assert facts.totals.macs is None
    assert facts.unknown["macs"]
    assert all(row.unknown["macs"] for row in facts.rows if row.macs is None)


def test_operations_between_convolutions_do_not_hide_the_rest() -> None:
    x = keras.Input((8, 8, 1))
    y = layers.Conv2D(2, 3)(x) * 2
    facts = inspect(keras.Model(x, layers.Conv2D(2, 3)(y)))
    assert [row.macs for row in facts.rows] == [36 * 9 * 2, 0, 16 * 9 * 4]


# The smallest sides, and the receptive fields that Araujo, Norris and Sim (2019) computed for some.
APPLICATIONS: dict[str, tuple[int, int | None]] = {
    "VGG16": (32, 212),
    "MobileNet": (32, 315),
    "ResNet50": (32, 483),
    "Xception": (71, None),
    "ResNet50V2": (32, None),
    "InceptionV3": (75, 1311),
    "DenseNet121": (32, None),
    "MobileNetV2": (32, None),
    "MobileNetV3Small": (32, None),
    "EfficientNetB0": (32, None),
    "EfficientNetV2B0": (32, None),
    "ConvNeXtTiny": (32, None),
}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_an_application_model_has_no_wrong_fact(name: str) -> None:
    side, published = APPLICATIONS[name]
    model = getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), classes=10)
    facts = inspect(model)
    assert facts.totals.params == model.count_params()
    assert facts.totals.macs == multiply_adds(model, (side, side, 3))[0]
    outer = {row.name for row in facts.rows if row.depth == 0}
    assert outer == {one.name for one in model.operations if type(one) is not layers.InputLayer}
    assert any(note.key == "not-a-stack" for note in facts.notes) is (name not in ("VGG16", "MobileNet"))
    assert published is None or (published, published) in {row.receptive_field for row in facts.rows}
    nested = inspect(keras.Sequential([keras.Input((side, side, 3)), model]))
    assert [row.receptive_field for row in nested.rows[1:]] == [row.receptive_field for row in facts.rows]
