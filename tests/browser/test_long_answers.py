"""A model that takes seconds to run: the page shows the progress and can stop the run, and a newer click is answered first."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from .jupyter import write_notebook

CELL = """\
import keras, numpy as np, pathlib, seqwidget, time
class Slow(keras.layers.Layer):
    def call(self, x):
        if not isinstance(x, keras.KerasTensor) and not pathlib.Path("fast").exists():
            time.sleep(0.1)
        return x + 1
model = keras.Sequential([keras.Input((8, 8, 2)), *(Slow(name=f"s{at}") for at in range(80))], name="slow")
maps = seqwidget.FeatureMaps(model, np.zeros((3, 8, 8, 2), "float32"))
maps"""


# In place of the compiled graph on JAX, which computes all layers at once while the kernel does other things.
GRAPH = """\
from seqwidget.activations import cache
class Graph:
    def outputs(self, inputs):
        found, x = {}, inputs[0]
        for layer in model.layers:
            found[layer.name] = x = layer(x)
        return found
cache.whole_run = lambda *_, **__: Graph()
cache.are_computed = lambda outputs: pathlib.Path("computed").exists()
model.layers[0].name"""


def test_progress_stop_and_a_newer_click(open_notebook: Any, lab_root: Any) -> None:
    write_notebook(lab_root / "long.ipynb", CELL, "pathlib.Path('fast').touch(); print('ready')", GRAPH)
    (lab_root / "fast").touch()  # while the graph is made
    lab = open_notebook("long.ipynb")
    lab.run(0)
    viewer = lab.page.locator(".seqwidget.sw-maps")
    canvas, progress = viewer.locator(".sw-grid canvas"), viewer.locator(".sw-progress")
    layer = viewer.locator(".sw-layer-choice select")
    expect(canvas).to_have_attribute("aria-label", re.compile("^s0:"))
    (lab_root / "fast").unlink()

    layer.select_option("s79")
    expect(progress).to_contain_text(re.compile(r"Computing layer \d+ of 80"))
    expect(viewer.locator(".sw-state")).to_have_count(0)  # the kernel answers, so the panel does not say that it is waiting
    progress.get_by_role("button", name="Stop").click()
    expect(viewer.locator(".sw-message")).to_contain_text("stopped")
    expect(progress).to_have_count(0)
    expect(canvas).to_have_attribute("aria-label", re.compile("^s0:"))

    layer.select_option("s78")
    expect(progress).to_be_visible()
    layer.select_option("s1")
    expect(canvas).to_have_attribute("aria-label", re.compile("^s1:"))
    expect(progress).to_have_count(0)
    expect(viewer.locator(".sw-message")).to_have_count(0)

    layer.select_option("s79")  # a cell runs between two layers
    expect(progress).to_be_visible()
    lab.run(1)
    expect(lab.cell(1)).to_contain_text("ready")
    expect(canvas).to_have_attribute("aria-label", re.compile("^s79:"), timeout=30_000)
    expect(progress).to_have_count(0)

    viewer.locator(".sw-health summary").click()
    viewer.get_by_role("button", name="Analyse all 3 samples").click()
    expect(viewer.locator(".sw-health tbody tr")).to_have_count(80, timeout=30_000)

    lab.run(2)
    viewer.locator(".sw-samples button").nth(1).click()
    expect(progress).to_contain_text("Computing all layers")
    expect(viewer.locator(".sw-state")).to_have_count(0)
    progress.get_by_role("button", name="Stop").click()
    expect(viewer.locator(".sw-message")).to_contain_text("stopped")
    viewer.locator(".sw-samples button").nth(2).click()
    expect(progress).to_be_visible()
    layer.select_option("s5")
    (lab_root / "computed").touch()
    expect(canvas).to_have_attribute("aria-label", re.compile("^s5:"))
    expect(progress).to_have_count(0)
    expect(viewer.locator(".sw-message")).to_have_count(0)
