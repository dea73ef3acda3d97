"""The functional form of a stack that cannot contain a layer: its facts, its drawing, and where its other branch begins."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers

import seqwidget
from seqwidget.diagnosis.diagnose import preview
from seqwidget.inspection.inspect import inspect
from seqwidget.model.refusal import Diagnosis
from seqwidget.render.diagram import diagram

from .mistakes import MISTAKES, Mistake
from .test_diagnose import diagnosed


@pytest.mark.parametrize("mistake", [one for one in MISTAKES if one.instead], ids=[one.id for one in MISTAKES if one.instead])
def test_the_functional_form_has_the_facts_of_the_model_that_its_code_builds(mistake: Mistake) -> None:
    _, layer, diagnosis = diagnosed(mistake)
    names: dict[str, Any] = {"keras": keras, "layers": layers, getattr(layer, "name", ""): layer}
    exec(diagnosis.alternative, names)
    form, made = diagnosis.form, inspect(names["model"])
    assert form is not None
    assert [(row.type, row.output_shape, row.params) for row in form.rows] == [
        (row.type, row.output_shape, row.params) for row in made.rows
    ]
    assert form.graphs == made.graphs
    assert bool(diagram(form).arcs) == (None in form.graphs)  # in a chain, no lines are drawn


def test_the_other_branch_begins_where_its_shape_fits() -> None:
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4), layers.Dense(8), layers.Dense(4)])
    found = preview(model, layers.Add(name="sum"))
    assert isinstance(found, Diagnosis)
    assert found.form is not None
    assert [(edge.source, edge.target) for edge in found.form.graphs[None]] == [
        (None, 0),
        (0, 1),
        (1, 2),
        (2, 3),
        (0, 3),
        (3, None),
    ]
    assert preview(model, layers.Dense(3)).__class__.__name__ == "LayerRow"
    wide = keras.Sequential([keras.Input((6,)), layers.Dense(4)])
    narrow = preview(wide, layers.Add())
    assert isinstance(narrow, Diagnosis)
    assert narrow.alternative.splitlines()[-3].startswith("y = x")


def test_the_panel_has_the_drawing_while_the_layer_is_refused() -> None:
    model = seqwidget.Sequential([keras.Input((4,)), layers.Dense(4, name="one")])
    panel = seqwidget.Summary(model)
    with pytest.raises(ValueError, match="merge"):
        model.add(layers.Add(name="sum"))
    assert [block["label"] for block in panel.form["blocks"]] == ["Input", "Dense", "Add"]
    assert {(arc["source"], arc["target"]) for arc in panel.form["arcs"]} == {(-1, 0), (0, 1), (-1, 1)}
    model.add(layers.Dense(3))
    assert panel.form == {}
    panel.close()
