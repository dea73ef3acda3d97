"""Lay out the rail beside the rows of a table, which shows where a branch leaves and where it joins.

Each row has a dot on a line. The line to a dot comes from the row that is the farthest from the
input among those that feed it; lines from the others join it. A line that lies within the rows of
another one is nearer to the main line, unless lines would cross: then the lanes are chosen for the
fewest crossings, and other lines may be on both sides of the main line.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..i18n.messages import Text
from ..model.connections import by_model, levels
from ..model.edges import Edge
from ..model.folds import Fold
from ..model.records import Facts
from .crossings import Span, Turn, with_fewer_crossings
from .text import sources

DOT_Y, MAIN_X = 12, 6  # px: the y of all dots, and the x of those on the main line
_STEP, _BEND, _BELOW = 10, 22, 199  # px; the row cuts a line off


@dataclass(frozen=True, slots=True)
class Rail:
    """The rail of a row, in px: the position of its dot, the width, and the SVG path of the lines.

    ``feeds`` names what feeds the row, if it does not simply follow the row before it.
    """

    x: int
    width: int
    path: str
    feeds: Text


@dataclass(slots=True, eq=False)
class Branch:
    """A line from the row that feeds it to the last row that takes it.

    Rows are counted within one model; -1 is its input, and the number of rows its output. The line
    has the dots of the rows ``dots``, and joins the dots of other lines at ``joins``. ``edges`` are
    the connections that it shows.
    """

    start: int
    end: int
    dots: list[int] = field(default_factory=list)
    joins: list[int] = field(default_factory=list)
    edges: list[tuple[int, int]] = field(default_factory=list)
    lane: int = 0

    def continue_to(self, row: int, source: int) -> None:
        """Put the dot of a row, which takes the output of ``source``, on the line."""
        self.dots.append(row)
        self._reach(row, source)

    def join(self, row: int, source: int) -> None:
        """Let the line join the dot of a row, which takes the output of ``source``, on another line."""
        self.joins.append(row)
        self._reach(row, source)

    def _reach(self, row: int, source: int) -> None:
        self.edges.append((source, row))
        self.end = max(self.end, row)

    def carries_until(self, row: int) -> int:
        """Return the last row at which the line carries the output of ``row``."""
        return next((dot for dot in self.dots if dot > row), self.end)


class Layout(NamedTuple):
    """The lines of one model: that of each row, and those beside each row."""

    of: Sequence[Branch]
    beside: Sequence[Sequence[Branch]]
    width: int  # px

    def path(self, row: int, left: int) -> tuple[int, str]:
        """Return the position of the dot of a row, and the lines."""
        own = self.of[row]
        x, parts = left + _x(own), []
        for branch in self.beside[row]:
            above, below = branch.start < row, branch.end > row
            dots = row in branch.dots
            turns = dots or row in branch.joins
            if branch is own:
                parts += [f"M{x} {0 if above else DOT_Y}V{_BELOW if below else DOT_Y}"] if above or below else []
                continue
            lane = left + _x(branch)
            if above and turns:
                parts.append(f"M{lane} 0Q{lane} {DOT_Y} {x} {DOT_Y}")
            if above and below and not dots:
                parts.append(f"M{lane} 0V{_BELOW}")
            elif below:
                parts.append(f"M{x} {DOT_Y}Q{lane} {DOT_Y} {lane} {_BEND}V{_BELOW}")
        return x, "".join(parts)

    def below(self, row: int, left: int) -> str:
        """Return the lines that continue below a row."""
        return "".join(f"M{left + _x(one)} 0V{_BELOW}" for one in self.beside[row] if one.end > row >= one.start)


def _x(branch: Branch) -> int:
    return MAIN_X + _STEP * branch.lane


def rails(stack: Facts, folds: Iterable[Fold] = ()) -> list[Rail | None]:
    """Return the rail of each row; None in models that are chains, unless a model that contains them is not one.

    The rail of a nested model is to the right of the lines that pass it. The first row of a
    collapsed fold stands for all of its rows, and the others have none.
    """
    rows, graphs, feeds = stack.rows, stack.graphs, sources(stack)
    found: list[Rail | None] = [None] * len(rows)
    if not graphs:
        return found
    of_model = by_model(rows, graphs)
    first = {row: fold.start for fold in folds for row in range(fold.start, fold.end)}
    around: dict[int | None, tuple[int, str]] = {}
    for model, positions in levels(rows).items():
        left, passing = around.get(model, (0, ""))
        if (model not in graphs and not left) or model in first:
            continue
        shown = [position for position in positions if first.get(position, position) == position]
        laid = layout(shown, _between(of_model[model], first))
        for row, position in enumerate(shown):
            x, path = laid.path(row, left)
            found[position] = Rail(x, left + laid.width, passing + path, feeds.get(position, ""))
            around[position] = left + laid.width, passing + laid.below(row, left)
    return found


def _between(edges: Iterable[Edge], first: Mapping[int, int]) -> list[Edge]:
    """Return edges between rows of which some stand for others, without those inside a fold."""

    def shown(row: int | None) -> int | None:
        return None if row is None else first.get(row, row)

    moved = [replace(edge, source=shown(edge.source), target=shown(edge.target)) for edge in edges] if first else list(edges)
    return [edge for edge in moved if edge.source is None or edge.source != edge.target]


def layout(positions: Sequence[int], connections: Iterable[Edge]) -> Layout:
    """Return the lines of a model whose rows are at some positions."""
    count, rows = len(positions), {position: row for row, position in enumerate(positions)}
    before: dict[int, list[int]] = {row: [] for row in range(count + 1)}
    for edge in connections:
        source = -1 - edge.tensor if edge.source is None else rows[edge.source]
        target = count if edge.target is None else rows[edge.target]
        if source not in before[target]:
            before[target].append(source)
    branches = lines_of(count, before)
    of = {row: branch for branch in branches for row in branch.dots}
    beside: list[list[Branch]] = [[] for _ in positions]
    for branch in branches:
        for row in range(max(branch.start, 0), min(branch.end + 1, count)):
            beside[row].append(branch)
    width = _STEP * (1 + max((branch.lane for branch in branches), default=0)) + MAIN_X
    return Layout([of[row] for row in range(count)], beside, width)


def lines_of(count: int, before: dict[int, list[int]]) -> list[Branch]:
    """Return the lines of a model in their lanes, with the main line first.

    Parameters
    ----------
    count : int
        The number of rows.
    before : dict
        The rows that feed each row, negative for the inputs; those that feed row ``count`` are the outputs.
    """
    branches = _branches(count, before)
    _set_lanes(branches)
    return branches


def _main_sources(before: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Return the source of each row that is the farthest from the input."""
    far: dict[int, int] = defaultdict(int)
    found = {}
    for row, some in before.items():
        if some:
            found[row] = max(some, key=far.__getitem__)
            far[row] = far[found[row]] + 1
    return found


def _distances(before: dict[int, list[int]]) -> dict[int, int]:
    """Return the length of the longest path from each row to the output, in edges."""
    found: dict[int, int] = defaultdict(int)
    for target in reversed(before):
        for source in before[target]:
            found[source] = max(found[source], found[target] + 1)
    return found


def _main_line(row: int, feeds: Mapping[int, int]) -> set[int]:
    """Return a row, its main source, the main source of that row, and so on up to the input."""
    found = {row}
    while row in feeds:
        row = feeds[row]
        found.add(row)
    return found


def _branches(count: int, before: dict[int, list[int]]) -> list[Branch]:
    """Return the lines of a model, with the main line first. Lines run from each row to those that it feeds."""
    feeds, distance = _main_sources(before), _distances(before)
    main = _main_line(count, feeds)
    followers: dict[int, list[int]] = defaultdict(list)
    joins: dict[int, list[int]] = defaultdict(list)
    for target, some in before.items():
        for source in some:
            (followers if feeds[target] == source else joins)[source].append(target)
    inputs = [source for source in {*followers, *joins} if source < 0]
    branches: list[Branch] = []
    of: dict[int, Branch] = {}
    for source in [*sorted(inputs, key=lambda one: (one not in main, -one)), *range(count)]:
        if source >= 0 and source not in of:  # nothing feeds this row
            of[source] = Branch(source, source, [source])
            branches.append(of[source])
        own, lines = of.get(source), list[Branch]()
        for row in sorted(followers[source], key=lambda one: (one not in main, -distance[one], one)):
            lines.append(own if own and not lines else Branch(max(source, -1), row))
            lines[-1].continue_to(row, source)
        of.update((line.carries_until(source), line) for line in lines)
        branches += (line for line in _join(source, joins[source], own, lines) if line is not own)
    return branches


def _join(source: int, targets: Sequence[int], own: Branch | None, lines: list[Branch]) -> list[Branch]:
    """Let the output of a row join other lines, on a new line if none of its lines goes far enough."""
    if own and not lines:
        carriers = [own]
    elif targets and targets[-1] > max((line.carries_until(source) for line in lines), default=source):
        carriers = [Branch(max(source, -1), targets[-1])]
    else:
        carriers = sorted(lines, key=lambda line: line.carries_until(source))
    for target in targets:
        next((line for line in carriers if line.carries_until(source) >= target), carriers[-1]).join(target, source)
    return [*lines, *(line for line in carriers if line not in lines)]


def _set_lanes(branches: Sequence[Branch]) -> None:
    """Give each line a lane. The main line has lane 0; where others overlap, the shorter one has the lower lane.

    If lines cross then, lanes are chosen in which fewer do.
    """
    placed = list(branches[:1])
    for branch in sorted(branches[1:], key=lambda one: (one.end - one.start, one.start)):
        taken = {one.lane for one in placed if one.start < branch.end and branch.start < one.end}
        branch.lane = next(lane for lane in itertools.count(1) if lane not in taken)
        placed.append(branch)
    spans = tuple(Span(one.start, one.end) for one in branches)
    lanes = with_fewer_crossings(spans, turns_of(branches), tuple(one.lane for one in branches))
    for branch, lane in zip(branches, lanes, strict=True):
        branch.lane = lane


def turns_of(branches: Sequence[Branch]) -> frozenset[Turn]:
    """Return where lines bend: where they leave the dots of other lines, and where they join them."""
    of = {row: at for at, branch in enumerate(branches) for row in branch.dots}
    ends = ((row, at) for at, branch in enumerate(branches) for row in (branch.start, *branch.joins))
    return frozenset(Turn(row, at, of[row]) for row, at in ends if of.get(row, at) != at)
