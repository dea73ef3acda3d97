"""Run the tutorials and store their outputs, in the twins too: ``python -m tests.notebooks.execute [NOTEBOOK …]``."""

from __future__ import annotations

import pathlib
import sys
import tempfile

import nbformat
from nbclient import NotebookClient

from .answers import answers, store
from .profile import use_profile

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"


def execute(notebook: nbformat.NotebookNode) -> list[str]:
    """Run a notebook in a fresh kernel, and then the answers to its exercises.

    The outputs stay in the notebook; the outputs of the answers are returned.
    """
    cells = notebook.cells
    tail = [nbformat.v4.new_code_cell(answer.code) for answer in answers(notebook)]
    notebook.cells = [*cells, *tail]
    client = NotebookClient(
        notebook,
        timeout=120,
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    client.execute()
    notebook.cells = cells
    notebook.metadata.pop("widgets", None)
    return ["".join(output.get("text", f"{output}\n") for output in cell.outputs) for cell in tail]


def twin(notebook: nbformat.NotebookNode, path: pathlib.Path) -> nbformat.NotebookNode:
    """Return a copy of ``notebook`` with the prose that ``path`` has under the same cell ids."""
    own = nbformat.read(path, 4).cells if path.exists() else []
    prose = {cell.id: cell for cell in own if cell.cell_type == "markdown"}
    return nbformat.from_dict(notebook | {"cells": [prose.get(cell.id, cell) for cell in notebook.cells]})


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        use_profile(pathlib.Path(home))
        for path in map(pathlib.Path, sys.argv[1:] or sorted(NOTEBOOKS.glob("*.ipynb"))):
            notebook, portuguese = nbformat.read(path, 4), path.parent / "pt" / path.name
            printed = execute(notebook)
            for one, place in ((notebook, path), (twin(notebook, portuguese), portuguese)):
                store(one, printed)
                nbformat.write(one, place)
            print(path)


if __name__ == "__main__":
    main()
