"""What is published: the sdist, the wheel built from it, and ``pip install`` of a source tree, on a machine without Node."""

from __future__ import annotations

import gzip
import json
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
NOT_SOURCE = (
    ".git",
    ".venv*",
    ".*_cache",
    ".hypothesis",
    ".ipynb_checkpoints",
    "lab",
    "lab-[0-9]*",
    "__pycache__",
    "node_modules",
    "share",
    "static",
    "dist",
    "_build",
)
BUNDLES = {"seqwidget/static/loader.js", "seqwidget/static/front_end.js"}

SHEETS = {f"seqwidget/render/{name}.css" for name in ("theme", "panel", "diagram", "rail", "table")}
NOTICES = "seqwidget/static/THIRD_PARTY_NOTICES.txt"
EXTENSION = "share/jupyter/labextensions/seqwidget"


def uv(*arguments: str | pathlib.Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run uv with an empty PATH, and so without Node."""
    environment = {**os.environ, "PATH": "/nowhere"}
    command = [pathlib.Path(sys.executable).parent / "uv", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert not check or done.returncode == 0, done.stderr
    return done


def copy_source(folder: pathlib.Path) -> pathlib.Path:
    """Return a copy of the source tree without anything built in it."""
    return shutil.copytree(ROOT, folder / "seqwidget", ignore=shutil.ignore_patterns(*NOT_SOURCE))


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return a folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--python", sys.executable, "--out-dir", folder, copy_source(tmp_path_factory.mktemp("source")))
    return folder


@pytest.fixture(scope="module")
def wheel(dist: pathlib.Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(dist.glob("*.whl")))


def test_wheel_holds_the_package_and_its_front_end(wheel: zipfile.ZipFile) -> None:
    names = {name for name in wheel.namelist() if ".dist-info/" not in name and EXTENSION not in name}
    modules = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("seqwidget/**/*.py")}
    catalogues = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("seqwidget/locale/*/LC_MESSAGES/*")}
    assert names == modules | BUNDLES | catalogues | {"seqwidget/py.typed", *SHEETS, NOTICES}


def test_wheel_holds_the_extension_which_jupyterlab_enables(dist: pathlib.Path, tmp_path: pathlib.Path) -> None:
    uv("venv", "--python", sys.executable, tmp_path / "venv")
    uv("pip", "install", "--python", tmp_path / "venv" / "bin" / "python", "--no-deps", next(dist.glob("*.whl")))
    found = tmp_path / "venv" / EXTENSION
    load = json.loads((found / "package.json").read_text())["jupyterlab"]["_build"]["load"]
    assert sorted(path.relative_to(found).as_posix() for path in found.rglob("*.*")) == ["install.json", "package.json", load]
    folders = {one: str(tmp_path / one) for one in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR")}
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **folders, "PATH": path, "JUPYTER_PATH": str(found.parents[1]), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "jupyter", "labextension", "list"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stderr
    lines = listed.partition(str(found.parent))[2].splitlines()
    assert re.sub(r"\x1b\[\d*m", "", lines[1]).split() == (
        f"seqwidget v{seqwidget.__version__} enabled OK (python, seqwidget)".split()
    )


def needs(wheel: zipfile.ZipFile) -> set[str]:
    """Return what a wheel requires."""
    return {value for name, value in metadata(wheel) if name == "Requires-Dist"}


def metadata(wheel: zipfile.ZipFile) -> list[list[str]]:
    """Return the fields of a wheel's metadata, without the description."""
    text = wheel.read(next(name for name in wheel.namelist() if name.endswith("/METADATA"))).decode()
    return [line.split(": ", 1) for line in text.split("\n\n")[0].splitlines()]


def test_wheel_states_version_python_licence_and_dependencies(wheel: zipfile.ZipFile) -> None:
    fields = metadata(wheel)
    assert ["Version", seqwidget.__version__] in fields
    assert ["Requires-Python", ">=3.11"] in fields
    assert ["License-Expression", "BSD-3-Clause"] in fields
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {f"{one}; extra == '{extra}'" for extra, each in project["optional-dependencies"].items() for one in each}
    assert needs(wheel) == {*project["dependencies"], *extras}


def test_core_is_the_same_package_without_tensorflow(
    dist: pathlib.Path, wheel: zipfile.ZipFile, tmp_path: pathlib.Path
) -> None:
    subprocess.run(["tar", "xf", next(dist.glob("*.tar.gz")), "-C", tmp_path], check=True)
    core = next(tmp_path.iterdir()) / "core"
    uv("build", "--wheel", "--python", sys.executable, "--out-dir", tmp_path / "dist", core)
    other = zipfile.ZipFile(next((tmp_path / "dist").glob("seqwidget_core-*.whl")))
    assert {one for one in needs(wheel) if not one.startswith("tensorflow")} == needs(other) != needs(wheel)
    same = {name: value for name, value in metadata(wheel) if name not in {"Name", "Requires-Dist"}}
    assert same == {name: value for name, value in metadata(other) if name not in {"Name", "Requires-Dist"}}
    files = [
        {
            one.filename.partition(".data/")[2] or one.filename: one.CRC
            for one in each.infolist()
            if ".dist-info/" not in one.filename
        }
        for each in (wheel, other)
    ]
    assert files[0] == files[1]


def test_wheel_has_the_licence_of_each_package_that_is_bundled(wheel: zipfile.ZipFile) -> None:
    notices = wheel.read(NOTICES).decode()
    lock = json.loads((ROOT / "js" / "package-lock.json").read_text())["packages"]
    needed = [f"node_modules/{name}" for name in lock[""]["dependencies"]]
    for path in needed:  # grows by the dependencies of dependencies
        needed += [
            f"node_modules/{name}" for name in lock[path].get("dependencies", ()) if f"node_modules/{name}" not in needed
        ]
    assert {"node_modules/@preact/signals-core", "node_modules/d3-array", "node_modules/internmap"} < set(needed)
    for path in needed:
        assert f"\n{path.removeprefix('node_modules/')} {lock[path]['version']} ({lock[path]['license']})\n" in notices
        assert (ROOT / "js" / path / "LICENSE").read_text().strip() in notices


@pytest.mark.parametrize("bundle", sorted(BUNDLES))
def test_bundle_is_small(wheel: zipfile.ZipFile, bundle: str) -> None:
    assert 200 < len(gzip.compress(wheel.read(bundle))) <= 60_000


def test_sdist_holds_source_and_front_end(dist: pathlib.Path) -> None:
    name = f"seqwidget-{seqwidget.__version__}"
    with tarfile.open(dist / f"{name}.tar.gz") as sdist:
        names = {member.removeprefix(f"{name}/") for member in sdist.getnames()}
    assert names >= BUNDLES | {
        NOTICES,
        "core/pyproject.toml",
        "hatch_build.py",
        "js/package-lock.json",
        "js/src/front_end.tsx",
        f"js/{EXTENSION}/package.json",
        "tests/test_package.py",
        "LICENSE",
    }
    assert not [member for member in names if "node_modules" in member]


def test_version_has_one_source(tmp_path: pathlib.Path) -> None:
    source = copy_source(tmp_path)
    files = [path for pattern in ("*.py", "*.toml", "package.json") for path in source.rglob(pattern)]
    holders = [path for path in files if f'"{seqwidget.__version__}"' in path.read_text()]
    assert holders == [source / "seqwidget" / "_version.py"]


def test_source_tree_installs_without_node(tmp_path: pathlib.Path) -> None:
    uv("venv", "--python", sys.executable, tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    uv("pip", "install", "--python", python, "--no-deps", copy_source(tmp_path))
    code = "import importlib.metadata as m, seqwidget; print(m.version('seqwidget'), seqwidget.__version__, seqwidget.__file__)"
    answer = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path).stdout.split()
    assert answer[:2] == [seqwidget.__version__] * 2
    installed = pathlib.Path(answer[2]).parents[1]
    assert tmp_path in installed.parents
    assert all((installed / bundle).stat().st_size for bundle in BUNDLES)


def test_wheel_without_front_end_is_refused_in_one_line(dist: pathlib.Path, tmp_path: pathlib.Path) -> None:
    subprocess.run(["tar", "xf", next(dist.glob("*.tar.gz")), "-C", tmp_path], check=True)
    unpacked = next(tmp_path.iterdir())
    (unpacked / "seqwidget" / "static" / "front_end.js").unlink()
    failed = uv("build", "--wheel", "--python", sys.executable, unpacked, check=False)
    assert failed.returncode != 0
    assert "the front end was not built: seqwidget/static lacks front_end.js" in failed.stderr.splitlines()
    assert "Traceback" not in failed.stderr


def test_import_needs_neither_keras_nor_tensorflow() -> None:
    code = "import sys, seqwidget; dir(seqwidget); print({'keras', 'tensorflow', 'anywidget', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "set()\n"


def test_no_file_names_a_machine_or_a_registry(tmp_path: pathlib.Path) -> None:
    pattern = re.compile(rb'(?m)(?<![\w./-])/(home|root|Users|work)/|"resolved": *"http|^--(extra-)?index-url|url = "http')
    files = [path for path in copy_source(tmp_path).rglob("*") if path.is_file() and path.name != "test_package.py"]
    assert [path.name for path in files if pattern.search(path.read_bytes())] == []
