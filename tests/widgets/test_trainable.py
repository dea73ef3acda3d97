"""The Trainable widget without a browser: its methods, the requests of a browser, and its plain text."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.errors import NoSuchLayerError
from seqwidget.widgets import summary
from tests.backends import only_on

X, Y = np.linspace(0, 1, 64, dtype="float32").reshape(16, 4), np.ones((16, 1), "float32")


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    summary.close_all()


def transfer() -> Any:
    base = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(4, name="block1_a"),
            layers.BatchNormalization(name="block1_bn"),
            layers.Dense(4, name="b"),
        ],
        name="base",
    )
    model = keras.Sequential([keras.Input((4,)), base, layers.Dense(1, name="head"), layers.ReLU(name="relu")], name="net")
    model.compile("adam", "mse")
    return model


def training(model: Any) -> set[str]:
    return {weight.path.split("/")[-2] for weight in model.trainable_weights}


def ask(panel: Any, act: str, **details: Any) -> dict[str, Any]:
    """Send a request as the browser does, and return the reply: the line of code, or the error."""
    answers: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panel, "send", lambda content, buffers=None: answers.append(content))  # noqa: ARG005
        panel._handle_custom_msg({"id": "1", "ask": act, **details}, [])
    (answer,) = [one for one in answers if "id" in one]  # the other messages are patches
    return {"error": answer["error"]} if "error" in answer else answer.get("facts", {})


def test_calls_freeze_and_unfreeze() -> None:
    model = transfer()
    panel = seqwidget.Trainable(model)
    panel.freeze("block[1-4]_.*")
    assert training(model) == {"b", "head"}
    panel.freeze().unfreeze(start="base/b")
    assert training(model) == {"b", "head"}
    panel.unfreeze().freeze(type="BatchNormalization")
    assert training(model) == {"block1_a", "b", "head"}
    panel.unfreeze().freeze(end="base")
    assert training(model) == {"head"}
    panel.unfreeze().freeze(model.layers[1])
    assert training(model) == {"block1_a", "block1_bn", "b"}
    panel.train_last_only()
    assert training(model) == {"head"}
    panel.unfreeze("base/b")
    assert training(model) == {"b", "head"}


def test_requests_of_a_browser_are_executed_and_shown_as_code() -> None:
    model = transfer()
    panel = seqwidget.Trainable(model)
    assert ask(panel, act="freeze", path="base/b") == {"code": "seqwidget.Trainable(model).freeze('base/b')"}
    assert training(model) == {"block1_a", "block1_bn", "head"}
    assert panel.switches == ["mixed", "on", "on", "off", "on", ""]
    for content, code in (
        ({"act": "freeze"}, "freeze()"),
        ({"act": "unfreeze", "start": "base/b"}, "unfreeze(start='base/b')"),
        ({"act": "freeze", "type": "Dense"}, "freeze(type='Dense')"),
        ({"act": "unfreeze", "pattern": "block1.*"}, "unfreeze('block1.*')"),
        ({"act": "train_last_only"}, "train_last_only()"),
    ):
        answer = ask(panel, **content)
        assert answer == {"code": f"seqwidget.Trainable(model).{code}"}
        by_click = training(model)
        eval(answer["code"], {"seqwidget": seqwidget, "model": model})
        assert training(model) == by_click


@only_on("tensorflow")  # the other backends have no step that ignores a flag
def test_recompiling_by_click() -> None:
    model = transfer()
    panel = seqwidget.Trainable(model)
    model.fit(X, Y, verbose=0)
    assert panel.plan == {}
    panel.freeze("base")
    assert panel.stack["state"] == "stale"
    assert panel.stack["stale"] == "3 layers changed since compile: fit will ignore this until the next compile"
    assert any("are now frozen" in str(phrase) for phrase in panel.plan["lost"])
    assert ask(panel, act="recompile") == {"code": "seqwidget.recompile(model)"}
    assert (panel.stack["state"], panel.plan) == ("compiled", {})
    before = [keras.ops.convert_to_numpy(weight).copy() for weight in model.layers[0].weights]
    model.fit(X, Y, verbose=0)
    for old, new in zip(before, model.layers[0].weights, strict=True):
        np.testing.assert_array_equal(old, keras.ops.convert_to_numpy(new))


def test_a_change_that_is_not_possible_gets_an_error() -> None:
    model = transfer()
    panel = seqwidget.Trainable(model)
    said = ask(panel, act="freeze", pattern="nope")
    assert said["error"].startswith("no layer of 'net' fully matches 'nope'; its layers are base, ")
    assert training(model) == {"block1_a", "block1_bn", "b", "head"}
    with pytest.raises(NoSuchLayerError, match="matches 'nope'"):
        panel.freeze("nope")
    with pytest.raises(NoSuchLayerError, match="the layer 'elsewhere' \\(Dense\\) is not in 'net'"):
        panel.freeze(layers.Dense(1, name="elsewhere"))
    bare = keras.Sequential([keras.Input((4,)), layers.ReLU()], name="bare")
    assert ask(seqwidget.Trainable(bare), act="freeze")["error"].startswith("'bare' has no layer with weights, so there is ")


def test_summary_and_trainable_show_the_same_model_and_go_one_by_one() -> None:
    model = transfer()
    both = seqwidget.Summary(model), seqwidget.Trainable(model)
    assert both[0] is seqwidget.Summary(model)
    assert both[1] is seqwidget.Trainable(model)
    ask(both[0], act="freeze", path="head")
    assert both[0].switches == both[1].switches == ["on", "on", "on", "on", "off", ""]
    both[0].close()
    ask(both[1], act="unfreeze", path="head")
    assert both[1].switches[4] == "on"
    assert type(model) is seqwidget.Sequential
    both[1].close()
    assert type(model) is keras.Sequential


def test_memory_of_slots() -> None:
    model = transfer()
    panel = seqwidget.Trainable(model)
    panel.freeze("base")
    assert panel.slots == {"train": 8 * 5, "saves": 8 * (20 + 8 + 20)}


@only_on("tensorflow")  # as above
def test_the_exact_plain_table() -> None:
    model = transfer()
    panel = seqwidget.Trainable(model)
    model.fit(X, Y, verbose=0)
    panel.freeze("block1.*")
    assert repr(panel) == (
        "net: 25 of 61 params train, stale\n"
        "────────────────────────────────────────────────────────────────────────────────────────\n"
        "#  Layer (type)                      Trains  Flag       Compiled step  Params  Trainable\n"
        "────────────────────────────────────────────────────────────────────────────────────────\n"
        "0  base (Sequential)                 partly  trainable  stale              56         20\n"
        "     block1_a (Dense)                no      frozen     stale              20          0\n"
        "     block1_bn (BatchNormalization)  no      frozen     stale              16          0\n"
        "     b (Dense)                       yes     trainable  up to date         20         20\n"
        "1  head (Dense)                      yes     trainable  up to date          5          5\n"
        "2  relu (ReLU)                       —       trainable  —                   0          0\n"
        "────────────────────────────────────────────────────────────────────────────────────────\n"
        "   total                                                                   61         25\n"
        "2 layers changed since compile: fit will ignore this until the next compile\n"
        "base/block1_bn: runs in inference mode even in fit: its moving statistics do not change"
    )
    assert panel._repr_mimebundle_()[0]["text/plain"] == repr(panel)
