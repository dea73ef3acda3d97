"""The first measurement of a run waits for its share of the time, but no longer than to the end of the first epoch.

A short run has one in each epoch, also if its share of the time does not allow it. A message that was held up once does
not delay the next one.
"""

from __future__ import annotations

import types
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.training import training_callback, update_ratios
from tests.backends import BACKEND

X = np.random.default_rng(0).random((48, 4), "float32")
NEVER, AT_ONCE = 1e-12, float("inf")  # shares of the time


def measured(
    share: float, monkeypatch: pytest.MonkeyPatch, *, at_once: int = 1, always: float = 0.0, **options: Any
) -> tuple[int, ...]:
    """Return the batches after which the layers were measured."""
    monkeypatch.setattr(training_callback, "_SHARE", share)
    monkeypatch.setattr(training_callback, "ALWAYS", always)
    monkeypatch.setattr(update_ratios, "ALWAYS", always)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(1)])
    model.compile("sgd", "mse", **{} if at_once == 1 else {"steps_per_execution": at_once})
    panel = seqwidget.Training(model)
    model.fit(**{"x": X, "y": X[:, :1], "batch_size": 8, "epochs": 3, "verbose": 0, **options})
    (run,) = seqwidget.runs(model)
    panel.close()
    first, second = (layer.batches for layer in run.layers)
    assert first == second
    counted = {one.epoch for layer in run.layers for one in layer.histograms}
    assert counted == ({1, 2, 3} if always or share == AT_ONCE else {1})
    return first


def batches() -> Any:
    for at in range(0, 48, 8):
        yield X[at : at + 8], X[at : at + 8, :1]


def test_it_is_made_as_soon_as_its_share_allows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(AT_ONCE, monkeypatch)[0] == 2


@pytest.mark.parametrize("at_once", [1] if BACKEND == "torch" else [1, 4])
def test_it_is_the_last_batch_of_the_first_epoch_if_its_share_never_allows_it(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert measured(NEVER, monkeypatch, at_once=at_once) == (6,)


@pytest.mark.parametrize("at_once", [1] if BACKEND == "torch" else [1, 4])
def test_it_is_followed_by_one_in_each_epoch_of_a_short_run(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(NEVER, monkeypatch, at_once=at_once, always=60) == (6, 12, 18)


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_it_is_made_early_if_the_length_of_an_epoch_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"x": batches(), "y": None, "batch_size": None, "epochs": 1, "shuffle": False}
    assert measured(NEVER, monkeypatch, **options) == (2,)


def test_it_is_made_in_the_second_epoch_if_each_has_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert measured(NEVER, monkeypatch, batch_size=48) == (2,)


def test_one_message_that_was_held_up_does_not_delay_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, sent = [0.0], list[float]()

    def send(_event: object) -> None:
        clock[0] += 10.0 if not sent else 0.0
        sent.append(clock[0])

    class Seconds(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            del batch, logs
            clock[0] += 1

    monkeypatch.setattr(training_callback, "time", types.SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(training_callback, "send", send)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    panel = seqwidget.Training(model)
    model.fit(X, X[:, :1], batch_size=8, epochs=5, verbose=0, callbacks=[Seconds()])
    panel.close()
    assert len(sent) >= 5 * 6
