"""The number of batches agrees with that of a layer which adds 1 for each batch that it is trained on."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from tests.backends import only_on

X = np.random.default_rng(0).random((80, 4), "float32")
dry = pytest.mark.filterwarnings("ignore:Your input ran out of data")


class Tally(layers.Layer):
    """Passes its input on, and counts. An optimizer also counts an update whose data TensorFlow could not get."""

    def build(self, _shape: Any) -> None:
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, inputs: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002  Keras's signature
        if training:
            self.count.assign(self.count + 1 + 0 * keras.ops.sum(inputs))
        return inputs


class Ends(keras.callbacks.Callback):
    """Remembers the number of batches at the end of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[int] = []

    def on_epoch_end(self, _epoch: int, _logs: Any = None) -> None:
        self.counted.append(int(keras.ops.convert_to_numpy(self.model.layers[0].count)))


def net(**options: Any) -> keras.Sequential:
    model = keras.Sequential([keras.Input((4,)), Tally(), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1e-3), "mse", **options)
    return model


def generated(batches: int) -> Any:
    for at in range(0, 8 * batches, 8):
        yield X[at : at + 8], X[at : at + 8, :1]


def given(kind: str, batches: int) -> dict[str, Any]:
    if kind == "generator":
        return {"x": generated(batches), "shuffle": False}
    samples = X[: 8 * batches - 3]
    return {"x": samples, "y": samples[:, :1], "batch_size": 8}


@dry
@pytest.mark.parametrize("kind", ["arrays", "generator"])
@pytest.mark.parametrize("steps", [None, 9, 5, 4])
@pytest.mark.parametrize(
    ("batches", "at_once"),
    [(5, 1), *(pytest.param(n, k, marks=only_on("tensorflow", "jax")) for n, k in ((5, 3), (9, 2), (9, 4)))],
)
def test_all_counts_are_those_of_the_trained_batches(kind: str, steps: int | None, batches: int, at_once: int) -> None:
    model, ends = net(steps_per_execution=at_once), Ends()
    panel = seqwidget.Training(model)
    model.fit(**given(kind, batches), steps_per_epoch=steps, epochs=3, verbose=0, callbacks=[ends])
    (run,) = seqwidget.runs(model)
    assert run.epoch_ends == tuple(ends.counted)
    assert run.batch == ends.counted[-1]
    assert {curve.points[-1][0] for curve in run.curves} == {ends.counted[-1]}
    assert run.steps == max(steps or 0, ends.counted[0], *np.diff(ends.counted))
    in_epochs = np.diff([0, *ends.counted]).tolist()
    short = next((at for at, had in enumerate(in_epochs) if steps and had < steps), None)
    said = [note for note in run.notes if "ran out" in note]
    assert said == (
        [] if short is None else [f"the data ran out in epoch {short + 1}: it had {in_epochs[short]} of {steps} batches"]
    )
    assert not any("counted" in note for note in run.notes)
    panel.close()


@only_on("tensorflow", "jax")
def test_of_a_fit_that_is_not_watched_the_optimizer_tells() -> None:
    model, ends, recorded = net(steps_per_execution=4), Ends(), seqwidget.TrainingCallback()
    with pytest.warns(UserWarning, match="ran out of data"):
        model.fit(**given("generator", 9), verbose=0, callbacks=[ends, recorded])
    assert recorded.run is not None
    assert [recorded.run.batch, recorded.run.steps] == [*ends.counted, *ends.counted] == [9, 9]


@only_on("tensorflow", "jax")
def test_a_loop_over_batches_trains_one_at_a_time_whatever_was_compiled() -> None:
    model, recorded = net(steps_per_execution=4), seqwidget.TrainingCallback()
    callbacks = keras.callbacks.CallbackList([recorded], model=model, epochs=2, steps=5)
    callbacks.on_train_begin()
    for epoch in range(2):
        callbacks.on_epoch_begin(epoch)
        for batch, (x, y) in enumerate(generated(5)):
            callbacks.on_train_batch_begin(batch)
            callbacks.on_train_batch_end(batch, {"loss": float(np.ravel(model.train_on_batch(x, y))[0])})
        callbacks.on_epoch_end(epoch)
    callbacks.on_train_end()
    assert recorded.run is not None
    assert recorded.run.epoch_ends == (5, 10)
    assert [at for at, *_ in recorded.run.curves[0].points] == list(range(1, 11))


class WithoutOptimizer(keras.Sequential):
    """Its training step leaves its optimizer alone."""

    def train_step(self, data: Any) -> Any:
        self(data[0], training=True)
        return {"loss": keras.ops.sum(self.weights[0])}


@dry
@only_on("tensorflow")
@pytest.mark.parametrize(("steps", "known"), [(None, True), (7, False)])
def test_it_is_said_if_nobody_counts(steps: int | None, known: bool) -> None:  # noqa: FBT001
    model, ends = WithoutOptimizer([keras.Input((4,)), Tally(), layers.Dense(1)]), Ends()
    model.compile("sgd", "mse", steps_per_execution=4)
    panel = seqwidget.Training(model)
    model.fit(**given("arrays", 5), steps_per_epoch=steps, verbose=0, callbacks=[ends])
    (run,) = seqwidget.runs(model)
    assert ends.counted == [5]
    assert run.batch == (5 if known else 8)
    assert any("counted as 4 batches" in note for note in run.notes) is not known
    panel.close()


@dry
@only_on("tensorflow", "jax")
def test_the_first_nan_is_in_the_last_execution_which_is_not_whole() -> None:
    def bad() -> Any:
        for number, (x, y) in enumerate(generated(6), 1):
            yield x, y * (np.nan if number == 6 else 1)

    model = net(steps_per_execution=4)
    panel = seqwidget.Training(model)
    model.fit(bad(), shuffle=False, verbose=0)
    (run,) = seqwidget.runs(model)
    assert run.not_finite is not None
    assert (run.not_finite.batch, run.not_finite.at_once, run.batch) == (6, 2, 6)
    panel.close()


@pytest.mark.parametrize("options", [{"epochs": 0}, {"epochs": 2, "initial_epoch": 2}])
def test_a_fit_without_epochs_is_no_run(options: dict[str, int]) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    panel = seqwidget.Training(model)
    data = {"x": np.ones((4, 2)), "y": np.ones((4, 1)), "verbose": 0}
    model.fit(**data)
    model.fit(**data, **options)
    model.fit(**data, epochs=3, initial_epoch=2)
    panel.close()
    assert [(run.number, run.first_epoch, run.epoch, run.batch) for run in seqwidget.runs(model)] == [
        (1, 1, 1, 1),
        (2, 3, 3, 1),
    ]
