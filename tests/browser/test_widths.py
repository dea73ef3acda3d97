"""Live panels at every width: nothing is cut off, columns disappear in order, and hidden ones are one click away."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

LIVE = ".seqwidget:not(.sw-static)"
SETUP = """\
%load_ext seqwidget
import keras, numpy as np, seqwidget
from keras import layers
eye = seqwidget.Sequential([keras.Input((60, 60, 3)), layers.Conv2D(32, 5, strides=2), layers.Conv2D(8, 3)], name="eye")
eye.add(layers.Conv2D(8, 3, name="a_name_" + "without_end_" * 8))
eye.add(layers.GlobalMaxPooling2D())
for _ in range(3):
    eye.add(layers.Dense(4))
eye.compile("adam", "mse")
eye.layers[0].trainable = False
eye"""
CELLS = (
    SETUP,
    "seqwidget.Trainable(eye)",
    "seqwidget.FeatureMaps(eye, np.ones((3, 60, 60, 3)))",
    "eye.add(layers.MaxPooling2D(4))",
)
# Elements outside the panel, except in boxes that scroll, and names that end with an ellipsis.
OUTSIDE = """panel => [...panel.querySelectorAll('*')].filter(element => {
  if (!element.getClientRects().length || getComputedStyle(element).position === 'absolute') return false;
  if (element.closest('details:not([open]) > fieldset')) return false;
  if (element.closest('svg, .sw-layer, .sw-name, .sw-track, .sw-figure .sw-scroll, .sw-grid, pre')) return false;
  const [inner, outer] = [element.getBoundingClientRect(), panel.getBoundingClientRect()];
  return inner.left < outer.left - 1 || inner.right > outer.right + 1;
}).map(element => `${element.tagName}.${element.className} ${element.textContent.slice(0, 40)}`)"""


def columns(panel: Any) -> list[str]:
    return panel.locator("thead th").evaluate_all("heads => heads.map(head => head.dataset.column)")


@pytest.mark.parametrize("language", ["en", "pt"])
def test_live_panels_at_every_width(open_lab: Any, language: str) -> None:
    lab = open_lab(f"import seqwidget\nseqwidget.language({language!r})\n{SETUP}", *CELLS[1:], width=1400, height=3200)
    lab.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    for cell in range(len(CELLS)):
        lab.run(cell)
    panels = lab.page.locator(LIVE)
    expect(panels).to_have_count(3)
    expect(panels.last.locator(".sw-grid canvas")).to_be_visible(timeout=30_000)
    kept = None
    for width in (1400, 970, 600, 360):
        lab.page.set_viewport_size({"width": width, "height": 3200})
        lab.page.wait_for_timeout(500)
        for panel in panels.all():
            assert panel.evaluate(OUTSIDE) == [], width
        for panel in panels.all()[:2]:
            rows = panel.locator(".sw-rows")
            assert rows.evaluate("box => box.scrollWidth <= box.clientWidth"), width
        now = columns(panels.first)
        assert kept is None or set(now) <= set(kept)
        kept = now
        if width == 600:
            assert {"layer", "output_shape", "params"} <= set(now)
    assert {"layer", "params"} <= set(kept)
    assert "trains" in columns(panels.nth(1))  # the purpose of that panel


def test_hidden_columns_are_one_click_away(open_lab: Any) -> None:
    lab = open_lab(SETUP, width=600, height=1400)
    lab.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    lab.run(0)
    panel = lab.page.locator(LIVE)
    expect(panel.locator(".sw-hint")).to_contain_text("Receptive field")
    row = panel.locator("tbody tr[data-row='1']")
    row.click()
    details = panel.locator(".sw-details")
    expect(details).to_contain_text(re.compile(r"Receptive field\s*9×9 every 2"))
    hidden = [one.get_attribute("data-column") for one in details.locator("[data-column]").all()]
    assert sorted([*columns(panel), *hidden]) == sorted(
        ["index", "layer", "trains", "output_shape", "params", "kernel", "receptive_field", "macs", "activation_bytes"]
    )
    lab.page.set_viewport_size({"width": 340, "height": 1400})
    switch = details.locator(".sw-switch")
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()
    assert lab.execute("print(eye.layers[1].trainable)").strip() == "False"
    lab.page.set_viewport_size({"width": 1400, "height": 1400})
    expect(details).to_have_count(0)
    expect(panel.locator(".sw-hint")).to_have_count(0)


def test_switches_are_there_in_high_contrast(open_lab: Any) -> None:
    lab = open_lab(SETUP, width=1400, height=1400)
    lab.run(0)
    panel = lab.page.locator(LIVE)
    lab.page.emulate_media(forced_colors="active")
    look = "element => [getComputedStyle(element).backgroundColor, getComputedStyle(element, '::before').backgroundColor]"
    off, on = (panel.locator(".sw-switch").nth(at).evaluate(look) for at in (0, 1))
    paper = panel.evaluate("panel => getComputedStyle(panel).backgroundColor")
    assert off[0] == paper != off[1]  # a ring with a dark knob
    assert on[0] not in {paper, off[0]}
    assert on[1] != on[0]
    swatch = panel.locator(".sw-swatch").first.evaluate("swatch => getComputedStyle(swatch).backgroundColor")
    assert swatch != paper
