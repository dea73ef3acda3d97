"""A package imports only packages listed above it in CONTRIBUTING.md, and no module is part of an import cycle."""

from __future__ import annotations

import ast
import graphlib
import pathlib
import re

import pytest

from .house import PACKAGE, PACKAGES, ROOT, with_map

MODULES = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sorted(PACKAGE.rglob("*.py"))}
NAMES = frozenset(MODULES.values())
MOST_LINES = 350


def imports(path: pathlib.Path) -> set[str]:
    """Return the modules of seqwidget that a module imports anywhere in its code, including lazy and type-checking imports."""
    package = MODULES[path].split(".")[:-1]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not [alias.name for alias in node.names if alias.name.startswith("seqwidget")], "imports are relative"
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] != "seqwidget", "imports are relative"
            if node.level:
                home = ".".join([*package[: len(package) - node.level + 1], *([node.module] if node.module else [])])
                found |= {name if (name := f"{home}.{alias.name}") in NAMES else home for alias in node.names}
    return found


IMPORTS = {MODULES[path]: imports(path) for path in MODULES}


def package(module: str) -> str:
    return module.split(".")[1]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_imports_only_packages_below(name: str) -> None:
    own = [module for module in IMPORTS if package(module) == name]
    assert own
    allowed = {*PACKAGES[: PACKAGES.index(name) + 1], "_version"}
    assert {(module, other) for module in own for other in IMPORTS[module] if package(other) not in allowed} == set()


def test_no_module_is_part_of_an_import_cycle() -> None:
    tuple(graphlib.TopologicalSorter(IMPORTS).static_order())


def test_every_package_is_listed() -> None:
    assert {package(module) for module in IMPORTS} == {*PACKAGES, "__init__", "_version"}


def test_no_file_is_long() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_the_map_is_that_of_the_docstrings() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert with_map(text) == text, "run make format to update the map"


def test_private_keras_names_are_in_one_package() -> None:
    private = re.compile(
        r"keras\.src\b|\b_(keras_history|functional|tracker|nodes_by_depth|trackable_children|maybe_rebuild|inbound_nodes|"
        r"outbound_nodes|compile_config|trainable_variables|flatten_layers|run_through_graph|standardize_inputs|"
        r"call_context_args|open_name_scope|outputs_struct|inputs_struct|is_layer_name_unique)\b"
    )
    elsewhere = [path for path in MODULES if path.parent.name != "keras_compat"]
    found = {str(path.relative_to(ROOT)): private.search(path.read_text(encoding="utf-8")) for path in elsewhere}
    assert {name: names for name, names in found.items() if names} == {}


def test_state_of_the_process_is_listed() -> None:
    """A module's lower-case names are what it changes at run time, a logger, or a function made by `operator`."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("### State")[2].partition("## Tests")[0]
    rows = re.findall(r"^\| `([\w/.]+)` \| (.*) \|$", text, re.MULTILINE)
    listed = {(path, name) for path, names in rows for name in re.findall(r"`(\w+)`", names)}
    found = set()
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("operator."):
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            found |= {(str(path.relative_to(PACKAGE)), name) for name in names if re.fullmatch("_?[a-z][a-z_]*", name)}
    assert {one for one in found if one[1] != "_logger"} == listed
