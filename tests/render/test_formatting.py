"""Numbers as text, from a table that the tests of the front end read too."""

from __future__ import annotations

import json
import pathlib
from types import SimpleNamespace
from typing import Any

import pytest

from seqwidget.render import formatting

CASES = json.loads(pathlib.Path(__file__).with_name("formatting_cases.json").read_text(encoding="utf-8"))


def frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**{key: frozen(item) for key, item in value.items()})
    return tuple(frozen(item) for item in value) if isinstance(value, list) else value


@pytest.mark.parametrize(("name", "given", "expected"), [(name, *case) for name, cases in CASES.items() for case in cases])
def test_words(name: str, given: Any, expected: str) -> None:
    assert str(getattr(formatting, name)(frozen(given))) == expected


def test_cells() -> None:
    assert formatting.cells((None, 123, 123, 32)) == "123×123×32"
    assert formatting.cells((None, None, 3)) == "?×3"
    assert formatting.cells((None,)) == "1"
    assert formatting.cells(None) == "?"
