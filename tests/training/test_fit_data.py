"""Samples taken from the arguments of fit are those that Keras trains and validates with."""

from __future__ import annotations

import functools
import gc
import threading
import warnings
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.editing import fit_guard
from seqwidget.keras_compat import batch_probe
from seqwidget.model.session import part
from seqwidget.training import run_history
from seqwidget.training.fit_data import first_validation, training_batch
from tests.backends import BACKEND, only_on

X = np.arange(192, dtype="float32").reshape(48, 4)
Y = X.sum(axis=1, keepdims=True)


def test_first_validation() -> None:
    for arguments, first, count in (
        ({"x": X, "validation_split": 0.25, "batch_size": 5}, 36, 5),
        ({"x": X, "validation_data": (X[3:], Y[3:])}, 3, 32),
    ):
        samples = first_validation(arguments)
        np.testing.assert_array_equal(samples, X[first : first + count])  # type: ignore[arg-type]
    for arguments in ({"x": X}, {"x": X, "validation_data": iter([])}, {"x": [X, X], "validation_split": 0.5}):
        assert first_validation(arguments) is None


def shown(**options: Any) -> Any:
    model = seqwidget.Sequential([keras.Input((4,)), layers.Dense(3, "relu", name="first"), layers.Dense(1, name="last")])
    model.compile(**{"optimizer": keras.optimizers.SGD(1e-6), "loss": "mse", **options})
    return model, seqwidget.Training(model)


def first_bad(model: Any, x: Any, y: Any, **options: Any) -> tuple[Any, tuple[str, ...]]:
    model.fit(x, y, **{"batch_size": 8, "epochs": 2, "verbose": 0, **options})
    run = seqwidget.runs(model)[-1]
    assert run.not_finite is not None
    return run.not_finite, run.notes


@pytest.mark.parametrize("split", [0.0, 0.5])
@pytest.mark.parametrize("eager", [False, True], ids=["graph", "eager"])
def test_the_batch_of_the_first_nan_is_kept_for_feature_maps(split: float, eager: bool) -> None:  # noqa: FBT001
    model, panel = shown(run_eagerly=eager)
    weights = model.get_weights()
    y = Y.copy()
    y[21] = np.nan  # in the third batch, if the samples are not shuffled
    for shuffle in (False, True, True):
        model.set_weights(weights)
        found, notes = first_bad(model, X, y, shuffle=shuffle, validation_split=split)
        inputs = np.asarray(found.inputs)
        assert inputs.shape == (8, 4)
        assert X[21] in inputs  # the sample that it came from
        if not shuffle:
            np.testing.assert_array_equal(inputs, X[16:24])
        assert found.data == (() if BACKEND == "tensorflow" and not eager else ("targets",))
        assert notes[1] == f"the inputs of batch {found.batch} are kept for FeatureMaps: not_finite.inputs of this run"
        assert "inputs" not in seqwidget.runs(model)[-1].to_dict()["not_finite"]
        seqwidget.FeatureMaps(model, found.inputs).close()
    panel.close()


def batches() -> Any:
    for at in range(0, 48, 8):
        x = X[at : at + 8].copy()
        if at == 32:
            x[5, 1] = np.inf
        yield x, Y[at : at + 8]


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_the_inputs_of_a_generator_are_kept_and_examined() -> None:
    model, panel = shown()
    model.set_weights([np.full_like(one, 0.1) for one in model.get_weights()])  # so that the ReLU passes the infinity
    found, notes = first_bad(model, batches(), None, epochs=1, batch_size=None, shuffle=False)
    assert (found.batch, found.data) == (5, ("inputs",))
    np.testing.assert_array_equal(found.inputs[:5], X[32:37])
    assert np.isinf(found.inputs[5, 1])
    assert "at batch 5 (epoch 1), whose inputs have such values" in notes[0]
    panel.close()


def test_the_first_layer_with_bad_outputs_is_named_or_the_loss() -> None:
    def infinite(y: Any, prediction: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y - prediction)) + np.inf

    model, panel = shown(loss=infinite)
    found, notes = first_bad(model, X, Y)
    assert (found.layers, found.data, found.output) == ((), (), "")
    assert "the outputs of all layers were finite: check its targets and the loss" in notes[0]

    model.get_layer("first").trainable = model.get_layer("last").trainable = False
    model.compile("sgd", "mse")
    model.get_layer("last").set_weights([np.full((3, 1), 3e38, "float32"), np.zeros(1, "float32")])
    model.get_layer("first").set_weights([np.full((4, 3), 1e3, "float32"), np.zeros(3, "float32")])
    with warnings.catch_warnings(action="ignore"):  # nothing trains
        found, notes = first_bad(model, X + 1, Y)
    assert (found.layers, found.output) == ((), "last")
    assert "last is the first layer with such outputs" in notes[0]
    panel.close()


def test_weights_that_were_bad_before_the_run_are_named() -> None:
    model, panel = shown()
    y = np.where(np.arange(48)[:, None] == 3, np.nan, Y)
    assert not first_bad(model, X, y)[0].were_weights_bad
    found, notes = first_bad(model, X, Y)
    assert (found.were_weights_bad, found.batch) == (True, 1)
    assert "because weights of first, last were already NaN or infinite before this run" in notes[0]
    panel.close()


@pytest.mark.parametrize(
    ("options", "why"),
    [({"steps_per_execution": 3}, "several batches run at once"), ({"jit_compile": True}, "XLA compiles the training step")],
    ids=["several", "xla"],
)
@only_on("tensorflow")
def test_it_is_said_why_a_batch_was_not_kept(options: dict[str, Any], why: str) -> None:
    model, panel = shown(**options)
    y = np.where(np.arange(48)[:, None] == 11, np.nan, Y)
    found, notes = first_bad(model, X, y)
    assert found.inputs is None
    assert why in found.unknown
    assert why in notes[1]
    found, notes = first_bad(model, X, y, shuffle=False)
    assert found.inputs is None or len(found.inputs) == 8
    panel.close()


@only_on("tensorflow")
def test_of_an_execution_of_several_batches_the_range_is_named() -> None:
    model, panel = shown(steps_per_execution=4)  # 6 batches: the last execution has 2
    y = np.where(np.arange(48)[:, None] == 45, np.nan, Y)
    found, notes = first_bad(model, X, y, shuffle=False)
    assert (found.batch, found.at_once) == (6, 2)
    assert "5–6" in notes[0]
    panel.close()


@only_on("tensorflow")
def test_a_training_step_may_take_other_data() -> None:
    class Own(seqwidget.Sequential):
        def train_step(self, data: Any) -> Any:
            x, y, *_ = data
            return super().train_step((x, y))

    tf = pytest.importorskip("tensorflow")
    model = Own([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    panel = seqwidget.Training(model)
    y = np.full_like(Y, np.nan)
    for eager in (False, True):
        model.compile("sgd", "mse", run_eagerly=eager)
        model.fit(tf.data.Dataset.from_tensor_slices((X, y, Y, Y)).batch(8), verbose=0, shuffle=False)
        run = seqwidget.runs(model)[-1]
        assert run.not_finite is not None
        assert run.not_finite.inputs is None
    panel.close()


def test_a_training_step_of_the_instance_stays() -> None:
    model, panel = shown()
    step = model.train_step
    model.train_step = own = functools.partial(step)
    model.fit(X, Y, verbose=0)
    assert vars(model)["train_step"] is own
    panel.close()


@only_on("tensorflow")
def test_after_fit_no_batch_stays_in_memory() -> None:
    tf = pytest.importorskip("tensorflow")
    model, panel = shown()
    model.fit(X, Y, batch_size=23, verbose=0)
    variables = [one for one in gc.get_objects() if isinstance(one, tf.Variable)]
    assert variables
    assert (23, 4) not in [tuple(tf.shape(one)) for one in variables]
    assert (2, 4) not in [tuple(tf.shape(one)) for one in variables]
    panel.close()


def one_by_one(bad: int) -> Any:
    """Train on batches of one sample, of which one has a target of NaN, and return all samples and what was found."""
    x = np.arange(128, dtype="float32").reshape(64, 2)
    y = np.where(np.arange(64) == bad, np.nan, 0.0)[:, None]

    def given() -> Any:
        yield from ((x[at : at + 1], y[at : at + 1]) for at in range(64))

    model = seqwidget.Sequential([keras.Input((2,)), layers.Dense(1, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    panel = seqwidget.Training(model)
    model.fit(given(), steps_per_epoch=64, shuffle=False, verbose=0)
    (run,) = seqwidget.runs(model)
    panel.close()
    assert run.not_finite is not None
    assert run.not_finite.batch == bad + 1
    return x, run.not_finite


@pytest.mark.parametrize("bad", [0, 7, 40, 63])
def test_it_is_exactly_the_first_bad_batch_that_is_kept(bad: int) -> None:
    x, found = one_by_one(bad)
    np.testing.assert_array_equal(found.inputs, x[bad : bad + 1])


@only_on("tensorflow")
def test_another_thread_gets_no_batch_because_the_next_step_may_have_begun() -> None:
    model, panel = shown()
    here, there = [], []

    def ask(batch: int, logs: Any) -> None:  # noqa: ARG001
        recent = part(model, fit_guard.Batches).recent
        assert recent is not None
        here.append(recent.find(batch + 1))
        other = threading.Thread(target=lambda: there.append(recent.find(batch + 1)))
        other.start()
        other.join()

    asking = keras.callbacks.LambdaCallback(on_train_batch_end=ask)
    model.fit(X, Y, batch_size=8, shuffle=False, verbose=0, callbacks=[asking])
    np.testing.assert_array_equal([found[0] for found in here], X.reshape(6, 8, 4))
    assert there == [None] * 6
    panel.close()


@only_on("tensorflow")
def test_a_very_large_batch_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = np.full_like(Y, np.nan)
    for largest, is_kept in ((X[:8].nbytes, True), (X[:8].nbytes - 1, False)):
        monkeypatch.setattr(batch_probe, "_LARGEST", largest)
        model, panel = shown()
        found, _ = first_bad(model, X, bad)
        assert (found.inputs is not None) == is_kept
        assert is_kept or "batch was very large" in found.unknown
        panel.close()


def test_no_wrong_batch_is_kept_after_inputs_of_several_dtypes() -> None:
    model, panel = shown()
    y = np.where(np.arange(48)[:, None] == 30, np.nan, Y)
    for x in (X, X.astype("int32"), X):
        model.set_weights([np.full_like(one, 0.1) for one in model.get_weights()])
        inputs = first_bad(model, x, y, shuffle=False)[0].inputs
        np.testing.assert_array_equal(inputs, X[24:32])
        inputs = first_bad(model, x, y)[0].inputs
        assert inputs is None or len(inputs) == 8
    panel.close()


def test_a_model_that_is_not_watched_keeps_no_batch() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    recorded = seqwidget.TrainingCallback()
    model.fit(X, np.full_like(Y, np.nan), verbose=0, callbacks=[recorded])
    assert recorded.run is not None
    assert recorded.run.not_finite is not None
    assert recorded.run.not_finite.unknown == "the model is not watched"


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="Keras then raises an error, also without a panel")
def test_a_callback_that_trains_on_other_batches_does_not_count() -> None:
    model, panel = shown()
    other = keras.callbacks.Callback()
    other.on_train_batch_end = lambda *_, **_logs: model.train_on_batch(X[:3] * 0, Y[:3] * 0)
    y = np.where(np.arange(48)[:, None] == 30, np.nan, Y)
    found, _ = first_bad(model, X, y, shuffle=False, callbacks=[other])
    np.testing.assert_array_equal(found.inputs, X[24:32])
    panel.close()


def test_bad_batches_of_all_runs_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    model, panel = shown()
    bad = np.full_like(Y, np.nan)
    monkeypatch.setattr(run_history, "_BYTES", 2 * X[:8].nbytes)
    for number in (1, 2, 3):
        found, _ = first_bad(model, X, bad, shuffle=False)
        assert found.inputs is not None
        runs = seqwidget.runs(model)
        assert [run.not_finite.inputs is not None for run in runs if run.not_finite] == [False, True, True][3 - number :]
        assert [run["notes"] for run in panel.ended] == [[*run.notes] for run in runs]
    assert "the inputs of batch 1 were not kept: only the batches of the latest runs are kept, up to 64 MB" in runs[0].notes
    monkeypatch.setattr(run_history, "_BYTES", 0)
    found, _ = first_bad(model, X, bad, shuffle=False)
    assert found.inputs is not None  # the newest is always kept
    panel.close()


def test_a_batch_that_is_not_known() -> None:
    known: dict[str, Any] = {"x": X, "shuffle": False}
    np.testing.assert_array_equal(training_batch(known, 2), X[32:])  # type: ignore[arg-type]
    for other in ({"shuffle": True}, {"x": [X]}, {"steps_per_epoch": 3}):
        assert training_batch({**known, **other}, 1) is None
    assert training_batch(known, 3) is None
    assert training_batch({"x": X}, 1) is None
