"""What people install: the wheel and the sdist, built and installed with no Node in sight."""

from __future__ import annotations

import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest

import seqwidget

ROOT = pathlib.Path(__file__).parents[1]
NO_NODE = {**os.environ, "PATH": "/usr/sbin:/sbin"}
BUNDLES = {"seqwidget/static/summary.js", "seqwidget/static/summary.css"}


def build(source: pathlib.Path, target: pathlib.Path, kind: str) -> pathlib.Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    done = subprocess.run(command, cwd=source, env=NO_NODE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (built,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Build the sdist from a copy of what git tracks, and the wheel from that sdist."""
    folder = tmp_path_factory.mktemp("package")
    copy = folder / "checkout"
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    with tarfile.open(build(copy, folder / "sdist", "sdist")) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    assert (unpacked / "js/src/summary.tsx").exists()
    assert not (unpacked / "js/node_modules").exists()
    return build(unpacked, folder / "wheel", "wheel")


def test_the_wheel_holds_the_front_end(wheel: pathlib.Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        licence = [name for name in names if name.endswith("LICENSE")]
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert names >= BUNDLES | {"seqwidget/py.typed", "seqwidget/picture/panel.css"}
    assert not any(name.startswith(("js", "tests", "notebooks")) for name in names)
    assert licence
    assert f"Version: {seqwidget.__version__}" in metadata
    required = set(re.findall(r"^Requires-Dist: ([\w-]+)", metadata, re.MULTILINE))
    assert required == {"tensorflow", "keras", "ipywidgets", "anywidget", "numpy", "pillow"}


def test_the_wheel_installs_and_works_without_node(wheel: pathlib.Path, tmp_path: pathlib.Path) -> None:
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, str(tmp_path / "env")], check=True, env=NO_NODE)
    python = tmp_path / "env/bin/python"
    subprocess.run([*uv, "pip", "install", "-q", "--no-deps", "--python", str(python), str(wheel)], check=True, env=NO_NODE)
    # What it needs is lent by this environment: only seqwidget itself is under test.
    lent = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
    code = (
        f"import sys; sys.path.append({lent!r}); import keras, seqwidget; print(seqwidget.__file__); "
        "panel = seqwidget.Summary(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])); print(len(panel._esm), panel)"
    )
    done = subprocess.run([python, "-c", code], cwd=tmp_path, env=NO_NODE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert str(tmp_path) in done.stdout
    assert "dense (Dense)" in done.stdout


def test_a_wheel_without_the_front_end_is_refused(tmp_path: pathlib.Path) -> None:
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "seqwidget", tmp_path / "seqwidget", ignore=shutil.ignore_patterns("static", "__pycache__"))
    (tmp_path / "js").mkdir()
    (tmp_path / "js/build.mjs").write_text("// builds nothing")
    (tmp_path / "js/package.json").write_text('{"name": "x", "version": "1.0.0"}')
    (tmp_path / "js/package-lock.json").write_text('{"name": "x", "version": "1.0.0", "lockfileVersion": 3, "packages": {}}')
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    done = subprocess.run(command, cwd=tmp_path, env=NO_NODE, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "seqwidget/static lacks summary.js, summary.css" in done.stderr


def test_the_version_has_one_source() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "seqwidget/_version.py"
    listed = subprocess.run(
        ["git", "grep", "-lF", f'"{seqwidget.__version__}"', "--", "*.py", "*.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.stdout.split() == ["seqwidget/_version.py"]


def test_importing_is_cheap() -> None:
    code = "import sys, seqwidget; print([name for name in ('keras', 'tensorflow', 'numpy', 'IPython') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("bundle", sorted(BUNDLES))
def test_bundles_are_small(bundle: str) -> None:
    assert len(gzip.compress((ROOT / bundle).read_bytes())) <= 40_000


def test_nothing_names_a_machine_or_a_registry() -> None:
    pattern = r'(^|[^A-Za-z0-9./_-])/(work|farm|root)/|"resolved": *"http|(--extra)?-index-url|url = "http'
    found = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", ".", ":!tests/test_package.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in found.stdout.splitlines() if "--no-emit-index-url" not in line] == []
