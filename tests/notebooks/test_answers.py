"""Every hidden answer can be run; `tests/browser/test_notebooks.py` runs it, and compares the output below it."""

from __future__ import annotations

import pathlib

import nbformat
import pytest

from .answers import answers
from .execute import NOTEBOOKS

TUTORIALS = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_no_answer_escapes_the_test(path: pathlib.Path) -> None:
    notebook = nbformat.read(path, 4)
    blocks = sum(cell.source.count("```python") for cell in notebook.cells if cell.cell_type == "markdown")
    assert blocks == len(answers(notebook)) >= 3
