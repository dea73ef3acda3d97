"""The documentation site builds without warnings, and contains every public name and every notebook."""

from __future__ import annotations

import dataclasses
import inspect
import json
import pathlib
import re
import subprocess
import sys
from typing import Any

import keras
import pytest
from bs4 import BeautifulSoup

import seqwidget
from seqwidget.model.records import public_name

ROOT = pathlib.Path(__file__).parents[1]
NOTEBOOKS = sorted(
    path.relative_to(ROOT).with_suffix("")
    for path in ROOT.glob("notebooks/**/*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-d",
        folder / "doctrees",
        ROOT / "docs",
        folder / "html",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    return folder / "html"


@pytest.fixture(scope="module")
def entries(site: pathlib.Path) -> dict[str, Any]:
    """Return the description of each name in the reference, as the element that contains it."""
    found = {}
    for page in site.glob("reference/*.html"):
        for term in BeautifulSoup(page.read_text(), "html.parser").select("dt.sig[id]"):
            found[term["id"]] = term.parent
    return found


@pytest.mark.parametrize("name", seqwidget.__all__)
def test_every_public_name_is_described_with_its_parameters(entries: dict[str, Any], name: str) -> None:
    entry, thing = entries[f"seqwidget.{name}"], getattr(seqwidget, name)
    if isinstance(thing, str):
        return
    if isinstance(thing, type) and issubclass(thing, Exception):
        wanted = told = set()
    elif dataclasses.is_dataclass(thing):
        wanted = {public_name(field.name) for field in dataclasses.fields(thing) if field.repr}
        told = {term.select_one(".descname").text for term in entry.select("dt.sig")}
    else:
        wanted = {parameter.lstrip("*") for parameter in inspect.signature(thing).parameters}
        told = {strong.text.lstrip("*") for strong in entry.dd.select(":scope > dl.field-list strong")}
    assert wanted <= told
    assert max(len(paragraph.text) for paragraph in entry.dd.find_all("p")) > 20


def test_edits_of_a_live_model_are_described(entries: dict[str, Any]) -> None:
    own = {name for name in dir(seqwidget.Sequential) if not name.startswith("_") and not hasattr(keras.Sequential, name)}
    assert {f"seqwidget.Sequential.{name}" for name in own | {"add", "pop"}} <= set(entries)


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 3


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=str)
def test_every_notebook_is_there_with_its_static_panels(site: pathlib.Path, notebook: pathlib.Path) -> None:
    cells = json.loads((ROOT / notebook).with_suffix(".ipynb").read_text())["cells"]
    outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    panels = sum("".join(data.get("text/html", "")).count('<div class="seqwidget') for data in outputs)
    page = BeautifulSoup((site / notebook).with_suffix(".html").read_text(), "html.parser")
    assert len(page.select(".seqwidget.sw-static")) == panels > 0
    assert len(page.select("div.cell_output img")) >= sum("image/png" in data for data in outputs)
    assert "A Jupyter Widget" not in page.text
    contents = BeautifulSoup((site / "tutorials.html").read_text(), "html.parser")
    assert contents.select_one(f'article a[href="{notebook}.html"]')


def test_the_gallery_shows_each_network_light_and_dark(site: pathlib.Path) -> None:
    page = BeautifulSoup((site / "gallery.html").read_text(), "html.parser")
    pictures = page.select("article img")
    assert len(pictures) == 2 * len(page.select("article h2")) >= 16
    for picture in pictures:
        svg = (site / picture["src"]).read_text()
        assert svg.count("<title>") > 4
        assert len(svg) < 50_000


def test_the_site_fetches_nothing(site: pathlib.Path) -> None:
    """Scripts, style sheets, pictures and fonts come from the site's own folder."""
    fetched = []
    for page in site.rglob("*.html"):
        tree = BeautifulSoup(page.read_text(), "html.parser")
        fetched += [tag["src"] for tag in tree.select("[src]")] + [tag["href"] for tag in tree.select("link[href]")]
        fetched += [url for style in tree.select("style, [style]") for url in _urls(f"{style.string} {style.get('style')}")]
    for sheet in site.rglob("*.css"):
        fetched += _urls(sheet.read_text())
    assert fetched
    assert [url for url in fetched if re.match(r"(https?:)?//", url)] == []


def _urls(css: str) -> list[str]:
    return re.findall(r"url\(\s*['\"]?([^'\")]+)", css) + re.findall(r"@import\s+['\"]([^'\"]+)", css)
