"""Choose the lanes of lines that run beside each other, so that few of them cross."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

_ROUNDS = 9
_MOST = 3_000  # possible crossings; with more of them, the search would take too long


class Span(NamedTuple):
    """The rows at which a line begins and ends."""

    start: int
    end: int

    def overlaps(self, other: Span) -> bool:
        """Return whether two lines are beside each other somewhere."""
        return self.start < other.end and other.start < self.end


class Turn(NamedTuple):
    """A row at which a line bends to the dot of another one, with the numbers of both lines."""

    row: int
    line: int
    other: int


Crossing: TypeAlias = tuple[int, int, int]
"""The two lines of a turn, and a line that passes it, by their numbers."""

_Array = np.ndarray
_Beside: TypeAlias = Sequence[Sequence[int]]


def possible_crossings(spans: Sequence[Span], turns: Collection[Turn]) -> Iterator[Crossing]:
    """Return the turns with each line that passes them."""
    for row, line, other in turns:
        for passing, span in enumerate(spans):
            if span.start < row < span.end and passing not in (line, other):
                yield line, other, passing


def drawn(crossings: _Array, lanes: _Array) -> _Array:
    """Return how many of the possible crossings occur: those where the passing line is between the two lines of the turn.

    ``lanes`` may have several rows; the result then has a number for each row.
    """
    line, other, passing = (lanes[..., column] for column in crossings.T)
    return np.count_nonzero((line - passing) * (other - passing) < 0, axis=-1)


@functools.lru_cache(32)
def with_fewer_crossings(spans: tuple[Span, ...], turns: frozenset[Turn], lanes: tuple[int, ...]) -> tuple[int, ...]:
    """Return other lanes for some lines, in which fewer of them cross; the same lanes if none do.

    Two ways are tried: to move single lines, as sifting does in layered graph drawing, and to
    exchange pairs of lanes before that.
    """
    some = list(itertools.islice(possible_crossings(spans, turns), _MOST))
    crossings, now = np.array(some, int).reshape(-1, 3), np.array(lanes)
    if len(some) == _MOST or not drawn(crossings, now):
        return lanes
    of = [crossings[(crossings == line).any(axis=1)] for line in range(len(spans))]
    beside = [[at for at, other in enumerate(spans) if at != line and other.overlaps(one)] for line, one in enumerate(spans)]
    found = [_sifted(start, of, beside) for start in (_exchanged(now, crossings, of, beside), now)]
    return min(found, key=lambda one: int(drawn(crossings, np.array(one))))


def _sifted(lanes: _Array, of: Sequence[_Array], beside: _Beside) -> tuple[int, ...]:
    """Move each line that crosses others between those beside it, to where it crosses the fewest."""
    order = lanes.astype(float)
    for _ in range(_ROUNDS):
        before = order.copy()
        for line, crossings in enumerate(of):
            if drawn(crossings, order):
                others = np.unique(order[beside[line]])
                middles = (others[:-1] + others[1:]) / 2
                middles = middles[(others[:-1] < middles) & (middles < others[1:])]  # adjacent floats have none between them
                places = np.array([order[line], others[0] - 1, *middles, others[-1] + 1])
                tried = np.tile(order, (len(places), 1))
                tried[:, line] = places
                order[line] = places[drawn(crossings, tried).argmin()]
        if (order == before).all():
            break
    found = [0] * len(order)
    for line in map(int, order.argsort(kind="stable")):
        found[line] = max((found[other] + 1 for other in beside[line] if order[other] < order[line]), default=0)
    return tuple(found)


def _exchanged(lanes: _Array, crossings: _Array, of: Sequence[_Array], beside: _Beside) -> _Array:
    """Let each line that crosses others exchange its lane with the lane for which most crossings are avoided.

    All lines of these two lanes that would otherwise share a lane are exchanged as well.
    """
    found = lanes.copy()
    for _ in range(_ROUNDS):
        before = found.copy()
        for line, some in enumerate(of):
            if drawn(some, found):
                tried = np.array([found, *(_exchange(line, lane, found.tolist(), beside) for lane in range(max(lanes) + 1))])
                found = tried[drawn(crossings, tried).argmin()]
        if (found == before).all():
            break
    return found


def _exchange(line: int, lane: int, lanes: list[int], beside: _Beside) -> list[int]:
    """Return the lanes after a line has gone to another lane, with all lines that have to give way."""
    pair = {lanes[line]: lane, lane: lanes[line]}
    moved = {line}
    waiting = [line]
    found = lanes.copy()
    while waiting:
        one = waiting.pop()
        found[one] = pair[lanes[one]]
        more = [other for other in beside[one] if other not in moved and lanes[other] in pair]
        moved.update(more)
        waiting += more
    return found
