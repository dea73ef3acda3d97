"""Render which layers train as a plain text table, for terminals, saved notebooks and tests."""

from __future__ import annotations

from ..i18n.messages import Text, joined, message
from ..model.records import Facts, LayerRow
from ..model.training_state import switches
from . import formatting
from .text import one_line, table

_HEADERS = (
    "#",
    message("Layer (type)"),
    message("Trains"),
    message("Flag"),
    message("Compiled step"),
    message("Params"),
    message("Trainable"),
)
_SWITCH: dict[str, Text] = {"on": message("yes"), "off": message("no"), "mixed": message("partly"), "": formatting.DASH}
_STALE: dict[bool | None, Text] = {True: message("stale"), False: message("up to date"), None: formatting.DASH}


def training(stack: Facts) -> str:
    """Return a table of which layers train, with one line per layer and the totals.

    Lines below the table say what is stale, and explain effects of freezing that are not obvious.
    """
    body = [_cells(row, state) for row, state in zip(stack.rows, switches(stack.rows), strict=True)]
    totals = stack.totals
    foot: list[Text] = [
        "",
        message("total"),
        "",
        "",
        "",
        formatting.count(totals.params),
        formatting.count(totals.trainable_params),
    ]
    trained, count = formatting.count(totals.trainable_params), formatting.count(totals.params)
    share = message("{trained} of {count} params train", trained=trained, count=count)
    below: list[Text] = [stack.stale_message] if stack.stale_message else []
    below += [joined(": ", (one_line(row.path), note)) for row in stack.rows for note in row.training_notes_messages]
    title = joined(": ", (one_line(stack.name), joined(", ", (share, formatting.STATES[stack.state]))))
    return table(title, _HEADERS, body, foot, right={0, 5, 6}, below=below)


def _cells(row: LayerRow, state: str) -> list[Text]:
    return [
        "" if row.depth else str(row.index),
        joined("", ("  " * row.depth, one_line(row.name), f" ({row.type})")),
        _SWITCH[state],
        message("trainable") if row.trainable else message("frozen"),
        _STALE[row.stale],
        formatting.count(row.params),
        formatting.count(row.trainable_params),
    ]
