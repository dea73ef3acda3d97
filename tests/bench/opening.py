"""From running a cell to the first paint of a Summary in a real JupyterLab, for a small and a large model."""

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

ROUNDS = 4
SETUP = f"""\
import json, time, keras, seqwidget
from keras import layers
small = lambda: keras.Sequential([keras.Input((8,)), *(layers.Dense(8) for _ in range(10))])
large = lambda: keras.applications.NASNetMobile(weights=None)
models = [make() for _ in range({ROUNDS}) for make in (small, large)]"""
OPEN = """\
start = time.time()
panel = seqwidget.Summary(models[{at}])
made = time.time()
panel"""
# Records when the rows of a panel that is live have been painted.
OBSERVE = """() => {
  window.opened = 0;
  const watcher = new MutationObserver(() => {
    if (!document.querySelector('.seqwidget:not(.sw-static) tbody tr')) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(
      () => { window.opened = (performance.timeOrigin + performance.now()) / 1000 }));
  });
  watcher.observe(document.body, {childList: true, subtree: true});
}"""
CLEAR = "() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs').then(() => null)"


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, server(pathlib.Path(folder)) as url:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(CHROMIUM))
        cells = [OPEN.format(at=at) for at in range(2 * ROUNDS)]
        notebook = write_notebook(pathlib.Path(folder, "opening.ipynb"), SETUP, *cells)
        lab = Lab(browser.new_context(viewport={"width": 1200, "height": 1000}).new_page(), url, notebook.name)
        lab.run(0)
        found = [_opened(lab, at) for at in range(2 * ROUNDS)]
        assert lab.errors == [], lab.errors
        browser.close()
    # The first one of each loads the front end, and runs much of Keras for the first time.
    small, large = ([statistics.median(one) for one in zip(*found[first + 2 :: 2], strict=True)] for first in (0, 1))
    name = "Summary of NASNetMobile, opened in JupyterLab"
    return [
        Figure(f"{name}, to first paint", large[0], small[0], aim=2.0, note="against 10 layers"),
        Figure(f"{name}, in the kernel until it is made", large[1], small[1], note="against 10 layers"),
    ]


def _opened(lab: Any, at: int) -> tuple[float, float]:
    """Run one cell, and return the milliseconds until its panel was painted, and until it was made."""
    lab.page.evaluate(CLEAR)
    lab.page.wait_for_timeout(500)
    lab.page.evaluate(OBSERVE)
    lab.run(at + 1)
    lab.page.wait_for_function("() => window.opened", timeout=60_000)
    start, made = json.loads(lab.execute("print(json.dumps([start, made])); panel.close()"))
    return 1e3 * (lab.page.evaluate("() => window.opened") - start), 1e3 * (made - start)


if __name__ == "__main__":
    for figure in measure():
        print(figure)
