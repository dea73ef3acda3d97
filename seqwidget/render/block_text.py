"""Write the lines of text at a block of a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from ..i18n.languages import translate
from ..i18n.messages import Text, joined, message
from ..model.records import Facts, LayerRow
from . import formatting
from .columns import COLUMNS
from .diagram import LONGEST_LABEL, Block
from .text import one_line

TextColumn: TypeAlias = Literal[
    "type",
    "name",
    "output_shape",
    "dtype",
    "kernel",
    "receptive_field",
    "params",
    "trainable_params",
    "macs",
    "activation_bytes",
]
"""A column that can be written at a block."""

DEFAULT_TEXT: Sequence[TextColumn] = ("type", "output_shape")

_NAMES = ("type", "name")
_COLUMNS = {column.id: column for column in COLUMNS}
_OF_INPUT: Mapping[str, Callable[[Facts], Text]] = {
    "type": lambda _: message("Input"),
    "name": lambda _: message("Input"),
    "output_shape": lambda stack: formatting.cells(stack.input_shape),
    "dtype": lambda stack: stack.input_dtype or "",
}


def lines(block: Block, stack: Facts, columns: Sequence[TextColumn], label: str | None) -> tuple[str, ...]:
    """Return what is written at a block, with one line for each column.

    Parameters
    ----------
    block : Block
        The block.
    stack : Facts
        The facts about its model.
    columns : sequence of str
        The columns.
    label : str, optional
        A text in place of the first line.
    """
    if block.row >= 0:
        texts = [_of_row(column, stack.rows[block.row]) for column in columns]
    else:
        texts = [_OF_INPUT[column](stack) if column in _OF_INPUT else "" for column in columns]
    if label is not None:
        texts[:1] = [label]
    found = [translate(one_line(text, LONGEST_LABEL)) if text else "" for text in texts]
    if found and block.count > 1:
        found[0] += f" ×{block.count}"
    if found and block.held:
        found[columns.index("output_shape") if "output_shape" in columns else -1] += " ≈"
    return tuple(found)


def is_named(columns: Sequence[TextColumn]) -> bool:
    """Return whether the first line is a name."""
    return bool(columns) and columns[0] in _NAMES


def _of_row(column: TextColumn, row: LayerRow) -> Text:
    if column == "output_shape":
        return formatting.cells(row.output_shape)
    if column in _NAMES:
        return one_line(getattr(row, column), LONGEST_LABEL)
    value = _COLUMNS[column].text(row)
    # A shape and a dtype need no name.
    return joined(": ", (_COLUMNS[column].header, value)) if value and column != "dtype" else value
