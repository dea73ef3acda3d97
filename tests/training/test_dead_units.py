"""The shares of dead and saturated units are those that NumPy counts; a probe that does not fit never stops ``fit``."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.training import training_callback

X = np.random.default_rng(0).normal(size=(48, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def net() -> Any:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            *(keras.Input((4,)), layers.Dense(8, "relu", name="relu"), layers.Dense(6, name="linear")),
            *(layers.Activation("tanh", name="tanh"), layers.Dense(1, "sigmoid", name="out")),
        ]
    )
    kernel, bias = model.get_layer("relu").get_weights()
    model.get_layer("relu").set_weights([kernel, np.where(np.arange(8) < 3, -1e6, bias)])  # three units die for good
    kernel, bias = model.get_layer("linear").get_weights()
    model.get_layer("linear").set_weights([kernel, np.where(np.arange(6) < 1, 1e6, bias)])
    model.compile("sgd", "mse")
    return model


def fit(model: Any, *callbacks: Any, **options: Any) -> None:
    model.fit(X, Y, **{"batch_size": 8, "epochs": 3, "verbose": 0, "callbacks": [*callbacks], **options})


def test_shares_are_those_of_the_outputs_after_the_last_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_callback, "_SHARE", float("inf"))
    model, recorded = net(), seqwidget.TrainingCallback(probe=X[:20])
    fit(model, recorded)
    run = recorded.run
    assert run is not None
    relu, tanh = run.units
    outputs = seqwidget.feature_extractor(model, ["relu", "tanh"])(X[:20])
    positive, bounded = (np.asarray(keras.ops.convert_to_numpy(one)) for one in outputs)
    assert (relu.path, relu.saturated, relu.epochs) == ("relu", (), (1, 2, 3))
    assert relu.dead[0] >= 3 / 8
    assert relu.dead[-1] == (positive.max(axis=0) <= 0).mean()
    assert (tanh.path, tanh.dead, tanh.epochs) == ("tanh", (), (1, 2, 3))
    assert tanh.saturated[-1] == ((np.abs(bounded) >= 0.99).mean(axis=0) >= 0.95).mean() >= 1 / 6


@pytest.mark.parametrize("probe", [X[:, :3], "no such file.png", np.full((2, 4), np.nan)], ids=["shape", "file", "nan"])
def test_a_probe_that_does_not_fit(probe: Any) -> None:
    model, recorded = net(), seqwidget.TrainingCallback(probe=probe)
    fit(model, recorded)
    run = recorded.run
    assert run is not None
    assert (run.state, run.units) == ("finished", ())
    (note,) = [note for note in run.notes if "the units were not examined on the probe samples: " in note]
    assert "\n" not in note
    with pytest.raises(seqwidget.UserError):
        seqwidget.Training(model, probe=probe)
    seqwidget.Training(model).close()


def test_the_first_validation_batch_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_callback, "_SHARE", float("inf"))
    model = net()
    panel = seqwidget.Training(model)
    fit(model, validation_split=0.25)
    (run,) = seqwidget.runs(model)
    assert [(one.path, one.epochs) for one in run.units] == [("relu", (1, 2, 3)), ("tanh", (1, 2, 3))]
    assert panel.ended[0]["units"][0]["path"] == "relu"
    fit(model)
    assert seqwidget.runs(model)[-1].units == ()
    panel.close()
