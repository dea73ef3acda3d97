"""The saved tutorials as HTML pages, without a kernel or a network: every model is there as a static panel."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from typing import Any

import nbformat
import pytest
from playwright.sync_api import expect

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"
PATHS = sorted(path.relative_to(NOTEBOOKS) for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
# Scripts that nbconvert's own page requests for every notebook; it works without them.
NBCONVERTS = "https://cdnjs.cloudflare.com/ajax/libs/"

OUTPUT = "contains(@class, 'jp-OutputArea-child')"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("saved")
    for source in {path.parent for path in PATHS}:
        notebooks = (NOTEBOOKS / source).glob("*.ipynb")
        command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", folder / source, *notebooks]
        subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_every_model_is_a_static_panel(browser: Any, saved: pathlib.Path, path: pathlib.Path) -> None:
    outputs = [output for cell in nbformat.read(NOTEBOOKS / path, 4).cells for output in cell.get("outputs", [])]
    texts = [output.data["text/plain"] for output in outputs if "seqwidget" in output.get("data", {}).get("text/html", "")]
    page = browser.new_page(viewport={"width": 1400, "height": 1000}, offline=True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((saved / path).with_suffix(".html").as_uri())
    panels = page.locator(".seqwidget")
    expect(panels).to_have_count(len(texts))
    for panel, text in zip(panels.all(), texts, strict=True):
        expect(panel).to_be_visible()
        model, fact = text.splitlines()[0].split(": ")
        expect(panel.locator(".sw-name")).to_contain_text(model)
        if "feature maps" in fact:
            picture = panel.locator(f"xpath=ancestor::div[{OUTPUT}]/following-sibling::div[1][{OUTPUT}]//img")
            expect(picture).to_be_visible()
            assert picture.evaluate("image => image.naturalWidth") > 100
        elif "training run" in fact:
            expect(panel.locator("polyline").first).to_be_visible()
            expect(panel.locator("tbody tr").first).to_be_visible()
        elif not fact.startswith("0 layers"):
            expect(panel.locator("tbody tr").first).to_be_visible()
            expect(panel.locator(".sw-blocks svg").last).to_be_visible()
    expect(page.get_by_text("Jupyter Widget")).to_have_count(0)
    page.context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:", NBCONVERTS))] == []
    assert len(texts) > 0
