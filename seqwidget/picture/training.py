"""What trains as a plain table: what a terminal, a saved notebook and a notebook test see of the switches."""

from __future__ import annotations

from ..stack.records import LayerRow, Stack
from ..stack.said import joined, said
from ..stack.trainable import switches
from . import words
from .text import one_line, table

_HEADERS = (
    "#",
    said("Layer (type)"),
    said("Trains"),
    said("Flag"),
    said("Compiled step"),
    said("Params"),
    said("Trainable"),
)
_SWITCH = {"on": said("yes"), "off": said("no"), "mixed": said("in part"), "": words.DASH}
_STALE = {True: said("stale"), False: said("agrees"), None: words.DASH}


def training(stack: Stack) -> str:
    """Give a line a layer of what trains, the totals, what is stale, and what frozen means where it needs saying."""
    body = [_cells(row, state) for row, state in zip(stack.rows, switches(stack.rows), strict=True)]
    totals = stack.totals
    foot = ["", said("total"), "", "", "", words.count(totals.params), words.count(totals.trainable_params)]
    trained, count = words.count(totals.trainable_params), words.count(totals.params)
    share = said("{trained} of {count} params train", trained=trained, count=count)
    below = [stack.stale] if stack.stale else []
    below += [joined(": ", (one_line(row.path), note)) for row in stack.rows for note in row.training_notes]
    title = joined(": ", (one_line(stack.name), joined(", ", (share, words.STATES[stack.state]))))
    return table(title, _HEADERS, body, foot, right={0, 5, 6}, below=below)


def _cells(row: LayerRow, state: str) -> list[str]:
    return [
        "" if row.depth else str(row.index),
        joined("", ("  " * row.depth, one_line(row.name), f" ({row.type})")),
        _SWITCH[state],
        said("trainable") if row.trainable else said("frozen"),
        _STALE[row.stale],
        words.count(row.params),
        words.count(row.trainable_params),
    ]
