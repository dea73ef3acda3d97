"""Run the tutorial notebooks and store their outputs: ``python -m tests.notebooks.execute``."""

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
        for path in sorted(NOTEBOOKS.rglob("*.ipynb")):
            notebook = nbformat.read(path, 4)
            NotebookClient(notebook, timeout=120, store_widget_state=False, record_timing=False).execute()
            notebook.metadata.pop("widgets", None)
            nbformat.write(notebook, path)
            print(path.relative_to(NOTEBOOKS))


if __name__ == "__main__":
    main()
