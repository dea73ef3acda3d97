"""For any message from a page: only a valid request has an effect, and no message causes a traceback."""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.errors import ArgumentError
from seqwidget.widgets import base, feature_maps, schema, summary

SEED, MESSAGES, UPDATES = 14, 2_000, 1_000
ACTS = {"freeze", "unfreeze", "train_last_only", "recompile", "fix", "go", "add"}  # requests that may change a model
TEXTS = ["", "head", "base/inner", "\0", "\x1b[2J", "../../../etc/passwd", "pt", "en", "(", "(a+)+$", "freeze", "__class__"]
PRIVATE = ["_esm", "_css", "_model_name", "layout", "comm", "keys", "__class__", "token", "log", "_dom_classes", "_view_count"]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    summary.close_all()
    feature_maps.close_all()
    base._page = "en"


def model_of() -> Any:
    base = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="inner")], name="base")
    model = keras.Sequential([keras.Input((4,)), base, layers.Dense(3, name="wide"), layers.Dense(1, name="head")], name="net")
    model.compile("adam", "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 1)), verbose=0)
    return model


def state_of(model: Any) -> Any:
    """Return everything about a model that a message could change."""
    return (
        [id(layer) for layer in model.layers],
        [layer.trainable for layer in model._flatten_layers()],
        [keras.ops.convert_to_numpy(weight).tobytes() for weight in model.weights],
        id(model.optimizer),
        id(model.train_function),
        model.compiled,
    )


def hostile(dice: random.Random, depth: int = 0) -> Any:
    """Return values that JSON can represent, and some that it cannot."""
    simple = [None, True, False, 0, 1, -1, 2**40, -(2**70), 1.5, 1e308, float("nan"), float("inf"), "\ud800", "x" * 20_000]
    if depth > 2 or dice.random() < 0.75:
        return dice.choice([*simple, *TEXTS])
    inner = [hostile(dice, depth + 1) for _ in range(dice.randrange(4))]
    return inner if dice.random() < 0.5 else {key if isinstance(key, str) else str(key): hostile(dice, 3) for key in inner}


def message(dice: random.Random, *, harmless: bool) -> Any:
    """Return a message; with ``harmless``, one that is not a valid act."""
    while True:
        kind = dice.choice(["ask", "ask", "ask", "ask", "act", "method"])
        what = dice.choice(
            [*schema.REQUESTS, *schema.REQUESTS, "bogus", "Freeze", "freeze ", "", "anywidget-command", hostile(dice)]
        )
        fields = schema.REQUESTS[what].fields if isinstance(what, str) and what in schema.REQUESTS else {}
        made: Any = {kind: what, "id": dice.choice(["1", hostile(dice)])}
        for key in [*fields, *dice.sample(["layer", "path", "pattern", "start", "index", "sample", "x" * 1_000], 2)]:
            if dice.random() < 0.6:
                made[key] = hostile(dice)
        made = dice.choice([made, made, made, made, hostile(dice)])
        if not harmless or not is_act(made):
            return made


def is_act(content: Any) -> bool:
    try:
        found = schema.request(content)
    except schema.RequestError:
        return False
    return found is not None and found["ask"] in ACTS


def panels() -> list[Any]:
    model = model_of()
    return [seqwidget.Summary(model), seqwidget.Trainable(model), seqwidget.FeatureMaps(model, np.ones((2, 4)))]


def sent_by(panel: Any) -> list[Any]:
    sent: list[Any] = []
    panel.send = lambda content, **_: sent.append(content)
    return sent


def test_no_hostile_message_does_anything(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(SEED)
    widgets = panels()
    model = widgets[0]._model()
    answers = [sent_by(panel) for panel in widgets]
    before = state_of(model)
    with caplog.at_level(logging.WARNING):
        for n in range(MESSAGES):
            content = message(dice, harmless=True)
            panel = widgets[n % 3]
            if n % 2:
                panel._handle_custom_msg(content, [])
            else:
                panel._handle_msg(
                    {"content": {"data": dice.choice([{"method": "custom", "content": content}, content])}, "buffers": []}
                )
            if n % 50 == 0:
                assert state_of(model) == before, content
    assert state_of(model) == before
    assert [record.message for record in caplog.records if record.name != "tensorflow"] == []
    assert "Traceback" not in "".join(capfd.readouterr())
    errors = [answer["error"] for sent in answers for answer in sent if "error" in answer]
    assert len(errors) > MESSAGES / 10
    assert all(len(error) <= 1_000 and error.isprintable() for error in errors)
    assert {json.dumps(answer["id"]) for sent in answers for answer in sent if "id" in answer} <= {
        json.dumps(one) for one in [None, "1", "0", "2", *TEXTS]
    }


def test_messages_with_valid_requests_among_them_cause_no_traceback(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(SEED + 1)
    widgets = panels()
    with caplog.at_level(logging.WARNING):
        for n in range(300):
            widgets[n % 3]._handle_custom_msg(message(dice, harmless=False), [])
    assert [record.message for record in caplog.records if record.name != "tensorflow"] == []
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_page_can_set_only_its_own_traits(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(SEED)
    widgets = panels()
    model = widgets[0]._model()
    before = state_of(model)
    may = {id(panel): set(panel._settable()) for panel in widgets}
    assert may[id(widgets[1])] == {
        "page_language",
        "size_by",
        "color_by",
        "theme",
        "arrangement",
        "folded",
        "selected",
        "hovered",
        "hidden_columns",
        "unfolded",
        "stops_at_not_finite",
        "toasts",
    }
    assert not {"points", "samples", "language", "version", "notes"} & may[id(widgets[2])]
    with caplog.at_level(logging.WARNING):
        for n in range(UPDATES):
            panel = widgets[n % 3]
            names = [*panel.keys, *PRIVATE, "bogus", "x" * 5_000]
            state: Any = {dice.choice(names): hostile(dice) for _ in range(dice.randrange(1, 5))}
            state = dice.choice([state, state, state, hostile(dice)])
            mine = {name: getattr(panel, name) for name in panel.keys if name not in may[id(panel)] | {"diagram", "catalogue"}}
            if n % 2:
                panel.set_state(state)
            else:
                data = {"method": "update", "state": state, "buffer_paths": hostile(dice)}
                panel._handle_msg({"content": {"data": data}, "buffers": []})
            if not (isinstance(state, dict) and "page_language" in state):  # in another language, every text is sent again
                assert {name: getattr(panel, name) for name in mine} == mine, state
    assert state_of(model) == before
    assert [record.message for record in caplog.records if record.name != "tensorflow"] == []
    assert "Traceback" not in "".join(capfd.readouterr())
    assert {panel.language for panel in widgets} <= {"en", "pt"}
    for panel in widgets:
        assert repr(panel)


def test_an_unknown_request_freezes_nothing_and_gets_an_error() -> None:
    panel = seqwidget.Trainable(model_of())
    sent = sent_by(panel)
    for content in ({"ask": "bogus"}, {"ask": "bogus", "id": "7"}, {"ask": "freeze", "id": "8", "patth": "x" * 10_000_000}):
        panel._handle_custom_msg(content, [])
    assert all(layer.trainable for layer in panel._model()._flatten_layers())
    assert [answer["id"] for answer in sent] == [None, "7", "8"]
    assert sent[0]["error"] == "the page sent an unknown request, 'bogus', so nothing was done; reload the page."
    assert sent[2]["error"] == "the page sent 'freeze' with a wrong or missing 'patth', so nothing was done; reload the page."
    panel._handle_custom_msg({"ask": "freeze", "id": "8", "x" * 10_000_000: 1}, [])
    assert len(sent[3]["error"]) < 200


def test_a_page_can_set_its_traits_and_gets_others_sent_again() -> None:
    panel, _, maps = panels()
    again: list[Any] = []
    panel.send_state = lambda key=None: again.append(key)
    panel.set_state({"selected": 2, "folded": True, "hidden_columns": ["dtype"], "page_language": "pt-BR", "gone": "x"})
    assert (panel.selected, panel.folded, panel.hidden_columns, panel.language, panel.gone) == (2, True, ["dtype"], "pt", "")
    assert ["gone"] in again
    panel.set_state({"page_language": "../../secrets", "selected": True})
    assert (panel.page_language, panel.selected) == ("pt-BR", 2)
    panel.set_state({"page_language": "fr"})
    assert panel.language == "en"
    maps.set_state({"layer": "wide", "sample": 1, "fixed": [0, 2.5], "sort": "mean", "channel": 2})
    assert (maps.layer, maps.sample, maps.fixed, maps.sort, maps.channel) == ("wide", 1, (0.0, 2.5), "mean", 2)
    maps.set_state({"layer": "nowhere", "sample": 2, "fixed": [0, float("inf")], "sort": "x", "points": [], "samples": 9})
    assert (maps.layer, maps.sample, maps.fixed, maps.sort, maps.samples, len(maps.points)) == (
        "wide",
        1,
        (0.0, 2.5),
        "mean",
        2,
        5,
    )


OUTSIDE = [
    ("maps", {"sample": 9}),
    ("maps", {"layer": "", "sample": 9}),
    ("tiles", {"channels": [0, 99]}),
    ("value", {"at": [0, 0, 0, 99]}),
    ("field", {"layer": "gone"}),
    ("photo", {"sample": 9}),
    ("array", {"layer": "gone"}),
    ("array", {"sample": 9}),
    ("look", {"position": 99}),
]


@pytest.mark.parametrize(("ask", "outside"), OUTSIDE)
def test_a_request_for_what_does_not_exist_gets_a_sentence(ask: str, outside: dict[str, Any]) -> None:
    model = seqwidget.Sequential([keras.Input((4,)), layers.Dense(6, name="a")])
    widget: Any = seqwidget.Summary(model) if ask == "look" else seqwidget.FeatureMaps(model, np.ones((2, 4)))
    asked = {"layer": "a", "sample": 0, "slice": 0, "filters": False, "limit": 64, "budget": 1000, "version": 1}
    asked |= {"channels": [0], "at": [0, 0, 0, 0], "position": 0, **outside}
    sent: list[Any] = []
    widget.send = lambda content, **_: sent.append(content)
    fields = {key: asked[key] for key in schema.REQUESTS[ask].fields if key in asked}
    widget._handle_custom_msg({"ask": ask, "id": "1", **fields}, [])
    error = sent[-1]["error"]
    assert not re.match(r"\w+Error:", error), error  # the answer to a bug in seqwidget


@pytest.mark.parametrize("sample", [-1, 2])
def test_a_sample_that_does_not_exist_is_refused(sample: int) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(6, name="a")])
    viewer = seqwidget.FeatureMaps(model, np.ones((2, 4)))
    viewer.sample = sample
    with pytest.raises(ArgumentError, match=f"sample expected a number from 0 to 1, received {sample}"):
        viewer.to_png()
