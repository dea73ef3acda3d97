"""The types and tables of the front end are those that Python declares."""

from __future__ import annotations

import pytest

from js.generate import GENERATED, files

FILES = files()


def test_there_is_no_other_file() -> None:
    assert {path.name for path in GENERATED.iterdir()} == FILES.keys()


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_up_to_date(name: str) -> None:
    assert (GENERATED / name).read_text(encoding="utf-8") == FILES[name], "run make build"
