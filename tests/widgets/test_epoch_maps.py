"""The maps that a viewer keeps for each epoch: they are those of that epoch, few and small, and change no result of fit."""

from __future__ import annotations

import types
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.render.tiles import STEPS
from seqwidget.widgets import epoch_maps, feature_maps
from tests.close import as_array, assert_close
from tests.widgets.test_feature_maps import ask, images


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(epoch_maps, "_AT_ONCE", float("inf"))
    yield
    feature_maps.close_all()


def net() -> Any:
    keras.utils.set_random_seed(7)
    conv = layers.Conv2D(5, 3, activation="relu", name="conv")
    model = seqwidget.Sequential(
        [keras.Input((12, 13, 3)), conv, layers.Dropout(0.3), layers.Flatten(name="flat"), layers.Dense(4, name="scores")]
    )
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model


def fit(model: Any, *callbacks: Any, epochs: int = 3) -> dict[str, list[float]]:
    history: Any = model.fit(images(), np.ones((3, 4)), batch_size=2, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return history.history


def recall(viewer: Any, epoch: int, run: int = 0, layer: str = "conv") -> tuple[dict[str, Any], dict[str, Any]]:
    return ask(viewer, "epoch_maps", run=run, epoch=epoch, layer=layer)


@pytest.mark.parametrize("training", [False, True])
def test_the_maps_are_those_of_each_epoch_and_fit_is_the_same(*, training: bool) -> None:
    plain = net()
    alone = fit(plain)
    model, seen = net(), []
    extract = seqwidget.feature_extractor(model, "conv")
    record = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: seen.append(as_array(extract(images()[:1]))[0]))
    viewer = seqwidget.FeatureMaps(model, images(), training=training)
    assert viewer.epochs == []
    results = [*fit(model, record).values(), *model.get_weights()]
    for ours, theirs in zip(results, [*alone.values(), *plain.get_weights()], strict=True):
        assert_close(ours, theirs)
    assert viewer.epochs == [(0, 1), (0, 2), (0, 3)]
    for epoch, output in enumerate(seen, 1):
        message, arrays = recall(viewer, epoch)
        assert (message["facts"]["channels"], message["facts"]["shown"]) == (5, (10, 11))
        low, high = (arrays[name].reshape(-1, 1, 1) for name in ("low", "high"))
        values = low + (arrays["codes"] - 1.0) / STEPS * (high - low)
        assert_close(arrays["high"], output.max((0, 1)))
        assert np.abs(values - output.transpose(2, 0, 1)).max() <= (high - low).max() / STEPS
    assert np.abs(seen[0] - seen[2]).max() > 0.01  # so that the epochs can be told apart


def test_a_recorded_run_has_its_number_and_other_models_need_the_callback() -> None:
    inputs = keras.Input((12, 13, 3))
    model = keras.Model(inputs, layers.Dense(4, name="scores")(layers.Flatten(name="flat")(inputs)))
    model.compile("sgd", "mse")
    viewer = seqwidget.FeatureMaps(model, images())
    fit(model)
    assert viewer.epochs == []
    for _ in range(2):
        fit(model, seqwidget.TrainingCallback(), epochs=2)
    assert viewer.epochs == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert "error" not in recall(viewer, 2, run=2, layer="flat")[0]
    viewer.layer = "scores"  # for which no maps were kept
    assert viewer.epochs == []
    assert recall(viewer, 2, run=2, layer="scores")[0]["error"] == "the maps of epoch 2 are not kept."
    viewer.layer = "flat"
    assert len(viewer.epochs) == 4


def test_an_edit_drops_the_maps() -> None:
    model = net()
    viewer = seqwidget.FeatureMaps(model, images())
    fit(model, epochs=1)
    model.pop()
    assert viewer.epochs == []
    assert "not kept" in recall(viewer, 1)[0]["error"]


def test_maps_are_small_and_bounded_in_number_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, view = epoch_maps.EpochMaps(), {"layer": "", "sample": 0, "slice": 0, "filters": False}
    model = keras.Sequential([keras.Input((200, 100, 3)), layers.Conv2D(2, 1)])
    viewer = seqwidget.FeatureMaps(model, np.ones((1, 200, 100, 3), "float32"))
    for epoch in range(1, 101):
        kept.keep(viewer._answers, view, 1, epoch)
    assert kept.epochs(view) == [(1, epoch) for epoch in range(1, 101, 8)]
    assert kept.epochs({**view, "sample": 1}) == []
    answer = kept.epoch_maps({**view, "run": 1, "epoch": 9})
    assert answer.arrays["codes"].shape == (3, 50, 25)
    size = sum(array.nbytes for array in answer.arrays.values())
    monkeypatch.setattr(epoch_maps, "BYTES", 3 * size)
    kept.keep(viewer._answers, view, 1, 101)
    for epoch in range(102, 201):
        kept.keep(viewer._answers, view, 1, epoch)
    assert 1 <= len(kept.epochs(view)) <= 3
    monkeypatch.setattr(epoch_maps, "_OF_ONE", 100)
    kept.clear()
    kept.keep(viewer._answers, view, 1, 1)
    assert kept.epoch_maps({**view, "run": 1, "epoch": 1}).arrays["codes"].size <= 100


def test_the_work_takes_a_moment_and_then_a_small_share_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(epoch_maps, "_AT_ONCE", 0.1)
    monkeypatch.setattr(epoch_maps, "time", types.SimpleNamespace(perf_counter=lambda: clock[0]))
    spent: list[float] = []
    allowance = epoch_maps.Allowance()
    allowance.spend(lambda: clock.append(clock.pop() + 5))  # which includes the time to compile

    def work() -> None:
        clock[0] += 0.03
        spent.append(clock[0])

    for _ in range(2000):  # epochs of 10 ms
        clock[0] += 0.01
        allowance.spend(work)
    assert 0.1 <= 0.03 * len(spent) <= 0.1 + 0.03 + 0.01 * (clock[0] - 5)
    assert len(spent) > 6
    clock[0] += 1000
    before = len(spent)
    for _ in range(100):
        allowance.spend(work)
    assert len(spent) - before == 4  # a long pause allows no more than this
    clock[0] += 1000
    allowance.spend(lambda: clock.append(clock.pop() + 60))  # garbage collection
    allowance.spend(work)
    assert len(spent) - before == 5


def test_they_are_sent_while_a_cell_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    model = net()
    viewer: Any = seqwidget.FeatureMaps(model, images())
    fit(model, epochs=1)
    waiting: list[Any] = []
    monkeypatch.setattr(viewer._home, "call", waiting.append)
    sent: list[Any] = []
    monkeypatch.setattr(viewer, "send", lambda message, **_: sent.append(message))
    shown = {"layer": "conv", "sample": 0, "slice": 0, "filters": False}
    for what, fields in (("epoch_maps", {"run": 0, "epoch": 1}), ("maps", {"limit": 160, "budget": 2**20})):
        content = {"id": what, "ask": what, **shown, **fields}
        viewer._handle_msg({"content": {"data": {"method": "custom", "content": content}}})
    viewer._handle_msg({"content": {"data": {"method": "custom", "content": {"ask": ["epoch_maps"]}}}})
    assert [(one["id"], "error" in one) for one in sent] == [("epoch_maps", False)]
    assert len(waiting) == 2
