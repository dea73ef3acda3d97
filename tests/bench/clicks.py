"""Clicks on the layers of VGG16, one after the other, until their maps are painted in a real JupyterLab."""

from __future__ import annotations

import json
import statistics

from tests.browser.jupyter import Lab

from .feature_maps import WAIT, opened
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
    with opened(CELL) as lab:
        *layers, last = json.loads(lab.execute(LAYERS))
        times = []
        for image in range(IMAGES):
            lab.page.locator(".sw-samples button").nth(image).click()
            _click(lab, *last)  # the pass runs
            times += [_click(lab, *layer) for layer in layers]
        assert lab.errors == [], lab.errors
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
