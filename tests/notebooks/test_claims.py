"""The tutorials cover the Keras guide: `notebooks/README.md` says where, and this test checks it."""

from __future__ import annotations

import functools
import pathlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import nbformat
import pytest

from .execute import NOTEBOOKS

TUTORIALS = sorted(NOTEBOOKS.glob("*.ipynb"))

# The sections of the guide in order, and what each shows: the numbers that it prints, and statements in code or in words.
GUIDE = {
    "Setup": ("from keras import layers",),
    "When to use a Sequential model": (
        "TensorShape([3, 4])",
        "True",
        "the model has several inputs or several outputs",
        "one of its layers has several inputs or several outputs",
        "layers have to be shared",
        "not a linear stack",
    ),
    "Creating a Sequential model": (
        "thermostat: 3 layers, unbuilt",
        "<Dense name=decide, built=True>]",
        "3 layers, unbuilt",
        "2",
        "my_sequential",
        "layer1 (Dense)",
    ),
    "Specifying the input shape in advance": (
        "[]",
        "[(4, 3), (3,)]",
        "0 (unbuilt)",
        "weights after the first call: 6",
        "Total params: 35",
        "(1, 4)",
        "known: 1 layer, built, input (None, 4)",
        "(None, 2)         10",
        "['dense']",
        "True 10 ['dense']",
        "Do not pass an",
        "Specify the input shape in advance",
    ),
    "A common debugging workflow: add() + summary()": (
        "(None, 123, 123, 32)   2,432",
        "(None, 121, 121, 32)   9,248",
        "(None, 40, 40, 32)",
        "11,680",
        "(None, 38, 38, 32)",
        "(None, 36, 36, 32)",
        "(None, 12, 12, 32)",
        "(None, 10, 10, 32)",
        "(None, 8, 8, 32)",
        "(None, 4, 4, 32)",
        "48,672",
        "(None, 10)",
    ),
    "What to do once you have a model": (
        "the loss fell to less than a fifth: True",
        "right for more than 9 of 10: True",
        "answers: (397, 10)",
        "the same answers: True",
        "alike: True",
    ),
    "Feature extraction with a Sequential model": (
        "[(1, 123, 123, 32), (1, 121, 121, 32), (1, 119, 119, 32)]",
        "TensorShape([1, 121, 121, 32])",
    ),
    "Transfer learning with a Sequential model": (
        "Cannot convert '784' to a shape.",
        "330 of 27,562 train",
        "['verdict']",
        "base (Sequential, frozen)",
        "layers that moved: ['digit']",
        "2,049,000 of 22,910,480 train",
    ),
    "Where to go from here": ("guides/functional_api", "making_new_layers_and_models_via_subclassing"),
}


@dataclass(frozen=True)
class Row:
    """One row of the table: what to look for, and in which cell."""

    section: str
    figure: str
    notebook: str
    cell: str


_ROW = re.compile(
    r"\| (?:[^|]* )?\| `(?P<figure>[^|]+)` \| \[(?P<number>\d\d) · (?P<cell>\S+)\]\((?P<notebook>\S+)#cell-id=(?P=cell)\) \|"
)


def rows() -> Iterator[Row]:
    section = ""
    table = (NOTEBOOKS / "README.md").read_text(encoding="utf-8").partition("## Where the Keras guide is shown")[2]
    for line in table.splitlines():
        if line.startswith("### "):
            section = line.removeprefix("### ")
        elif line.startswith("|") and not line.startswith(("| ---", "| The guide |")):
            found = _ROW.fullmatch(line)
            assert found, f"not a row of the table: {line}"
            assert found["notebook"].startswith(found["number"])
            yield Row(section, found["figure"], found["notebook"], found["cell"])


ROWS = list(rows())


@functools.cache
def cells(notebook: str) -> dict[str, Any]:
    """Return the cells of a notebook by their ids."""
    return {cell["id"]: cell for cell in nbformat.read(NOTEBOOKS / notebook, 4).cells}


def printed(cell: Any) -> str:
    """Return the stored output of a cell as plain text."""
    outputs = cell.get("outputs", [])
    texts = [output.get("text") or output.get("evalue") or output.get("data", {}).get("text/plain", "") for output in outputs]
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(texts))


def test_every_section_and_number_of_the_guide_is_in_the_table() -> None:
    assert list(dict.fromkeys(row.section for row in ROWS)) == list(GUIDE)
    for section, figures in GUIDE.items():
        assert set(figures) <= {row.figure for row in ROWS if row.section == section}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.cell}:{row.figure}")
def test_the_cell_agrees_with_the_table(row: Row) -> None:
    cell = cells(row.notebook)[row.cell]
    assert re.search(rf"(?<![\w,.]){re.escape(row.figure)}(?!\w)", printed(cell) or cell["source"])


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_is_listed_and_its_cells_have_names(path: pathlib.Path) -> None:
    assert f"]({path.name})" in (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    for name in cells(path.name):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name), f"{name} says nothing of its cell"


_BLOCK = re.compile(r"```.*?```", re.DOTALL)
_NO_FIGURE = re.compile(r"```.*?```|\]\(.*?\)|^# \d|^\d\.|\*\*\d\.\*\*", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_every_number_of_the_prose_is_in_a_cell(path: pathlib.Path) -> None:
    """A number must be in the output or the code of a cell; the answers to exercises count as cells."""
    told, known = set(), set()
    for cell in cells(path.name).values():
        if cell["cell_type"] == "code":
            known |= _figures(cell["source"] + printed(cell))
        else:
            known |= _figures("".join(_BLOCK.findall(cell["source"])))
            told |= _figures(_NO_FIGURE.sub("", cell["source"]))
    assert told
    assert told - known == set()


def _figures(text: str) -> set[str]:
    return {found.replace(",", "").rstrip(".") for found in re.findall(r"(?<!\w)\d[\d,.]*", text)}
