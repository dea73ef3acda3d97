"""Draw the connections between the blocks of a diagram, in a model that is not a chain.

The layout is that of the rail beside a table, but above the blocks: each block has a dot above it,
which is on a line. The main line is the lowest one; branches and connections that skip blocks have
lines above it. In a model whose lines cross, some lines may be below the main line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from ..model.records import Facts
from .formatting import px
from .rail import lines_of

_STEP, _ABOVE, _BESIDE, _BEND, _CLEAR = 9.0, 8.0, 4.0, 12.0, 2.0  # px
_TICK, _FAR, _ARROW = 3.0, 199, 3.0  # px

EDGE = -3
"""The row of an edge of a line of blocks, where a connection continues in another line."""

Pair: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Arc:
    """A connection between two blocks, from left to right: their rows, its ends in px, and its SVG path."""

    source: int
    target: int
    left: float
    right: float
    path: str


class BlockCenter(NamedTuple):
    """The row of a block, and where its centre is, in px."""

    row: int
    center: float


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


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lines above some blocks: each with its lane, counted from 0, and the lane of each block's dot.

    Blocks are counted from 0. Their connections to blocks that are not among them lead to -1, which
    is on the left, or to ``count``, on the right.
    """

    count: int
    lines: Sequence[tuple[int, Sequence[Pair]]]
    of: Mapping[int, int]

    @property
    def height(self) -> float:
        """The height of all lines in px."""
        return _ABOVE + _STEP * max(lane for lane, _ in self.lines) + _BESIDE if self.lines else 0.0

    def part(self, first: int, count: int) -> Lanes:
        """Return the lines above some of the blocks, in the same lanes."""
        lines = []
        for lane, pairs in self.lines:
            moved = ((max(a - first, -1), min(b - first, count)) for a, b in pairs)
            if part := [pair for pair in dict.fromkeys(moved) if pair[0] < count and pair[1] >= 0]:
                lines.append((lane, part))
        return Lanes(count, lines, {at: self.of[at + first] for at in range(count) if at + first in self.of})

    def arcs(self, places: Sequence[BlockCenter], top: float, width: float = 0.0) -> tuple[Arc, ...]:
        """Return the connections of the blocks.

        Parameters
        ----------
        places : sequence of BlockCenter
            The blocks.
        top : float
            The height of the highest block in px.
        width : float
            The width of the line of blocks in px; connections to other lines lead to its ends.
        """
        ends = {at: BlockCenter(EDGE, x) for at, x in ((-1, _CLEAR), (self.count, width - _CLEAR))}
        dotted = set[int]()
        found = []
        for lane, pairs in self.lines:
            for pair in pairs:
                dots = [at for at in pair if at not in ends and at not in dotted]
                dotted.update(dots)
                source, target = (ends.get(at) or places[at] for at in pair)
                found.append(self._arc(source, target, pair, lane, dots, top - _ABOVE))
        return tuple(found)

    def above(self, at: int) -> str:
        """Return the lines above one block as an SVG path, with a tick for the block at x = 0.

        The lines are cut off where the next blocks begin. The highest lane is at y = 3.
        """
        most = max((lane for lane, _ in self.lines), default=0)
        height = {lane: f"{_STEP * (most - lane) + _TICK:g}" for lane in range(most + 1)}
        own = self.of.get(at, 0)
        found = [f"M0 {_STEP * (most - own):g}v{2 * _TICK:g}"] if at in self.of else []
        for lane, pairs in self.lines:
            y, dot = height[lane], height[own]
            if any(source < at < target for source, target in pairs):
                found.append(f"M-{_FAR} {y}H{_FAR}")
            if any(target == at for _, target in pairs):
                found.append(f"M-{_FAR} {y}" + ("H0" if lane == own else f"H-{_BEND:g}Q0 {y} 0 {dot}"))
            if any(source == at for source, _ in pairs):
                found.append(f"M0 {dot}" + ("" if lane == own else f"Q0 {y} {_BEND:g} {y}") + f"H{_FAR}")
        return "".join(found).replace(f"M-{_FAR} {height[own]}H0M0 {height[own]}H{_FAR}", f"M-{_FAR} {height[own]}H{_FAR}")

    def _arc(self, source: BlockCenter, target: BlockCenter, pair: Pair, lane: int, dots: Sequence[int], lowest: float) -> Arc:
        start, y, end = (px(lowest - _STEP * one) for one in (self.of.get(pair[0], lane), lane, self.of.get(pair[1], lane)))
        x, last = source.center, target.center
        bend = min(_BEND, (last - x) / 2)
        away = f"Q{px(x)} {y} {px(x + bend)} {y}" if start != y else ""
        to = f"H{px(last - bend)}Q{px(last)} {y} {px(last)} {end}" if end != y else f"H{px(last)}"
        tip = last - bend
        arrow = _arrow(tip, float(y)) if end != y and tip - x - bend > _ARROW else ""
        points = {pair[0]: x, pair[1]: last}
        marks = "".join(_dot(points[at], lowest - _STEP * self.of[at]) for at in dots)
        return Arc(source.row, target.row, x, last, f"M{px(x)} {start}{away}{to}{arrow}{marks}")


def lanes(pairs: Sequence[Pair]) -> Lanes:
    """Return the lines for the connections of blocks, which are given by their positions."""
    count = max((target for _, target in pairs), default=-1) + 1
    sources = {source for source, _ in pairs}
    before: dict[int, list[int]] = {at: [-1] if at in sources else [] for at in range(count + 1)}
    for at in {target for _, target in pairs}:
        before[at] = []
    for source, target in pairs:
        before[target].append(source)
    before[count] = [at for at in range(count) if at not in sources and before[at]]
    found = lines_of(count, before) if count else []
    shown = [(line.lane, [(a, b) for a, b in line.edges if a >= 0 and b < count]) for line in found]
    blocks = {at for pair in pairs for at in pair}
    of = {at: line.lane for line in found for at in line.dots if at in blocks}
    return Lanes(count, [one for one in shown if one[1]], of)


def _arrow(x: float, y: float) -> str:
    """Return the head of an arrow, for a line that joins another one: two short lines that end at a point."""
    back, up, down = px(x - _ARROW), px(y - _ARROW), px(y + _ARROW)
    return f"M{back} {up}L{px(x)} {px(y)}L{back} {down}"


def _dot(x: float, y: float) -> str:
    """Return a dot as three short lines of 1 px, so that connections and dots are one path without a fill."""
    rows = ((-1, 1.2), (0, 1.8), (1, 1.2))
    return "".join(f"M{px(x - half)} {px(y + row)}H{px(x + half)}" for row, half in rows)
