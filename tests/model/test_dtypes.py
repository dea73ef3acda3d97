"""The shape, the dtype and the bytes of each output agree with those of a real run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from seqwidget import inspect
from tests.backends import needs
from tests.close import as_array

Case = tuple[tuple[int, ...], str, Callable[[], list[Any]]]
WORDS = ["a", "b"]
CASES: dict[str, Case] = {
    "flatten": ((28, 28), "uint8", lambda: [layers.Flatten()]),
    "moved integers": (
        (6, 6, 2),
        "uint8",
        lambda: [layers.ZeroPadding2D(), layers.Cropping2D(1), layers.Permute((2, 1, 3)), layers.Reshape((12, 6))],
    ),
    "unsigned": ((6,), "uint16", lambda: [layers.Flatten()]),
    "pooled integers": ((6, 6, 2), "int32", lambda: [layers.MaxPooling2D(), layers.Flatten(), layers.RepeatVector(2)]),
    "rescaled": ((6, 6, 1), "uint8", lambda: [layers.Rescaling(1 / 255), layers.Conv2D(2, 3)]),
    "resized": ((6, 6, 1), "uint8", lambda: [layers.Resizing(3, 3), layers.CenterCrop(2, 2)]),
    "dense on integers": ((5,), "int32", lambda: [layers.Dense(3), layers.ReLU()]),
    "embedding": ((5,), "int32", lambda: [layers.Embedding(9, 4), layers.LSTM(3)]),
    "discretised": ((5,), "float32", lambda: [layers.Discretization([0.0, 1.0])]),
    "encoded": ((5,), "int32", lambda: [layers.CategoryEncoding(9)]),
    "hashed": ((5,), "int32", lambda: [layers.Hashing(9)]),
    "looked up": ((5,), "int32", lambda: [layers.IntegerLookup(vocabulary=[1, 2])]),
    "words": ((5,), "string", lambda: [layers.StringLookup(vocabulary=WORDS)]),
    "text": (
        (1,),
        "string",
        lambda: [layers.TextVectorization(vocabulary=WORDS, output_sequence_length=4), layers.Embedding(9, 2)],
    ),
    "half": ((6,), "float32", lambda: [layers.Dense(3, dtype="mixed_float16"), layers.Dense(2)]),
    "brain": ((6,), "float32", lambda: [layers.Dense(3, dtype="mixed_bfloat16"), layers.Softmax()]),
    "double": ((6,), "float64", lambda: [layers.Dense(3, dtype="float64"), layers.Dense(2)]),
    "half bins": ((5,), "float32", lambda: [layers.Discretization([0.0, 1.0], dtype="mixed_float16"), layers.Flatten()]),
    "no cast": ((6,), "float64", lambda: [layers.Flatten(autocast=False), layers.Flatten()]),
    "function": ((6,), "float32", lambda: [layers.Lambda(lambda x: ops.argmax(x, axis=-1, keepdims=True)), layers.Flatten()]),
    "booleans": ((6,), "float32", lambda: [layers.Lambda(lambda x: x > 0), layers.Reshape((2, 3))]),
    "activation": ((6,), "float32", lambda: [layers.Dense(3, activation=lambda x: ops.cast(x, "float16")), layers.Dense(2)]),
    "over time": ((3, 4), "int32", lambda: [layers.TimeDistributed(layers.Flatten()), layers.Flatten()]),
    "both ways": ((3, 4), "float32", lambda: [layers.Bidirectional(layers.LSTM(2, dtype="mixed_float16")), layers.Dense(2)]),
    "flips": ((6, 6, 3), "uint8", lambda: [layers.RandomFlip(), layers.RandomRotation(0.1), layers.RandomCrop(4, 4)]),
    "normalised": ((4,), "int32", lambda: [layers.Normalization(mean=1.0, variance=2.0), layers.BatchNormalization()]),
    "masked": ((3, 4), "float32", lambda: [layers.Masking(), layers.GRU(2)]),
    "own": ((4,), "int32", lambda: [Counting(), layers.Flatten()]),
    "counted words": (
        (1,),
        "string",
        lambda: [layers.TextVectorization(vocabulary=WORDS, output_mode="count"), layers.Dense(2)],
    ),
    "gated": ((4, 3), "float32", lambda: [layers.Dense(6, activation="glu")]),
    "activation that adds up": ((4, 3), "float32", lambda: [layers.Dense(6, activation=lambda x: ops.sum(x, -1))]),
    "another shape than declared": ((4, 3), "float32", lambda: [layers.Lambda(lambda x: x[:, 1:], (4, 3)), layers.Flatten()]),
    "heads": (
        (4, 3),
        "float32",
        lambda: [layers.EinsumDense("abc,chd->abhd", (None, 2, 5)), layers.EinsumDense("abhd,hdc->abc", (None, 3))],
    ),
}


class Counting(layers.Layer):
    """A layer that declares only its shape, from which Keras concludes that it returns floats."""

    def call(self, x: Any) -> Any:
        return ops.sum(ops.cast(x, "int64"), axis=-1, keepdims=True)

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], 1)


def sample(shape: tuple[int, ...], dtype: str) -> Any:
    if dtype == "string":
        return keras.ops.convert_to_tensor(np.full((2, *shape), "a b"))
    return np.random.default_rng(0).integers(0, 5, (2, *shape)).astype(dtype)


def applied(made: list[Any], x: Any) -> list[tuple[tuple[int, ...], str, int]]:
    """Call the layers one after the other; return the shape, the dtype and the bytes of one sample of each output."""
    found = []
    for layer in made:
        x = layer(x)
        kind = keras.backend.standardize_dtype(x.dtype)
        size = as_array(x).nbytes if kind != "bfloat16" else 2 * int(np.prod(x.shape))
        found.append((tuple(x.shape[1:]), kind, size // 2))
    return found


WITH_TENSORFLOW = {name: needs("tensorflow") for name in ("hashed", "looked up", "words", "text", "counted words")}
WITHOUT_64_BITS = pytest.mark.filterwarnings("ignore:Explicitly requested dtype")  # JAX


@WITHOUT_64_BITS
@pytest.mark.parametrize("name", [pytest.param(name, marks=WITH_TENSORFLOW.get(name, ())) for name in CASES])
def test_shape_dtype_and_bytes_agree_with_a_run(name: str) -> None:
    shape, dtype, make = CASES[name]
    made = make()
    expected = applied(made, sample(shape, dtype))
    model = keras.Sequential([keras.Input(shape, dtype=dtype), *made])
    if any(layer.output.shape[0] is not None for layer in model.layers):
        pytest.skip("this Keras declares the batch size of the arrays that built a layer")
    x = y = keras.Input(shape, dtype=dtype)
    for layer in made:
        y = layer(y)
    x2 = keras.Input(shape, dtype=dtype)
    for stack in (model, keras.Model(x, y), keras.Sequential([x2, keras.Model(x, y)])):
        rows = [row for row in inspect(stack).rows if row.kind != "model"]
        assert [(row.output_shape[1:], row.dtype, row.activation_bytes) for row in rows] == expected


@WITHOUT_64_BITS
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_under_a_policy(policy: str) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        made = [layers.Conv1D(2, 3), layers.BatchNormalization(), layers.Flatten(), layers.Dense(2), layers.Softmax()]
        x = np.ones((2, 8, 2), "float32")
        model = keras.Sequential([keras.Input((8, 2)), *made])
        expected = [dtype for _, dtype, _ in applied(made, x)]
        assert [row.dtype for row in inspect(model).rows] == expected
    finally:
        keras.config.set_dtype_policy("float32")


def test_a_nested_graph_casts_to_the_dtype_of_its_input() -> None:
    inner = keras.Input((4,), dtype="float32")
    nested = keras.Model(inner, layers.Flatten()(inner))
    model = keras.Sequential([keras.Input((4,), dtype="uint8"), nested])
    given = as_array(model(np.ones((2, 4), "uint8")))
    assert inspect(model).rows[0].dtype == given.dtype.name
    assert inspect(model).totals.activation_bytes == given[0].nbytes


@pytest.mark.parametrize("make", [lambda: layers.Resizing(4, 4), layers.RandomFlip, lambda: layers.CenterCrop(2, 2)])
def test_images_of_any_size_keep_their_dtype(make: Callable[[], Any]) -> None:
    model = keras.Sequential([keras.Input((None, None, 3), dtype="uint8"), make()])
    given = model(np.ones((1, 6, 5, 3), "uint8"))
    row = inspect(model).rows[0]
    assert row.dtype == keras.backend.standardize_dtype(given.dtype)
    assert all(size in (None, real) for size, real in zip(row.output_shape, given.shape, strict=True))


def test_the_cost_is_that_of_the_output_before_the_activation() -> None:
    for make in (lambda **a: layers.Dense(6, **a), lambda **a: layers.Conv1D(6, 2, **a)):
        plain, gated = (keras.Sequential([keras.Input((4, 3)), make(activation=name)]) for name in ("relu", "glu"))
        assert inspect(gated).totals.macs == inspect(plain).totals.macs


def test_several_outputs_have_a_dtype_each() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, layers.Lambda(lambda y: [y, ops.argmax(y, axis=-1, keepdims=True)])(x))
    row = inspect(model).rows[0]
    given = [as_array(one) for one in model(np.ones((1, 4), "float32"))]
    assert row.dtype == " + ".join(one.dtype.name for one in given)
    assert row.activation_bytes == sum(one.nbytes for one in given)


def test_looking_runs_no_layer_twice() -> None:
    runs = []

    def counted(x: Any) -> Any:
        runs.append(x)
        return x

    model = keras.Sequential([keras.Input((4,)), layers.Lambda(counted)])
    inspect(model)
    before = len(runs)
    inspect(model)
    assert len(runs) == before
