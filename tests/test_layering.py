"""Which part of the package may import which: facts travel up, and nothing imports upwards."""

from __future__ import annotations

import ast
import pathlib

import pytest

PACKAGE = pathlib.Path(__file__).parents[1] / "seqwidget"
MAY_IMPORT = {
    "stack": set(),
    "picture": {"stack"},
    "live": {"stack"},
    "widgets": {"stack", "picture", "live"},
}


def imported_parts(path: pathlib.Path) -> set[str]:
    """Give the parts of seqwidget that a module of one of them names in its imports."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom | ast.Import)]
    absolute = [name for node in nodes for name in [*(alias.name for alias in node.names), getattr(node, "module", "") or ""]]
    assert not [name for name in absolute if name.split(".")[0] == "seqwidget"], "the package imports itself relatively"
    relative = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.level == 2]
    return {node.module.split(".")[0] if node.module else node.names[0].name for node in relative}


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_imports_go_down(part: str) -> None:
    modules = list((PACKAGE / part).rglob("*.py"))
    assert modules
    upwards = {path.name: imported_parts(path) - MAY_IMPORT[part] for path in modules}
    # Stack.to_html() and the like are methods; the drawing is looked up when one is called.
    expected = {"records.py": {"picture"}} if part == "stack" else {}
    assert {name: parts for name, parts in upwards.items() if parts} == expected


def test_every_part_is_named_here() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == MAY_IMPORT.keys()
