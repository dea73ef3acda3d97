"""Find the notes on a model, and put them on its rows.

The results for leading rows that have not changed are used again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple, Protocol

import keras

from ..model.edges import Edge
from ..model.receptive_field import Field
from ..model.records import LayerRow, Note, same
from ..model.session import part
from .layouts import of_layouts
from .notes import about_most, input_size, note, of_layer, sees_whole_input
from .silence import is_silent, silenced
from .stack_layers import stack_layers


class _Last(NamedTuple):
    """The previous result for a model, and the state for which it was computed.

    The fields are: the state (whether the model was compiled, and the silenced keys); the rows
    without notes; the notes on each row by itself; the first row whose cells all see the whole
    input; the notes that follow from all rows; and the rows with all notes.
    """

    state: tuple[bool, list[str]]
    rows: list[LayerRow]
    own: list[tuple[Note, ...]]
    beyond: int | None
    of_all: dict[int, tuple[Note, ...]]
    with_notes: list[LayerRow]


class NotesCache:
    """The part of a model's session that holds the previous result, if there is one."""

    def __init__(self) -> None:
        self.last: _Last | None = None


class Found(Protocol):
    """What was found in a model, in addition to its rows.

    Attributes
    ----------
    layers
        The layer of each row.
    fields
        The receptive field after each row, by the position of the row.
    unconnected
        The models whose rows do not show how their layers are connected, and whether each of them
        runs its own code. The keys are positions of rows; None is the model itself.
    graphs
        The edges of each model that is not linear.
    """

    layers: list[keras.Layer]
    fields: dict[int, Field]
    unconnected: dict[int | None, tuple[keras.Model, bool]]
    graphs: dict[int | None, tuple[Edge, ...]]


def with_notes(model: keras.Model, rows: list[LayerRow], found: Found) -> tuple[list[LayerRow], list[Note]]:
    """Find the notes on a model, except those that are silenced.

    Parameters
    ----------
    model
        The model.
    rows
        Its rows. The rows of a nested model's layers follow the row of that model.
    found
        What was found in the model, in addition to the rows.

    Returns
    -------
    tuple
        The rows with their notes, and a list of all notes: those on the whole model, then those on
        the rows, in order.
    """
    state = bool(model.compiled), silenced()
    kept = part(model, NotesCache)
    last = kept.last
    if last is None or last.state != state:
        last = _Last(state, rows=[], own=[], beyond=None, of_all={}, with_notes=[])
    start = same(last.rows, rows)
    own = [*last.own[:start], *[()] * (len(rows) - start)]
    looked_at = set(range(start, len(rows)))
    for position, layer in stack_layers(rows, found.layers, found.graphs, start, compiled=state[0]):
        own[position] = _told(of_layer(position, layer))
        looked_at.add(position)
    first = last.beyond if last.beyond is not None and last.beyond < start else None
    if first is None:
        first = next((at for at in range(start, len(rows)) if sees_whole_input(rows[at], found.fields[at])), None)
    of_all: dict[int, tuple[Note, ...]] = {}
    seen_beyond = () if first is None else (note("field-beyond-input", first, **input_size(found.fields[first])),)
    unlinked = [
        note("own-code" if own_code else "not-a-stack", at, name=one.name, type=type(one).__name__)
        for at, (one, own_code) in found.unconnected.items()
    ]
    others = [*unlinked, *of_layouts(model, rows, found.layers)]
    inner = [one for one in others if one.row is not None]
    for one in _told((*seen_beyond, *about_most(rows), *inner)):
        of_all[one.row] = (*of_all.get(one.row, ()), one)  # type: ignore[index, arg-type]
    seen = [*last.with_notes[:start], *rows[start:]]
    for at in looked_at.union(of_all, (at for at in last.of_all if at < len(rows))):
        seen[at] = _with(rows[at], (*of_all.get(at, ()), *own[at]), seen[at])
    kept.last = _Last(state, rows, own, first, of_all, seen)
    whole = [one for one in others if one.row is None]
    return seen, [*_told(whole), *(one for row in seen for one in row.notes)]


def _told(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(one for one in notes if not is_silent(one))


def _with(row: LayerRow, notes: tuple[Note, ...], before: LayerRow) -> LayerRow:
    """Return a row with notes.

    ``before`` is the previous result, which is returned if its notes are the same.
    """
    if not notes:
        return row
    return before if before.notes == notes else replace(row, notes=notes)
