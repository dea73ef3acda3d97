"""The notes on a model, put on its rows. What was found of leading rows that are the same still is not worked out again."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import keras

from .notes import about_most, beyond, is_silent, note, of_layer, places
from .records import LayerRow, Note, same


class _Last(NamedTuple):
    """What was found the last time: rows without notes, the notes of each, the first row that looks beyond the input."""

    compiled: bool
    rows: list[LayerRow]
    notes: list[tuple[Note, ...]]
    beyond: int | None
    noted: list[LayerRow]


_NOTHING = _Last(compiled=False, rows=[], notes=[], beyond=None, noted=[])
_last: weakref.WeakKeyDictionary[Any, _Last] = weakref.WeakKeyDictionary()


def noted(model: Any, rows: list[LayerRow], layers: Sequence[Any]) -> tuple[list[LayerRow], list[Note]]:
    """Find what there is to say about a model, but for what is silenced.

    Parameters
    ----------
    model
        The model.
    rows
        Its rows, those of nested models right behind them.
    layers
        The layer of each row.

    Returns
    -------
    tuple
        The rows with their notes, and all notes in the order of the rows.
    """
    last = _last.get(model, _NOTHING)
    if last.compiled != bool(model.compiled):
        last = _NOTHING
    start = same(last.rows, rows)
    notes = [*last.notes[:start], *[()] * (len(rows) - start)]
    for position, place in places(model, rows, layers, start):
        notes[position] = of_layer(position, place)
    known = last.beyond is not None and last.beyond < start
    first = last.beyond if known else next((at for at in range(start, len(rows)) if beyond(rows, at)), None)
    of_all = [*([] if first is None else [note("field-beyond-input", first, **(beyond(rows, first) or {}))]), *about_most(rows)]
    told = list(map(_told, notes))
    for one in _told(reversed(of_all)):
        told[one.row] = (one, *told[one.row])  # type: ignore[index]
    pairs = enumerate(zip(rows, told, strict=True))
    seen = [_with(row, its, last.noted[at] if at < start else row) for at, (row, its) in pairs]
    _last[model] = _Last(bool(model.compiled), rows, notes, first, seen)
    whole = () if isinstance(model, keras.Sequential) else (note("not-a-stack", name=model.name, type=type(model).__name__),)
    return seen, list(itertools.chain(_told(whole), *told))


def _told(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(one for one in notes if not is_silent(one)) if notes else ()


def _with(row: LayerRow, notes: tuple[Note, ...], before: LayerRow) -> LayerRow:
    """Put notes on a row that has none; ``before`` is what came of that the last time."""
    if not notes:
        return row
    return before if before.notes == notes else replace(row, notes=notes)
