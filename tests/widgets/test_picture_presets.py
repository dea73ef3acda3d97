"""The options of the picture in the Summary panel: what a preset says is checked, applied and copied."""

from __future__ import annotations

import json
from typing import Any

import keras
import pytest
from keras import layers

import seqwidget
from seqwidget.widgets import summary

from .test_summary import asked

PANEL = {"size_by": "params", "color_by": "kind", "folded": False, "theme": "any", "layout": "wrapped"}


@pytest.fixture
def model() -> Any:
    yield keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="conv"), layers.Flatten(name="flat")])
    summary.close_all()


def test_the_copied_preset_draws_the_same_picture(model: Any) -> None:
    panel = seqwidget.Summary(model)
    preset = '{"theme": "print", "width": 400, "groups": {"conv|flat": "All"}, "size_by": "receptive_field"}'
    answer = asked(panel, ask="preset", **PANEL, preset=preset)["facts"]
    assert (answer["theme"], answer["width"]) == ("print", "400px")
    assert json.loads(answer["rest"]) == {"groups": {"conv|flat": "All"}, "size_by": "receptive_field"}
    whole = json.loads(answer["whole"])
    assert whole == {**PANEL, **json.loads(preset)}
    drawn = asked(panel, ask="picture", **PANEL, preset=preset)["facts"]["svg"]
    assert drawn == seqwidget.inspect(model).to_svg(preset=whole) != seqwidget.inspect(model).to_svg(**PANEL)
    again = asked(panel, ask="picture", **{**PANEL, "theme": "print"}, width="400px", preset=answer["rest"])["facts"]["svg"]
    assert again == drawn, "the choices in the menus and the rest are the whole preset"
    plain = asked(panel, ask="preset", **PANEL)["facts"]
    assert (json.loads(plain.pop("whole")), plain) == (PANEL, {"rest": ""})


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"preset": "{theme: 1}"}, "preset expected JSON with options such as"),
        ({"preset": "[1]"}, "preset expected an object with options such as"),
        ({"preset": '{"theme": "pink"}'}, "theme expected one of 'any', 'light', 'dark', 'print', 'colorblind', 'mono'"),
        ({"preset": '{"colour_by": "kind"}'}, "expected the options theme, layout, width"),
        ({"preset": '{"labels": {"nope": "x"}}'}, "its layers are input, conv, flat"),
        ({"preset": '{"preset": "/etc/passwd"}'}, "expected an object with options"),
        ({"width": "85 cm"}, "width expected a width such as '85mm', '600px' or 600"),
        ({"width": "85"}, "width expected a width such as"),
        ({"preset": '{"width": NaN}'}, "width expected a width such as"),
        ({"preset": "[" * 9000}, "preset expected JSON"),
    ],
    ids=["json", "list", "theme", "name", "layer", "preset", "unit", "number", "nan", "deep"],
)
@pytest.mark.parametrize("ask", ["preset", "picture"])
def test_a_mistake_is_answered_in_one_line(model: Any, ask: str, fields: dict[str, str], answer: str) -> None:
    error = asked(seqwidget.Summary(model), ask=ask, **PANEL, **fields)["error"]
    assert answer in error
    assert "\n" not in error


def test_a_mistake_is_answered_in_the_language_of_the_panel(model: Any) -> None:
    panel = seqwidget.Summary(model)
    panel.set_state({"page_language": "pt"})
    expected = {
        '{"theme": "pink"}': "preset: theme esperava um destes valores: 'any', 'light'",
        '{"labels": {"nope": "x"}}': "labels esperava uma camada, uma classe ou um tipo de camada de",
        "[1]": "preset esperava um objeto com opções como",
        "{": "preset esperava JSON com opções como",
    }
    for preset, words in expected.items():
        assert words in asked(panel, ask="preset", **PANEL, preset=preset)["error"]
    with pytest.raises(seqwidget.errors.ArgumentError, match="theme expected one of 'any', 'light'"):
        seqwidget.inspect(model).to_svg(theme="pink")
