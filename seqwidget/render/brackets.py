"""Draw a bracket with a title at each run of blocks that form a group."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .formatting import px

_TICK, _TEXT, _APART, _SPACE = 4.0, 13.0, 8.0, 6.0  # px
_CHAR, _ASCENT, _HALF_LINE = 6.9, 4.0, 7.0


class Group(NamedTuple):
    """Blocks with a common title, by their positions."""

    title: str
    members: frozenset[int]


class Extent(NamedTuple):
    """Where something begins and ends along a line of blocks, in px."""

    start: float
    end: float


class Bracket(NamedTuple):
    """A bracket, in px: its SVG path, its title with its position, and where it ends on the right."""

    path: str
    title: str
    x: float
    y: float
    right: float


class _Run(NamedTuple):
    """A run of blocks of a group: its ends, where the title is, and where both begin and end."""

    group: Group
    ends: Extent
    middle: float
    taken: Extent


def across(groups: Sequence[Group], extents: Sequence[Extent], first: int, bottom: float, left: float) -> list[Bracket]:
    """Return the brackets below a line of blocks.

    An outer bracket is below an inner one.

    Parameters
    ----------
    groups : sequence of Group
        The groups.
    extents : sequence of Extent
        Where the blocks of the line are.
    first : int
        The position of the first of them among all blocks.
    bottom, left : float
        Where the texts of the blocks end, and where a title begins at the earliest, in px.
    """
    found = []
    for group, ends in _runs(groups, extents, first):
        half = _CHAR * len(group.title) / 2
        middle = max((ends.start + ends.end) / 2, left + half)
        found.append(_Run(group, ends, middle, Extent(min(ends.start, middle - half), max(ends.end, middle + half))))
    brackets = []
    for at, level in enumerate(_levels(found)):
        y = bottom + _APART + at * (_TICK + _TEXT + _APART)
        for run in level:
            path = f"M{px(run.ends.start)} {px(y)}v{_TICK:g}H{px(run.ends.end)}v-{_TICK:g}"
            brackets.append(Bracket(path, run.group.title, round(run.middle, 1), round(y + _TICK + _TEXT, 1), run.taken.end))
    return brackets


def along(groups: Sequence[Group], extents: Sequence[Extent], right: float) -> list[Bracket]:
    """Return the brackets beside a column of blocks, whose texts end at ``right``.

    An outer bracket is to the right of an inner one.
    """
    found = []
    for group, ends in _runs(groups, extents, 0):
        middle = (ends.start + ends.end) / 2
        found.append(
            _Run(group, ends, middle, Extent(min(ends.start, middle - _HALF_LINE), max(ends.end, middle + _HALF_LINE)))
        )
    brackets: list[Bracket] = []
    for level in _levels(found):
        x = right + 2 * _APART
        for run in level:
            path = f"M{px(x)} {px(run.ends.start)}h{_TICK:g}V{px(run.ends.end)}h-{_TICK:g}"
            left = x + _TICK + _SPACE
            brackets.append(
                Bracket(
                    path, run.group.title, round(left, 1), round(run.middle + _ASCENT, 1), left + _CHAR * len(run.group.title)
                )
            )
        right = max(bracket.right for bracket in brackets)
    return brackets


def _runs(groups: Sequence[Group], extents: Sequence[Extent], first: int) -> Iterator[tuple[Group, Extent]]:
    """Return the group and the ends of each run of consecutive blocks that a group has in a line."""
    for group in groups:
        here = [at for at in range(len(extents)) if at + first in group.members]
        for _, run in itertools.groupby(enumerate(here), lambda pair: pair[1] - pair[0]):
            ats = [at for _, at in run]
            yield group, Extent(extents[ats[0]].start, extents[ats[-1]].end)


def _levels(runs: Sequence[_Run]) -> list[list[_Run]]:
    """Return runs in levels, from the inner ones outwards; in a level, none overlaps another one."""
    levels: list[list[_Run]] = []
    for run in sorted(runs, key=lambda run: (run.ends.end - run.ends.start, len(run.group.members))):
        taken = run.taken
        # On a higher level than all runs that it overlaps, so that an outer bracket is never inside an inner one.
        over = (
            at
            for at, level in enumerate(levels, 1)
            if any(taken.start < other.taken.end and other.taken.start < taken.end for other in level)
        )
        at = max(over, default=0)
        if at == len(levels):
            levels.append([])
        levels[at].append(run)
    return levels
