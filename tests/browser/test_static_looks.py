"""The static panel in plain pages: at every width, on paper, in the page's own colours, and twice in a page."""

from __future__ import annotations

import base64
import io
import itertools
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import numpy as np
import pytest
from keras import Input, Sequential, layers
from PIL import Image

import seqwidget

WIDTHS = (360, 600, 970, 1400)
# Letter and A4 in px, without the margins that a browser adds.
PAPERS = {"Letter": 739, "A4": 717}
# Each text that is shown, and its position; a text from the style sheet has the position of its element.
CELLS = """panel => [...panel.querySelectorAll('th, td, .sw-head > *, .sw-blocks > i, .sw-caption > *')]
  .filter(cell => cell.tagName !== 'I' || !cell.closest('.sw-head'))
  .map(cell => {
    const {left, right, top, bottom} = cell.getBoundingClientRect();
    const text = cell.textContent.trim() + (cell.dataset.l ?? '') + (cell.dataset.t ?? '');
    return {text, row: cell.closest('tr')?.rowIndex ?? -1, head: Boolean(cell.closest('thead')),
      left, right, top, bottom, cut: cell.scrollWidth > cell.clientWidth + 1 && cell.clientWidth > 0};
  })"""
# Colours in any notation as bytes.
COLORS = """panel => ['color', 'backgroundColor'].map(name => {
  const context = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d');
  context.fillStyle = getComputedStyle(panel)[name];
  context.fillRect(0, 0, 1, 1);
  return [...context.getImageData(0, 0, 1, 1).data];
})"""


def model(blocks: int = 9) -> Sequential:
    kinds = itertools.cycle(
        [lambda: layers.Conv2D(32, 3, padding="same"), layers.BatchNormalization, lambda: layers.Dropout(0.2)]
    )
    stack = Sequential([Input((64, 64, 3)), *(next(kinds)() for _ in range(blocks))], name="looks")
    stack.add(layers.Conv2D(8, 3, name="a_name_" + "without_end_" * 6))
    for layer in stack.layers[:4]:
        layer.trainable = False
    return stack


@pytest.fixture(scope="module")
def panel() -> str:
    return seqwidget.inspect(model()).to_html()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Return a function that shows HTML in a page with a given width, the system's colours, and so on."""
    contexts = []

    def opened(content: str, width: int = 970, **settings: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **settings))
        page = contexts[-1].new_page()
        page.set_content(content)
        return page

    yield opened
    for context in contexts:
        context.close()


def pixels(place: Any) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(place.screenshot())).convert("RGB")).astype(int)


def check_texts(page: Any, width: float) -> list[dict[str, Any]]:
    """Check that every text is fully visible and overlaps no other; return all visible texts."""
    place = page.locator(".seqwidget")
    box = place.bounding_box()
    assert box["width"] <= width
    assert place.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    cells = place.evaluate(CELLS)
    shown = [cell for cell in cells if cell["right"] > cell["left"]]
    assert [cell["text"] for cell in cells if cell not in shown and cell["text"] and not cell["head"]] == []
    for cell in shown:
        assert box["x"] <= cell["left"], cell
        assert cell["right"] <= box["x"] + box["width"], cell
        assert not cell["cut"], cell
    for one, other in itertools.combinations([cell for cell in shown if cell["text"]], 2):
        apart = one["right"] <= other["left"] + 1 or other["right"] <= one["left"] + 1
        assert apart or one["bottom"] <= other["top"] + 1 or other["bottom"] <= one["top"] + 1, (one, other)
    return shown


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_text_is_in_view(open_page: Any, width: int, language: str) -> None:
    seqwidget.language(language)
    try:
        content = seqwidget.inspect(model()).to_html(page=True)
    finally:
        seqwidget.language(None)
    check_texts(open_page(content, width), width)


@pytest.mark.parametrize("paper", PAPERS)
def test_every_block_and_column_is_on_paper(open_page: Any, paper: str) -> None:
    content = seqwidget.inspect(model(22)).to_html()
    page = open_page(content, PAPERS[paper])
    page.emulate_media(media="print")
    shown = check_texts(page, PAPERS[paper])
    assert len([cell for cell in shown if cell["row"] == 1 and cell["text"]]) == 8
    blocks = page.locator(".sw-blocks")
    assert blocks.evaluate("box => box.scrollHeight <= box.clientHeight")
    assert blocks.locator("svg:visible").count() >= 24


@pytest.mark.parametrize(
    "hidden", ['<div style="display:none">{}</div>', '<details style="position:fixed;top:-99px">{}</details>']
)
def test_a_panel_that_is_shown_twice_is_the_same_twice(open_page: Any, panel: str, hidden: str) -> None:
    alone, again = (open_page(content).locator(".sw-blocks:visible") for content in (panel, hidden.format(panel) + panel))
    np.testing.assert_array_equal(pixels(again), pixels(alone))


def test_a_frozen_block_is_hatched_within_its_face(open_page: Any, panel: str) -> None:
    page = open_page(panel)
    blocks, frozen = page.locator(".sw-blocks"), page.locator(".sw-blocks .kind-conv > svg").first
    hatched = pixels(blocks)
    frozen.locator("svg").evaluate("hatch => hatch.remove()")
    rows, columns = np.nonzero((hatched != pixels(blocks)).any(axis=2))
    box, outer = frozen.bounding_box(), blocks.bounding_box()
    assert columns.min() >= box["x"] - outer["x"] - 1
    assert columns.max() <= box["x"] - outer["x"] + box["width"] + 1
    assert rows.max() <= box["y"] - outer["y"] + box["height"] + 1
    assert 0.1 < len(rows) / (box["width"] * box["height"]) < 0.7


# What the style sheet of ipywidgets sets, which VS Code and Colab load in every theme.
JP_LIGHT = "--jp-content-font-color0:rgb(0 0 0);--jp-layout-color1:#fff;--jp-brand-color1:#2196f3"
VSCODE_LIGHT = "--vscode-editor-foreground:#292929;--vscode-editor-background:#fff"
JP_DARK = "--jp-content-font-color0:#fff;--jp-layout-color1:#111"
VSCODE = "--vscode-editor-foreground:#fff;--vscode-editor-background:#000;--vscode-contrastBorder:#6fc3df"


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize(
    ("html", "body", "css", "expected"),
    [
        ("", "", "", "light"),
        ("", 'data-theme="dark"', "", "dark"),
        ('data-theme="light"', "", ":root{color-scheme:light dark}", "light"),
        ("", 'data-theme="auto"', "", "system"),
        ("", 'data-jp-theme-light="false"', "", "dark"),
        ("", "", ":root{color-scheme:dark}", "dark"),
        ("", "", ":root{color-scheme:light dark}", "system"),
        ("", 'class="dark"', "", "dark"),
        ("", 'class="quarto-dark"', "", "dark"),
        ("", "", f":root{{{JP_DARK}}}", "dark"),
        ('data-theme="light"', "", f":root{{{JP_DARK}}}", "dark"),
        ("", 'class="vscode-high-contrast"', f":root{{{VSCODE}}}", "dark"),
        ("", 'class="vscode-high-contrast"', f":root{{{VSCODE};--jp-layout-color1:#fff}}", "dark"),
        ("", 'class="vscode-dark"', f":root{{{VSCODE};{JP_LIGHT}}}", "dark"),
        ("", 'class="vscode-high-contrast vscode-high-contrast-light"', f":root{{{VSCODE_LIGHT};{JP_LIGHT}}}", "light"),
        ('theme="dark"', "", f":root{{{JP_LIGHT}}}", "dark"),
        ("", "", ":root{--jp-layout-color1:#fff}", "light"),
        ("", "", ":root{--jp-content-font-color0:#fff}", "light"),
    ],
)
def test_a_panel_has_the_colours_of_its_page(
    open_page: Any, panel: str, system: str, html: str, body: str, css: str, expected: str
) -> None:
    page = open_page(f"<!doctype html><html {html}><style>{css}</style><body {body}>{panel}</body></html>", color_scheme=system)
    ink, paper = page.locator(".seqwidget").evaluate(COLORS)
    assert ("dark" if luminance(paper) < 0.2 else "light") == (system if expected == "system" else expected)
    assert contrast(ink, paper) > 7
    muted, _ = page.locator(".sw-caption").evaluate(COLORS)
    assert contrast(muted, paper) > 4.5
    if "vscode" in body or html.startswith("theme"):  # also of its controls
        assert page.locator(".seqwidget").evaluate("panel => getComputedStyle(panel).colorScheme") == expected


def luminance(color: list[int]) -> float:
    """Return the relative luminance of WCAG."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in color[:3])]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: list[int], other: list[int]) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("option", ["--theme=dark", "--theme=light", "--template=classic", "--template=basic", "--to=slides"])
def test_a_converted_notebook_has_panels_of_its_own_colour(
    browser: Any, panel: str, tmp_path: pathlib.Path, option: str
) -> None:
    output = nbformat.v4.new_output("display_data", {"text/html": panel})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("m", outputs=[output])])
    nbformat.write(notebook, tmp_path / "n.ipynb")
    to = () if option == "--to=slides" else ("--to=html",)
    command = [sys.executable, "-m", "nbconvert", *to, option, "--output=n.html", str(tmp_path / "n.ipynb")]
    subprocess.run(command, check=True, capture_output=True)
    (written,) = tmp_path.glob("*.html")
    for system in ("light", "dark"):
        page = browser.new_page(color_scheme=system, offline=True)
        page.goto(written.as_uri())
        corner = pixels(page)[2, 2]
        _, paper = page.locator(".seqwidget").evaluate(COLORS)
        assert abs(luminance(list(corner)) - luminance(paper)) < 0.05, (system, corner, paper)
        page.context.close()


@pytest.mark.parametrize("system", ["light", "dark"])
def test_colours_that_mean_something_are_there_in_high_contrast(open_page: Any, panel: str, system: str) -> None:
    page = open_page(panel, forced_colors="active", color_scheme=system)
    _, paper = page.locator(".seqwidget").evaluate(COLORS)
    bar = pixels(page.locator(".sw-bar"))
    left, right = bar[3, 5], bar[3, -5]
    assert contrast(list(left), list(right)) > 1.5
    assert contrast(list(right), paper) > 1.2
    for key in page.locator(".sw-caption > i").all():
        assert np.abs(pixels(key)[:, :9] - np.array(paper[:3])).max() > 40
    frozen = page.locator(".sw-blocks .kind-conv > svg").first
    hatched = pixels(frozen)
    frozen.locator("svg").evaluate("hatch => hatch.remove()")
    assert (hatched != pixels(frozen)).any(axis=2).mean() > 0.1


def test_an_exported_file_looks_the_same_wherever_it_is_shown(open_page: Any) -> None:
    drawing = seqwidget.inspect(model()).to_svg()
    image = f'<body style="background:#fff"><img src="data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}">'
    seen = [pixels(open_page(image, color_scheme=system).locator("img")) for system in ("light", "dark")]
    np.testing.assert_array_equal(*seen)
    page = open_page(drawing)
    ink = page.locator("svg text").first.evaluate("text => getComputedStyle(text).fill.match(/\\d+/g).map(Number)")
    assert contrast(ink, [255, 255, 255]) > 4.5
    assert contrast(ink, [18, 18, 18]) > 4
