"""The distributions of weights are those that NumPy counts, and few are kept."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.training import training_callback, update_ratios
from seqwidget.training.update_ratios import _BINS, _MOST_HISTOGRAMS, UpdateRatios


def net() -> Any:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(30, name="first"), layers.BatchNormalization(), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


def test_the_last_one_is_that_of_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_callback, "_SHARE", float("inf"))
    monkeypatch.setattr(update_ratios, "_TOGETHER", 64)  # the weights of the first layer are counted in three parts
    model = net()
    panel = seqwidget.Summary(model)
    model.fit(np.ones((8, 4)), np.ones((8, 1)), epochs=3, verbose=0)
    first = seqwidget.runs(model)[0].layers[0]
    assert [one.epoch for one in first.histograms] == [1, 2, 3]
    last = first.histograms[-1]
    weights = np.concatenate([one.ravel() for one in model.get_layer("first").get_weights()])
    assert (last.low, last.high) == (pytest.approx(weights.min(), rel=1e-4), pytest.approx(weights.max(), rel=1e-4))
    assert last.counts == tuple(np.histogram(weights.astype("float64"), _BINS)[0])
    panel.close()


def test_few_are_kept_and_weights_that_are_not_finite_do_not_count() -> None:
    model = net()
    kernel, bias = model.get_layer("first").get_weights()
    model.get_layer("first").set_weights([kernel, np.where(np.arange(30) == 0, np.nan, bias)])
    ratios = UpdateRatios(model)
    for epoch in range(1, 101):
        ratios.count(epoch, float("inf"))
    for layer in ratios.layers:
        epochs = [one.epoch for one in layer.histograms]
        assert len(epochs) <= _MOST_HISTOGRAMS
        assert epochs[0] == 1
        assert epochs[-1] == 100
    assert sum(ratios.layers[0].histograms[0].counts) == 4 * 30 + 29
