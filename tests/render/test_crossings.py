"""Lines get lanes in which few of them cross. The oracle tries every order of the lanes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqwidget.render.arcs import Lanes, Pair, lanes
from seqwidget.render.crossings import Span, Turn, drawn, possible_crossings, with_fewer_crossings

NASNET_CELL = [
    *[(0, 1), (1, 2), (0, 3), (0, 4), (0, 5), (1, 6)],  # layer 1 follows layer 0; five branches take one of them
    *[(row, row + 5) for row in range(2, 7)],
    *[(1, 12), (0, 13), (7, 14), (8, 14), (9, 15), (10, 15), (12, 16), (0, 16), (13, 17), (11, 18), (1, 18)],
    *[(row, 19) for row in (0, 14, 15, 16, 17, 18)],
    (19, 20),
]
TWO_SKIPS = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)]
DENSE = [(a, b) for b in range(1, 6) for a in range(b)]
INCEPTION = [(0, row) for row in range(1, 5)] + [(1, 5), (2, 6), (6, 7)] + [(row, 8) for row in (3, 4, 5, 7)]


def crossings(lines: Lanes) -> list[tuple[int, int, int]]:
    """Return the lane of each line that passes a bend, after the two lanes between which the bend leads."""
    found = set()
    for lane, pairs in lines.lines:
        for at in itertools.chain(*pairs):
            if lines.of[at] != lane:
                found |= {
                    (lane, lines.of[at], other)
                    for other, passing in lines.lines
                    if min(a for a, _ in passing) < at < max(b for _, b in passing) and other not in (lane, lines.of[at])
                }
    return sorted(found)


@pytest.mark.parametrize(
    "pairs", [NASNET_CELL, TWO_SKIPS, DENSE, INCEPTION], ids=["nasnet_cell", "two_skips", "dense", "inception"]
)
def test_no_order_of_the_lanes_has_fewer_crossings(pairs: Sequence[Pair]) -> None:
    lines = lanes(pairs)
    places = [lane for lane, _ in lines.lines]
    assert len({*places}) == len(places), "each line has a lane of its own, so any order is possible"
    orders = np.array([*itertools.permutations(range(len(places)))], np.int8)
    counts = np.zeros(len(orders), int)
    for line, other, passing in crossings(lines):
        low, high = np.minimum(orders[:, line], orders[:, other]), np.maximum(orders[:, line], orders[:, other])
        counts += (low < orders[:, passing]) & (orders[:, passing] < high)
    drawn_now = counts[(orders == np.arange(orders.shape[1])).all(axis=1).argmax()]
    assert drawn_now == counts.min()


LINES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda ends: ends[0] < ends[1]), min_size=2, max_size=8)


@given(LINES, st.data())
def test_lines_get_lanes_of_their_own_with_no_more_crossings_than_before(ends: list[Pair], data: st.DataObject) -> None:
    spans = (Span(-1, 10), *(Span(*one) for one in ends))
    numbers = st.integers(0, len(ends))
    some = data.draw(st.sets(st.tuples(st.integers(0, 9), numbers, numbers), max_size=12))
    turns = frozenset(Turn(row, line, other) for row, line, other in some if line != other)
    before = tuple(range(len(spans)))
    after = with_fewer_crossings(spans, turns, before)
    for (one, lane), (other, other_lane) in itertools.combinations(zip(spans, after, strict=True), 2):
        assert lane != other_lane or not one.overlaps(other)
    possible = np.array([*possible_crossings(spans, turns)], int).reshape(-1, 3)
    assert drawn(possible, np.array(after)) <= drawn(possible, np.array(before))
