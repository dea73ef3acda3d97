"""64 maps of 123×123 on the screen: seqwidget in a real browser, and the usual alternatives, in one run."""

from __future__ import annotations

import contextlib
import io
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import layers
from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.get_browser import find_browser
from tests.browser.jupyter import Lab, server, write_notebook

from .figures import Figure

ROUNDS = 30
CELL = """\
import keras, numpy as np, seqwidget
from keras import layers
from skimage import data
photo = data.astronaut()[:500:2, :500:2].astype("float32") / 255
photos = np.stack([np.roll(photo, 8 * at, axis=1) for at in range({rounds})])
model = keras.Sequential([
    keras.Input((250, 250, 3)),
    layers.Conv2D(64, 5, strides=2, activation="relu", name="conv1"),
    layers.MaxPooling2D(8, name="small"),
    layers.Conv2D(1024, 3, name="wide"),
])
viewer = seqwidget.FeatureMaps(model, photos)
for sample in range(len(photos)):
    viewer._answers.activations.of("small", sample)  # activations are there; what the page makes of them is measured
viewer"""

# What a person waits for: the time from the event until the canvas has the new pixels and the browser has drawn a frame.
WAIT = """async ([find, act, value, label]) => {
  const root = document.querySelector('.seqwidget.sw-maps');
  const canvas = () => root.querySelector('.sw-grid canvas');
  const painted = new Promise(resolve => new MutationObserver((_, watcher) => {
    if (!canvas().ariaLabel.startsWith(label)) return; // of what was shown before
    watcher.disconnect();
    resolve(performance.now());
  }).observe(root, {subtree: true, attributes: true, attributeFilter: ['data-painted']}));
  const element = root.querySelector(find);
  const start = performance.now();
  if (act === 'click') element.dispatchEvent(new MouseEvent('click', {bubbles: true}));
  else { element.value = value; element.dispatchEvent(new Event('change', {bubbles: true})); }
  const done = await painted;
  await new Promise(requestAnimationFrame);
  return [done - start, Number(canvas().dataset.painted)];
}"""


def measure() -> list[Figure]:
    maps = _maps()
    theirs = {
        "matplotlib's 8×8 subplots": (_median(lambda: _subplots(maps), 3), 1 / 15),
        "one tiled imshow": (_median(lambda: _tiled_imshow(maps), 5), None),
        "a tiled grey PNG by Pillow": (_median(lambda: _tiled_pillow(maps), 10), None),
        "the promised 60 ms": (60.0, 1.0),
    }
    ours = _browser()
    figures = []
    for act, name in (("first", "a first look at 64 maps of 123×123"), ("again", "the same maps again")):
        p50, p95 = statistics.median(ours[act]), sorted(ours[act])[int(0.95 * len(ours[act]))]
        note = f"layer click to painted pixels in Chromium, p95 {p95:.0f} ms; theirs: kernel time to a PNG alone"
        figures += [Figure(f"{name}, against {what}", p50, other, aim=aim, note=note) for what, (other, aim) in theirs.items()]
    return figures + [
        Figure(
            f"{act} 64 maps",
            statistics.median(ours[act]),
            16.0,
            aim=1.0,
            note="script of the paint, against one frame of 16 ms",
        )
        for act in ("recolour", "scale", "sort", "page")
    ]


def _maps() -> np.ndarray[Any, Any]:
    from skimage import data  # noqa: PLC0415  only this benchmark needs it

    photo = data.astronaut()[:500:2, :500:2].astype("float32") / 255
    return np.asarray(layers.Conv2D(64, 5, strides=2, activation="relu")(keras.ops.convert_to_tensor(photo[None])))[0]


def _median(work: Callable[[], Any], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def _subplots(maps: np.ndarray[Any, Any]) -> None:
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(8, 8, figsize=(12, 12))
    for channel, axis in enumerate(axes.flat):
        axis.imshow(maps[..., channel], cmap="viridis")
        axis.axis("off")
    figure.savefig(io.BytesIO(), format="png")
    plt.close(figure)


def _tiled_imshow(maps: np.ndarray[Any, Any]) -> None:
    import matplotlib.pyplot as plt  # noqa: PLC0415

    figure, axis = plt.subplots(figsize=(12, 12))
    axis.imshow(_tiled(maps), cmap="viridis")
    axis.axis("off")
    figure.savefig(io.BytesIO(), format="png")
    plt.close(figure)


def _tiled_pillow(maps: np.ndarray[Any, Any]) -> None:
    low, high = maps.min(axis=(0, 1)), maps.max(axis=(0, 1))
    grey = ((maps - low) / np.where(high > low, high - low, 1) * 255).astype("uint8")
    Image.fromarray(_tiled(grey)).save(io.BytesIO(), "PNG")


def _tiled(maps: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    side = maps.shape[0]
    return maps.reshape(side, side, 8, 8).transpose(2, 0, 3, 1).reshape(8 * side, 8 * side)


@contextlib.contextmanager
def opened(cell: str) -> Iterator[Lab]:
    """Show the viewer of a cell in JupyterLab, until its maps are painted."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        notebook = write_notebook(pathlib.Path(folder, "bench.ipynb"), cell)
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(CHROMIUM))
        with server(pathlib.Path(folder)) as url:
            lab = Lab(browser.new_context(viewport={"width": 1400, "height": 1000}).new_page(), url, notebook.name)
            lab.run_all()
            lab.page.locator(".sw-grid canvas").wait_for(timeout=60_000)
            lab.page.wait_for_timeout(1000)
            yield lab
        browser.close()


def _browser() -> dict[str, list[float]]:
    with opened(CELL.replace("{rounds}", str(ROUNDS))) as lab:
        acts = ("first", "again", "recolour", "scale", "sort", "page")
        found: dict[str, list[float]] = {name: [] for name in acts}
        _do(lab, '[data-row="1"]', "click", label="small:")
        for sample in range(1, ROUNDS):
            lab.page.locator(".sw-samples button").nth(sample).click()
            lab.page.wait_for_timeout(200)
            for act in ("first", "again"):
                found[act].append(_do(lab, '[data-row="0"]', "click", label="conv1:")[0])
                lab.page.wait_for_timeout(200)  # until the kernel has confirmed it
                _do(lab, '[data-row="1"]', "click", label="small:")
                lab.page.wait_for_timeout(200)
        _do(lab, '[data-row="0"]', "click", label="conv1:")
        for at in range(ROUNDS):
            tools = ".sw-tools label:nth-of-type({}) select"
            found["recolour"].append(_do(lab, tools.format(1), "choose", ["magma", "viridis"][at % 2])[1])
            found["scale"].append(_do(lab, tools.format(2), "choose", ["layer", "channel"][at % 2])[1])
            found["sort"].append(_do(lab, tools.format(3), "choose", ["variance", "index"][at % 2])[1])
        _do(lab, '[data-row="2"]', "click", label="wide:")
        lab.page.wait_for_timeout(1000)
        for at in range(ROUNDS):
            found["page"].append(_do(lab, f".sw-pager button:{'first' if at % 2 else 'last'}-of-type", "click")[1])
    return found


def _do(lab: Lab, find: str, act: str, value: str = "", label: str = "") -> list[float]:
    return lab.page.evaluate(WAIT, [find, act, value, label])


if __name__ == "__main__":
    for figure in measure():
        print(figure)
