"""The static panel of real models: its size, its facts compared with Keras, and what a sanitizer leaves of it."""

from __future__ import annotations

import html.parser
import re
from typing import Any

import keras
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from keras import layers

import seqwidget
from tests.backends import only_on

from .stacks import STACKS

# What JupyterLab keeps of the HTML of an untrusted notebook (sanitizer.ts of @jupyterlab/apputils):
# these tags, and the text inside all other tags, except in tags without readable text.
TAGS = """
a abbr acronym address area article aside audio b bdi bdo big blockquote br button canvas caption center cite code col colgroup
colspan command data datalist dd del details dfn dir div dl dt em fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6
header hgroup hr i img input ins kbd label legend li map mark menu meter nav nobr ol optgroup option output p pre progress q
rowspan s samp section select small source span strike strong sub summary sup table tbody td textarea tfoot th thead time tr
track tt u ul var video wbr
"""
ALLOWED = frozenset(TAGS.split())
NO_TEXT = frozenset({"script", "style", "textarea", "option"})
FIXED, A_ROW = 6_000, 500


class Sanitizer(html.parser.HTMLParser):
    """Drops tags that are not allowed and all attributes of the others, and keeps their text."""

    def __init__(self) -> None:
        super().__init__()
        self.left = ""
        self.silent = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in NO_TEXT
        self.left += f"<{tag}>" * (tag in ALLOWED)

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in NO_TEXT
        self.left += f"</{tag}>" * (tag in ALLOWED)

    def handle_data(self, data: str) -> None:
        self.left += "" if self.silent else data.replace("<", "&lt;")


def sanitized(panel: str) -> str:
    sanitizer = Sanitizer()
    sanitizer.feed(panel)
    return sanitizer.left


def ten_layers() -> keras.Sequential:
    model = keras.Sequential(
        [
            keras.Input((250, 250, 3)),
            layers.Conv2D(32, 5, strides=2, activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(3),
            layers.BatchNormalization(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(3),
            layers.Dropout(0.3),
            layers.GlobalMaxPooling2D(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10),
        ],
        name="eye",
    )
    model.layers[1].trainable = False
    return model


@pytest.fixture(scope="module")
def nasnet() -> Any:
    return keras.applications.NASNetMobile(weights=None)


def table(panel: str) -> list[list[str]]:
    """Return the cells of the table's body."""
    tree = BeautifulSoup(panel, "html.parser")
    rows = tree.select("table tbody tr")
    return [[" ".join(cell.get_text().split()) for cell in row.find_all(["td", "th"], recursive=False)] for row in rows]


@only_on("tensorflow", "jax")  # Keras has no NASNet on PyTorch
def test_size_and_facts_of_a_large_model(nasnet: Any) -> None:
    stack = seqwidget.inspect(nasnet)
    panel = stack.to_html()
    assert len(panel.encode()) <= 400_000
    assert len(panel.encode()) <= FIXED + A_ROW * len(stack.rows)
    told = {row[1].split()[0]: (row[2], row[3]) for row in table(panel)}
    own = [layer for layer in nasnet.layers if not isinstance(layer, keras.layers.InputLayer)]
    assert told == {layer.name: (str(tuple(layer.output.shape)), f"{layer.count_params():,}") for layer in own}


def test_size_and_facts_of_ten_layers() -> None:
    model = ten_layers()
    stack = seqwidget.inspect(model)
    panel = stack.to_html()
    assert len(panel.encode()) <= FIXED + A_ROW * 10
    for cells, layer in zip(table(panel), model.layers, strict=True):
        index, name, shape, params, *_ = cells
        frozen = ", frozen" if not layer.trainable else ""
        assert (name, params) == (f"{layer.name} {type(layer).__name__}{frozen}", f"{layer.count_params():,}")
        assert shape == str(tuple(layer.output.shape))
        assert model.layers[int(index)] is layer
    tree = BeautifulSoup(panel, "html.parser")
    assert [th.get_text() for th in tree.select("thead th[scope=col]")][:4] == ["#", "Layer", "Output shape", "Params"]
    assert len(tree.select("tbody th[scope=row]")) == 10
    assert tree.find("td", title=f"{123 * 123 * 32 * 5 * 5 * 3:,}").get_text() == "36.3 M"
    assert "(None, 250, 250, 3)" in tree.select_one(".sw-head").get_text()
    assert f"{model.count_params():,} params" in tree.select_one(".sw-head").get_text()


def test_the_style_sheet_has_the_colours_of_the_kinds_that_are_there() -> None:
    panel = seqwidget.inspect(ten_layers()).to_html()
    used = set(re.findall(r"class=\"?(kind-\w+)", panel))
    assert used == set(re.findall(r"\.(kind-\w+)\{", panel))
    assert "kind-conv" in used


def test_same_panel_every_time() -> None:
    model = ten_layers()
    assert seqwidget.inspect(model).to_html() == seqwidget.inspect(model).to_html()


def test_no_element_has_an_id() -> None:
    """A page may show a panel twice; an id would then refer to the first one, which may be hidden."""
    stack = seqwidget.inspect(ten_layers())
    for text in (stack.to_html(), stack.to_html(page=True), stack.to_svg()):
        assert not re.search(r"\sid=|url\(|href", text)


def test_what_a_sanitizer_leaves_reads_well() -> None:
    left = sanitized(seqwidget.inspect(ten_layers()).to_html())
    tree = BeautifulSoup(left, "html.parser")
    lines = [" ".join(line.split()) for line in re.sub("<[^>]+>", "", left).splitlines()]
    assert lines[0] == (
        "eye · 10 layers · 35,114 params · 198 M multiply-adds · 4.66 MB activations · input (None, 250, 250, 3) · built"
    )
    assert tree.figure.get_text().strip() == ""  # the explanation of a drawing disappears with it
    assert len(table(left)) == 10
    assert any(line.startswith("25,802 trainable") for line in lines)


@settings(max_examples=100)
@given(one=STACKS)
def test_texts_are_separated_without_tags(one: Any) -> None:
    left = sanitized(one.to_html())
    assert re.sub("<[^>]+>", "", left).split() == re.sub("<[^>]+>", " ", left).split()
    assert BeautifulSoup(left, "html.parser").figure.get_text().strip() == ""
