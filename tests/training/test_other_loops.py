"""Training without ``fit``, and on several devices, is recorded when asked, with the same results as without a record."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import traceback
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.model.session import part
from seqwidget.training import training_callback
from seqwidget.training.run_control import RunControl
from tests.backends import module
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
    keras.utils.set_random_seed(4)  # PyTorch's dropout draws from the random numbers of the process
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
assert seqwidget.inspect(model).rows[0].trains
y[13] = np.nan
model.fit(x, y, batch_size=8, shuffle=False, verbose=0)
found = seqwidget.runs(model)[-1].not_finite
assert (found.batch, found.data) == (2, ("targets",)), found
np.testing.assert_array_equal(found.inputs, x[8:16])
print("split on", len(model.layers[0].kernel.value.devices()))
"""


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="TensorFlow and PyTorch have other ways")
def test_keras_distribution_on_several_devices() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=4"}
    done = subprocess.run([sys.executable, "-c", SPLIT], capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert "split on 4" in done.stdout, done.stderr[-3000:]


class Own(keras.Sequential):
    """A model with its own training step, which adds a metric."""

    def train_step(self, *args: Any) -> Any:
        found = super().train_step(*args)
        logs = found[0] if isinstance(found, tuple) else found
        logs["twice"] = 2 * logs["loss"]
        return found


def same_with_and_without(train: Any) -> Any:
    """Train twice, without and with panels; compare the results, and return what the second training returns besides."""
    results = []
    for is_shown in (False, True):
        keras.utils.set_random_seed(3)
        results.append(train(is_shown))
    for ours, theirs in zip(results[1][0], results[0][0], strict=True):
        assert_close(ours, theirs)
    return results[1][1]


def test_a_training_step_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_callback, "_SHARE", float("inf"))

    def train(is_shown: bool) -> Any:  # noqa: FBT001
        model = Own([keras.Input((4,)), layers.Dense(5, "relu"), layers.Dropout(0.2), layers.Dense(1)])
        model.compile("adam", "mse", metrics=["mae"])
        panel = seqwidget.Training(model) if is_shown else None
        history = model.fit(X, Y, batch_size=8, epochs=2, verbose=0).history
        run = seqwidget.runs(model)
        if panel is not None:
            panel.close()
        return [*history.values(), *model.get_weights()], run

    (run,) = same_with_and_without(train)
    assert {curve.name for curve in run.curves} == {"loss", "mae", "twice"}


def test_a_generator_and_a_discriminator_that_are_trained_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_callback, "_SHARE", float("inf"))

    def train(is_shown: bool) -> Any:  # noqa: FBT001
        makes = keras.Sequential([keras.Input((2,)), layers.Dense(6, "relu"), layers.Dense(4)], name="makes")
        judges = keras.Sequential([keras.Input((4,)), layers.Dense(6, "relu"), layers.Dense(1)], name="judges")
        judges.compile("adam", "mse")
        judges.trainable = False
        both = keras.Sequential([keras.Input((2,)), makes, judges], name="both")
        both.compile("adam", "mse")
        judges.trainable = True
        judges.compile("adam", "mse")
        panels = [seqwidget.Training(model) for model in (makes, judges, both) if is_shown]
        noise, losses = X[:, :2], []
        for _ in range(3):
            made = np.asarray(makes.predict(noise, verbose=0))
            mixed, real = np.concatenate([X, made]), np.repeat([[1.0], [0.0]], len(X), axis=0)
            losses += judges.fit(mixed, real, batch_size=16, verbose=0).history["loss"]
            judges.trainable = False
            losses += both.fit(noise, np.ones((len(X), 1)), batch_size=8, verbose=0).history["loss"]
            judges.trainable = True
        runs = [len(seqwidget.runs(model)) for model in (makes, judges, both)]
        for panel in panels:
            panel.close()
        return [losses, *makes.get_weights(), *judges.get_weights()], runs

    assert same_with_and_without(train) == [0, 3, 3]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the step is written for TensorFlow")
def test_two_models_in_one_training_step(monkeypatch: pytest.MonkeyPatch) -> None:
    tf: Any = module("tensorflow")
    monkeypatch.setattr(training_callback, "_SHARE", float("inf"))

    class Pair(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.makes = keras.Sequential([keras.Input((4,)), layers.Dense(6, "relu"), layers.Dense(4)])
            self.judges = keras.Sequential([keras.Input((4,)), layers.Dense(6, "relu"), layers.Dense(1)])
            self.other = keras.optimizers.Adam()

        def train_step(self, data: Any) -> Any:
            noise = tf.random.normal(tf.shape(data))
            with tf.GradientTape(persistent=True) as tape:
                real, fake = self.judges(data), self.judges(self.makes(noise))
                judged = tf.reduce_mean((real - 1) ** 2 + fake**2)
                made = tf.reduce_mean((fake - 1) ** 2)
            for optimizer, loss, model in ((self.optimizer, judged, self.judges), (self.other, made, self.makes)):
                weights = model.trainable_weights
                optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            return {"judged": judged, "made": made}

    def train(is_shown: bool) -> Any:  # noqa: FBT001
        pair = Pair()
        pair.compile("adam")
        panels = [seqwidget.Training(model) for model in (pair, pair.makes) if is_shown]
        callbacks = [seqwidget.TrainingCallback()] if is_shown else []
        history = pair.fit(X, batch_size=8, epochs=2, verbose=0, callbacks=callbacks).history
        runs = seqwidget.runs(pair)
        for panel in panels:
            panel.close()
        return [*history.values(), *pair.get_weights()], runs

    (run,) = same_with_and_without(train)
    assert {curve.name for curve in run.curves} == {"judged", "made"}


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_a_generator_that_runs_dry_is_not_called_stopped() -> None:
    def few() -> Any:
        for at in range(0, 24, 8):
            yield X[at : at + 8], Y[at : at + 8]

    model = net()
    panel = seqwidget.Training(model)
    model.fit(few(), steps_per_epoch=5, epochs=1, shuffle=False, verbose=0)
    run = seqwidget.runs(model)[-1]
    assert (run.state, run.batch) == ("finished", 3)
    assert run.notes[0] == "the data ran out in epoch 1: it had 3 of 5 batches"
    model.fit(few(), epochs=2, shuffle=False, verbose=0)  # its second epoch is shorter
    run = seqwidget.runs(model)[-1]
    assert (run.state, run.epoch) == ("finished", 2)
    assert run.batch < 6
    model.fit(X, Y, batch_size=8, steps_per_epoch=3, epochs=2, verbose=0)
    assert not any("ran out" in note for note in seqwidget.runs(model)[-1].notes)
    panel.close()


def test_a_fit_that_fails_before_its_first_callback_is_a_run_that_failed() -> None:
    model = net()
    panel = seqwidget.Training(model)
    with pytest.raises(ValueError, match="shape"):
        model.fit(X[:, :3], Y, epochs=7, verbose=0)
    (run,) = seqwidget.runs(model)
    assert (run.number, run.state, run.epochs, run.batch) == (1, "failed", 7, 0)
    assert run.notes[0].startswith("fit ended with ValueError: ")
    assert [one["state"] for one in panel.ended] == ["failed"]
    assert "ended by an error" in repr(panel)
    assert "ended by an error" in panel._repr_mimebundle_()[0]["text/html"]
    model.compile("adam", "mse")  # which Keras needs after such an error
    model.fit(X, Y, verbose=0)
    assert [(run.number, run.state) for run in seqwidget.runs(model)] == [(1, "failed"), (2, "finished")]
    panel.close()


@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}], ids=["graph", "eager"])
def test_an_error_in_a_step_does_not_end_in_our_code(options: dict[str, bool]) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    panel = seqwidget.Training(model)
    model.compile("sgd", "categorical_crossentropy", **options)
    with pytest.raises(ValueError, match=r"same (rank|shape)") as caught:
        model.fit(X, Y[:, 0], verbose=0)
    last = traceback.extract_tb(caught.value.__traceback__)[-1].filename
    assert pathlib.Path(keras.__file__).parent in pathlib.Path(last).parents
    panel.close()
