"""The Summary widget without a browser: its traits, what changes them, and what it does not change."""

from __future__ import annotations

import gc
import types
import weakref
from typing import Any

import IPython
import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.errors import NotAModelError
from seqwidget.widgets import summary, summary_traits
from tests.inspection.test_inspect import fingerprint


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    summary.close_all()


def stack_of(name: str = "m") -> Any:
    return keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="conv")], name=name)


def test_it_follows_every_edit_of_an_adopted_model() -> None:
    model = stack_of()
    panel = seqwidget.Summary(model)
    assert [row["name"] for row in panel.stack["rows"]] == ["conv"]
    edit = panel.edit
    model.add(layers.Flatten(name="flat"))
    assert [row["name"] for row in panel.stack["rows"]] == ["conv", "flat"]
    assert (panel.changed, panel.edit) == ([1], edit + 1)
    assert [block["row"] for block in panel.diagram["blocks"]] == [-1, 0, 1]
    model.pop()
    assert panel.stack["totals"]["params"] == model.count_params()
    assert panel.changed == []


def test_an_edit_that_fails_is_shown_and_reaches_the_user() -> None:
    model = seqwidget.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3)])
    panel = seqwidget.Summary(model)
    with pytest.raises(ValueError, match="negative"):
        model.add(layers.Conv2D(2, 9, name="bad"))
    assert panel.stack["state"] == "built"
    assert (panel.refused["layer"], panel.diagram["blocks"][-1]["cls"]) == ("bad", "refused")
    assert "9×9 kernel on 6×6" in panel.refused["arithmetic"]
    assert "9×9 kernel on 6×6" in repr(panel)
    model.add(layers.Flatten())
    assert panel.refused == {}
    assert panel.steps["what"][-1].startswith("add flatten")


def asked(panel: Any, **question: Any) -> dict[str, Any]:
    """Send a request as the browser does, and return the one reply."""
    answers: list[dict[str, Any]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(panel, "send", lambda content, buffers=None: answers.append(content))  # noqa: ARG005
        panel._handle_custom_msg({"id": "1", **question}, [])
    (answer,) = [one for one in answers if "id" in one]  # the other messages are patches
    return answer


def test_each_request_of_the_browser_gets_one_reply() -> None:
    model = seqwidget.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3, name="conv")])
    panel = seqwidget.Summary(model)
    with pytest.raises(ValueError, match="negative"):
        model.add(layers.Conv2D(1, 4, name="wide"))
    promised = panel.refused["fixes"][0]["output_shape"]
    assert asked(panel, ask="fix", index=0, layer="wide")["id"] == "1"
    assert list(model.output_shape) == promised
    assert "belongs to an earlier edit" in asked(panel, ask="fix", index=0, layer="wide")["error"]
    assert asked(panel, ask="look", position=0)["facts"]["removed"] == ("wide",)
    assert "changed before this click" in asked(panel, ask="go", position=0, seen=[0, 1])["error"]
    asked(panel, ask="go", position=0, seen=[1, 2])
    assert panel.steps["position"] == 0
    assert "error" not in asked(panel, ask="go", position=0, seen=[1, 2])  # a second click
    assert "expected a step from 0 to 1" in asked(panel, ask="go", position=9, seen=[0, 2])["error"]
    offers = asked(panel, ask="suggest")["facts"]["offers"]
    asked(panel, ask="add", code=offers[-1]["code"])
    assert panel.stack["rows"][-1]["output_shape"] == list(model.output_shape)
    assert "nothing was done" in asked(panel, ask="add", code="layers.Conv2D(1, 99)")["error"]
    assert "layers.Conv2D(2, 3" in asked(panel, ask="code")["facts"]["code"]
    options = {"size_by": "params", "color_by": "kind", "folded": True}
    drawn = asked(panel, ask="picture", **options)["facts"]["svg"]
    assert drawn == seqwidget.inspect(panel._model()).to_svg(**options) != seqwidget.inspect(panel._model()).to_svg()
    more = {"theme": "mono", "layout": "column"}
    assert asked(panel, ask="picture", **options, **more)["facts"]["svg"] == seqwidget.inspect(panel._model()).to_svg(
        **options, **more
    )
    assert "error" in asked(panel, ask="picture", **options, theme="pink")
    panel.page_language = "pt"
    shown = asked(panel, ask="picture", **options)["facts"]["svg"]
    panel.page_language = "en"  # the next panel opens in the same page
    assert "Entrada" in shown
    assert "Entrada" not in seqwidget.inspect(panel._model()).to_svg(**options)


def test_a_saved_picture_has_the_folds_that_are_open_in_the_panel() -> None:
    model = keras.Sequential([keras.Input((4,)), *(layers.Dense(4) for _ in range(5))])
    panel, stack = seqwidget.Summary(model), seqwidget.inspect(model)
    options = {"size_by": "shape", "color_by": "kind", "folded": True}
    start = panel.folds[0]["start"]
    closed, opened = (asked(panel, ask="picture", **options, unfolded=some)["facts"]["svg"] for some in ([], [start]))
    assert closed == stack.to_svg(folded=True) != opened == stack.to_svg()


def test_a_click_on_a_nested_model_appears_in_the_outer_model() -> None:
    inner = seqwidget.Sequential([keras.Input((4,)), layers.Dense(3, name="dense")], name="inner")
    outer = keras.Sequential([keras.Input((4,)), inner])
    around, panel = seqwidget.Summary(outer), seqwidget.Summary(inner)
    asked(panel, ask="add", code=asked(panel, ask="suggest")["facts"]["offers"][-1]["code"])
    assert [row["depth"] for row in around.stack["rows"]] == [0, 1, 1]


def test_a_closed_panel_still_has_its_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    model = seqwidget.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3, name="conv")])
    viewer = seqwidget.FeatureMaps(model, np.ones((1, 4, 4, 1), "float32"))
    viewer.close()
    monkeypatch.setattr(IPython, "get_ipython", lambda: types.SimpleNamespace(kernel=None))
    viewer.show()
    assert "conv" in capsys.readouterr().out


def test_a_kind_of_notes_can_be_silenced_and_comes_back() -> None:
    model = seqwidget.Sequential([keras.Input((9, 9, 1)), layers.Conv2D(2, 2, strides=2, name="conv")])
    panel = seqwidget.Summary(model)
    assert [note["key"] for note in panel.stack["notes"]] == ["cropped-pixels"]
    asked(panel, ask="silence", key="cropped-pixels")
    assert (panel.stack["notes"], panel.silent) == ([], ["cropped-pixels"])
    asked(panel, ask="unsilence")
    assert (len(panel.stack["notes"]), panel.silent) == (1, [])
    assert "expected keys of notes" in asked(panel, ask="silence", key="nonsense")["error"]


def test_changes_without_an_edit_appear_at_the_next_refresh() -> None:
    model = seqwidget.Sequential([layers.Dense(2)])
    panel = seqwidget.Summary(model)
    assert panel.stack["state"] == "unbuilt"
    model(np.ones((1, 3)))
    assert panel.stack["state"] == "built"
    model.compile("sgd", "mse")
    model.layers[0].trainable = False
    assert panel.stack["state"] == "built"
    edit = panel.edit
    summary.refresh_all()
    assert panel.stack["state"] == "compiled"
    assert panel.stack["totals"]["trainable_params"] == 0
    assert (panel.changed, panel.edit) == ([0], edit + 1)
    summary.refresh_all()
    assert panel.edit == edit + 1


def test_a_model_has_one_panel() -> None:
    model = stack_of()
    assert seqwidget.Summary(model) is seqwidget.Summary(model)
    assert seqwidget.Summary(model) is not seqwidget.Summary(stack_of())


def test_sizes_colours_and_collapsing_are_drawn_again() -> None:
    panel = seqwidget.Summary(keras.Sequential([keras.Input((4,)), *[layers.Dense(4) for _ in range(5)]]))
    assert [(fold["start"], fold["end"], fold["count"]) for fold in panel.folds] == [(0, 5, 5)]
    assert len(panel.diagram["blocks"]) == 6
    panel.folded = True
    assert [block["count"] for block in panel.diagram["blocks"]] == [1, 5]
    panel.unfolded = [0]
    assert [block["count"] for block in panel.diagram["blocks"]] == [1] * 6
    panel.unfolded = []
    panel.color_by = "params"
    assert panel.diagram["blocks"][1]["cls"] == "heat-9"
    panel.size_by = "macs"
    assert "Area" in panel.diagram["scale"]
    with pytest.raises(Exception, match="size_by"):
        panel.size_by = "colour"


def test_the_first_diagram_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    x = keras.Input((8,))
    y = x
    for _ in range(21):  # a long model that is not a chain: its repeated blocks are collapsed at first
        y = layers.Add()([y, layers.Dense(8)(y)])
    model, drawn, draw = keras.Model(x, y), [], summary_traits.diagram
    monkeypatch.setattr(
        summary_traits, "diagram", lambda *args, **kwargs: drawn.append(kwargs["folds"]) or draw(*args, **kwargs)
    )
    panel = seqwidget.Summary(model)
    assert panel.folded
    assert len(drawn) == 1
    assert drawn[0]
    panel.folded = False
    assert drawn[1:] == [()]


def test_a_deleted_model_is_freed_and_reported_as_deleted() -> None:
    model = stack_of()
    panel = seqwidget.Summary(model)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    assert "deleted" in str(panel.gone)
    assert panel.stack["rows"]  # the last state is still shown
    panel.refresh()


def test_a_closed_panel_is_freed_and_so_are_layers_in_no_step() -> None:
    model = stack_of()
    panel = seqwidget.Summary(model)
    layer = layers.Flatten()
    panels, popped = weakref.ref(panel), weakref.ref(layer)
    model.add(layer)
    model.pop()
    model.undo()
    model.undo()
    model.add(layers.ReLU())  # redo can no longer restore it
    panel.close()
    del panel, layer
    gc.collect()
    assert panels() is None
    assert popped() is None


def test_closing_restores_a_watched_model() -> None:
    model, own = stack_of(), seqwidget.Sequential()
    watched = seqwidget.watch(stack_of())
    for one in (model, own, watched):
        seqwidget.Summary(one).close()
    assert type(model) is keras.Sequential
    assert type(own) is seqwidget.Sequential
    assert type(watched) is seqwidget.Sequential  # the user asked for it
    assert seqwidget.Summary(model).stack["rows"]


def test_an_error_of_ours_is_shown_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = stack_of()
    panel = seqwidget.Summary(model)
    monkeypatch.setattr(summary, "inspect", lambda _: 1 / 0)
    model.add(layers.Flatten())
    assert "ZeroDivisionError" in str(panel.error)
    monkeypatch.undo()
    model.pop()
    assert panel.error == ""


def test_a_change_while_inspecting_failed_appears_after_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    model = seqwidget.Sequential([keras.Input((4,)), layers.Dense(3, name="a")])
    panel = seqwidget.Summary(model)
    with monkeypatch.context() as failing:
        failing.setattr(panel, "_read_switches", None)
        model.add(layers.Dense(3, name="b"))
    assert "could not read" in str(panel.error)
    model.add(layers.Dense(3, name="c"))
    assert [row["name"] for row in panel.stack["rows"]] == ["a", "b", "c"]
    assert panel.stack == seqwidget.inspect(model).to_page()


def test_numpy_sizes_are_shown() -> None:
    model = stack_of()
    panel = seqwidget.Summary(model)
    model.add(layers.Conv2D(2, (np.int64(3), np.int64(2)), name="numpy"))
    assert panel.stack["rows"][-1]["kernel"] == [3, 2]


def test_the_plain_text_and_the_bundle_carry_the_content() -> None:
    model = stack_of()
    panel = seqwidget.Summary(model)
    assert repr(panel) == str(seqwidget.inspect(model))
    data, _ = panel._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert "(None, 6, 6, 2)" in data["text/plain"]
    assert "(None, 6, 6, 2)" in data["text/html"]


def test_a_functional_model_is_shown_without_being_adopted() -> None:
    x = keras.Input((4,))
    model = keras.Model(x, layers.Add()([x, layers.Dense(4)(x)]))
    panel = seqwidget.Summary(model)
    assert "not a linear stack" in panel.stack["notes"][-1]["text"]
    assert type(model) is type(keras.Model(x, x))


@pytest.mark.parametrize("wrong", [None, 3, layers.Dense(2)])
def test_something_else_is_one_clear_line(wrong: Any) -> None:
    with pytest.raises(NotAModelError, match="expected a Keras model") as caught:
        seqwidget.Summary(wrong)
    assert caught.value._render_traceback_() == [f"NotAModelError: {caught.value}"]


def test_showing_and_closing_change_nothing() -> None:
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5)])
    model.compile(keras.optimizers.Adam(0.123), "mse")
    model.fit(np.ones((8, 4)), np.ones((8, 3)), verbose=0)
    before = fingerprint(model)
    panel = seqwidget.Summary(model)
    panel._repr_mimebundle_()
    panel.size_by, panel.color_by, panel.hovered, panel.selected = "params", "macs", 1, 1
    summary.refresh_all()
    assert fingerprint(model) == before
    panel.close()
    assert fingerprint(model) == before
