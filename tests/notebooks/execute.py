"""Run the tutorial notebooks and store their outputs, also in their twins: ``python -m tests.notebooks.execute``."""

from __future__ import annotations

import pathlib
import tempfile

import nbformat
from nbclient import NotebookClient

from .profile import use_profile

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        use_profile(pathlib.Path(home))
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            notebook = nbformat.read(path, 4)
            NotebookClient(notebook, timeout=120, store_widget_state=False, record_timing=False).execute()
            notebook.metadata.pop("widgets", None)
            nbformat.write(notebook, path)
            bring_in_step(NOTEBOOKS / "pt" / path.name, notebook)
            print(path.relative_to(NOTEBOOKS))


def bring_in_step(path: pathlib.Path, notebook: nbformat.NotebookNode) -> None:
    """Make the twin at ``path`` a copy of ``notebook``, but for the prose that it has under the same ids."""
    own = nbformat.read(path, 4).cells if path.exists() else []
    prose = {cell.id: cell for cell in own if cell.cell_type == "markdown"}
    cells = [prose.get(cell.id, cell) for cell in notebook.cells]
    nbformat.write(nbformat.from_dict(notebook | {"cells": cells}), path)


if __name__ == "__main__":
    main()
