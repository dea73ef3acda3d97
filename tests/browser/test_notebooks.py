"""Every tutorial in a real JupyterLab: all cells run, every widget renders, the page logs no errors, and the answers are right.

The Portuguese tutorials have the same cells and outputs, as `tests/notebooks/test_twins.py` checks, and are not run again.
"""

from __future__ import annotations

import pathlib
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Locator, expect

from tests.lab import copy_tutorials
from tests.notebooks.answers import answers

from .jupyter import KERNELSPEC

ROOT = pathlib.Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
NAMES = [path.stem for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
WIDGET = "application/vnd.jupyter.widget-view+json"
SCREENSHOTS = ROOT / "build" / "screenshots"

# Every code cell has run, or one that may not fail has failed.
ENDED = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.toJSON().cells.filter(cell => cell.cell_type === 'code');
  const failed = cell => cell.outputs.some(output => output.output_type === 'error');
  const meant = cell => cell.metadata.tags?.includes('raises-exception');
  return cells.every(cell => cell.execution_count) || cells.some(cell => failed(cell) && !meant(cell));
}"""


@pytest.fixture(scope="session")
def tutorials(lab_root: pathlib.Path) -> str:
    """Copy the notebooks to where JupyterLab serves them, and return their folder.

    The first keeps the kernel that people use; the others get one that starts faster.
    """
    copy_tutorials(NOTEBOOKS, lab_root / "notebooks")
    for name in NAMES[1:]:
        path = lab_root / "notebooks" / f"{name}.ipynb"
        notebook = nbformat.read(path, 4)
        notebook.metadata["kernelspec"] = KERNELSPEC
        nbformat.write(notebook, path)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return "notebooks"


@pytest.mark.parametrize("name", NAMES)
def test_a_tutorial_runs_and_paints(open_notebook: Any, tutorials: str, name: str) -> None:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4)
    stored = notebook.cells
    lab = open_notebook(f"{tutorials}/{name}.ipynb", height=1400)  # a panel fits into the window
    lab.run_all()
    lab.page.wait_for_function(ENDED, timeout=120_000)  # an intended error ends the wait of `run_all` too early
    lab.wait_until_idle()
    ran = lab.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells")
    views = 0
    for at, (then, now) in enumerate(zip(stored, ran, strict=True)):
        assert errors(now) == errors(then)
        assert [output["text"] for output in now.get("outputs", []) if output.get("name") == "stderr"] == []  # a red box
        assert now.get("execution_count") == then.get("execution_count")
        shown = sum(WIDGET in output.get("data", {}) for output in then.get("outputs", []))
        panels = lab.cell(at).locator(".seqwidget:not(.sw-static)")
        expect(panels).to_have_count(shown)
        for view in range(shown):
            panel = panels.nth(view)
            panel.scroll_into_view_if_needed()
            check_painted(panel)
            panel.screenshot(path=SCREENSHOTS / f"{name}-{then.id}-{view}.png")
        views += shown
    assert views > 0
    hidden = answers(notebook)
    assert [lab.execute(answer.code) for answer in hidden] == [answer.printed for answer in hidden]
    expect(lab.page.locator(".sw-static").filter(visible=True)).to_have_count(0)
    assert lab.errors == []


def errors(cell: Any) -> list[str]:
    return [output["ename"] for output in cell.get("outputs", []) if output["output_type"] == "error"]


def check_painted(panel: Locator) -> None:
    """Find the non-empty parts of a panel: maps, curves and updates of layers, or rows with blocks or switches."""
    if panel.evaluate("element => element.matches('.sw-maps')"):
        canvas = panel.locator(".sw-grid canvas")
        expect(canvas).to_be_visible()
        colours = canvas.evaluate(
            """canvas => {
              const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
              return new Set(new Uint32Array(data.buffer)).size;
            }"""
        )
        assert colours > 16
    elif panel.locator(".sw-fit").count():
        expect(panel.locator(".sw-curves path.is-training").first).to_be_visible()
        expect(panel.locator(".sw-updates tbody tr").first).to_be_visible()
    else:
        expect(panel.locator("tbody tr").first).to_be_visible()
        expect(panel.locator(".sw-svg .sw-block, .sw-switch").first).to_be_visible()
