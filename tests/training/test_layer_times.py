"""Measured times: every layer once, the slow ones slower, zero where no gradient goes back, and the model does not change."""

from __future__ import annotations

import types
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.errors import ArgumentError, InputError, NotAModelError, UserError
from seqwidget.training import layer_times
from tests.inspection.test_inspect import fingerprint


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_times, "_SECONDS", 0.0)


def times(model: Any, batch_size: int = 4) -> dict[str, Any]:
    return {layer.path: layer for layer in seqwidget.measured_time(model, batch_size).layers}


def test_each_layer_is_measured_and_the_model_is_as_before() -> None:
    inside = [layers.Conv2D(3, 3, name="conv"), layers.BatchNormalization(name="norm")]
    base = keras.Sequential([keras.Input((6, 6, 2)), *inside], name="base")
    base.trainable = False
    stack = [layers.Dropout(0.5, name="drop"), layers.Flatten(name="flat"), layers.Dense(2, name="head")]
    model = keras.Sequential([keras.Input((6, 6, 2)), base, *stack])
    model.compile("adam", "mse")
    model.fit(np.ones((4, 6, 6, 2)), np.ones((4, 2)), verbose=0)
    before = fingerprint(model)
    found = times(model)
    assert fingerprint(model) == before
    assert list(found) == [row.path for row in seqwidget.inspect(model).rows]
    assert {layer.unknown for layer in found.values()} == {""}
    assert found["base"].forward == found["base/conv"].forward + found["base/norm"].forward
    # No gradient goes back to layers before the first one that trains.
    assert [found[path].backward for path in ("base", "base/norm", "drop", "flat")] == [0.0] * 4
    model.fit(np.ones((4, 6, 6, 2)), np.ones((4, 2)), verbose=0)


def test_what_runs_is_what_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock that counts calls: each layer costs its own calls, and gradients are those of the weights that train."""
    seen: list[Any] = []

    def median(function: Any, *arguments: Any) -> float:
        seen.append([tuple(one.shape) for one in keras.tree.flatten(function(*arguments))])
        return float(len(seen))

    monkeypatch.setattr(layer_times, "_median", median)
    model = keras.Sequential([keras.Input((5,)), layers.Dense(3, name="first"), layers.Dense(2, use_bias=False, name="last")])
    model.compile("sgd", "mse", run_eagerly=True)
    found = times(model)
    assert seen[:2] == [[()], [(4, 3)]]  # the outputs of an empty call, then of the layer
    assert seen[2] == [(4, 3), (5, 3), (3,)]  # then also the gradients of its weights
    assert seen[5] == [(4, 2), (3, 2), (4, 3)]  # the last layer: also the gradient of its input
    assert (found["first"].forward, found["first"].backward) == (1.0, 1.0)
    assert seqwidget.measured_time(model, 4).call > 0


def test_the_times_are_those_of_the_clock_during_the_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(layer_times, "time", types.SimpleNamespace(perf_counter=lambda: clock[0]))

    class Takes(layers.Layer):
        def __init__(self, seconds: float, **options: Any) -> None:
            super().__init__(**options)
            self.seconds = seconds

        def call(self, x: Any) -> Any:
            clock[0] += self.seconds
            return x

    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(3, name="none"), Takes(0.25, name="short"), Takes(2, name="long")]
    )
    model.compile("sgd", "mse", run_eagerly=True)
    assert {path: found.forward for path, found in times(model).items()} == {"none": 0.0, "short": 0.25, "long": 2.0}


def test_integers_branches_and_custom_layers() -> None:
    class Doubles(layers.Layer):
        def call(self, x: Any) -> Any:
            return 2 * x

    words = keras.Input((7,), dtype="int32")
    x = layers.Embedding(5, 3, name="words")(words)
    mean = layers.GlobalAveragePooling1D(name="mean")(layers.Dense(4, name="wide")(x))
    both = layers.Add(name="sum")([layers.LSTM(4, name="lstm")(x), mean])
    model = keras.Model(words, keras.ops.exp(Doubles(name="twice")(both)))
    found = times(model)
    assert {layer.unknown for layer in found.values()} == {""}
    original = layer_times._measure

    def broken(call: Any, *args: Any, **kwargs: Any) -> Any:
        if call.path == "twice":
            msg = "no gradient\nhere"
            raise RuntimeError(msg)
        return original(call, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer_times, "_measure", broken)
        found = times(model)
    assert found["twice"].unknown == "RuntimeError: no gradient here"
    assert found["twice"].total is None


def test_bad_input_is_one_clear_line() -> None:
    with pytest.raises(InputError, match="is not built, so its layers cannot run"):
        seqwidget.measured_time(keras.Sequential([layers.Dense(2)]))
    with pytest.raises(InputError, match="a numeric input of fixed size"):
        seqwidget.measured_time(keras.Sequential([keras.Input((None, 3)), layers.Dense(2)]))
    fixed = keras.Sequential([keras.Input(batch_shape=(2, 3)), layers.Dense(2)])
    with pytest.raises(ArgumentError, match="batch_size expected 2, which the input"):
        seqwidget.measured_time(fixed)
    assert len(times(fixed, 2)) == 1
    with pytest.raises(ArgumentError, match="batch_size"):
        seqwidget.measured_time(fixed, 0)
    with pytest.raises(NotAModelError):
        seqwidget.measured_time(object())  # type: ignore[arg-type]
    model = seqwidget.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    during = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: seqwidget.measured_time(model))
    with pytest.raises(UserError, match=r"is in fit\(\), so nothing was done"):
        model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0, callbacks=[during])


def test_a_panel_measures_on_request_and_shows_the_times_until_the_layers_change() -> None:
    model = seqwidget.Sequential([keras.Input((3,)), layers.Dense(2, name="first"), layers.Dense(2, name="last")])
    model.compile("sgd", "mse")
    panel = seqwidget.Summary(model)
    assert panel.times == {}
    sent: list[Any] = []
    panel.send = lambda message, **_: sent.append(message)
    panel._handle_custom_msg({"id": "x-1", "ask": "measure_time", "batch_size": 8}, [])
    assert [one for one in sent if one.get("id") == "x-1" and "error" in one] == []
    assert panel.times["batch_size"] == 8
    assert [layer["path"] for layer in panel.times["layers"]] == ["first", "last"]
    panel.color_by = "measured_time"
    assert any(block["cls"] == "heat-9" for block in panel.diagram["blocks"])
    panel._handle_custom_msg(
        {"id": "x-2", "ask": "picture", "size_by": "shape", "color_by": "measured_time", "folded": False}, []
    )
    assert "ms</text>" in next(one["facts"]["svg"] for one in sent if one.get("id") == "x-2")
    measured = panel.times
    model.add(layers.Dense(1))
    assert panel.times == {}
    model.undo()
    assert panel.times == measured
    panel.close()
    other = seqwidget.Training(model)
    assert other.times == measured
    other.close()
