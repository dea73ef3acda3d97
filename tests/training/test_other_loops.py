"""Training without ``fit``, and on several devices, is recorded when asked, with the same results as without a record."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.model.session import part
from seqwidget.training import training_callback
from seqwidget.training.run_control import RunControl
from tests.close import assert_close

ROOT = pathlib.Path(__file__).parents[2]
X = np.random.default_rng(0).normal(size=(24, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def net() -> Any:
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5, "relu", name="first"), layers.Dropout(0.2), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def loop(model: Any, *callbacks: Any) -> list[dict[str, float]]:
    """Train with train_on_batch, and call callbacks as Keras's guide on custom loops does."""
    called = keras.callbacks.CallbackList(list(callbacks), model=model, epochs=2, steps=3)
    logs = []
    called.on_train_begin()
    for epoch in range(2):
        called.on_epoch_begin(epoch)
        model.reset_metrics()
        for batch in range(3):
            called.on_train_batch_begin(batch)
            part_of = slice(8 * batch, 8 * batch + 8)
            logs.append(model.train_on_batch(X[part_of], Y[part_of], return_dict=True))
            called.on_train_batch_end(batch, logs[-1])
        called.on_epoch_end(epoch, logs[-1])
    called.on_train_end(logs[-1])
    return logs


@pytest.mark.parametrize("watched", [False, True])
def test_a_loop_of_train_on_batch_with_a_list_of_callbacks(watched: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    monkeypatch.setattr(training_callback, "_SHARE", float("inf"))
    plain, model, recorded = net(), net(), seqwidget.TrainingCallback()
    if watched:
        seqwidget.Training(model)
    part(model, RunControl).is_observed = True
    expected, logs = loop(plain), loop(model, recorded)
    for one, other in zip(logs, expected, strict=True):
        assert_close([*one.values()], [*other.values()])
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        assert_close(ours, theirs)
    run = recorded.run
    assert run is not None
    assert (run.state, run.batch, run.epoch_ends, run.epochs_done) == ("finished", 6, (3, 6), 2)
    assert [dict(log) for log in run.logs] == [logs[2], logs[5]]
    assert {layer.path for layer in run.layers} == {"first", model.layers[-1].name}
    if watched:
        seqwidget.Training(model).close()


def test_without_a_callback_a_loop_is_not_recorded() -> None:
    model = net()
    panel = seqwidget.Training(model)
    loop(model)
    assert seqwidget.runs(model) == ()
    panel.close()


MIRRORED = """
import keras, numpy as np, tensorflow as tf
from keras import layers
import seqwidget
from seqwidget.training import training_callback
from tests.close import assert_close
training_callback._SHARE = float("inf")
device = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
y = x.sum(axis=1, keepdims=True)
results = []
for recorded in (False, True):
    keras.utils.set_random_seed(3)
    with tf.distribute.MirroredStrategy(["cpu:0", "cpu:1"]).scope():
        model = keras.Sequential([keras.Input((4,)), layers.Dense(5, "relu"), layers.Dropout(0.2), layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse")
    panel = seqwidget.Training(model) if recorded else None
    history = model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0, validation_split=0.25)
    results.append([*history.history.values(), *model.get_weights()])
for ours, theirs in zip(*results, strict=True):
    assert_close(ours, theirs)
run, = seqwidget.runs(model)
assert (run.state, run.batch, len(run.layers)) == ("finished", 9, 2), run
assert [dict(log) for log in run.logs] == [{k: v[at] for k, v in history.history.items()} for at in range(3)]
assert all(ratio > 0 for layer in run.layers for ratio in layer.ratios)
print("replicas", model.distribute_strategy.num_replicas_in_sync)
"""


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the strategy is one of TensorFlow")
def test_a_mirrored_strategy_on_two_devices() -> None:
    done = subprocess.run([sys.executable, "-c", MIRRORED], capture_output=True, text=True, check=False, cwd=ROOT)
    assert "replicas 2" in done.stdout, done.stderr[-3000:]


SPLIT = """
import keras, numpy as np
from keras import layers
import seqwidget
from seqwidget.training import training_callback
from seqwidget.widgets import epoch_maps
from tests.close import assert_close
training_callback._SHARE = epoch_maps._AT_ONCE = float("inf")
keras.distribution.set_distribution(keras.distribution.DataParallel(devices=keras.distribution.list_devices("cpu")))
x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
y = x.sum(axis=1, keepdims=True)
results = []
for recorded in (False, True):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5, "relu"), layers.Dropout(0.2), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse")
    shown = (seqwidget.Training(model), seqwidget.FeatureMaps(model, x[:2])) if recorded else ()
    history = model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0, validation_split=0.25)
    results.append([*history.history.values(), *model.get_weights()])
for ours, theirs in zip(*results, strict=True):
    assert_close(ours, theirs)
run, = seqwidget.runs(model)
assert (run.state, run.batch, len(run.layers)) == ("finished", 9, 2), run
assert all(ratio > 0 for layer in run.layers for ratio in layer.ratios)
assert shown[1].epochs == [(1, 1), (1, 2), (1, 3)]
print("split", len(model.layers[0].kernel.value.devices()) > 1)
"""


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="TensorFlow and PyTorch have other ways")
def test_keras_distribution_on_several_devices() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    done = subprocess.run([sys.executable, "-c", SPLIT], capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert "split True" in done.stdout, done.stderr[-3000:]
