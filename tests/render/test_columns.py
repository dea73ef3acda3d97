"""The declaration of the columns, from which all tables are drawn."""

from __future__ import annotations

from typing import get_args

from seqwidget.model.records import LayerRow, Totals
from seqwidget.render import columns
from seqwidget.render.columns import COLUMNS, columns_of, number_positions


def test_every_format_writes_cells() -> None:
    written = {*columns._OF_VALUE, *columns._OF_ROW}
    assert written == {*get_args(columns.Format)} - {"layer", "switch", "updates", "time", "time_parts"}


def test_a_column_shows_a_field() -> None:
    of_value = [column for column in COLUMNS if column.format in columns._OF_VALUE]
    assert {column.id for column in of_value} <= LayerRow.__dataclass_fields__.keys()
    assert {column.id for column in COLUMNS if column.total} <= Totals.__dataclass_fields__.keys()


def test_ids_and_importances_are_distinct() -> None:
    assert len({column.id for column in COLUMNS}) == len({column.importance for column in COLUMNS}) == len(COLUMNS)


def test_numbers_are_found_by_position() -> None:
    static = columns_of("static")
    assert number_positions(static) == (":nth-child(1)", ":nth-child(4)", ":nth-child(n+7)")
    assert number_positions(static[:3]) == (":nth-child(1)",)
