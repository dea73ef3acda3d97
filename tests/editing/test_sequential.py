"""To any code that uses, saves or copies it, the wrapper is a keras.Sequential."""

from __future__ import annotations

import copy
import json
import pathlib
import pickle
import re
import subprocess
import sys
import zipfile
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.editing.sequential import Sequential
from tests.backends import only_on
from tests.close import assert_close


def small(cls: Any) -> Any:
    return cls(
        [
            keras.Input((4,), name="x"),
            layers.Dense(3, name="a"),
            layers.BatchNormalization(name="b"),
            layers.Dense(1, name="c"),
        ],
        name="small",
    )


def config_of(model: Any) -> str:
    return json.dumps(keras.saving.serialize_keras_object(model), sort_keys=True)


def test_it_is_the_public_name() -> None:
    assert seqwidget.Sequential is Sequential
    assert isinstance(small(Sequential), keras.Sequential)
    assert isinstance(small(Sequential), Sequential)


def test_configs_equal_those_of_keras_byte_for_byte() -> None:
    ours, plain = small(Sequential), small(keras.Sequential)
    assert config_of(ours) == config_of(plain)
    assert ours.to_json() == plain.to_json()
    nested = [keras.Sequential([keras.Input((4,), name="x"), model], name="outer") for model in (ours, plain)]
    assert config_of(nested[0]) == config_of(nested[1])
    x = keras.Input((4,), name="x")
    functional = [keras.Model(x, model(x), name="functional") for model in (ours, plain)]
    assert config_of(functional[0]) == config_of(functional[1])


def test_files_contain_the_config_of_keras(tmp_path: pathlib.Path) -> None:
    configs = []
    for cls in (Sequential, keras.Sequential):
        keras.utils.clear_session(free_memory=False)  # automatic names start from the beginning again
        model = small(cls)
        model.compile("sgd", "mse")
        model.save(tmp_path / "m.keras")
        model.save(tmp_path / "m.h5")
        with zipfile.ZipFile(tmp_path / "m.keras") as archive, h5py.File(tmp_path / "m.h5") as h5:
            found = (archive.read("config.json").decode(), h5.attrs["model_config"])
            configs.append([re.sub(r'"shared_object_id": \d+', "", config) for config in found])  # an address
    assert configs[0] == configs[1]


OPEN_WITHOUT_US = """
import sys, pickle
sys.modules["seqwidget"] = None  # any import of it raises
import keras, numpy as np
x = np.arange(8.0).reshape(2, 4)
with open("m.pickle", "rb") as file:
    pickled = pickle.load(file)
models = [keras.models.load_model("m.keras"), keras.models.load_model("m.h5"), keras.models.load_model("nested.keras"), pickled]
expected = np.load("y.npy")
for model in models:
    assert type(model) is keras.Sequential, type(model)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=0, atol=1e-5 * np.abs(expected).max())
"""


def test_saved_models_open_in_a_python_without_seqwidget(tmp_path: pathlib.Path) -> None:
    model = small(Sequential)
    model.compile("sgd", keras.losses.MeanSquaredError())
    model.save(tmp_path / "m.keras")
    model.save(tmp_path / "m.h5")
    keras.Sequential([keras.Input((4,)), model]).save(tmp_path / "nested.keras")
    (tmp_path / "m.pickle").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "y.npy", model.predict(np.arange(8.0).reshape(2, 4), verbose=0))
    done = subprocess.run([sys.executable, "-c", OPEN_WITHOUT_US], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("copied", [keras.models.clone_model, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_plain_and_work(copied: Any) -> None:
    model = small(Sequential)
    twin = copied(model)
    assert type(twin) is keras.Sequential
    assert twin.to_json() == model.to_json()
    twin.set_weights(model.get_weights())
    x = np.ones((2, 4), "float32")
    assert_close(twin(x), model(x))


def test_from_config_returns_the_wrapper() -> None:
    model = small(Sequential)
    assert type(Sequential.from_config(model.get_config())) is Sequential


def test_a_users_subclass_is_written_as_itself() -> None:
    @keras.saving.register_keras_serializable("tests")
    class Net(Sequential):
        pass

    net = Net([keras.Input((4,)), layers.Dense(1)])
    assert keras.saving.serialize_keras_object(net)["registered_name"] == "tests>Net"
    assert type(keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(net))) is Net


def test_the_guide(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = Sequential(name="my_sequential")
    for units, name in ((2, "layer1"), (3, "layer2"), (4, "layer3")):
        model.add(layers.Dense(units, name=name))
    assert model.weights == []
    assert tuple(model(np.ones((1, 4))).shape) == (1, 4)
    assert len(model.weights) == 6
    model.summary()
    assert "Total params: 35" in capsys.readouterr().out
    assert model.pop().name == "layer3"
    assert len(model.layers) == 2

    conv = Sequential(
        [
            keras.Input((25, 25, 3)),
            layers.Conv2D(4, 5, strides=2, activation="relu"),
            layers.Conv2D(4, 3, activation="relu", name="middle"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(2),
        ]
    )
    every = keras.Model(conv.inputs, [layer.output for layer in conv.layers])
    one = keras.Model(conv.inputs, conv.get_layer("middle").output)
    x = np.ones((2, 25, 25, 3), "float32")
    assert_close(every([x])[1], one([x]))

    for layer in conv.layers[:-1]:
        layer.trainable = False
    conv.compile("adam", "mse")
    frozen = conv.layers[0].get_weights()[0]
    y = np.zeros((2, 2), "float32")
    assert "loss" in conv.fit(x, y, verbose=0).history
    np.testing.assert_array_equal(conv.layers[0].get_weights()[0], frozen)
    assert isinstance(conv.evaluate(x, y, verbose=0), float)
    assert conv.predict(x, verbose=0).shape == (2, 2)
    conv.save_weights(tmp_path / "w.weights.h5")
    conv.load_weights(tmp_path / "w.weights.h5")
    conv.save(tmp_path / "m.keras")
    assert_close(keras.models.load_model(tmp_path / "m.keras")(x), conv(x))

    base = keras.Sequential([keras.Input((25, 25, 3)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()])
    base.trainable = False
    head = Sequential([base, layers.Dense(10)])
    assert head.output_shape == (None, 10)
    assert len(head.trainable_weights) == 2


ON_TWO_DEVICES = """
import keras, numpy as np, tensorflow as tf
import seqwidget
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
assert strategy.num_replicas_in_sync == 2
for make in (seqwidget.Sequential, lambda layers: seqwidget.watch(keras.Sequential(layers))):
    with strategy.scope():
        model = make([keras.Input((4,)), keras.layers.Dense(3)])
        model.add(keras.layers.Dense(1))
        model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(np.ones((8, 4)), np.zeros((8, 1)), batch_size=4, verbose=0)
    assert any((a != b).any() for a, b in zip(before, model.get_weights()))
    assert "MirroredVariable" in type(model.weights[0].value).__name__ or "Mirrored" in str(type(model.weights[0]._value))
"""


@only_on("tensorflow")
def test_under_tf_distribute_on_two_devices() -> None:
    done = subprocess.run([sys.executable, "-c", ON_TWO_DEVICES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
