"""The lines of the rail lead from each row to exactly the rows that it feeds."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqwidget.model.edges import Edge
from seqwidget.render.rail import DOT_Y, Layout, layout

Pairs = Sequence[tuple[int | None, int | None]]

RESIDUAL = [(None, 0), (0, 1), (1, 2), (2, 3), (0, 3), (3, 4), (4, 5), (5, 6), (3, 6), (6, None)]
U_NET = [(None, 0), *[(row, row + 1) for row in range(8)], (0, 8), (1, 7), (2, 6), (3, 5), (8, None)]
INCEPTION = [(None, 0), *[(0, row) for row in range(1, 5)], (1, 5), *[(row, 6) for row in range(2, 6)], (6, None)]


def laid(count: int, pairs: Pairs) -> Layout:
    return layout(range(count), [Edge(source, target) for source, target in pairs])


def drawn(lines: Layout, count: int) -> list[tuple[int, set[int], set[int], set[tuple[int, int]]]]:
    """Return, for each row, its dot, the lanes that lead to it and away from it, and the lanes that pass it."""
    found = []
    for row in range(count):
        x, path = lines.path(row, 0)
        to, away, passing = set[int](), set[int](), set[tuple[int, int]]()
        for part in path.removeprefix("M").split("M") if path else ():
            start_x, start_y, *rest = map(int, re.findall(r"\d+", part))
            if "Q" in part:
                end_x = rest[2]
                (to if start_y == 0 else away).add(start_x if start_y == 0 else end_x)
                assert {start_x, end_x} >= {x}, "a bend begins or ends at the dot"
            elif start_x != x or "Q" in part:
                passing.add((start_x, start_x))
            else:
                to.update([x] if start_y == 0 else [])
                away.update([x] if rest[0] > DOT_Y else [])
        found.append((x, to, away, passing))
    return found


def followed(lines: Layout, count: int) -> dict[int | None, set[int | None]]:
    """Return the rows that the lines lead to from each row; None stands for the input, and for the output."""
    rows = drawn(lines, count)
    reached: dict[int | None, set[int | None]] = {}
    tops = {lane for _, to, _, passing in rows[:1] for lane in [*to, *(one for one, _ in passing)]}
    for source in [None, *range(count)]:
        lanes, found = (tops if source is None else set(rows[source][2])), set[int | None]()
        for row in range(0 if source is None else source + 1, count):
            _, to, _, passing = rows[row]
            found |= {row} if lanes & to else set()
            lanes &= {one for one, _ in passing}
        reached[source] = found | ({None} if lanes else set())
    return reached


def wanted(count: int, pairs: Pairs) -> dict[int | None, set[int | None]]:
    return {source: {b for a, b in pairs if a == source} for source in [None, *range(count)]}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[tuple[int | None, int | None]]]:
    """Return a model whose rows all have a source, and whose ends are its outputs."""
    count = draw(st.integers(1, 12))
    pairs: list[tuple[int | None, int | None]] = []
    for row in range(count):
        some = draw(st.lists(st.sampled_from([None, *range(row)]), min_size=1, max_size=3, unique=True))
        pairs += [(source, row) for source in some]
    ends = set(range(count)).difference(source for source, _ in pairs if source is not None)
    return count, [*pairs, *((end, None) for end in sorted(ends | draw(st.sets(st.sampled_from(range(count)), max_size=2))))]


@given(graphs())
def test_the_lines_lead_to_the_rows_that_a_row_feeds(graph: tuple[int, Pairs]) -> None:
    assert followed(laid(*graph), graph[0]) == wanted(*graph)


@pytest.mark.parametrize(("pairs", "count", "most"), [(RESIDUAL, 7, 2), (U_NET, 9, 5), (INCEPTION, 7, 4)])
def test_usual_models_have_no_crossing(pairs: Pairs, count: int, most: int) -> None:
    lines = laid(count, pairs)
    assert followed(lines, count) == wanted(count, pairs)
    assert max(x for row in drawn(lines, count) for x in (row[0], *row[1], *row[2])) == 6 + 10 * (most - 1)
    for x, to, away, passing in drawn(lines, count):
        crossed = {lane for lane, _ in passing for bend in (to | away) if min(x, bend) < lane < max(x, bend)}
        assert not crossed


def test_the_main_line_is_straight() -> None:
    for pairs, count in ((RESIDUAL, 7), (U_NET, 9)):
        assert {row[0] for row in drawn(laid(count, pairs), count)} == {6}
