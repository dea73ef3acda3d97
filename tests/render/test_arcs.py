"""Lines above the blocks of a diagram: one for each connection, and no crossing that can be avoided."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqwidget.render.arcs import EDGE, Arc, BlockCenter, Pair, lanes

PAIRS = st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]), max_size=14)
RESIDUAL = [(0, 1), (1, 2), (2, 3), (0, 3), (3, 4), (4, 5), (5, 6), (3, 6), (6, 7)]
U_NET = [*[(row, row + 1) for row in range(9)], (1, 9), (2, 8), (3, 7), (4, 6)]
INCEPTION = [(0, 1), *[(1, row) for row in range(2, 6)], (2, 6), (3, 7), *[(row, 8) for row in range(4, 8)], (8, 9)]


def places(count: int, first: int = 0) -> list[BlockCenter]:
    return [BlockCenter(first + at, 50 * at + 15) for at in range(count)]


def drawn(arc: Arc) -> tuple[tuple[float, float], float, tuple[float, float]]:
    """Return where a line begins, the height at which it runs, and where it ends."""
    line = re.match(r"M(\S+) ([\d.-]+)(?:Q\S+ (\S+) \S+ \S+?)?H([\d.]+)(?:Q\S+ \S+ (\S+) ([\d.-]+))?", arc.path)
    assert line
    x, start, y, along, right, end = line.groups()
    height = float(y or start)
    return (float(x), float(start)), height, (float(right or along), float(end or height))


@given(PAIRS)
def test_each_connection_leads_from_the_dot_of_a_block_to_that_of_another(pairs: set[Pair]) -> None:
    arcs = lanes(sorted(pairs)).arcs(places(10), 100)
    assert sorted((arc.source, arc.target) for arc in arcs) == sorted(pairs)
    dots = defaultdict(set)
    for arc in arcs:
        start, _, end = drawn(arc)
        dots[arc.source].add(start)
        dots[arc.target].add(end)
    assert all(len(found) == 1 for found in dots.values()), "a block has one dot"
    assert all(x == 50 * row + 15 and y < 100 for row, ((x, y),) in ((row, tuple(found)) for row, found in dots.items()))
    assert max((100 - drawn(arc)[1] for arc in arcs), default=0) <= lanes(sorted(pairs)).height


@given(PAIRS)
def test_only_lines_from_the_same_block_share_a_height(pairs: set[Pair]) -> None:
    for one, other in itertools.combinations(lanes(sorted(pairs)).arcs(places(10), 100), 2):
        overlap = max(one.left, other.left) < min(one.right, other.right)
        assert not overlap or drawn(one)[1] != drawn(other)[1] or one.source == other.source


@pytest.mark.parametrize("pairs", [RESIDUAL, U_NET, INCEPTION])
def test_usual_models_have_no_crossing(pairs: Sequence[Pair]) -> None:
    arcs = lanes(pairs).arcs(places(10), 100)
    for one, other in itertools.permutations(arcs, 2):
        (x, start), height, (right, end) = drawn(one)
        left, run, last = (part if isinstance(part, float) else part[0] for part in drawn(other))
        for at, (low, high) in ((x, sorted((start, height))), (right, sorted((end, height)))):
            assert not (left < at < last and low < run < high), (one, other)


def test_a_line_that_joins_another_one_ends_with_an_arrow() -> None:
    for arc in lanes(U_NET).arcs(places(10), 100):
        _, height, (right, end) = drawn(arc)
        head = re.search(r"M(\S+) (\S+)L(\S+) (\S+)L(\S+) (\S+?)(?=M|$)", arc.path)
        assert (head is not None) == (end != height), arc
        if head:
            back, up, tip, y, also_back, down = map(float, head.groups())
            assert back == also_back < tip < right
            assert (y - up, down - y, y) == (3, 3, height)


@given(PAIRS, st.integers(0, 10))
def test_a_line_goes_on_at_the_same_height_in_the_next_line_of_blocks(pairs: set[Pair], cut: int) -> None:
    whole = lanes(sorted(pairs))
    parts = [whole.part(0, cut).arcs(places(cut), 100, 600), whole.part(cut, 10 - cut).arcs(places(10 - cut, cut), 100, 600)]
    assert {(arc.source, arc.target) for part in parts for arc in part if EDGE not in (arc.source, arc.target)} == {
        (a, b) for a, b in pairs if b < cut or a >= cut
    }
    leaves = {(arc.source, drawn(arc)[2]) for arc in parts[0] if arc.target == EDGE}
    comes = {(drawn(arc)[0], arc.target) for arc in parts[1] if arc.source == EDGE}
    across = {(a, b) for a, b in pairs if a < cut <= b}
    assert {source for source, _ in leaves} == {a for a, _ in across}
    assert {target for _, target in comes} == {b for _, b in across}
    assert {y for _, (_, y) in leaves} == {y for (_, y), _ in comes}
    assert {x for _, (x, _) in leaves} <= {598}
    assert {x for (x, _), _ in comes} <= {2}


@given(PAIRS)
def test_the_lines_above_neighbouring_blocks_meet(pairs: set[Pair]) -> None:
    """In a static page, each block draws its part of the lines."""
    whole = lanes(sorted(pairs))
    paths = [whole.above(at) for at in range(10)]
    for before, after in itertools.pairwise(paths):
        assert set(re.findall(r"([\d.]+)H199", before)) == set(re.findall(r"M-199 ([\d.]+)", after))
    assert [at for at, path in enumerate(paths) if path.startswith("M0 ")] == sorted({at for pair in pairs for at in pair})
