"""The record of a run agrees with Keras's own history and with weights that a second callback copies, and changes nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.model.session import part
from seqwidget.training import training_callback, update_ratios
from seqwidget.training.run_control import RunControl
from tests.backends import BACKEND, only_on
from tests.close import assert_close

X = np.random.default_rng(0).normal(size=(48, 6)).astype("float32")
Y = np.random.default_rng(1).normal(size=(48, 2)).astype("float32")


def net(**options: Any) -> Any:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(5, activation="relu", name="first"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.2),
            layers.Dense(2, name="last"),
        ],
        name="net",
    )
    model.compile(**{"optimizer": keras.optimizers.SGD(0.05), "loss": "mse", "metrics": ["mae"], **options})
    return model


def fit(model: Any, *callbacks: Any, **options: Any) -> Any:
    return model.fit(X, Y, **{"batch_size": 8, "epochs": 3, "verbose": 0, "callbacks": [*callbacks], **options})


@pytest.fixture
def measuring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure and send after every batch, whatever it costs."""
    monkeypatch.setattr(training_callback, "_SHARE", float("inf"))
    monkeypatch.setattr(training_callback, "_PERIOD", 0.0)


class Copying(keras.callbacks.Callback):
    """Copies the trained weights of some layers before each batch."""

    def __init__(self) -> None:
        super().__init__()
        self.copies: list[dict[str, list[np.ndarray]]] = []

    def on_train_batch_begin(self, *_: object, **_logs: object) -> None:
        self.copies.append({layer.name: [np.array(w) for w in layer.trainable_weights] for layer in self.model.layers})


def test_logs_are_those_of_keras() -> None:
    recorded = seqwidget.TrainingCallback()
    history = fit(net(), recorded, validation_split=0.25)
    run = recorded.run
    assert run is not None
    assert (run.state, run.epochs, run.epoch, run.steps, run.batch) == ("finished", 3, 3, 5, 15)
    assert run.epoch_ends == (5, 10, 15)
    assert [{name: values[at] for name, values in history.history.items()} for at in range(3)] == list(run.logs)
    assert {curve.name for curve in run.curves} == {"loss", "mae"}
    for curve in run.curves:
        assert [point[0] for point in curve.points] == list(range(1, 16))
        ends = [point[3] for point in curve.points if point[0] in run.epoch_ends]
        assert_close(ends, history.history[curve.name], 1e-4)  # rounded to five digits
    assert run.learning_rates == (pytest.approx(0.05),) * 3
    assert run.layers == ()  # nobody looked
    assert run.to_dict()["state"] == "finished"
    assert (run.notes, run.changes, run.not_finite) == ((), (), None)


@pytest.mark.usefixtures("measuring")
def test_update_ratios_are_those_of_copied_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update_ratios, "_TOGETHER", 8)  # fewer values than a layer has
    model, copying, recorded = net(), Copying(), seqwidget.TrainingCallback()
    model.get_layer("last").trainable = False
    model.compile("sgd", "mse")
    part(model, RunControl).is_observed = True
    fit(model, copying, recorded)
    run = recorded.run
    assert run is not None
    assert [layer.path for layer in run.layers] == ["first", "norm", "last"]
    for layer in run.layers:
        assert layer.trains == (layer.path != "last")
        assert len(layer.ratios) > 3
        for batch, ratio in zip(layer.batches, layer.ratios, strict=True):
            if layer.path == "last":
                assert ratio == 0
                continue
            if batch == len(copying.copies):
                continue  # nothing was copied after the last batch
            before, after = (copying.copies[at][layer.path] for at in (batch - 1, batch))
            moved = sum(float(np.square(b - a).sum()) for a, b in zip(before, after, strict=True))
            size = sum(float(np.square(a).sum()) for a in before)
            assert ratio == pytest.approx((moved / size) ** 0.5, rel=1e-3)


@pytest.mark.usefixtures("measuring")
@pytest.mark.parametrize(
    "options",
    [{}, {"run_eagerly": True}, *([] if BACKEND == "torch" else [{"steps_per_execution": 2}, {"jit_compile": True}])],
    ids=lambda options: str([*options]),
)
def test_a_run_has_the_same_results_with_and_without_a_panel(options: dict[str, Any]) -> None:
    plain, watched = net(**options), seqwidget.watch(net(**options))
    weights = watched.get_weights()
    plain.set_weights(weights)
    panel = seqwidget.Training(watched)
    order: list[str] = []
    noting = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: order.append(f"{epoch} {sorted(logs)}"))
    histories = []
    for model in (plain, watched):
        keras.utils.set_random_seed(5)
        histories.append(fit(model, noting, validation_split=0.25).history)
    assert np.random.random() == _after_seed(5)  # noqa: NPY002  the global state, which fit shuffles with
    assert order[:3] == order[3:]
    assert watched.history.history == histories[1]
    assert plain.optimizer.iterations == watched.optimizer.iterations
    for ours, theirs in zip(watched.get_weights(), plain.get_weights(), strict=True):
        assert_close(ours, theirs)
    for name, values in histories[0].items():
        assert_close(histories[1][name], values)
    assert seqwidget.runs(watched)[-1].state == "finished"
    panel.close()


def _after_seed(seed: int) -> float:
    model = net()
    keras.utils.set_random_seed(seed)
    fit(model, validation_split=0.25)
    return float(np.random.random())  # noqa: NPY002


@pytest.mark.parametrize("at", [0, 3])
def test_the_first_nan_is_found_at_its_batch(at: int) -> None:
    y = Y.copy()
    y[8 * at + 2, 0] = np.nan
    model, recorded = net(), seqwidget.TrainingCallback()
    fit_options = {"shuffle": False, "epochs": 2, "batch_size": 8, "verbose": 0, "callbacks": [recorded]}
    model.fit(X, y, **fit_options)
    run = recorded.run
    assert run is not None
    first = run.not_finite
    assert first is not None
    assert (first.epoch, first.batch, set(first.metrics)) == (1, at + 1, {"loss", "mae"})
    assert first.layers == ("first", "norm", "last")  # the gradient of a NaN
    assert run.batch == 12
    assert f"at batch {at + 1} (epoch 1)" in run.notes[0]

    part(model, RunControl).stops_at_not_finite = True
    model = net()
    part(model, RunControl).stops_at_not_finite = True
    model.fit(X, y, **fit_options)
    run = recorded.run
    assert run is not None
    assert run.state == "stopped"
    # On the others, Keras calls back in another thread, so some batches of this epoch may have started.
    assert run.batch == at + 1 if BACKEND == "tensorflow" else at < run.batch <= 6


def test_a_loss_of_infinity_with_finite_weights_says_so() -> None:
    def infinite(y: Any, prediction: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y - prediction)) + np.inf

    model, recorded = net(loss=infinite), seqwidget.TrainingCallback()
    fit(model, recorded)
    run = recorded.run
    assert run is not None
    assert run.not_finite is not None
    assert "while all weights were finite" in run.notes[0]


class Failing(keras.callbacks.Callback):
    def __init__(self, error: type[BaseException]) -> None:
        super().__init__()
        self.error = error

    def on_epoch_end(self, epoch: int, *_logs: object) -> None:
        if epoch == 1:
            raise self.error


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("recording", [[], [seqwidget.TrainingCallback()]], ids=["watched", "callback"])
def test_an_interrupted_run_is_kept(error: type[BaseException], recording: list[seqwidget.TrainingCallback]) -> None:
    model = net()
    panel = seqwidget.Training(model)
    if recording:
        seqwidget.unwatch(model)
    with pytest.raises(error):
        fit(model, *recording, Failing(error))
    panel.refresh_if_changed()  # as at the end of a cell
    (run,) = seqwidget.runs(model)
    is_known = error is ValueError and not recording  # the error is known only if the model is watched
    assert (run.state, run.epoch) == ("failed" if is_known else "interrupted", 2)
    assert [note for note in run.notes if note.startswith("fit ended")] == ["fit ended with ValueError"] * is_known
    assert panel.current == {}
    fit(model, *recording)
    assert [run.state for run in seqwidget.runs(model)] == [run.state, "finished"]
    assert not any(note.startswith("fit ended") for note in seqwidget.runs(model)[-1].notes)
    panel.close()


def during(model: Any, act: Callable[[RunControl], None], **options: Any) -> seqwidget.TrainingRun:
    """Do something in another thread in the second epoch, and return the record."""
    control, recorded = part(model, RunControl), seqwidget.TrainingCallback()

    def at_epoch(epoch: int, _logs: Any) -> None:
        if epoch == 1:
            one = threading.Thread(target=act, args=(control,))
            one.start()
            one.join()

    fit(model, recorded, keras.callbacks.LambdaCallback(on_epoch_begin=at_epoch), **{"epochs": 4, **options})
    assert recorded.run is not None
    return recorded.run


def test_stopping_after_the_batch_or_the_epoch() -> None:
    run = during(net(), lambda control: setattr(control, "stop_after", "batch"))
    assert (run.state, run.epoch) == ("stopped", 2)
    assert run.batch < 12
    run = during(net(), lambda control: setattr(control, "stop_after", "epoch"))
    assert (run.state, run.epoch, run.batch) == ("stopped", 2, 12)
    model = net()
    during(model, lambda control: setattr(control, "stop_after", "epoch"))
    assert during(model, lambda _: None).state == "finished"  # the next run starts without old requests


def test_the_learning_rate_can_be_set() -> None:
    model = net()
    run = during(model, lambda control: setattr(control, "rate", 0.25))
    assert float(model.optimizer.learning_rate) == pytest.approx(0.25)
    assert run.learning_rates == tuple(map(pytest.approx, (0.05, 0.25, 0.25, 0.25)))


def test_a_pause_waits_and_does_not_count() -> None:
    def pause(control: RunControl) -> None:
        control.is_paused = True
        threading.Timer(0.6, lambda: setattr(control, "is_paused", False)).start()

    start = time.perf_counter()
    run = during(net(), pause)
    assert run.state == "finished"
    assert run.seconds <= time.perf_counter() - start - 0.5


def test_changes_between_runs_are_named() -> None:
    model = seqwidget.watch(net())
    panel = seqwidget.Summary(model)
    fit(model)
    fit(model)
    model.get_layer("first").trainable = False
    model.add(layers.Dense(2, name="more"))
    model.compile(keras.optimizers.Adam(0.001), "mae")
    fit(model)
    model.get_layer("first").trainable = True
    model.pop()
    model.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)), "mae")
    fit(model)
    assert [run.changes for run in seqwidget.runs(model)] == [
        (),
        (),
        ("+ more (Dense)", "froze first", "optimizer SGD → Adam", "learning rate 0.05 → 0.001", "loss mse → mae"),
        ("− more (Dense)", "unfroze first", "learning rate 0.001 → a schedule"),
    ]
    rates = seqwidget.runs(model)[-1].learning_rates
    assert rates == tuple(pytest.approx(0.1 * 0.9 ** (steps / 10), rel=1e-4) for steps in (6, 12, 18))
    panel.close()
    fit(model)
    assert len(seqwidget.runs(model)) == 4  # nothing is recorded after the panel is closed


def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for at in range(0, 40, 8):
        yield X[at : at + 8], Y[at : at + 8]


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_data_without_length_metrics_by_output_and_a_model_that_is_not_built() -> None:
    recorded = seqwidget.TrainingCallback()
    net().fit(batches(), shuffle=False, verbose=0, callbacks=[recorded])
    assert recorded.run is not None
    assert (recorded.run.steps, recorded.run.batch, recorded.run.state) == (5, 5, "finished")

    entrance = keras.Input((6,))
    two = keras.Model(entrance, {"a": layers.Dense(2, name="a")(entrance), "b": layers.Dense(2, name="b")(entrance)})
    two.compile("sgd", {"a": "mse", "b": "mae"}, metrics={"a": ["mae"]})
    two.fit(X, {"a": Y, "b": Y}, verbose=0, callbacks=[recorded])
    assert {"loss", "a_loss", "b_loss", "a_mae"} <= {curve.name for curve in recorded.run.curves}

    late = seqwidget.Sequential([layers.Dense(4), layers.Dense(2)])
    late.compile("sgd", "mse")
    panel = seqwidget.Training(late)
    fit(late)
    assert seqwidget.runs(late)[-1].state == "finished"
    panel.close()


def test_runs_expects_a_model() -> None:
    with pytest.raises(seqwidget.NotAModelError, match="runs expected a Keras model, received 3"):
        seqwidget.runs(3)


def test_an_error_of_the_record_does_not_stop_fit(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("RunSetup", "current_rate", "mismatches"):
        with monkeypatch.context() as patch:
            patch.setattr(training_callback, name, None)  # what is called then raises a TypeError
            model, recorded = net(), seqwidget.TrainingCallback()
            fit(model, recorded)
        assert "could not be recorded" in caplog.text
        caplog.clear()
        fit(model, recorded)  # the next one is recorded again
        assert [run.state for run in seqwidget.runs(model)] == ["finished"]


@only_on("tensorflow", "jax")
def test_an_initial_epoch_and_executions_of_several_batches() -> None:
    recorded = seqwidget.TrainingCallback()
    fit(net(steps_per_execution=4), recorded, epochs=5, initial_epoch=3)  # 6 batches are not a multiple of 4
    run = recorded.run
    assert run is not None
    assert (run.first_epoch, run.epoch, run.steps, run.batch, run.epoch_ends) == (4, 5, 6, 12, (6, 12))
    assert run.state == "finished"
    fit(net(), recorded, epochs=2, initial_epoch=2)
    assert recorded.run is not None
    assert (recorded.run.state, recorded.run.batch) == ("finished", 0)


def test_a_list_of_callbacks_without_parameters() -> None:
    recorded, model = seqwidget.TrainingCallback(), net()
    fit(model, callbacks=keras.callbacks.CallbackList([recorded], add_history=True, model=model))
    assert recorded.run is not None
    assert recorded.run.batch == 18


def test_one_callback_for_two_models() -> None:
    recorded, first, second = seqwidget.TrainingCallback(), net(), net()
    with pytest.raises(ValueError, match=r"^$"):
        fit(first, recorded, Failing(ValueError))
    fit(second, recorded)
    assert [run.state for run in seqwidget.runs(first)] == ["interrupted"]
    assert [run.state for run in seqwidget.runs(second)] == ["finished"]


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="fit then raises an error")
def test_a_flag_that_fit_ignores_is_not_called_frozen() -> None:
    model = seqwidget.watch(net())
    panel = seqwidget.Training(model)
    fit(model)
    model.get_layer("last").trainable = False  # without compile, TensorFlow's step continues to train it
    before = model.get_layer("last").get_weights()
    fit(model)
    moved = any((a != b).any() for a, b in zip(before, model.get_layer("last").get_weights(), strict=True))
    run = seqwidget.runs(model)[-1]
    assert run.layers[-1].path == "last"
    assert run.layers[-1].trains == moved
    assert ("froze last" in run.changes) != moved
    panel.close()


def test_runs_outlive_panels_and_a_late_close() -> None:
    model = net()
    panel = seqwidget.Training(model)
    fit(model)
    panel.close()  # and the model is no longer watched
    assert [run.number for run in seqwidget.runs(model)] == [1]
    other = seqwidget.Training(model)
    fit(model)
    panel.close()  # as the garbage collector does
    assert part(model, RunControl).is_observed
    assert seqwidget.Training(model) is other
    assert [run.number for run in seqwidget.runs(model)] == [1, 2]
    other.close()


def test_closing_the_panel_ends_a_pause() -> None:
    model = net()
    panel = seqwidget.Training(model)

    def pause(control: RunControl) -> None:
        control.is_paused = True
        threading.Timer(0.3, panel.close).start()

    assert during(model, pause).state == "finished"
