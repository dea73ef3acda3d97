"""nbval really checks the tutorials: if any stored figure is changed, it reports the cell."""

from __future__ import annotations

import base64
import io
import pathlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams, get_sanitize_patterns
from PIL import Image, ImageOps

from . import strict

ROOT = pathlib.Path(__file__).parents[2]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
SANITIZE = get_sanitize_patterns((ROOT / "tests/notebooks/sanitize.cfg").read_text())
WIDGET = "application/vnd.jupyter.widget-view+json"  # only a random id, and not compared: there is a text as well
# Differences that sanitize.cfg hides, with the reason.
HIDDEN = {
    "05_with_a_model": [f"Cell 6: {kind} {change}" for kind in ("JPEG", "PNG") for change in ("other colours", "upside down")]
}

# Cells whose outputs are not compared, by id: losses and times differ between machines.
UNCHECKED = {"07_live_training": ["panel"]}


def collected(path: pathlib.Path, session: pytest.Session) -> list[IPyNbCell]:
    """Return the code cells of a notebook as nbval reads them; there is no kernel."""
    file = IPyNbFile.from_parent(session, path=path)
    strict.pytest_collectstart(file)
    file.sanitize_patterns.update(SANITIZE)
    items = list(file.collect())
    for item in items:
        strict.pytest_itemcollected(item)
    return items


def changed(text: str) -> Iterator[tuple[str, str]]:
    """Yield the text with one digit changed, for each digit in turn, and its surroundings."""
    for digit in re.finditer(r"[0-9]", text):
        at = digit.start()
        yield text[max(0, at - 40) : at + 20], f"{text[:at]}{(int(digit[0]) + 1) % 10}{text[at + 1 :]}"


def mutants(output: Any) -> Iterator[tuple[str, Any]]:
    """Yield the output with one digit changed, for each digit in turn, and its surroundings; its plain text comes first."""
    for key in {"stream": ["text"], "error": ["ename", "evalue"]}.get(output.output_type, []):
        for place, text in changed(output[key]):
            yield place, nbformat.from_dict(output | {key: text})
    for place, text in changed("\n".join(output.get("traceback", []))):
        yield place, nbformat.from_dict(output | {"traceback": text.split("\n")})
    data = output.get("data", {})
    for kind in sorted(data.keys() - {WIDGET, *strict.PICTURES}, reverse=True):
        for place, text in changed(data[kind]):
            yield place, nbformat.from_dict(output | {"data": data | {kind: text}})
    for kind in data.keys() & strict.PICTURES:
        for place, picture in redrawn(data[kind]):
            yield place, nbformat.from_dict(output | {"data": data | {kind: picture}})


def redrawn(data: str) -> Iterator[tuple[str, str]]:
    """Return the picture upside down, in other colours, and a row of pixels shorter."""
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    for name, other in {
        "upside down": ImageOps.flip(picture),
        "other colours": ImageOps.invert(picture),
        "shorter": picture.crop((0, 0, picture.width, picture.height - 1)),
    }.items():
        other.save(file := io.BytesIO(), picture.format)
        yield f"{picture.format} {name}", base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_any_changed_digit_is_a_difference(path: pathlib.Path, request: pytest.FixtureRequest) -> None:
    tried, missed = 0, []
    items = collected(path, request.session)
    assert [item.cell.id for item in items if not item.options["check"]] == UNCHECKED.get(path.stem, [])
    for item in (item for item in items if item.options["check"]):
        assert not item.options["skip"], "a cell that is not run"
        item.format_output_compare = lambda *_: None  # formatting a report takes long
        stored = coalesce_streams(item.cell.outputs)
        assert item.compare_outputs(stored, stored)
        for at, output in enumerate(stored):
            for place, mutant in mutants(output):
                tried += 1
                if item.compare_outputs([*stored[:at], mutant, *stored[at + 1 :]], stored):
                    missed.append(f"{item.name}: {place}")
    assert tried > 100
    assert sorted(missed) == HIDDEN.get(path.stem, [])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_widget_has_a_text_beside_it(path: pathlib.Path) -> None:
    widgets = 0
    for cell in nbformat.read(path, 4).cells:
        data = [output.get("data", {}) for output in cell.get("outputs", [])]
        panels = [one["text/plain"] for one in data if "seqwidget" in one.get("text/html", "")]
        shown = sum(WIDGET in one for one in data)
        assert len(panels) == shown
        assert all(len(panel.splitlines()) > 3 for panel in panels)
        widgets += shown
    assert widgets > 0


def test_a_real_run_fails_in_the_cells_that_were_changed_and_in_no_other(tmp_path: pathlib.Path) -> None:
    notebook = nbformat.read(NOTEBOOKS[0], 4)
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"][:12]
    wrong = set()
    for number, cell in enumerate(notebook.cells):
        for at, output in enumerate(cell.outputs):
            if (mutant := next(mutants(output), None)) and number % 2 == 0:
                cell.outputs[at] = mutant[1]
                wrong.add(f"Cell {number}")
                break
    nbformat.write(notebook, tmp_path / "changed.ipynb")
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    flags = re.search(r"^NBVAL := (.*)$", makefile, re.MULTILINE)[1]  # as in `make test`
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", *shlex.split(flags), f"--junitxml={tmp_path}/run.xml"]
    subprocess.run([*command, tmp_path], cwd=ROOT, capture_output=True, check=False)
    ran = {case.get("name"): case.find("failure") is not None for case in ET.parse(tmp_path / "run.xml").iter("testcase")}
    assert {name for name, failed in ran.items() if failed} == wrong
    assert 2 < len(wrong) < len(ran) == 12
