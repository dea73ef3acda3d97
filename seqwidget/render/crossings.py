"""Choose the lanes of lines that run beside each other, so that few of them cross."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

_ROUNDS = 9
_MOST = 50_000  # crossings to look at; above that, the search would take too long


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


def possible_crossings(spans: Sequence[Span], turns: Collection[Turn]) -> Iterator[Crossing]:
    """Return the turns with each line that passes them. The first line has lane 0, and crosses nothing."""
    for row, line, other in turns:
        for passing, span in enumerate(spans[1:], 1):
            if span.start < row < span.end and passing not in (line, other):
                yield line, other, passing


def drawn(crossings: Iterable[Crossing], lanes: Sequence[int]) -> int:
    """Return how many of some crossings there are: those where the passing line is between the two of the turn."""
    return sum(
        lanes[line] < lanes[passing] < lanes[other] or lanes[other] < lanes[passing] < lanes[line]
        for line, other, passing in crossings
    )


@functools.lru_cache(32)
def with_fewer_crossings(spans: tuple[Span, ...], turns: frozenset[Turn], lanes: tuple[int, ...]) -> tuple[int, ...]:
    """Return other lanes for some lines, in which fewer of them cross. The first line keeps lane 0.

    Each line that crosses another one exchanges its lane with the lane for which most crossings are
    avoided. All lines of these two lanes that would otherwise share a lane are exchanged as well.
    There is one more lane for this.
    """
    of: list[set[Crossing]] = [set() for _ in spans]
    for at, crossing in enumerate(possible_crossings(spans, turns)):
        if at == _MOST:
            return lanes
        for line in crossing:
            of[line].add(crossing)
    found = list(lanes)
    lines = range(1, len(spans))
    beside = {line: [other for other in lines if other != line and spans[other].overlaps(spans[line])] for line in lines}
    for _ in range(_ROUNDS):
        before = tuple(found)
        for line in lines:
            if drawn(of[line], found):
                changes = (_exchanged(line, lane, found, beside) for lane in range(1, max(lanes) + 2))
                best = min(changes, key=lambda moved: _change(moved, found, of))
                if _change(best, found, of) < 0:
                    for one, lane in best.items():
                        found[one] = lane
        if tuple(found) == before:
            break
    return tuple(found)


def _exchanged(line: int, lane: int, lanes: Sequence[int], beside: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Return the new lanes if a line goes to another lane, with those of all lines that have to give way."""
    pair = {lanes[line]: lane, lane: lanes[line]}
    moved = {line: lane}
    waiting = [line]
    while waiting:
        for other in beside[waiting.pop()]:
            if other not in moved and lanes[other] in pair:
                moved[other] = pair[lanes[other]]
                waiting.append(other)
    return moved


def _change(moved: Mapping[int, int], lanes: list[int], of: Sequence[set[Crossing]]) -> int:
    """Return how many crossings more there are if some lines have other lanes."""
    affected = set[Crossing]().union(*(of[line] for line in moved))
    new = [*lanes]
    for line, lane in moved.items():
        new[line] = lane
    return drawn(affected, new) - drawn(affected, lanes)
