"""Generated code, when run, builds a model with the same config."""

from __future__ import annotations

import gc
import pickle
import re
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.codegen.writer import Writer, layer_code
from seqwidget.errors import UserError
from seqwidget.inspection.inspect import inspect
from tests.backends import needs

from ..inspection.test_inspect import STACKS, Scale, fingerprint

L = layers
BACK = {"return_sequences": True, "go_backwards": True}
STYLES: dict[str, tuple[Any, Any]] = {
    "arguments": (
        (8, 8, 3),
        lambda: [
            L.Conv2D(4, (3, 5), strides=(2, 1), padding="same", activation="gelu", use_bias=False),
            L.Conv2D(4, (3, 3), dilation_rate=2, groups=2, padding="same"),
            L.MaxPooling2D((3, 2), strides=1, padding="same"),
            L.ZeroPadding2D(((1, 2), (0, 1))),
            L.BatchNormalization(axis=1, momentum=0.9, epsilon=1e-5, center=False),
            L.LayerNormalization(axis=(1, 2)),
            L.Flatten(),
            L.Dense(2, activation="softmax", name="ends"),
        ],
    ),
    "initializers": (
        (4,),
        lambda: [
            L.Dense(3, kernel_initializer="he_normal", bias_initializer=keras.initializers.Constant(0.1)),
            L.Dense(3, kernel_initializer=keras.initializers.RandomNormal(0, 0.2, seed=3), bias_initializer="ones"),
            L.Dense(3, kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2), bias_regularizer="l1", activity_regularizer="l2"),
            L.Dense(3, kernel_constraint=keras.constraints.MaxNorm(3), bias_constraint="non_neg"),
            L.Dense(3, kernel_regularizer=keras.regularizers.L2(0.02)),
        ],
    ),
    "policies": ((4,), lambda: [L.Dense(3, dtype="mixed_float16"), L.Dense(3, dtype="float64"), L.Dense(2, trainable=False)]),
    "wrappers": (
        (5, 6),
        lambda: [
            L.Bidirectional(L.LSTM(4, return_sequences=True, dropout=0.2), merge_mode="sum", name="both"),
            L.Bidirectional(L.GRU(3, return_sequences=True), backward_layer=L.LSTM(3, **BACK)),
            L.TimeDistributed(L.Dense(4, activation="relu", name="inner")),
            L.SpectralNormalization(L.Dense(4), power_iterations=2),
            L.RNN([L.LSTMCell(3), L.GRUCell(2)], return_sequences=True),
            L.RNN(L.StackedRNNCells([L.SimpleRNNCell(3)])),
        ],
    ),
    "einsum": ((5, 4), lambda: [L.EinsumDense("abc,cd->abd", (None, 7), bias_axes="d"), L.RMSNormalization()]),
    "embedding": ((9,), lambda: [L.Embedding(50, 6, mask_zero=True, embeddings_initializer="zeros"), L.Masking(1.0), L.GRU(2)]),
    "augmentation": (
        (8, 8, 3),
        lambda: [
            L.Rescaling(1 / 255),
            L.Rescaling(5e-324),  # 1 / 5e-324 is infinite
            L.RandomFlip("horizontal", seed=1),
            L.RandomRotation(0.1),
            L.RandomZoom((0.1, 0.2), fill_mode="nearest"),
        ],
    ),
    "normalisation": ((2,), lambda: [L.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0]), L.Discretization([0.0, 1.5])]),
    "activations": ((5,), lambda: [L.Activation("swish"), L.LeakyReLU(0.1), L.ReLU(max_value=6), L.ELU(), L.Softmax(axis=1)]),
    "stacks": (
        (6, 6, 1),
        lambda: [
            keras.Sequential([keras.Input((6, 6, 1)), L.Conv2D(2, 3), keras.Sequential([L.ReLU()], name="in")], name="base"),
            keras.Sequential([L.Flatten(), L.Dense(3)]),
        ],
    ),
    "names": ((4,), lambda: [L.Dense(3, name="dense_a"), L.Dense(3, name='qu"o\\te'), L.Dense(2, name="größe")]),
    "own": ((4,), lambda: [Scale(), Power(3), Power(2, name="square")]),
}


@keras.saving.register_keras_serializable("tests")
class Power(layers.Layer):
    def __init__(self, power: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.power = power

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power": self.power}

    def call(self, x: Any) -> Any:
        return x**self.power


def without_numbers(config: Any) -> Any:
    """Return a config without the numbers that Keras appends to automatic names."""
    if isinstance(config, dict):
        return {key: without_numbers(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [without_numbers(value) for value in config]
    return re.sub(r"_\d+$", "", config) if isinstance(config, str) else config


def run(code: str, **names: Any) -> Any:
    exec(code, names)
    return names["model"]


BOTH = {**{f"{name} of inspect": one for name, one in STACKS.items() if name != "lambda"}, **STYLES}


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype float64")  # which JAX does not have
@pytest.mark.parametrize("name", BOTH)
def test_the_code_builds_the_same_config(name: str) -> None:
    shape, make = BOTH[name]
    model = keras.Sequential([keras.Input(shape), *make()], name=name.replace(" ", "_"))
    before = fingerprint(model)
    code = inspect(model).to_code()
    assert fingerprint(model) == before
    assert without_numbers(run(code).get_config()) == without_numbers(model.get_config())


def test_the_code_is_what_a_person_would_write() -> None:
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="digits"),
            layers.Conv2D(32, (3, 3), activation="relu", kernel_initializer="he_normal"),
            layers.MaxPooling2D((3, 3)),
            layers.MaxPooling2D(2, name="half"),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    assert inspect(model).to_code() == (
        "import keras\n"
        "from keras import layers\n"
        "\n"
        "model = keras.Sequential([\n"
        '    keras.Input((28, 28, 1), name="digits"),\n'
        '    layers.Conv2D(32, 3, activation="relu", kernel_initializer="he_normal"),\n'
        "    layers.MaxPooling2D(3),\n"
        '    layers.MaxPooling2D(name="half"),\n'
        "    layers.Flatten(),\n"
        "    layers.Dropout(0.5),\n"
        '    layers.Dense(10, activation="softmax"),\n'
        "])\n"
    )


def test_a_model_without_input_dtype_batch_and_frozen() -> None:
    assert "Input" not in inspect(keras.Sequential([layers.Dense(3)])).to_code()
    assert run(inspect(keras.Sequential(name="nothing")).to_code()).name == "nothing"
    model = keras.Sequential(
        [keras.Input((4,), batch_size=2, dtype="int32"), layers.Embedding(9, 2)], trainable=False, name="mine"
    )
    code = inspect(model).to_code()
    assert 'keras.Input((4,), batch_size=2, dtype="int32")' in code
    assert without_numbers(run(code).get_config()) == without_numbers(model.get_config())
    assert run(code).trainable is False


def test_the_code_says_what_must_be_imported_or_filled_in() -> None:
    model = keras.Sequential(
        [keras.Input((4,)), Scale(), layers.Lambda(lambda x: x * 2, name="twice"), layers.Dense(2, activation=own)]
    )
    code = inspect(model).to_code()
    assert "from tests.inspection.test_inspect import Scale\n" in code
    assert "# own is a custom object: define it before this code runs\n" in code
    assert "layers.Dense(2, activation=own)" in code
    assert "# function_of_lambda = ...  (a value that cannot be written out, such as a lambda: put it here)" in code
    assert 'layers.Lambda(function_of_lambda, name="twice")' in code
    built = run(code, function_of_lambda=lambda x: x * 2, own=own)
    assert [type(layer) for layer in built.layers] == [type(layer) for layer in model.layers]


def own(x: Any) -> Any:
    return x


def test_a_class_of_a_notebook_and_one_without_config() -> None:
    class Here(layers.Layer):
        def call(self, x: Any) -> Any:
            return x

    class Secretive(layers.Layer):
        def __init__(self, thing: object) -> None:
            super().__init__()
            self.thing = thing

        def call(self, x: Any) -> Any:
            return x

    code = inspect(keras.Sequential([keras.Input((4,)), Here(), Secretive(object())])).to_code()
    assert "# Here is a custom object: define it before this code runs" in code
    assert "Secretive(...)" in code
    assert "# the arguments of Secretive are not known, fill them in" in code


class Own(keras.Model):
    def call(self, x: Any) -> Any:
        return x


def test_a_model_with_its_own_code_has_no_code() -> None:
    with pytest.raises(
        UserError, match=r"^to_code expected a keras.Sequential or a Functional model, received 'mine' of type Own"
    ):
        inspect(Own(name="mine")).to_code()


def test_a_stack_keeps_no_layer_alive_and_says_when_one_is_deleted() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="first")], name="gone")
    stack = inspect(model)
    assert "first" in stack.to_code()
    again = pickle.loads(pickle.dumps(stack))
    assert again == stack
    del model
    gc.collect()
    for one in (stack, again):
        with pytest.raises(UserError, match="the layers of 'gone', but some were deleted"):
            one.to_code()


ADAPTED = {
    "text": (lambda: layers.TextVectorization(name="text"), ["the cat sat", "a dog"], "vocabulary of 5 is"),
    "word": (lambda: layers.StringLookup(name="word"), ["cat", "dog"], "vocabulary of 2 is"),
    "number": (lambda: layers.IntegerLookup(name="number"), [3, 4, 5], "vocabulary of 3 is"),
    "scale": (lambda: layers.Normalization(name="scale"), np.arange(6.0).reshape(3, 2), "mean and variance are"),
}


@pytest.mark.parametrize(
    "name", [name if name == "scale" else pytest.param(name, marks=needs("tensorflow")) for name in ADAPTED]
)
@pytest.mark.parametrize("nested", [False, True])
def test_adapted_state_that_the_code_lacks_is_noted(name: str, nested: bool) -> None:  # noqa: FBT001
    make, data, what = ADAPTED[name]
    layer = make()

    def code() -> str:
        inner = keras.Sequential([layer], name="inner")
        return inspect(keras.Sequential([inner] if nested else [layer])).to_code()

    assert "adapt" not in code()
    layer.adapt(data)
    assert code().count(f"# '{name}': its {what} not in this code: call its adapt(data), or pass ") == 1
    made: dict[str, Any] = {}
    exec(code(), made)  # a comment changes nothing
    assert made["model"].layers[0].name in (name, "inner")


@needs("tensorflow")
def test_state_in_the_code_needs_no_note() -> None:
    bins = layers.Discretization(num_bins=3)
    bins.adapt(np.arange(9.0))  # Keras writes it into its config
    assert bins.get_config()["bin_boundaries"] is not None
    for layer in (
        layers.TextVectorization(vocabulary=["cat"]),
        layers.StringLookup(vocabulary=["cat"]),
        layers.Normalization(mean=1.0, variance=2.0),
        layers.Discretization(bin_boundaries=[1.0, 2.0]),
        layers.Hashing(3),
        bins,
    ):
        code, made = inspect(keras.Sequential([layer])).to_code(), {}
        assert "#" not in code
        exec(code, made)
    np.testing.assert_array_equal(made["model"](np.arange(9.0)), bins(np.arange(9.0)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (layers.Dense(2, use_bias=True), layers.Dense(2, use_bias=False)),
        (layers.GaussianNoise(0.0), layers.GaussianNoise(-0.0)),
        (layers.ReLU(1), layers.ReLU(1.0)),
        (layers.Bidirectional(layers.LSTM(2)), layers.Bidirectional(layers.GRU(2))),
        (
            layers.Dense(1, kernel_initializer=keras.initializers.Constant(1)),
            layers.Dense(1, kernel_initializer=keras.initializers.Constant(2)),
        ),
        (
            layers.Normalization(mean=np.zeros(2000), variance=np.ones(2000)),
            layers.Normalization(mean=np.arange(2000.0), variance=np.ones(2000)),
        ),
    ],
)
def test_layers_with_almost_equal_configs_are_written_each_as_it_is(one: Any, other: Any) -> None:
    """What was found for one layer of a piece of code is used for another layer only if their configs are equal."""
    for pair in ((one, other, one), (other, one, other)):
        writer = Writer()
        assert [writer.layer(layer) for layer in pair] == [layer_code(layer) for layer in pair]
