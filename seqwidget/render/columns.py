"""Define the columns of all layer tables: plain text, HTML, and the live panels.

The build writes `COLUMNS` to ``js/src/generated/tables.ts``, so that the page has the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ..i18n.messages import Text, joined, message
from ..model.records import LayerRow, Totals
from . import formatting

Table: TypeAlias = Literal["static", "summary", "trainable"]
"""A table with layers in its rows: text and HTML without a kernel, or one of the live panels."""

Format: TypeAlias = Literal[
    "position",
    "layer",
    "switch",
    "shape",
    "count",
    "short",
    "memory",
    "bytes",
    "window",
    "receptive_field",
    "flag",
    "step",
    "word",
    "sentences",
    "updates",
    "time",
    "time_parts",
]
"""How a cell is written. Each table draws ``layer`` and ``switch`` in its own way; only live tables draw what was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes
    ----------
    id
        The field of `LayerRow` that the column shows, unless the format needs the whole row.
    header
        The text above the column.
    format
        How a cell is written.
    tables
        The tables that have the column.
    importance
        In a narrow panel, the columns with the smallest importance are hidden first; the column of
        the layers is always shown.
    number
        Whether the cells are numbers, which are aligned to the right.
    exact
        How the exact value is written, which a tooltip shows; None if the cell has it already.
    total
        Whether the last row has the sum, which is the field of `Totals` with the same name.
    each
        Whether the value in a row of repeated layers is that of each layer.
    hidden
        Whether the user has to select the column to see it.
    width
        Width in px, for a column with texts that are cut or wrapped.
    """

    id: str
    header: Text
    format: Format
    tables: tuple[Table, ...]
    importance: int
    number: bool = False
    exact: Format | None = None
    total: bool = False
    each: bool = False
    hidden: bool = False
    width: int | None = None

    def text(self, row: LayerRow) -> Text:
        """Return the text of a cell; a dash if its value exists but is not known."""
        of_row = _OF_ROW.get(self.format)
        text = of_row(row) if of_row else _OF_VALUE[self.format](getattr(row, self.id))
        return text or (formatting.DASH if self.id in row.unknown_messages else "")

    def sum(self, totals: Totals) -> Text:
        """Return the text of the cell in the last row."""
        return _OF_VALUE[self.format](getattr(totals, self.id)) if self.total else ""


_OF_VALUE: Mapping[Format, Callable[[Any], Text]] = {
    "shape": formatting.shape,
    "count": formatting.count,
    "short": formatting.short,
    "memory": formatting.memory,
    "bytes": lambda value: message("{count} bytes", count=formatting.count(value)),
    "word": lambda value: value or formatting.DASH,
}
_OF_ROW: Mapping[Format, Callable[[LayerRow], Text]] = {
    "position": lambda row: "" if row.depth else str(row.index),
    "window": formatting.window,
    "receptive_field": formatting.receptive_field,
    "flag": formatting.flag,
    "step": formatting.step,
    "sentences": lambda row: joined("; ", row.training_notes_messages),
}

_ALL: tuple[Table, ...] = ("static", "summary", "trainable")

COLUMNS = (
    Column(id="index", header="#", format="position", tables=_ALL, importance=90, number=True),
    Column(id="layer", header=message("Layer"), format="layer", tables=_ALL, importance=1000, width=140),
    Column(id="trains", header=message("Trains"), format="switch", tables=("summary", "trainable"), importance=110),
    Column(id="flag", header=message("Flag"), format="flag", tables=("trainable",), importance=70),
    Column(id="step", header=message("Compiled step"), format="step", tables=("trainable",), importance=100),
    Column(id="output_shape", header=message("Output shape"), format="shape", tables=("static", "summary"), importance=120),
    Column(
        id="params", header=message("Params"), format="count", tables=_ALL, importance=130, number=True, total=True, each=True
    ),
    Column(
        id="trainable_params",
        header=message("Trainable"),
        format="count",
        tables=("summary", "trainable"),
        importance=60,
        number=True,
        total=True,
        each=True,
        hidden=True,
    ),
    Column(id="kernel", header=message("Kernel"), format="window", tables=("static", "summary"), importance=40),
    Column(
        id="receptive_field",
        header=message("Receptive field"),
        format="receptive_field",
        tables=("static", "summary"),
        importance=30,
    ),
    Column(
        id="macs",
        header=message("Multiply-adds"),
        format="short",
        tables=("static", "summary"),
        importance=80,
        number=True,
        exact="count",
        total=True,
        each=True,
    ),
    Column(
        id="activation_bytes",
        header=message("Activation"),
        format="memory",
        tables=("static", "summary"),
        importance=50,
        number=True,
        exact="bytes",
        total=True,
        each=True,
    ),
    Column(
        id="update_ratio",
        header=message("Update / weights"),
        format="updates",
        tables=("summary",),
        importance=125,
        hidden=True,
        width=195,
    ),
    Column(
        id="measured_time",
        header=message("Time alone"),
        format="time",
        tables=("summary",),
        importance=124,
        number=True,
        exact="time_parts",
        hidden=True,
    ),
    Column(id="dtype", header=message("Dtype"), format="word", tables=("summary",), importance=10, hidden=True),
    Column(
        id="training_notes",
        header=message("Effect of freezing"),
        format="sentences",
        tables=("trainable",),
        importance=20,
        exact="sentences",
        width=230,
    ),
)


def columns_of(table: Table) -> tuple[Column, ...]:
    """Return the columns of one table, in order."""
    return tuple(column for column in COLUMNS if table in column.tables)


NARROW = range(5, len(columns_of("static")) + 1)
"""The positions of the columns that move to a second line in a narrow static panel."""


def number_positions(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return CSS selectors for the columns of numbers, with one selector for those at the end."""
    last = len(columns)
    while last and columns[last - 1].number:
        last -= 1
    single = (f":nth-child({at})" for at, column in enumerate(columns[:last], 1) if column.number)
    return (*single, *([f":nth-child(n+{last + 1})"] if last < len(columns) else []))
