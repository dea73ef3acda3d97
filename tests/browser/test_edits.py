"""Edits in a real JupyterLab: a refused layer and its fixes, undo and redo, suggested next layers, and the code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import expect

from .test_panel import LIVE, ROOT, names, shown

SETUP = """\
%load_ext seqwidget
import keras, seqwidget
from keras import layers
model = seqwidget.Sequential([keras.Input((4, 4, 3)), layers.Conv2D(8, 3, name="one")], name="net")
model"""
BAD = "model.add(layers.MaxPooling2D(3, name='pool'))"
SHAPE = "print(model.output_shape, model.refused)"


def refusing(open_lab: Any, *cells: str, width: int = 1400) -> Any:
    lab = open_lab(SETUP, BAD, *cells, width=width)
    lab.run(0)
    shown(lab)
    lab.run(1)
    expect(shown(lab).locator(".sw-refused")).to_be_visible()
    return lab


def test_a_refused_layer_is_shown_with_its_reason_and_a_click_applies_a_fix(open_lab: Any) -> None:
    lab = refusing(open_lab)
    panel = shown(lab)
    expect(panel.locator(".sw-refused")).to_contain_text("3×3 pool on 2×2: (2 − 3) / 3 + 1 < 1")
    expect(panel.locator("tr.is-refused")).to_contain_text("pool")
    expect(panel.locator(".sw-block.refused")).to_contain_text("does not fit")
    expect(lab.cell(1)).to_contain_text("Fixes (each was tried on this model)")
    assert names(panel) == ["one", "pool"]
    fix = panel.locator(".sw-refused li").first
    promised = fix.locator(".sw-gives").inner_text().removeprefix("→ ")
    fix.get_by_role("button", name="Apply").click()
    expect(panel.locator(".sw-refused")).to_have_count(0)
    expect(panel.locator("tbody tr").last.locator("[data-column=output_shape]")).to_have_text(promised)
    assert lab.execute(SHAPE).strip() == f"{promised} None"
    assert lab.errors == []


def test_a_click_copies_a_fix_as_code(open_lab: Any) -> None:
    lab = refusing(open_lab)
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fix = shown(lab).locator(".sw-refused li").first
    fix.get_by_role("button", name="Copy code").click()
    expect(fix.get_by_text("Copied")).to_be_visible()
    code = lab.page.evaluate("() => navigator.clipboard.readText()")
    assert code.startswith("model.add(layers.MaxPooling2D(")
    lab.execute(code)
    expect(shown(lab).locator(".sw-refused")).to_have_count(0)
    assert names(shown(lab)) == ["one", "pool"]


def test_a_late_view_and_a_reloaded_page_show_the_refusal_too(open_lab: Any) -> None:
    lab = refusing(open_lab, "model")
    lab.run(2)
    expect(shown(lab, 1).locator(".sw-refused")).to_contain_text("3×3 pool")
    lab.save()
    lab.open(reset=False)
    expect(shown(lab).locator(".sw-refused")).to_contain_text("3×3 pool")
    shown(lab).locator(".sw-refused").get_by_role("button", name="Apply").first.click()
    expect(lab.page.locator(f"{LIVE} .sw-refused")).to_have_count(0)


def test_undo_redo_and_showing_a_step(open_lab: Any) -> None:
    lab = open_lab(SETUP, "model.add(layers.Flatten(name='two'))\nmodel.add(layers.Dense(3, name='three'))")
    lab.run_all()
    panel = shown(lab)
    kernel = "print(model.get_layer('three').get_weights()[0].sum())"
    weights = lab.execute(kernel)
    panel.get_by_role("button", name="Undo").click()
    expect(panel.locator("tbody tr")).to_have_count(2)
    panel.get_by_role("button", name="Step 0: start").click()
    look = panel.locator(".sw-look")
    expect(look).to_contain_text("Step 0: start")
    expect(look).to_contain_text("removed")
    expect(look).to_contain_text("two")
    assert names(panel) == ["one", "two"]
    look.get_by_role("button", name="Go to this step").click()
    expect(panel.locator("tbody tr")).to_have_count(1)
    for count in (2, 3):
        panel.get_by_role("button", name="Redo").click()
        expect(panel.locator("tbody tr")).to_have_count(count)
    expect(panel.get_by_role("button", name="Redo")).to_be_disabled()
    assert lab.execute(kernel) == weights
    assert lab.errors == []


def test_the_usual_next_layers_and_the_code_of_the_stack(open_lab: Any) -> None:
    lab = open_lab(SETUP)
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab.run(0)
    panel = shown(lab)
    panel.locator(".sw-suggest summary").click()
    offer = panel.locator(".sw-suggest li", has_text="layers.Flatten()")
    expect(offer).to_contain_text("(None, 32)")
    assert names(panel) == ["one"]
    offer.get_by_role("button", name="Add").click()
    expect(panel.locator("tbody tr")).to_have_count(2)
    expect(panel.locator(".sw-suggest")).to_contain_text('layers.Dense(64, activation="relu")')
    panel.get_by_role("button", name="Copy code of the stack").click()
    expect(panel.locator(".sw-tools")).to_contain_text("Copied")
    code = lab.page.evaluate("() => navigator.clipboard.readText()")
    lab.execute(f"before = model\n{code}")
    same = "print(model is not before, model.name, model.output_shape, model.count_params() == before.count_params())"
    assert lab.execute(same) == "True net (None, 32) True\n"


@pytest.mark.parametrize("width", [600, 1400])
def test_axe_finds_no_problems_in_the_panels_about_edits(open_lab: Any, width: int) -> None:
    lab = refusing(open_lab, "model.add(layers.Flatten())", BAD, width=width)
    lab.run(2)
    lab.run(3)
    panel = shown(lab)
    panel.get_by_role("button", name="Step 0: start").click()
    panel.locator(".sw-suggest summary").click()
    expect(panel.locator(".sw-look")).to_be_visible()
    expect(panel.locator(".sw-suggest li").first).to_be_visible()
    lab.page.add_script_tag(path=ROOT / "js/node_modules/axe-core/axe.min.js")
    found = lab.page.evaluate(f"() => axe.run({json.dumps(LIVE)}).then(results => results.violations)")
    assert found == [], json.dumps([[one["id"], one["nodes"][0]["html"]] for one in found], indent=1)


def test_a_note_says_why_it_matters_and_can_be_silenced(open_lab: Any) -> None:
    lab = open_lab(SETUP.replace("layers.Conv2D(8, 3,", "layers.Conv2D(8, 3, strides=2,"))
    lab.run(0)
    panel = shown(lab)
    expect(panel.locator("tbody .sw-sign")).to_have_attribute("title", "the last row and column of the 4×4 input are ignored")
    panel.locator(".sw-note summary").click()
    expect(panel.locator(".sw-note")).to_contain_text("none of them covers these positions")
    panel.get_by_role("button", name="Hide notes of this kind").click()
    expect(panel.locator(".sw-sign")).to_have_count(0)
    panel.get_by_role("button", name="Show again").click()
    expect(panel.locator("tbody .sw-sign")).to_have_count(1)


def test_a_model_that_keras_left_broken_is_fixed_by_a_click(open_lab: Any) -> None:
    setup = SETUP.replace("seqwidget.Sequential", "keras.Sequential")
    lab = open_lab(
        setup.rpartition("\n")[0],
        "try:\n    model.add(layers.MaxPooling2D(3, name='pool'))\nexcept ValueError:\n    pass",
        "model",
    )
    lab.run_all()
    panel = shown(lab)
    expect(panel.locator(".sw-state")).to_have_text("broken")
    expect(panel.locator(".sw-refused")).to_contain_text("pool")
    panel.locator(".sw-refused li").first.get_by_role("button", name="Apply").click()
    expect(panel.locator(".sw-state")).to_have_text("built")
    assert names(panel) == ["one"]
