"""``make lab`` opens a copy of the tutorials, updates it, and never loses a person's edits."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import Any

import nbformat
import pytest

from . import lab

ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture
def folders(tmp_path: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """Return a folder of tutorials, and the folder of their copy."""
    source = tmp_path / "notebooks"
    (source / "images").mkdir(parents=True)
    (source / "images" / "a.png").write_bytes(b"\x89PNG")
    for name in ("a", "b"):
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"{name} = 1")]), source / f"{name}.ipynb")
    return source, tmp_path / "lab"


def edit(path: pathlib.Path, source: str = "mine = 2") -> None:
    notebook = nbformat.read(path, 4)
    notebook.cells[0].source = source
    nbformat.write(notebook, path)


def run(path: pathlib.Path) -> None:
    """Change a notebook as JupyterLab does when it saves after a run: outputs and facts about the kernel."""
    notebook = nbformat.read(path, 4)
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.cells[0].execution_count = 1
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="1")]
    nbformat.write(notebook, path)


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_is_copied_once_and_the_source_is_left_alone(folders: Any) -> None:
    source, copy = folders
    before = contents(source)
    assert lab.copy_tutorials(source, copy) == []
    assert {name: data for name, data in contents(copy).items() if not name.startswith(".")} == before
    run(copy / "a.ipynb")
    ran = contents(copy)
    assert lab.copy_tutorials(source, copy) == []
    assert contents(copy) == ran  # kept between runs, including outputs
    assert contents(source) == before


def test_newer_tutorials_are_copied_but_never_over_an_edit(folders: Any) -> None:
    source, copy = folders
    lab.copy_tutorials(source, copy)
    run(copy / "a.ipynb")
    edit(copy / "b.ipynb")
    (copy / "own.ipynb").write_text("{}")
    for name in ("a", "b"):
        edit(source / f"{name}.ipynb", "newer = 3")
    shutil.copyfile(source / "a.ipynb", source / "c.ipynb")
    mine = (copy / "b.ipynb").read_bytes()
    assert lab.copy_tutorials(source, copy) == lab.copy_tutorials(source, copy) == ["b.ipynb"]  # reported at every start
    assert (copy / "a.ipynb").read_bytes() == (copy / "c.ipynb").read_bytes() == (source / "a.ipynb").read_bytes()
    assert (copy / "b.ipynb").read_bytes() == mine
    assert (copy / "own.ipynb").read_text() == "{}"


def test_removed_tutorials_go_unless_edited_and_deleted_copies_come_back(folders: Any) -> None:
    source, copy = folders
    lab.copy_tutorials(source, copy)
    edit(copy / "b.ipynb")
    (copy / "images" / "a.png").unlink()
    for name in ("a", "b"):
        (source / f"{name}.ipynb").unlink()
    assert lab.copy_tutorials(source, copy) == []
    assert sorted(contents(copy)) == [".copied.json", "b.ipynb", "images/a.png"]


def test_a_copy_that_is_no_longer_a_notebook_is_kept(folders: Any) -> None:
    source, copy = folders
    lab.copy_tutorials(source, copy)
    (copy / "a.ipynb").write_text("half a note")
    edit(source / "a.ipynb", "newer = 3")
    assert lab.copy_tutorials(source, copy) == ["a.ipynb"]
    assert (copy / "a.ipynb").read_text() == "half a note"


def test_the_environment_leaves_logs_to_the_terminal(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "fonts"))
    monkeypatch.setenv("JUPYTER_PATH", "/elsewhere")
    settings = lab.environment(tmp_path)
    assert settings == {
        "JUPYTER_PATH": os.pathsep.join((str(tmp_path), str(lab.EXTENSIONS), "/elsewhere")),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    assert list((tmp_path / "fonts").glob("fontlist*.json"))
    listed = subprocess.run(
        [sys.executable, "-m", "jupyter", "kernelspec", "list", "--json"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **settings},
    )
    spec = json.loads(listed.stdout)["kernelspecs"]["python3"]["spec"]
    assert spec["argv"][0] == sys.executable
    assert "--IPKernelApp.capture_fd_output=False" in spec["argv"]


def test_saving_in_jupyterlab_leaves_the_tracked_tutorials_alone(tmp_path: pathlib.Path) -> None:
    """Save as JupyterLab's autosave does, with the same requests."""
    tracked = contents(ROOT / "notebooks")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = f"import pathlib, lab; lab.COPY = pathlib.Path({str(tmp_path / 'lab')!r}); lab.main()"
    options = ("--no-browser", "--ServerApp.token=", "--ServerApp.password=", "--ServerApp.disable_check_xsrf=True")
    command = [sys.executable, "-c", start, *options, f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    with subprocess.Popen(command, cwd=ROOT / "tests", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert "`make lab-reset` puts it aside" in process.stdout.readline()
            url = f"http://127.0.0.1:{port}/api/contents/01_sequential.ipynb"
            opened = json.loads(get(url))
            edited = {"type": "notebook", "content": opened["content"] | {"cells": opened["content"]["cells"][:1]}}
            get(urllib.request.Request(url, json.dumps(edited).encode(), {"Content-Type": "application/json"}, method="PUT"))
            assert len(nbformat.read(tmp_path / "lab" / "01_sequential.ipynb", 4).cells) == 1
        finally:
            process.send_signal(signal.SIGTERM)
    assert contents(ROOT / "notebooks") == tracked


def get(url: Any) -> bytes:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.read()
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_a_reset_moves_the_copy_aside(tmp_path: pathlib.Path) -> None:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "mine").touch()
    for _ in range(2):  # the second time, there is nothing to move aside
        subprocess.run(["make", "-f", ROOT / "Makefile", "lab-reset"], check=True, cwd=tmp_path, capture_output=True)
    assert [str(path.relative_to(tmp_path))[:6] for path in tmp_path.rglob("mine")] == ["lab-20"]
