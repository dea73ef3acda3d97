"""The health of a whole data set: progress, results that come in parts, Stop, and a page that is reloaded."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

CELL = """\
import itertools, keras, numpy as np, seqwidget, time
class Slow(keras.layers.Layer):
    def call(self, x):
        if not isinstance(x, keras.KerasTensor):
            time.sleep(0.1)
        return x
class Photos(keras.utils.PyDataset):
    def __init__(self, batches):
        super().__init__()
        self.num = batches
    @property
    def num_batches(self):
        return self.num
    def __getitem__(self, at):
        return np.random.default_rng(at).random((16, 8, 8, 3), "float32"), np.zeros(16)
stack = [keras.Input((8, 8, 3)), keras.layers.Conv2D(8, 3, activation="relu", name="conv"), Slow(name="slow")]
model = keras.Sequential(stack, name="net")
def show(batches):
    return seqwidget.FeatureMaps(model, Photos(batches))
endless = show(None)
endless"""


def test_an_endless_data_set_is_analysed_until_it_is_stopped(open_lab: Any) -> None:
    lab = open_lab(CELL, "print('ready')", "model.layers[0].set_weights([w * 0 - 1 for w in model.layers[0].get_weights()])")
    lab.run(0)
    viewer = lab.page.locator(".seqwidget.sw-maps")
    progress, health = viewer.locator(".sw-health .sw-progress"), viewer.locator(".sw-health")
    health.locator("summary").click()
    expect(viewer.get_by_role("button", name="Analyse the first 64 samples")).to_be_visible(timeout=60_000)
    viewer.get_by_role("button", name="Analyse the whole data set").click()

    expect(progress).to_contain_text(re.compile(r"Analysing: batch \d+, \d+ samples so far"))
    expect(health.locator("tbody tr")).to_have_count(2)  # results come before the end, of which there is none
    expect(health).to_contain_text(re.compile(r"Results for the first \d+ samples so far"))
    lab.run(1)
    expect(lab.cell(1)).to_contain_text("ready")
    viewer.locator(".sw-layer-choice select").select_option("slow")
    expect(viewer.locator(".sw-grid canvas")).to_have_attribute("aria-label", re.compile("^slow:"))
    expect(progress).to_be_visible()

    lab.save()
    lab.open(reset=False)  # the page takes over the analysis, and can stop it
    expect(progress).to_contain_text(re.compile(r"Analysing: batch \d+, \d+ samples so far"), timeout=60_000)
    progress.get_by_role("button", name="Stop").click()
    expect(progress).to_have_count(0)
    expect(health).to_contain_text(re.compile(r"Results for the first \d+ samples \(stopped\)"))
    expect(health.locator("tbody tr")).to_have_count(2)

    viewer.get_by_role("button", name="Analyse the whole data set").click()
    expect(health).to_contain_text(re.compile(r"samples so far.*samples so far"))  # of the bar, and of the table
    for _ in range(10):  # an interrupt between two steps has no effect
        lab.interrupt_kernel()
        lab.page.wait_for_timeout(300)
        if not progress.count():
            break
    expect(health).to_contain_text(re.compile(r"Results for the first \d+ samples \(interrupted\)"))

    viewer.get_by_role("button", name="Analyse the whole data set").click()
    expect(progress).to_be_visible()
    lab.run(2)
    expect(progress).to_have_count(0)
    expect(health).to_contain_text("analysed before the model changed")
