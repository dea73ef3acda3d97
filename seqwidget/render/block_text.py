"""Write the lines of text at a block of a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

from ..i18n.languages import translate
from ..i18n.messages import Text, joined, message, plural
from ..model.folds import Fold
from ..model.records import Facts, LayerRow
from . import formatting
from .columns import COLUMNS
from .diagram import LONGEST_LABEL, Block
from .scales import Item
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


def lines(block: Block, item: Item, stack: Facts, columns: Sequence[TextColumn], label: str | None) -> tuple[str, ...]:
    """Return what is written at a block, with one line for each column.

    Parameters
    ----------
    block : Block
        The block.
    item : Item
        What the block shows.
    stack : Facts
        The facts about its model.
    columns : sequence of str
        The columns.
    label : str, optional
        A text in place of the first line.
    """
    if item.row:
        texts = [_of_row(column, block, item.row, item.fold) for column in columns]
    else:
        texts = [_OF_INPUT[column](stack) if column in _OF_INPUT else "" for column in columns]
    if label is not None:
        texts[:1] = [label]
    longest = 2 * LONGEST_LABEL if item.fold else LONGEST_LABEL  # the name of a fold is that of its first and its last repeat
    found = [translate(one_line(text, longest)) if text else "" for text in texts]
    if found and block.count > 1:
        found[0] += f" ×{block.count}"
    if found and block.held:
        found[columns.index("output_shape") if "output_shape" in columns else -1] += " ≈"
    return tuple(found)


def is_named(columns: Sequence[TextColumn]) -> bool:
    """Return whether the first line is a name."""
    return bool(columns) and columns[0] in _NAMES


def _of_row(column: TextColumn, block: Block, row: LayerRow, fold: Fold | None) -> Text:
    """Return the text of a column for a layer, or for a fold; see `Fold` for its row."""
    if column == "output_shape":
        return block.shape
    if column == "type" and fold and fold.layers > 1:
        return plural("{n} layer", "{n} layers", fold.layers)
    if column in _NAMES:
        return str(getattr(row, column))
    value = _COLUMNS[column].text(row)
    if value and fold and fold.layers == 1 and _COLUMNS[column].each:
        value = message("{figure} each", figure=value)
    # A shape and a dtype need no name.
    return joined(": ", (_COLUMNS[column].header, value)) if value and column != "dtype" else value
