"""Render which layers train as a plain text table, for terminals, saved notebooks and tests."""

from __future__ import annotations

from ..i18n.messages import Text, joined, message
from ..model.records import Facts, LayerRow
from ..model.training_state import switches
from . import formatting
from .columns import columns_of
from .text import cell, one_line, table

_SWITCH: dict[str, Text] = {"on": message("yes"), "off": message("no"), "mixed": message("partly"), "": formatting.DASH}
# The effects of freezing are sentences below the table.
_COLUMNS = tuple(column for column in columns_of("trainable") if column.format != "sentences")


def training(stack: Facts) -> str:
    """Return a table of which layers train, with one line per layer and the totals.

    Lines below the table say what is stale, and explain effects of freezing that are not obvious.
    """
    body = [_cells(row, state) for row, state in zip(stack.rows, switches(stack.rows), strict=True)]
    totals = stack.totals
    trained, count = formatting.count(totals.trainable_params), formatting.count(totals.params)
    share = message("{trained} of {count} params train", trained=trained, count=count)
    below: list[Text] = [stack.stale_message] if stack.stale_message else []
    below += [joined(": ", (one_line(row.path), note)) for row in stack.rows for note in row.training_notes_messages]
    title = joined(": ", (one_line(stack.name), joined(", ", (share, formatting.STATES[stack.state]))))
    return table(title, _COLUMNS, body, totals, below)


def _cells(row: LayerRow, state: str) -> list[Text]:
    return [_SWITCH[state] if column.format == "switch" else cell(column, row) for column in _COLUMNS]
