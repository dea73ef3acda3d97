"""Each cell of README's table of backends is what happens on that backend; `make test-all` runs this on all three."""

from __future__ import annotations

import pytest

from .backend_table import CELLS, COLUMNS
from .backends import BACKEND


@pytest.mark.parametrize(("column", "cell"), list(zip(COLUMNS, CELLS[BACKEND][1:], strict=True)))
def test_a_cell_of_the_table(column: str, cell: str) -> None:
    assert COLUMNS[column]() == cell
