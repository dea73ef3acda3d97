"""Samples taken from the arguments of fit are those that Keras trains and validates with."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.training.fit_data import first_validation, training_batch

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


@pytest.mark.parametrize("split", [0.0, 0.25])
def test_the_batch_of_the_first_nan_is_kept_for_feature_maps(split: float) -> None:
    model = seqwidget.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(1)])
    model.compile("sgd", "mse")
    panel = seqwidget.Training(model)
    y = Y.copy()
    y[21] = np.nan  # in the third batch
    options: dict[str, Any] = {"batch_size": 8, "epochs": 2, "verbose": 0, "validation_split": split}
    model.fit(X, y, shuffle=False, **options)
    found = seqwidget.runs(model)[0].not_finite
    assert found is not None
    assert found.inputs is not None
    np.testing.assert_array_equal(np.asarray(found.inputs), X[16:24])
    assert "inputs" not in seqwidget.runs(model)[0].to_dict()["not_finite"]
    seqwidget.FeatureMaps(model, found.inputs).close()
    model.fit(X, y, **options)  # shuffled
    assert seqwidget.runs(model)[1].not_finite is not None
    assert seqwidget.runs(model)[1].not_finite.inputs is None
    panel.close()


def test_a_batch_that_is_not_known() -> None:
    known: dict[str, Any] = {"x": X, "shuffle": False}
    np.testing.assert_array_equal(training_batch(known, 2), X[32:])  # type: ignore[arg-type]
    for other in ({"shuffle": True}, {"x": [X]}, {"steps_per_epoch": 3}):
        assert training_batch({**known, **other}, 1) is None
    assert training_batch(known, 3) is None
    assert training_batch({"x": X}, 1) is None
