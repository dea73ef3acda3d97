"""The hidden answers are correct: run at the end of their notebook, each prints the output that is stored below it."""

from __future__ import annotations

import pathlib

import nbformat
import pytest

from .answers import answers
from .execute import NOTEBOOKS, execute

TUTORIALS = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_every_answer_prints_the_output_below_it(path: pathlib.Path) -> None:
    notebook = nbformat.read(path, 4)
    stored = [answer.printed for answer in answers(notebook)]
    assert len(stored) >= 3
    assert execute(notebook) == stored


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_no_answer_escapes_the_test(path: pathlib.Path) -> None:
    notebook = nbformat.read(path, 4)
    blocks = sum(cell.source.count("```python") for cell in notebook.cells if cell.cell_type == "markdown")
    assert blocks == len(answers(notebook))
