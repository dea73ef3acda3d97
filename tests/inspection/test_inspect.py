"""`inspect` agrees with Keras on counts, weights and the shapes of the real outputs, and changes nothing."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.errors import InputShapeError, NotAModelError
from seqwidget.inspection.inspect import inspect
from tests.backends import BACKEND, module

STACKS: dict[str, tuple[tuple[int, ...], Any]] = {
    "dense": ((4,), lambda: [layers.Dense(3), layers.BatchNormalization(), layers.Dense(2)]),
    "conv1d": ((20, 3), lambda: [layers.Conv1D(4, 3), layers.MaxPooling1D(), layers.GlobalMaxPooling1D()]),
    "conv2d": ((12, 13, 3), lambda: [layers.Conv2D(4, 3), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2)]),
    "conv3d": ((8, 8, 8, 1), lambda: [layers.Conv3D(2, 3), layers.AveragePooling3D(2), layers.GlobalAveragePooling3D()]),
    "transposed": ((6, 6, 2), lambda: [layers.Conv2DTranspose(3, 3, strides=2), layers.UpSampling2D(), layers.Cropping2D()]),
    "separable": ((12, 12, 3), lambda: [layers.SeparableConv2D(4, 3), layers.DepthwiseConv2D(3), layers.ZeroPadding2D()]),
    "norms": ((6, 4), lambda: [layers.LayerNormalization(), layers.GroupNormalization(2), layers.UnitNormalization()]),
    "text": (
        (9,),
        lambda: [layers.Embedding(50, 6), layers.Bidirectional(layers.LSTM(4, return_sequences=True)), layers.GRU(3)],
    ),
    "time": ((5, 6, 6, 2), lambda: [layers.TimeDistributed(layers.Conv2D(3, 3)), layers.ConvLSTM2D(2, 3)]),
    "shapes": ((4, 6), lambda: [layers.Permute((2, 1)), layers.Reshape((3, 8)), layers.Flatten(), layers.RepeatVector(2)]),
    "dropouts": ((6, 4), lambda: [layers.Dropout(0.5), layers.SpatialDropout1D(0.5), layers.GaussianNoise(0.1)]),
    "image": (
        (8, 8, 3),
        lambda: [layers.Rescaling(1 / 255), layers.RandomFlip(), layers.Resizing(6, 6), layers.CenterCrop(4, 4)],
    ),
    "activations": ((5,), lambda: [layers.Activation("relu"), layers.PReLU(), layers.Softmax(), layers.LeakyReLU()]),
    "lambda": ((5,), lambda: [layers.Lambda(lambda x: x * 2), Scale()]),
}


class Scale(layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.factor = self.add_weight(shape=(input_shape[-1],), name="factor")
        self.offset = self.add_weight(shape=(), trainable=False, name="offset")

    def call(self, x: Any) -> Any:
        return x * self.factor + self.offset


def applied(stack: list[Any], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the shapes of the real outputs of the layers called in turn, without the batch axis."""
    x = np.ones((2, *shape), "float32")
    found = []
    for layer in stack:
        x = layer(x)
        found.append(tuple(x.shape[1:]))
    return found


def size(weights: list[Any]) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)


@pytest.mark.parametrize("name", STACKS)
def test_rows_agree_with_keras(name: str) -> None:
    shape, make = STACKS[name]
    model = keras.Sequential([keras.Input(shape), *make()])
    stack = inspect(model)
    assert [row.name for row in stack.rows] == [layer.name for layer in model.layers]
    assert [row.output_shape for row in stack.rows] == [(None, *real) for real in applied(model.layers, shape)]
    assert [row.params for row in stack.rows] == [layer.count_params() for layer in model.layers]
    assert [row.trainable_params for row in stack.rows] == [size(layer.trainable_weights) for layer in model.layers]
    assert stack.totals.params == model.count_params()
    assert stack.totals.trainable_params == size(model.trainable_weights)
    assert stack.totals.non_trainable_params == size(model.non_trainable_weights)
    assert stack.built
    assert stack.input_shape == (None, *shape)
    known = [row.activation_bytes for row in stack.rows]
    assert known == [4 * int(np.prod(real)) for real in applied(model.layers, shape)]


def test_unbuilt_is_unknown_with_the_reason() -> None:
    stack = inspect(keras.Sequential([layers.Dense(3), layers.Dense(2)]))
    assert not stack.built
    assert stack.state == "unbuilt"
    assert stack.totals.params is stack.totals.macs is stack.totals.activation_bytes is None
    for row in stack.rows:
        assert row.params is row.output_shape is row.macs is row.trains is None
        assert "input's shape" in row.unknown["params"]
    assert "input" in stack.unknown["built"]


def test_an_assumed_input_gives_the_same_rows_as_building() -> None:
    make = [layers.Conv2D(4, 3, name="a"), layers.Flatten(name="b"), layers.Dense(2, name="c")]
    model = keras.Sequential(make)
    reckoned = inspect(model, input_shape=(8, 8, 1))
    assert not model.built
    assert not any(layer.built for layer in model.layers)
    assert model.weights == []
    model.build((None, 8, 8, 1))
    assert reckoned.rows == inspect(model).rows
    assert reckoned.totals == inspect(model).totals


def test_sizes_that_are_not_fixed() -> None:
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D(), layers.Dense(2)])
    row = inspect(model).rows[0]
    assert row.output_shape == (None, None, None, 4)
    assert row.macs is None
    assert "not fixed" in row.unknown["macs"]
    given = inspect(model, input_shape=(10, 10, 3))
    assert given.rows[0].output_shape == (None, 8, 8, 4)
    assert given.rows[0].macs == 8 * 8 * 4 * 9 * 3
    assert given.totals.macs is not None


def test_a_batch_multiplies_only_costs() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    one, many = inspect(model), inspect(model, batch_size=32)
    assert (many.totals.macs, many.totals.activation_bytes) == (32 * 12, 32 * 12)
    assert many.totals.params == one.totals.params
    with pytest.raises(ValueError, match="at least 1"):
        inspect(model, batch_size=0)


@pytest.mark.parametrize("wrong", [784, "784", (0,), (2.5,), ((3,), (4,))])
def test_an_input_that_is_not_a_shape_is_one_clear_line(wrong: Any) -> None:
    model = keras.Sequential([layers.Dense(3)])
    with pytest.raises(InputShapeError, match=r"^input_shape expected sizes without the batch, such as .* received"):
        inspect(model, input_shape=wrong)


def test_input_shape_takes_numpy_integers() -> None:
    model = keras.Sequential([layers.Dense(2)])
    assert inspect(model, input_shape=tuple(np.array([3, 4]))).rows[0].output_shape == (None, 3, 2)
    with pytest.raises(InputShapeError):
        inspect(model, input_shape=(True, 4))


def test_input_shape_argument_and_pinned_batch() -> None:
    with pytest.warns(UserWarning, match="input_shape"):
        first = layers.Dense(3, input_shape=(4,))
    assert inspect(keras.Sequential([first])).rows[0].output_shape == (None, 3)
    pinned = keras.Sequential([layers.Dense(3)])
    pinned(np.ones((1, 4)))
    assert inspect(pinned).rows[0].output_shape == (1, 3)


def test_a_broken_model_says_which_layer_and_why() -> None:
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3, name="good")])
    with pytest.raises(ValueError, match="negative"):
        model.add(layers.Conv2D(4, 9, name="bad"))
    model._layers.append(layers.Flatten(name="behind"))
    stack = inspect(model)
    good, bad, behind = stack.rows
    assert stack.state == "broken"
    assert good.output_shape == (None, 6, 6, 4)
    assert bad.output_shape is None
    assert "negative" in bad.unknown["output_shape"]
    assert "bad" in behind.unknown["output_shape"]
    assert stack.unknown["built"].startswith("bad: ")
    assert not model.layers[1].built


def test_a_layer_that_was_built_for_another_input() -> None:
    dense = layers.Dense(3, name="used")
    dense(np.ones((1, 5)))
    model = keras.Sequential([keras.Input((4,))])
    with pytest.raises(ValueError, match="incompatible"):
        model.add(dense)
    assert "incompatible" in inspect(model).rows[0].unknown["output_shape"]


def test_a_layer_added_twice_counts_once() -> None:
    twice = layers.Dense(4, name="twice")
    model = keras.Sequential([keras.Input((4,)), twice, layers.ReLU(), twice])
    stack = inspect(model)
    assert [row.params for row in stack.rows] == [20, 0, 20]
    assert [row.shared_with for row in stack.rows] == [None, None, 0]
    assert stack.totals.params == model.count_params() == 20
    assert stack.totals.macs == 32


def test_a_layer_shared_with_another_model_has_this_models_shape() -> None:
    shared = layers.Conv2D(2, 3)
    first = keras.Sequential([keras.Input((12, 12, 1)), shared])
    second = keras.Sequential([keras.Input((7, 7, 1)), shared])
    assert inspect(first).rows[0].output_shape == (None, 10, 10, 2)
    assert inspect(second).rows[0].output_shape == (None, 5, 5, 2)


def test_after_pop_and_add_again_the_shapes_are_current() -> None:
    conv = layers.Conv2D(2, 3, padding="same")
    model = keras.Sequential([keras.Input((12, 12, 1)), conv])
    model.pop()
    model.add(layers.MaxPooling2D(channel := 2))
    model.add(layers.Conv2D(2, 1))
    model.add(layers.ZeroPadding2D(channel))
    real = applied(model.layers, (12, 12, 1))
    assert [row.output_shape for row in inspect(model).rows] == [(None, *shape) for shape in real]


def base_of(kind: str) -> Any:
    x = keras.Input((8, 8, 3))
    inner = [layers.Conv2D(4, 3, name="one"), layers.BatchNormalization(name="two")]
    if kind == "sequential":
        return keras.Sequential([x, *inner], name="base")
    y = inner[1](inner[0](x))
    return keras.Model(x, layers.Add(name="sum")([y, layers.Conv2D(4, 3, name="side")(x)]), name="base")


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_nested_models(kind: str) -> None:
    base = base_of(kind)
    model = keras.Sequential([keras.Input((8, 8, 3)), base, layers.GlobalAveragePooling2D(), layers.Dense(2)])
    stack = inspect(model)
    assert [row.depth for row in stack.rows].count(1) == len([one for one in base.layers if type(one).__name__ != "InputLayer"])
    assert {row.path for row in stack.rows} >= {"base", "base/one", "base/two"}
    assert stack.totals.params == model.count_params()
    parent = stack.rows[0]
    inner = [row for row in stack.rows if row.depth == 1]
    assert parent.params == base.count_params() == sum(row.params for row in inner)
    assert parent.macs == sum(row.macs for row in inner)
    assert stack.totals.macs == parent.macs + 8
    assert parent.receptive_field == inner[-1].receptive_field == (3, 3)


def test_a_nested_model_called_on_another_size() -> None:
    x = keras.Input((None, None, 3))
    base = keras.Model(x, layers.Conv2D(4, 3, name="one")(x), name="base")
    stack = inspect(keras.Sequential([keras.Input((10, 9, 3)), base]))
    assert next(row for row in stack.rows if row.path == "base/one").output_shape == (None, 8, 7, 4)


def test_an_inner_sequential_that_changed_is_shown_as_it_is_now() -> None:
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="inner")
    outer = keras.Sequential([keras.Input((4,)), inner, layers.ReLU()])
    inner.add(layers.Dense(7))
    assert outer.output_shape == (None, 3)  # Keras's outdated answer
    real = tuple(outer(np.ones((2, 4))).shape)
    assert inspect(outer).rows[-1].output_shape == (None, *real[1:])


def test_the_flag_of_the_root_counts() -> None:
    base = base_of("sequential")
    model = keras.Sequential([keras.Input((8, 8, 3)), base])
    base.trainable = False
    base.layers[0].trainable = True
    model.trainable = False
    base.layers[0].trainable = True  # its own flag is True, its parents' are False
    one = next(row for row in inspect(model).rows if row.path == "base/one")
    assert one.trainable
    assert one.trains is False
    assert one.trainable_params == 0 == size(model.trainable_weights)


def test_channels_first_and_mixed_precision() -> None:
    first = keras.Sequential([keras.Input((3, 8, 9)), layers.MaxPooling2D(2, data_format="channels_first"), layers.ReLU()])
    assert [row.data_format for row in inspect(first).rows] == ["channels_first"] * 2
    mixed = keras.Sequential([keras.Input((4,)), layers.Dense(3, dtype="mixed_float16")])
    row = inspect(mixed).rows[0]
    assert (row.dtype, row.activation_bytes, row.params) == ("float16", 6, 15)


def test_quantised() -> None:
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4)])
    model.layers[0].quantize("int8")
    stack = inspect(model)
    assert stack.totals.params == model.count_params()
    assert stack.totals.trainable_params == size(model.trainable_weights)


def test_an_input_in_the_middle_is_a_row_that_does_not_fit() -> None:
    model = keras.Sequential([layers.Dense(3)])
    model.add(keras.Input((3,)))
    assert [row.kind for row in inspect(model).rows] == ["dense", "input"]
    with pytest.raises(ValueError, match="positional arguments"):
        model.build((None, 4))
    assert [row.output_shape for row in inspect(model).rows] == [(None, 3), None]


def test_a_layer_without_shape_inference_leaves_the_model_partly_built() -> None:
    class Opaque(layers.Layer):
        def call(self, x: Any) -> Any:
            raise NotImplementedError

    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), Opaque(name="opaque")])
    stack = inspect(model)
    assert stack.rows[0].output_shape == (None, 3)
    assert stack.rows[1].output_shape is None
    assert stack.rows[1].unknown["output_shape"]


def test_a_functional_model_is_said_not_to_be_a_stack() -> None:
    stack = inspect(base_of("functional"))
    assert [row.name for row in stack.rows] == ["one", "two", "side", "sum"]
    assert "not a linear stack" in str(stack.notes[0])
    assert stack.rows[-1].receptive_field == (3, 3)


def test_a_subclassed_model_shows_its_layers() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.dense(x)

    model = Own()
    model(np.ones((1, 2)))
    stack = inspect(model)
    assert stack.totals.params == 9
    assert stack.rows[0].unknown["output_shape"].startswith(f"{model.name} has a custom call")


def test_the_layers_inside_a_custom_layer_say_whose_call_runs_them() -> None:
    class Block(layers.Layer):
        def __init__(self) -> None:
            super().__init__(name="block")
            self.dense = layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.dense(x)

    outer, inner = inspect(keras.Sequential([keras.Input((2,)), Block()])).rows
    assert outer.output_shape == (None, 3)
    assert inner.unknown["output_shape"].startswith("block has a custom call")


@pytest.mark.parametrize("wrong", [None, 3, "model", layers.Dense(3), keras.Sequential])
def test_something_else_is_one_clear_line(wrong: Any) -> None:
    with pytest.raises(NotAModelError, match=r"^expected a Keras model.*received.*pass the model") as caught:
        inspect(wrong)
    assert "\n" not in str(caught.value)


def random_state() -> bytes:
    """Return the state of the backend's own random numbers; JAX has none."""
    if BACKEND == "tensorflow":
        return bytes(module("tensorflow").random.get_global_generator().state.numpy().tobytes())
    return bytes(module("torch").get_rng_state().numpy().tobytes()) if BACKEND == "torch" else b""


def fingerprint(model: Any) -> dict[str, Any]:
    """Everything about a model and the process that inspecting must not change."""
    optimizer = getattr(model, "optimizer", None)
    return {
        "weights": [np.asarray(weight).tobytes() for weight in model.variables],
        "optimizer": optimizer and [np.asarray(v).tobytes() for v in optimizer.variables],
        "optimizer id": id(optimizer),
        "rate": optimizer and float(optimizer.learning_rate),
        "loss": getattr(model, "loss", None),
        "built": model.built,
        "compiled": model.compiled,
        "config": model.to_json(),
        "nodes": [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in model.layers],
        "layers built": [layer.built for layer in model.layers],
        "functional": id(getattr(model, "_functional", None)),
        "train function": id(getattr(model, "train_function", None)),
        "python": random.getstate(),
        "numpy": str(np.random.get_state()),  # noqa: NPY002  a user's script may rely on this state
        "backend": random_state(),
    }


@pytest.mark.parametrize("state", ["unbuilt", "built", "compiled", "fitted", "broken"])
def test_looking_changes_nothing(state: str) -> None:
    keras.utils.set_random_seed(7)
    model = keras.Sequential([layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(1)])
    if state != "unbuilt":
        model.build((None, 4))
    if state in ("compiled", "fitted"):
        model.compile(keras.optimizers.Adam(0.123), "mse")
    if state == "fitted":
        model.fit(np.ones((8, 4)), np.ones((8, 1)), verbose=0)
    if state == "broken":
        with pytest.raises(ValueError, match="incompatible"):
            model.add(layers.Conv2D(1, 1))
    before = fingerprint(model)
    stack = inspect(model)
    inspect(model, input_shape=(4,))
    str(stack), stack.to_html(), stack.to_svg(), stack.to_dict()
    assert fingerprint(model) == before


def test_inspecting_does_not_change_automatic_names() -> None:
    model = keras.Sequential([layers.Bidirectional(layers.LSTM(2)), layers.Dropout(0.1)])
    before = int(layers.Dense(1).name.rpartition("_")[2] or 0)
    inspect(model, input_shape=(3, 4))
    assert int(layers.Dense(1).name.rpartition("_")[2]) == before + 1
