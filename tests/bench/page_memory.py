"""Whether the memory of a page stays flat: the JavaScript heap near the end of many repetitions, and its earlier size."""

from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Callable

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.get_browser import find_browser
from tests.browser.jupyter import Lab, server, write_notebook

from .figures import Figure

SETUP = """\
import keras, numpy as np, seqwidget
from keras import layers
stack = lambda: [keras.Input((32, 32, 3)), *(layers.Conv2D(8, 3, padding="same", name=f"conv{at}") for at in range(4))]
model = seqwidget.Sequential(stack())
seqwidget.Summary(model)"""
SHOW = "other = seqwidget.Sequential(stack())\npanel = seqwidget.Summary(other)\npanel"
SLIDER = "import ipywidgets\npanel = ipywidgets.IntSlider()\npanel"  # what JupyterLab itself keeps for each shown widget
MAPS = "seqwidget.FeatureMaps(model, np.random.default_rng(0).random((8, 32, 32, 3)).astype('float32'))"
LOOK = """async times => {
  const select = document.querySelector('.sw-layer-choice select');
  for (let at = 0; at < times; at++) {
    select.value = `conv${at % 4}`;
    select.dispatchEvent(new Event('change', {bubbles: true}));
    const body = document.querySelector('.sw-body');
    do await new Promise(resolve => setTimeout(resolve, 10)); while (body.ariaBusy === 'true');
  }
}"""


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, server(pathlib.Path(folder)) as url:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(CHROMIUM))
        notebook = write_notebook(pathlib.Path(folder, "memory.ipynb"), SETUP, SHOW, SLIDER, MAPS)
        lab = Lab(browser.new_context(viewport={"width": 1200, "height": 1000}).new_page(), url, notebook.name)
        lab.run(0)
        lab.page.locator(".seqwidget:not(.sw-static) tbody tr").first.wait_for(timeout=60_000)
        figures = [
            _flat(lab, "500 feature-map requests, against after 250", lambda: _look(lab, 50), 10),
            _flat(lab, "1,000 add and pop, against after 500", lambda: _edit(lab, 100), 10),
            _flat(lab, "200 shown models, against after 100", lambda: _show(lab, 1, 20), 10),
            _flat(lab, "200 shown sliders of ipywidgets, against after 100", lambda: _show(lab, 2, 20), 10, aim=None),
        ]
        assert lab.errors == [], lab.errors
        browser.close()
    return figures


def _flat(lab: Lab, what: str, act: Callable[[], None], times: int, aim: float | None = 1.05) -> Figure:
    heaps = []
    for done in range(1, times + 1):
        act()
        if done in (times // 2, times):
            heaps.append(_heap(lab))
    early, late = heaps
    return Figure(f"heap of the page after {what}", late / 1e6, early / 1e6, "MB", aim=aim)


def _heap(lab: Lab) -> float:
    lab.page.wait_for_timeout(1000)
    session = lab.page.context.new_cdp_session(lab.page)
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used


def _edit(lab: Lab, times: int) -> None:
    lab.execute(f"for _ in range({times}): model.add(layers.Conv2D(8, 3, padding='same')); _ = model.pop()")


def _show(lab: Lab, cell: int, times: int) -> None:
    for _ in range(times):
        lab.run(cell)
        lab.execute("panel.layout.close(); panel.close()")


def _look(lab: Lab, times: int) -> None:
    if lab.page.locator(".sw-maps").count() == 0:
        lab.run(3)
        lab.page.locator(".sw-grid canvas").wait_for(timeout=60_000)
    lab.page.evaluate(LOOK, times)
