"""Arcs above the blocks of a diagram: one for each connection, and none through another one."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from seqwidget.render.arcs import Pair, Place, arcs, heights, in_line, lift, of_line

PAIRS = st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]), max_size=14)


def places(count: int) -> list[Place]:
    return [Place(row, 50 * row, 50 * row + 30, 100, 50 * row + 15, 120) for row in range(count)]


@given(PAIRS)
def test_arcs_at_one_height_do_not_overlap_and_an_inner_arc_is_lower(pairs: set[Pair]) -> None:
    found = heights(pairs)
    assert found.keys() == pairs
    assert {pair for pair, level in found.items() if level == 0} == {(a, b) for a, b in pairs if b == a + 1}
    for (one, level), (other, height) in itertools.permutations(((p, at) for p, at in found.items() if at), 2):
        if one[0] <= other[0] and other[1] <= one[1]:
            assert level > height
        assert level != height or one[1] <= other[0] or other[1] <= one[0]


@given(PAIRS)
def test_each_connection_is_drawn_from_its_source_to_its_target(pairs: set[Pair]) -> None:
    drawn = arcs(places(10), pairs, 100)
    assert sorted((arc.source, arc.target) for arc in drawn) == sorted(pairs)
    for arc in drawn:
        numbers = [float(number) for number in arc.path.replace("M", "").replace("V", " ").split()[:1]]
        assert numbers == [arc.left]
        assert 50 * arc.source <= arc.left <= 50 * arc.source + 40
        assert 50 * arc.target - 10 <= arc.right <= 50 * arc.target + 30
    assert (lift(pairs) > 0) == any(b > a + 1 for a, b in pairs)


def test_a_connection_to_another_line_ends_at_the_edge_of_its_line() -> None:
    pairs = [(0, 1), (1, 2), (2, 3), (0, 3), (1, 5)]
    assert of_line(pairs, 0, 2) == [(0, 1), (1, 2), (0, 2)]
    assert of_line(pairs, 2, 4) == [(-1, 0), (0, 1), (-1, 1), (-1, 3)]
    first = in_line(places(2), 0, pairs, 200, 100)
    assert {arc.right for arc in first if arc.target < 0} == {196, 195}
