"""Clicks on the layers of VGG16, one after the other, until their maps are painted in a real JupyterLab."""

from __future__ import annotations

import json
import pathlib
import statistics
import tempfile

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.get_browser import find_browser
from tests.browser.jupyter import Lab, server, write_notebook

from .feature_maps import WAIT
from .figures import Figure

IMAGES = 4
CELL = f"""\
import keras, numpy as np, seqwidget
model = keras.applications.VGG16(weights=None)
viewer = seqwidget.FeatureMaps(model, np.random.default_rng(0).random(({IMAGES}, 224, 224, 3), "float32"))
viewer"""

LAYERS = """\
import json
print(json.dumps([(one["row"], one["path"]) for one in viewer.points if one["path"] and one["shape"].count("×") == 2]))"""


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        notebook = write_notebook(pathlib.Path(folder, "clicks.ipynb"), CELL)
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(CHROMIUM))
        with server(pathlib.Path(folder)) as url:
            lab = Lab(browser.new_context(viewport={"width": 1400, "height": 1000}).new_page(), url, notebook.name)
            lab.run_all()
            lab.page.locator(".sw-grid canvas").wait_for(timeout=60_000)
            lab.page.wait_for_timeout(1000)
            *layers, last = json.loads(lab.execute(LAYERS))
            times = []
            for image in range(IMAGES):
                lab.page.locator(".sw-samples button").nth(image).click()
                _click(lab, *last)  # the pass runs
                times += [_click(lab, *layer) for layer in layers]
            assert lab.errors == [], lab.errors
        browser.close()
    p50, p95 = statistics.median(times), sorted(times)[int(0.95 * len(times))]
    note = f"{len(layers)} layers, {IMAGES} images, p95 {p95:.0f} ms; against the promised 80 ms"
    return [Figure("one layer of VGG16 after the other, click to painted pixels", p50, 80.0, aim=1.0, note=note)]


def _click(lab: Lab, row: int, path: str) -> float:
    """Click on a layer, and return the milliseconds until its maps were painted."""
    taken: float = lab.page.evaluate(WAIT, [f'[data-row="{row}"]', "click", "", f"{path}:"])[0]
    lab.page.wait_for_timeout(200)
    return taken


if __name__ == "__main__":
    for figure in measure():
        print(figure)
