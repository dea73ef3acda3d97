"""Unpack the widget manager of VS Code's Jupyter extension, and check that it is the known file; used by the Makefile."""

from __future__ import annotations

import hashlib
import pathlib
import tarfile

PACKAGE = "@vscode/jupyter-ipywidgets8"
VERSION = "1.0.9"
SHA256 = "9c0680c126bae81427625a8dae4c9edfaa408c8c694a20641002b5d7d77d1ca8"
FOLDER = pathlib.Path(__file__).parents[2] / ".venv-frontends" / "vscode"


def main() -> None:
    packed = FOLDER / f"vscode-jupyter-ipywidgets8-{VERSION}.tgz"
    found = hashlib.sha256(packed.read_bytes()).hexdigest()
    assert found == SHA256, f"{packed.name} has another content than expected: {found}"
    with tarfile.open(packed) as archive:
        archive.extractall(FOLDER, filter="data")


if __name__ == "__main__":
    main()
