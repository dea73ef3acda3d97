"""A small training in a real JupyterLab: curves move during the cell, buttons work, and the record survives."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

import nbformat
import pytest
from playwright.sync_api import expect

from .jupyter import Lab

ROOT = pathlib.Path(__file__).parents[2]
LIVE = ".seqwidget:not(.sw-static)"
SETUP = """\
%load_ext seqwidget
import keras, seqwidget
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
keras.utils.set_random_seed(1)
x, y = load_digits(return_X_y=True)
x = (x / 16).reshape(-1, 8, 8, 1)
model = seqwidget.Sequential([
    keras.Input((8, 8, 1)),
    layers.Conv2D(8, 3, activation="relu", name="conv", trainable=False),
    layers.Flatten(name="flat"),
    layers.Dense(10, activation="softmax", name="digits"),
], name="net")
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
seqwidget.Training(model)"""
LONG = "model.fit(x, y, epochs=100_000, validation_split=0.2, verbose=0);"
SHORT = """\
model.get_layer("conv").trainable = True
seqwidget.recompile(model)
model.fit(x, y, epochs=3, validation_split=0.2, verbose=0);"""
FROZEN = "frozen = model.get_layer('conv').get_weights()\n"
MOVED = "print([bool((a != b).any()) for a, b in zip(frozen, model.get_layer('conv').get_weights())])"
BAD = "model.fit(x, np.where(np.arange(len(y)) == 70, np.inf, 0.0 * y), shuffle=False, epochs=2, verbose=0);"


def shown(lab: Lab) -> Any:
    panel = lab.page.locator(LIVE)
    expect(panel).to_be_visible()
    return panel


def loss(panel: Any) -> Any:
    """Return the curve of the loss. Its shape changes while the cell runs; the number of its points need not grow."""
    return panel.locator("[data-metric=loss] path.is-training").first


def test_a_training_is_shown_stopped_compared_and_kept(open_lab: Any, lab_root: pathlib.Path) -> None:
    lab = open_lab(SETUP, LONG, SHORT)
    lab.run(0)
    panel = shown(lab)
    expect(panel).to_contain_text("No training run has been recorded yet.")
    expect(panel.get_by_role("button", name="Stop now")).to_be_disabled()
    lab.run(1, wait=False)
    expect(panel.locator(".sw-run")).to_contain_text("Run 1, running")
    expect(panel.locator("[data-metric=loss] circle").first).to_be_visible()  # an epoch and its validation have ended
    before = loss(panel).get_attribute("d")
    expect(panel.locator(".sw-updates tbody tr").first.locator("td").first).to_have_text("0")  # conv is frozen
    expect(panel.locator(".sw-updates tbody tr").first).to_contain_text("frozen")
    expect(panel.locator(".sw-updates tbody tr").nth(1).locator("td").first).to_have_text(re.compile("[1-9]"))
    lab.page.wait_for_function(f"() => document.querySelectorAll('{LIVE} [data-metric=loss] circle').length > 3")
    expect(loss(panel)).not_to_have_attribute("d", before)

    panel.get_by_role("button", name="Pause").click()
    expect(panel.locator(".sw-run")).to_contain_text("Run 1, paused")
    panel.get_by_placeholder("0.0001").fill("0.0005")
    panel.get_by_role("button", name="Set", exact=True).click()
    panel.get_by_role("button", name="Resume").click()
    expect(panel.locator(".sw-run")).to_contain_text("learning rate 0.0005")
    panel.get_by_role("button", name="Stop now").click()
    lab.wait_until_idle()
    expect(panel.locator(".sw-run")).to_contain_text("Run 1, stopped")
    expect(panel.get_by_role("button", name="Stop now")).to_be_disabled()

    lab.run(2)
    expect(panel.locator(".sw-run")).to_contain_text("Run 2, finished")
    rows = panel.locator(".sw-runs tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("unfroze conv")
    expect(panel.locator("[data-metric=loss] path.is-before").first).to_have_attribute("d", re.compile("^M.+L"))
    rows.nth(1).get_by_role("button").click()
    expect(panel.locator(".sw-run")).to_contain_text("Run 1, stopped")

    lab.save()
    saved = nbformat.read(lab_root / lab.name, 4).cells[0].outputs
    html = next(output["data"]["text/html"] for output in saved if "text/html" in output.get("data", {}))
    assert html.count("<svg") == 2
    assert "unfroze conv" in html
    lab.open(reset=False)
    panel = shown(lab)
    expect(panel.locator(".sw-runs tbody tr")).to_have_count(2)
    assert [error for error in lab.errors if "widget model not found" not in error] == []


UNTIL = """\
import pathlib
class Until(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = pathlib.Path("{name}").exists()
model.fit(x, y, epochs=100_000, verbose=0, callbacks=[Until()]);"""
NO_SUBSHELLS = """() => {
  window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.commsOverSubshells = 'disabled';
}"""


def test_it_is_said_if_the_kernel_answers_only_after_the_cell(open_lab: Any, lab_root: pathlib.Path) -> None:
    """Kernels and front ends without subshells, such as ipykernel 6, do so."""
    lab = open_lab(SETUP, UNTIL.replace("{name}", "enough"))
    lab.page.evaluate(NO_SUBSHELLS)
    lab.run(0)
    panel = shown(lab)
    controls, waits = panel.locator(".sw-fit"), "waiting for the kernel"
    lab.run(1, wait=False)
    expect(panel.locator(".sw-run")).to_contain_text("Run 1, running")
    expect(controls).not_to_contain_text(waits)
    panel.get_by_role("button", name="Stop now").click()
    expect(controls).to_contain_text(waits)
    expect(panel.locator(".sw-run")).to_contain_text("Run 1, running")
    (lab_root / "enough").touch()
    lab.wait_until_idle()
    expect(panel.locator(".sw-run")).to_contain_text("Run 1, stopped")
    expect(controls).not_to_contain_text(waits)
    expect(panel).to_contain_text("fit has ended, so nothing was done.")
    assert lab.errors == []


def test_nan_is_found_at_its_batch_and_can_stop_the_run(open_lab: Any) -> None:
    setup = SETUP.replace('"sparse_categorical_crossentropy", metrics=["accuracy"]', '"mse"').replace("Dense(10", "Dense(1")
    lab = open_lab(setup, BAD, BAD)
    lab.run(0)
    panel = shown(lab)
    lab.run(1)
    expect(panel.locator(".sw-run-notes")).to_contain_text("loss became NaN or infinite at batch 3 (epoch 1)")
    expect(panel.locator(".sw-run-notes")).to_contain_text("and so did weights of digits")  # conv is frozen
    expect(panel.locator(".sw-run-notes")).to_contain_text("the inputs of batch 3 are kept for FeatureMaps")
    expect(panel.locator(".sw-run")).to_contain_text("Run 1, finished")
    panel.get_by_label("Stop at NaN").check()
    lab.run(2)
    expect(panel.locator(".sw-run")).to_contain_text("Run 2, stopped")
    assert lab.errors == []


def test_a_summary_shows_a_fit_in_a_tab_and_its_updates_in_the_rows(open_lab: Any) -> None:
    lab = open_lab(SETUP.replace("seqwidget.Training(model)", FROZEN + "seqwidget.Summary(model)"), LONG)
    lab.run(0)
    panel = shown(lab)
    expect(panel.get_by_role("tab")).to_have_count(0)
    expect(panel.locator(".sw-tools > label", has_text="Colour").locator("option")).to_have_count(4)
    lab.run(1, wait=False)
    panel.get_by_role("tab", name="Training").click()
    expect(panel.get_by_role("tab", name="Training")).to_contain_text("of 100000")
    expect(panel.locator("[data-metric=loss] circle").first).to_be_visible()
    before = loss(panel).get_attribute("d")
    lab.page.wait_for_function(f"() => document.querySelectorAll('{LIVE} [data-metric=loss] circle').length > 3")
    expect(loss(panel)).not_to_have_attribute("d", before)

    panel.get_by_role("tab", name="Training").press("ArrowLeft")
    panel.get_by_text("Columns", exact=True).click()
    panel.get_by_label("Update / weights").check()
    cells = panel.locator("tbody [data-column=update_ratio]")
    expect(cells.first).to_have_text("0")  # conv is frozen
    expect(cells.nth(2)).to_have_text(re.compile("[1-9]"))
    expect(cells.locator("svg")).to_have_count(2)
    conv = panel.locator("[aria-label^='conv trains']")
    conv.click()  # unfrozen from the next epoch on, while fit runs
    expect(cells.first).to_have_text(re.compile("[1-9]"), timeout=20_000)
    conv.click()
    expect(cells.first).to_have_text("0", timeout=20_000)
    panel.get_by_role("tab", name="Training").click()
    panel.get_by_role("button", name="Stop now").click()
    expect(lab.cell(1).locator(".jp-InputPrompt").first).to_have_text("[2]:")  # the kernel is idle between requests, too
    assert lab.execute(MOVED).strip() == "[True, True]"
    panel.get_by_role("tab", name="Layers").click()
    panel.get_by_text("Columns", exact=True).click()
    panel.get_by_role("button", name="Measure the time of each layer").click()
    times = panel.locator("tbody [data-column=measured_time]")
    expect(times.first).to_have_text(re.compile(r"^[\d.]+ ms$"), timeout=60_000)
    expect(times.first).to_have_attribute("title", re.compile(r"^forward [\d.]+ ms, backward 0 ms$"))  # conv is frozen
    lab.page.keyboard.press("Escape")
    panel.locator(".sw-tools > label", has_text="Colour").locator("select").select_option("measured_time")
    expect(panel.locator(".sw-caption")).to_contain_text(re.compile(r"[\d.]+ ms"))
    panel.get_by_role("tab", name="Training").click()
    panel.get_by_text("Memory of a training step").click()
    expect(panel.locator(".sw-memory")).to_contain_text("Gradients11.6 kB")
    lab.page.add_script_tag(path=ROOT / "js/node_modules/axe-core/axe.min.js")
    for tab in ("Training", "Layers"):
        panel.get_by_role("tab", name=tab).click()
        assert (
            lab.page.evaluate(f"() => axe.run({json.dumps(LIVE)}).then(results => results.violations.map(one => one.id))") == []
        )
    assert lab.errors == []


@pytest.mark.parametrize("width", [1400, 600])
def test_axe_finds_no_problems_and_nothing_is_cut_off(open_lab: Any, width: int) -> None:
    lab = open_lab(SETUP, SHORT, SHORT.replace("= True", "= False"), width=width)
    for cell in range(3):
        lab.run(cell)
    panel = shown(lab)
    expect(panel.locator(".sw-runs tbody tr")).to_have_count(2)
    lab.page.add_script_tag(path=ROOT / "js/node_modules/axe-core/axe.min.js")
    found = lab.page.evaluate(f"() => axe.run({json.dumps(LIVE)}).then(results => results.violations)")
    assert found == [], json.dumps([[one["id"], one["nodes"][0]["html"]] for one in found], indent=1)
    line = panel.locator("[data-metric=loss] path.is-training")
    raw = line.get_attribute("d")
    panel.get_by_label("Smooth").check()
    expect(line).to_have_count(2)
    assert (line.first.get_attribute("d"), line.nth(1).get_attribute("d") == raw) == (raw, False)  # the raw line stays
    panel.get_by_label("Log scale").check()
    expect(line.first).not_to_have_attribute("d", str(raw))
    rows = panel.locator(".sw-runs").evaluate("table => [table.clientWidth, table.parentElement.clientWidth]")
    assert rows[0] <= rows[1]
    cut = panel.evaluate(
        """panel => [...panel.querySelectorAll('button, label, .sw-run span, figcaption, svg')].filter(one => {
          const [a, b] = [one.getBoundingClientRect(), panel.getBoundingClientRect()];
          return a.width && a.right > b.right + 1 && !one.closest('.sw-scroll');
        }).map(one => one.outerHTML.slice(0, 80))"""
    )
    assert cut == []


def test_feature_maps_follow_a_fit_and_go_back_to_its_epochs(open_lab: Any) -> None:
    setup = SETUP.replace("seqwidget.Training(model)", "seqwidget.FeatureMaps(model, x[:3])").replace(", trainable=False", "")
    lab = open_lab(setup, LONG)
    lab.run(0)
    viewer = lab.page.locator(".seqwidget.sw-maps")
    expect(viewer.locator(".sw-grid canvas")).to_be_visible(timeout=30_000)
    expect(viewer.locator(".sw-epochs")).to_have_count(0)
    lab.run(1, wait=False)
    shown = viewer.locator(".sw-epochs output")
    expect(shown).to_have_text(re.compile(r"^after epoch \d+$"), timeout=30_000)  # while the cell runs
    first = shown.inner_text()
    expect(shown).not_to_have_text(first, timeout=30_000)
    lab.interrupt_kernel()
    expect(shown).to_have_text("now")
    picture = "() => document.querySelector('.sw-maps .sw-grid canvas').toDataURL()"
    now = lab.page.evaluate(picture)
    viewer.get_by_label("Epoch").press("Home")
    expect(shown).to_have_text("after epoch 1")
    expect(viewer.locator(".sw-state")).to_have_count(0)
    then = lab.page.evaluate(picture)
    assert then != now
    lab.save()
    lab.open(reset=False)
    expect(shown).to_have_text("now")
    viewer.get_by_label("Epoch").press("Home")
    expect(shown).to_have_text("after epoch 1")
    assert lab.page.evaluate(picture) == then
