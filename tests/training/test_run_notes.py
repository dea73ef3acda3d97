"""Each problem of a run is named with its evidence, and healthy runs have no notes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import load_digits, load_iris, load_wine, make_moons

import seqwidget
from seqwidget.model.session import part
from seqwidget.model.training_run import LayerUpdates, TrainingRun
from seqwidget.training.run_control import RunControl
from seqwidget.training.run_notes import notes, notes_on_layers

RUN = TrainingRun(1)


def told(**logs: list[float]) -> list[str]:
    """Return the notes on a run with the given metrics."""
    rows = [dict(zip(logs, values, strict=True)) for values in zip(*logs.values(), strict=True)]
    return list(map(str, notes(replace(RUN, logs=tuple(rows), epoch_numbers=tuple(range(1, len(rows) + 1))))))


def test_a_flat_loss() -> None:
    assert told(loss=[2.3026, 2.3025, 2.3026]) == [
        "the loss has changed by less than a thousandth in 3 epochs: 2.3026 → 2.3026"
    ]
    assert told(loss=[2.3026, 2.3025]) == []  # too early
    assert told(loss=[2.3, 2.29, 2.3]) == []


def test_a_rising_loss() -> None:
    assert told(loss=[1, 0.5, 0.9, 1.4]) == [
        "the loss is rising: 0.5 at epoch 2, 1.4 now; a lower learning rate may help",
    ]
    assert told(loss=[1, 0.5, 1.4, 0.6]) == []
    assert told(loss=[-1, -2, -0.5, -0.4]) == []  # no scale to compare with


def test_a_rising_validation_loss() -> None:
    rising = [0.5, 0.4, 0.41, 0.42, 0.43, 0.44]
    assert told(loss=[1, 0.9, 0.8, 0.7, 0.6, 0.5], val_loss=rising) == [
        "the validation loss has risen since epoch 2: 0.4 → 0.44; the model may be overfitting"
    ]
    assert told(loss=[1, 0.9, 0.8, 0.7, 0.6], val_loss=rising[:5]) == []
    assert told(loss=[1, 0.9, 0.8, 0.7, 0.6, 0.5], val_loss=[0.5, 0.4, 0.41, 0.405, 0.43, 0.44]) == []


def updates(path: str, *ratios: float | None, trains: bool = True) -> LayerUpdates:
    return LayerUpdates(path, "Dense", trains, tuple(range(len(ratios))), ratios, 1.0)


def test_layers_that_do_not_move_and_updates_of_the_wrong_size() -> None:
    def told_of(*some: LayerUpdates) -> list[str]:
        return list(map(str, notes_on_layers(replace(RUN, layers=some))))

    good = updates("good", 1e-3, 1e-3, 1e-3)
    assert told_of(good, updates("frozen", 0, 0, 0, trains=False)) == []
    assert told_of(good, updates("late", None, None, None)) == []
    assert told_of(good, updates("new", 0, 0)) == []
    assert told_of(good, updates("still", 0, 0, 0)) == [
        "still: trainable, but not one of 3 measured updates changed its weights"
    ]
    assert told_of(updates("a", 0.2, 0.3, 0.4)) == [
        "an update changes the weights by 0.3 of their norm, far above 0.001: try a lower learning rate"
    ]
    assert told_of(updates("a", 1e-8, 1e-8, 1e-8)) == [
        "an update changes the weights by only 1e-08 of their norm, far below 0.001: try a higher learning rate"
    ]
    assert told_of(updates("a", 0.2, 0.3, 0.4), good, good) == []


def classifier(activation: str | None, loss: Any, units: int = 3) -> Any:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(units, activation=activation, name="out")])
    model.compile("sgd", loss)
    return model


@pytest.mark.filterwarnings("ignore:.*received `from_logits=True`")
@pytest.mark.parametrize(
    ("activation", "loss", "found"),
    [
        ("softmax", keras.losses.SparseCategoricalCrossentropy(from_logits=True), "which expects outputs without it"),
        ("sigmoid", keras.losses.BinaryCrossentropy(from_logits=True), "which expects outputs without it"),
        (None, "sparse_categorical_crossentropy", "expects probabilities: use from_logits=True"),
        ("sigmoid", "sparse_categorical_crossentropy", "sum to 1: use softmax"),
        ("softmax", "sparse_categorical_crossentropy", ""),
        ("sigmoid", "binary_crossentropy", ""),
        (None, keras.losses.SparseCategoricalCrossentropy(from_logits=True), ""),
        (None, "mse", ""),
        ("softmax", [keras.losses.SparseCategoricalCrossentropy()], ""),
    ],
)
def test_an_activation_and_a_loss_that_do_not_fit(activation: str | None, loss: Any, found: str) -> None:
    recorded = seqwidget.TrainingCallback()
    classifier(activation, loss, 1 if "inary" in str(loss) else 3).fit(
        np.zeros((8, 4)), np.zeros((8, 1)), verbose=0, callbacks=[recorded]
    )
    assert recorded.run is not None
    fitting = [note for note in recorded.run.notes if note.startswith("out ends")]
    assert (found in fitting[0]) if found else fitting == []


def digits() -> tuple[Any, Any, Any]:
    x, y = load_digits(return_X_y=True)
    return (
        [layers.Reshape((8, 8, 1)), layers.Conv2D(8, 3, activation="relu"), layers.Flatten(), layers.Dense(10, "softmax")],
        x[:800] / 16,
        y[:800],
    )


def embedded() -> tuple[Any, Any, Any]:
    words = np.random.default_rng(0).integers(0, 20, (300, 6))
    return (
        [layers.Embedding(20, 4), layers.GlobalAveragePooling1D(), layers.Dense(1, "sigmoid")],
        words,
        (words > 9).mean(1) > 0.5,
    )


def tabular(data: Any, units: int) -> tuple[Any, Any, Any]:
    x, y = data
    x = (x - x.mean(0)) / x.std(0)
    return [layers.Dense(16, "relu"), layers.Dropout(0.2), layers.Dense(units, "softmax")], x, y


HEALTHY = {
    "digits": digits,
    "iris": lambda: tabular(load_iris(return_X_y=True), 3),
    "wine": lambda: tabular(load_wine(return_X_y=True), 3),
    "moons": lambda: tabular(make_moons(300, noise=0.2, random_state=0), 2),
    "words": embedded,
    "sequence": lambda: ([layers.LSTM(8), layers.Dense(2, "softmax")], *sequences()),
}


def sequences() -> tuple[Any, Any]:
    x = np.random.default_rng(0).normal(size=(300, 8, 2))
    return x, (x[:, :, 0].sum(1) > 0).astype(int)


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_has_no_notes(name: str) -> None:
    keras.utils.set_random_seed(2)
    stack, x, y = HEALTHY[name]()
    model = keras.Sequential(stack)
    binary = stack[-1].units == 1
    model.compile("adam", "binary_crossentropy" if binary else "sparse_categorical_crossentropy")
    model.build((None, *x.shape[1:]))
    part(model, RunControl).is_observed = True
    recorded = seqwidget.TrainingCallback()
    model.fit(x, y, epochs=8, validation_split=0.2, verbose=0, callbacks=[recorded])
    assert recorded.run is not None
    assert recorded.run.layers
    assert recorded.run.notes == ()
