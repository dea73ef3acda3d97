"""Draw the connections between the blocks of a diagram, in a model that is not a chain.

Blocks that follow each other are connected by a short line. An arc above the blocks shows each
other connection. An arc within another one is lower, so that arcs cross only where they overlap.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from ..model.records import Facts

_STEP, _ABOVE, _BEND, _APART, _CLEAR = 7.0, 6.0, 5.0, 3.0, 2.0  # px

EDGE = -3

Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Arc:
    """A connection between two blocks, from left to right: their rows, its ends in px, and its SVG path."""

    source: int
    target: int
    left: float
    right: float
    path: str


class Place(NamedTuple):
    """Where a block is, in px: its edges, its centre, and the height of its middle."""

    row: int
    left: float
    right: float
    top: float
    center: float
    middle: float

    @property
    def is_edge(self) -> bool:
        """Whether it is an edge of a line of blocks, where a connection goes on in another line."""
        return self.row == EDGE


def connected(stack: Facts, rows: Sequence[int]) -> list[Pair]:
    """Return which blocks of a model that is not a chain are connected, by their positions.

    Parameters
    ----------
    stack : Facts
        The facts about the model.
    rows : sequence of int
        The first row of each block; -1 for the input.
    """
    block, at = {}, -1
    for row in range(-1, len(stack.rows)):
        at += at + 1 < len(rows) and rows[at + 1] == row
        block[row] = at
    ends = (
        (-1 if edge.source is None else edge.source, edge.target)
        for edge in stack.graphs.get(None, ())
        if edge.target is not None
    )
    pairs = ((block[source], block[target]) for source, target in ends)
    return list(dict.fromkeys((source, target) for source, target in pairs if 0 <= source < target))


def heights(pairs: Iterable[Pair]) -> dict[Pair, int]:
    """Return the level of each arc, counted from 1; 0 for blocks that follow each other."""
    found: dict[Pair, int] = {}
    for source, target in sorted(pairs, key=lambda pair: (pair[1] - pair[0], pair)):
        taken = {found[a, b] for a, b in found if a < target and source < b}
        levels = (level for level in itertools.count(1) if level not in taken)
        found[source, target] = 0 if target == source + 1 else next(levels)
    return found


def lift(pairs: Iterable[Pair]) -> float:
    """Return the height of all arcs in px."""
    highest = max(heights(pairs).values(), default=0)
    return _STEP * highest + _ABOVE if highest else 0.0


def arcs(places: Sequence[Place], pairs: Iterable[Pair], top: float) -> tuple[Arc, ...]:
    """Return the connections of blocks, with the arcs above ``top``."""
    return tuple(
        _arc(places[source], places[target], top - _ABOVE - _STEP * (level - 1) if level else None)
        for (source, target), level in sorted(heights(pairs).items())
    )


def _arc(source: Place, target: Place, y: float | None) -> Arc:
    if y is None:
        left, right = source.right + _CLEAR, target.left - _CLEAR
        path = f"M{_px(left)} {_px(source.middle)}L{_px(right)} {_px(target.middle)}"
    else:
        left, right = source.center + _APART, target.center - _APART
        bend = _px(y + _BEND)
        up = f"M{_px(left)} {_px(source.top - _CLEAR)}V{bend}Q{_px(left)} {_px(y)} {_px(left + _BEND)} {_px(y)}"
        down = f"H{_px(right - _BEND)}Q{_px(right)} {_px(y)} {_px(right)} {bend}V{_px(target.top - _CLEAR)}"
        path = (f"M{_px(left)} {_px(y)}" if source.is_edge else up) + (f"H{_px(right)}" if target.is_edge else down)
    return Arc(source.row, target.row, left, right, path)


def in_line(places: Sequence[Place], first: int, pairs: Iterable[Pair], width: float, top: float) -> tuple[Arc, ...]:
    """Return the connections of the blocks in one line of several.

    Connections to other lines lead to an edge of the line.

    Parameters
    ----------
    places : sequence of Place
        The blocks of the line.
    first : int
        The position of the first of them among all blocks.
    pairs : iterable of (int, int)
        The connections of all blocks.
    width, top : float
        The width of the line, and the height of its highest block, in px.
    """
    middle = places[0].middle
    around = [Place(EDGE, x, x, top, x, middle) for x in (_CLEAR, width - _CLEAR)]
    moved = ((source + 1, target + 1) for source, target in of_line(pairs, first, len(places)))
    return arcs([around[0], *places, around[1]], moved, top)


def of_line(pairs: Iterable[Pair], first: int, count: int) -> list[Pair]:
    """Return the connections in a line of blocks, counted from its first one; -1 and ``count`` are its edges."""
    moved = ((max(source - first, -1), min(target - first, count)) for source, target in pairs)
    return list(dict.fromkeys((a, b) for a, b in moved if a < count and b >= 0 and (a >= 0 or b < count)))


def _px(value: float) -> str:
    return f"{round(value, 1):g}"
