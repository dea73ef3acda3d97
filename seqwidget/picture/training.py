"""What trains as a plain table: what a terminal, a saved notebook and a notebook test see of the switches."""

from __future__ import annotations

from ..stack.records import LayerRow, Stack
from ..stack.trainable import switches
from . import words
from .text import one_line, table

_HEADERS = ("#", "Layer (type)", "Trains", "Flag", "Compiled step", "Params", "Trainable")
_SWITCH = {"on": "yes", "off": "no", "mixed": "in part", "": words.DASH}
_STALE = {True: "stale", False: "agrees", None: words.DASH}


def training(stack: Stack) -> str:
    """Give a line a layer of what trains, the totals, what is stale, and what frozen means where it needs saying."""
    body = [_cells(row, state) for row, state in zip(stack.rows, switches(stack.rows), strict=True)]
    totals = stack.totals
    foot = ["", "total", "", "", "", words.count(totals.params), words.count(totals.trainable_params)]
    share = f"{words.count(totals.trainable_params)} of {words.count(totals.params)} params train"
    below = [stack.stale] if stack.stale else []
    below += [f"{one_line(row.path)}: {note}" for row in stack.rows for note in row.training_notes]
    return table(f"{one_line(stack.name)}: {share}, {stack.state}", _HEADERS, body, foot, right={0, 5, 6}, below=below)


def _cells(row: LayerRow, state: str) -> list[str]:
    return [
        "" if row.depth else str(row.index),
        f"{'  ' * row.depth}{one_line(row.name)} ({row.type})",
        _SWITCH[state],
        "trainable" if row.trainable else "frozen",
        _STALE[row.stale],
        words.count(row.params),
        words.count(row.trainable_params),
    ]
