"""What a panel reports about the last edit, and which model was edited last."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers

import seqwidget
from seqwidget.widgets import summary


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    summary.close_all()


def network(name: str) -> keras.Sequential:
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="conv")], name=name)


def test_news_are_the_step_and_the_output_after_it() -> None:
    model = network("net")
    panel = seqwidget.Summary(model)
    assert panel.news == ""
    told = []
    panel.observe(lambda change: told.append(str(change["new"])), "news")
    model.add(layers.Conv2D(4, 3, name="next"))
    model.undo()
    model.redo()
    model.pop()
    assert told == [
        "add next (Conv2D) → 4×4×4",
        "back to: start → 6×6×2",
        "add next (Conv2D) → 4×4×4",
        "pop next (Conv2D) → 6×6×2",
    ]
    assert panel.news.values["shape"] == "×".join(map(str, model.output_shape[1:]))


def test_a_refused_edit_is_news_each_time_and_no_step() -> None:
    model = network("net")
    panel = seqwidget.Summary(model)
    numbers = []
    for _ in range(2):
        with pytest.raises(ValueError, match="wide"):
            model.add(layers.Conv2D(2, 9, name="wide"))
        numbers.append(panel.last_edit)
        assert str(panel.news).startswith("wide was refused: its kernel of 9×9 is larger than the input of 6×6")
    assert numbers[0] < numbers[1]


def test_a_change_that_is_no_edit_is_no_news() -> None:
    model = network("net")
    panel = seqwidget.Summary(model)
    before = panel.last_edit
    model.compile("sgd", "mse")
    panel.refresh()
    assert panel.stack["state"] == "compiled"
    assert (panel.last_edit, panel.news) == (before, "")


def test_a_functional_model_has_changed_when_its_facts_have() -> None:
    inner = keras.Input((4,))
    model = keras.Model(inner, layers.Dense(2, name="out")(inner))
    panel = seqwidget.Summary(model)
    before = panel.last_edit
    model.get_layer("out").trainable = False
    panel.refresh()
    assert str(panel.news) == "the model has changed"
    assert panel.last_edit > before


def test_the_highest_number_is_of_the_model_that_was_edited_last() -> None:
    models = [network("first"), network("second")]
    panels = [seqwidget.Summary(model) for model in models]

    def latest() -> str:
        return max(panels, key=lambda panel: panel.last_edit).stack["name"]

    assert latest() == "second"
    models[0].add(layers.Flatten())
    assert latest() == "first"
    panels[1].dock()
    assert latest() == "second"


def test_a_model_that_contains_the_edited_one_is_not_edited() -> None:
    inner = network("inner")
    outer = keras.Sequential([keras.Input((8, 8, 1)), inner, layers.Flatten()], name="outer")
    panels = [seqwidget.Summary(model) for model in (inner, outer)]
    inner.add(layers.Flatten(name="flat"))
    panels[1].refresh()
    assert panels[0].last_edit > panels[1].last_edit


def test_the_page_may_turn_reports_off_and_python_on_again() -> None:
    model = network("net")
    panel = seqwidget.Summary(model)
    assert panel.toasts
    panel.set_state({"toasts": False})
    assert not panel.toasts
    panel.set_state({"toasts": "yes"})
    panel.set_state({"news": "forged"})
    assert (panel.toasts, panel.news) == (False, "")
    panel.toasts = True


def test_an_edit_of_an_inner_model_with_a_panel_is_its_own_and_not_the_outer_model_s() -> None:
    inner, images = network("inner"), keras.Input((8, 8, 1))
    outer = keras.Model(images, inner(images), name="outer")
    panels = [seqwidget.Summary(model) for model in (inner, outer)]
    number = panels[1].last_edit
    inner.add(layers.ReLU(name="relu"))
    panels[1].refresh()
    assert "relu" in [row["name"] for row in panels[1].stack["rows"]], "the outer panel shows the edit"
    assert (panels[1].last_edit, panels[1].news) == (number, "")
    assert panels[0].last_edit > number
    outer.layers[-1].trainable = False
    panels[1].refresh()
    assert panels[1].last_edit > panels[0].last_edit, "a later change of its own is its edit"


def test_an_edit_of_an_inner_model_without_a_panel_is_the_outer_model_s() -> None:
    inner, images = network("inner"), keras.Input((8, 8, 1))
    outer = keras.Model(images, inner(images), name="outer")
    panel = seqwidget.Summary(outer)
    number = panel.last_edit
    inner.add(layers.ReLU(name="relu"))
    panel.refresh()
    assert panel.last_edit > number
