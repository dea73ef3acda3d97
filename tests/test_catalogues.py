"""Each shipped catalogue has exactly the messages of the Python code; js/test/texts.test.ts checks those of the front end."""

from __future__ import annotations

import ast
import json
import pathlib
import string
from collections.abc import Iterator
from typing import Any

import pytest

PACKAGE = pathlib.Path(__file__).parents[1] / "seqwidget"
FILES = sorted((PACKAGE / "locale").glob("*.json"))
PATTERNS = {"said": 1, "phrase": 1, "counted": 2}
"""How many patterns each function takes; the last one is the key in the catalogue."""

# These translate a pattern that is stored elsewhere, where the literal is marked with `phrase`.
STORED_PATTERNS = {
    "training/recompile.py": {"one, many"},
    "render/feature_maps_text.py": {"one, many"},
    "render/scales.py": {"one, many"},
    "render/text.py": {"pattern"},
    "diagnosis/rules/windows.py": {"what"},
    "codegen/writer.py": {"gone"},
    "diagnosis/fixes/common.py": {"what"},
    "lint/notes.py": {"pattern", "text"},
    "activations/inputs.py": {"doubt"},
    "model/selection.py": {"none", "nothing", "wrong"},
    "model/training_state.py": {"one, many"},
}


def calls() -> Iterator[tuple[str, str, list[ast.expr]]]:
    """Return every call that translates a message: the file, the function and the patterns."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if name != "i18n/messages.py" and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                patterns = node.args[: PATTERNS.get(node.func.id, 0)]
                if patterns:
                    yield name, node.func.id, patterns


def texts() -> dict[str, list[list[str]]]:
    """Return the forms of every message, one or two, by the last pattern."""
    found: dict[str, list[list[str]]] = {}
    for _, function, patterns in calls():
        forms = [one.value for one in patterns if isinstance(one, ast.Constant)]
        if len(forms) == len(patterns):
            found.setdefault(forms[-1], []).append(forms)
            if function == "phrase":  # a stored phrase may also be used with a number
                found[forms[-1]].append(forms * 2)
    return found


def placeholders(pattern: str) -> set[tuple[Any, ...]]:
    """Return the placeholders of a pattern, each with its format."""
    return {gap[1:] for gap in string.Formatter().parse(pattern) if gap[1] is not None}


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a dict from JSON, and check that each key occurs once."""
    assert len(dict(pairs)) == len(pairs), sorted(key for key, _ in pairs)
    return dict(pairs)


def catalogue(path: pathlib.Path) -> dict[str, dict[str, str | list[str]]]:
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique_keys)


def test_only_literals_are_translated() -> None:
    stored: dict[str, set[str]] = {}
    for file, _, patterns in calls():
        if not all(isinstance(one, ast.Constant) for one in patterns):
            stored.setdefault(file, set()).add(", ".join(map(ast.unparse, patterns)))
    assert stored == STORED_PATTERNS


def test_separators_have_no_words() -> None:
    between = [
        node.args[0].value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "joined"
    ]
    assert between
    assert not any(char.isalpha() for char in "".join(between))


def test_portuguese_ships() -> None:
    assert [path.stem for path in FILES] == ["pt"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
class TestCatalogue:
    def test_has_exactly_the_texts(self, path: pathlib.Path) -> None:
        sections = catalogue(path)
        assert sections.keys() == {"page", "kernel"}
        assert sections["kernel"].keys() == texts().keys() - sections["page"].keys()

    def test_has_the_placeholders_of_the_english_text(self, path: pathlib.Path) -> None:
        entries = {text: entry for section in catalogue(path).values() for text, entry in section.items()}
        for text, ways in texts().items():
            told = entries[text] if isinstance(entries[text], list) else [entries[text]]
            assert [placeholders(one) for one in told] in [[placeholders(one) for one in forms] for forms in ways], text
