"""From ``add`` to paint in a real JupyterLab: time, bytes on the wire, and long tasks in the page."""

from __future__ import annotations

import json
import pathlib
import statistics
import tempfile
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.get_browser import find_browser
from tests.browser.jupyter import Lab, server, write_notebook

from .figures import Figure

DEPTHS = (10, 100, 500)
ADDS = 9
AIMS = {10: 0.9, 100: 0.25}
SETUP = """\
import json, time, keras, seqwidget
from keras import layers
rows = lambda: [keras.Input((8,)), *(layers.Dense(8) for _ in range({depth}))]
model, bare = seqwidget.Sequential(rows()), keras.Sequential(rows())
seqwidget.Summary(model)"""
# The first of the two runs with cold caches after a pause, so they take turns.
EDIT = """\
def timed(act):
    start = time.time(); act(); return start, time.time()
layer, other = layers.Dense(8), layers.Dense(8)
acts = [lambda: model.add(layer), lambda: bare.add(other)]
spans = [timed(act) for act in acts[::{way}]][::{way}]
print(json.dumps(spans))"""
# Records when a new row has been painted, and every task that blocked the page for long.
OBSERVE = """() => {
  window.painted = []; window.held = [];
  const body = document.querySelector('.seqwidget:not(.sw-static) tbody');
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(
    () => window.painted.push((performance.timeOrigin + performance.now()) / 1000)))).observe(body, {childList: true});
  new PerformanceObserver(list => window.held.push(...list.getEntries().map(entry => entry.duration)))
    .observe({type: 'longtask'});
}"""


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, server(pathlib.Path(folder)) as url:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(CHROMIUM))
        taken = {depth: _at(depth, browser, url, pathlib.Path(folder)) for depth in DEPTHS}
        browser.close()
    shallow = taken[DEPTHS[0]]
    figures = []
    for depth, at in taken.items():
        name = f"add, open in a browser, depth {depth}"
        figures.append(Figure(name, at["add"], at["bare"], aim=AIMS.get(depth), note="against Keras's add"))
        figures.append(Figure(f"add to paint, depth {depth}", at["paint"], shallow["paint"], note=f"against depth {DEPTHS[0]}"))
        figures.append(
            Figure(f"bytes per add, depth {depth}", at["kB"], shallow["kB"], "kB", note=f"against depth {DEPTHS[0]}")
        )
        figures.append(
            Figure(
                f"longest task in the page at an add, depth {depth}",
                at["task"],
                50,
                aim=1,
                note="against the promised 50 ms; 0: none over 50",
            )
        )
    return figures


def _at(depth: int, browser: Any, url: str, folder: pathlib.Path) -> dict[str, float]:
    notebook = write_notebook(folder / f"depth{depth}.ipynb", SETUP.format(depth=depth))
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    page, received = context.new_page(), [0]

    def count(payload: bytes | str) -> None:
        received[0] += len(payload)

    page.on("websocket", lambda socket: socket.on("framereceived", count))
    lab = Lab(page, url, notebook.name)
    lab.run(0)
    page.locator(".seqwidget:not(.sw-static) tbody tr").first.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    page.evaluate(OBSERVE)
    rounds = []
    for turn in range(ADDS):
        page.evaluate("() => { window.painted = []; window.held = [0] }")
        start = received[0]
        (add, end), (bare, after) = json.loads(lab.execute(EDIT.format(way=-1 if turn % 2 else 1)))
        page.wait_for_function("() => window.painted.length > 0")
        page.wait_for_timeout(500)
        painted, longest = page.evaluate("() => [window.painted[0], Math.max(...window.held)]")
        rounds.append((1e3 * (end - add), 1e3 * (after - bare), 1e3 * (painted - add), (received[0] - start) / 1e3, longest))
    add, bare, paint, sent, task = (statistics.median(values) for values in zip(*rounds[1:], strict=True))
    assert lab.errors == [], lab.errors
    context.close()
    return {"add": add, "bare": bare, "paint": paint, "kB": sent, "task": task}
