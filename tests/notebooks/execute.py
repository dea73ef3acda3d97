"""Run the tutorial notebooks and store their outputs: ``python -m tests.notebooks.execute``."""

from __future__ import annotations

import os
import pathlib
import tempfile

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = pathlib.Path(__file__).parents[2] / "notebooks"


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        profile = pathlib.Path(home, "profile_default")
        profile.mkdir()
        # TensorFlow writes past Python to the terminal; none of that belongs in a tutorial.
        (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.capture_fd_output = False\n")
        os.environ["IPYTHONDIR"] = home
        for path in sorted(NOTEBOOKS.rglob("*.ipynb")):
            notebook = nbformat.read(path, 4)
            NotebookClient(notebook, timeout=120, store_widget_state=False, record_timing=False).execute()
            notebook.metadata.pop("widgets", None)
            nbformat.write(notebook, path)
            print(path.relative_to(NOTEBOOKS))


if __name__ == "__main__":
    main()
