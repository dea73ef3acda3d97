"""Every tutorial has a Portuguese twin with the same code and outputs, and all of its prose is translated."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))


def twins(name: str) -> Iterator[tuple[Any, Any]]:
    """Yield each cell of a notebook with its Portuguese version."""
    ours, theirs = (nbformat.read(folder / name, 4) for folder in (NOTEBOOKS, NOTEBOOKS / "pt"))
    assert [(cell.id, cell.cell_type) for cell in theirs.cells] == [(cell.id, cell.cell_type) for cell in ours.cells]
    assert theirs.metadata == ours.metadata
    return zip(ours.cells, theirs.cells, strict=True)


def structure(prose: str) -> dict[str, list[str]]:
    """Return what a translation must keep: headings, lists, HTML tags, link targets and code."""
    blocks = re.split(r"(^```.*?^```$)", prose, flags=re.MULTILINE | re.DOTALL)
    text = "".join(blocks[::2])
    return {
        "lines": re.findall(r"^ *(#+|[-*|>]|\d+\.|</?\w+>)", text, re.MULTILINE),
        "links": re.findall(r"\]\(([^)#]*)", text),
        "code": sorted(re.findall(r"`[^`]+`", text)),
        "blocks": blocks[1::2],
    }


def numbers(prose: str) -> list[str]:
    """Return the numbers in the prose, sorted."""
    text = re.sub(r"^```.*?^```$|`[^`]*`|\]\([^)]*\)", " ", prose, flags=re.MULTILINE | re.DOTALL)
    return sorted(re.findall(r"\d+(?:[.,]\d+)*", text))


def test_every_tutorial_has_a_twin() -> None:
    assert sorted(path.name for path in (NOTEBOOKS / "pt").glob("*.ipynb")) == NAMES != []


@pytest.mark.parametrize("name", NAMES)
def test_code_and_outputs_are_the_same(name: str) -> None:
    assert [ours for ours, theirs in twins(name) if ours.cell_type == "code" and theirs != ours] == []


@pytest.mark.parametrize("name", NAMES)
def test_all_prose_is_translated_and_none_lost(name: str) -> None:
    for ours, theirs in twins(name):
        if ours.cell_type == "markdown":
            assert theirs.source != ours.source, ours.id
            assert structure(theirs.source.replace("](../", "](")) == structure(ours.source), ours.id


@pytest.mark.parametrize("name", NAMES)
def test_numbers_agree_in_the_format_of_each_language(name: str) -> None:
    for ours, theirs in twins(name):
        if ours.cell_type == "markdown":
            swapped = [figure.translate(str.maketrans(".,", ",.")) for figure in numbers(theirs.source)]
            assert sorted(swapped) == numbers(ours.source), ours.id
