"""Folds: each is a true repeat by a check of its own, and the repeats of planted blocks are found."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqwidget.model.edges import Edge
from seqwidget.model.folds import Fold, folds
from seqwidget.model.records import LayerRow

from ..render.stacks import row

Pairs = list[tuple[int | None, int | None]]


def found(rows: Sequence[LayerRow], pairs: Pairs | None = None) -> list[tuple[int, int, int]]:
    graphs = {None: tuple(Edge(source, target) for source, target in pairs)} if pairs else {}
    return [(fold.start, fold.end, fold.count) for fold in folds(rows, graphs)]


def kinds(letters: str) -> list[LayerRow]:
    return [row(type=letter) for letter in letters]


def channels(*sizes: int) -> list[LayerRow]:
    return [row(type="ABCD"[at % 4], output_shape=(None, 5, 5, size)) for at, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("AAAAABBAAA", [(0, 5, 5), (7, 10, 3)]),
        ("AABB", []),
        ("XABABABY", [(1, 7, 3)]),
        ("XABAB", []),  # so short a block, and only twice
        ("XABCDABCDY", [(1, 9, 2)]),
        ("AAABAAABAAAB", [(0, 12, 3)]),
        ("", []),
    ],
)
def test_repeats_in_a_chain(letters: str, expected: list[tuple[int, int, int]]) -> None:
    assert found(kinds(letters)) == expected


def test_only_layers_that_a_reader_would_call_the_same_are_folded() -> None:
    dense = row()
    for other in ({"trainable": False}, {"output_shape": (None, 5)}, {"params": 9}, {"kernel": (3,)}, {"shared_with": 0}):
        assert found([dense, dense, row(**other)]) == []
    assert found([row(output_shape=None)] * 5) == []
    assert found([row(output_shape=(None, size)) for size in (4, None, 4, 4, 4, None)]) == [(2, 5, 3)]
    assert found([row(kind="model")] * 5) == [], "it is not known what is inside"
    assert found([row(kind="model"), row(depth=1), row(type="B", depth=1)] * 3) == [(0, 9, 3)]
    assert found([row(kind="model"), row(depth=1)] * 2 + [row(kind="model"), row(type="B", depth=1)]) == []


def test_a_long_block_may_grow_by_the_same_number_of_channels() -> None:
    grows = folds(channels(*[8] * 4, *[12] * 4, *[16] * 4), {})
    assert [(fold.start, fold.end, fold.channels) for fold in grows] == [(0, 12, (8, 16))]
    assert found(channels(*[8] * 4, *[12] * 4, *[24] * 4)) == []
    assert found([row(output_shape=(None, size)) for size in (8, 16, 24)]) == [], "three layers are no block"


def test_only_the_last_repeat_feeds_other_layers() -> None:
    chain: Pairs = [(None, 0), *[(at, at + 1) for at in range(12)], (12, None)]
    assert found(kinds("ABCDABCDABCDX"), chain) == [(0, 12, 3)]
    assert found(kinds("ABCDABCDABCDX"), [*chain, (9, 12)]) == [(0, 12, 3)]
    assert found(kinds("ABCDABCDABCDX"), [*chain, (5, 12)]) == [(0, 8, 2)]
    parallel: Pairs = [(None, 0), *[(0, at) for at in range(1, 6)], *[(at, 6) for at in range(1, 6)], (6, None)]
    assert found(kinds("XAAAAAY"), parallel) == [], "what runs in parallel does not repeat"


def test_each_repeat_may_take_the_same_layer_before_them() -> None:
    steps = [(at, at + 1) for at in range(10)]
    masked: Pairs = [(None, 0), *steps, *[(0, at) for at in (4, 7, 10)], (10, None)]
    assert found(kinds("MXABCABCABC"), masked) == [(2, 11, 3)]
    assert found(kinds("MXABCABCABC"), [*masked[:-3], (2, 7), (0, 10), (10, None)]) == []


def features(one: LayerRow) -> tuple[object, ...]:
    return one.type, one.output_shape, one.params


@st.composite
def repeated(draw: st.DrawFn) -> tuple[list[LayerRow], Pairs, int, int]:
    """Return a model with a block that repeats: its rows and connections, where it begins, and its layers."""
    size, count, before, after = draw(st.tuples(*[st.integers(least, 5) for least in (4, 2, 0, 0)]))
    letters = "".join(draw(st.lists(st.sampled_from("AB"), min_size=size, max_size=size)))
    skips = [(at, draw(st.integers(0, at - 1))) for at in range(1, size) if draw(st.booleans())]
    total = before + size * count + after
    pairs: Pairs = [(at - 1 if at else None, at) for at in range(total)]
    for first in range(before, before + size * count, size):
        pairs += [(first + source - 1 if first + source else None, first + at) for at, source in skips]
    rows = kinds("X" * 0 + "PQRST"[:before] + letters * count + "UVWXYZ"[:after])
    return rows, [*pairs, (total - 1, None)], before, size


@settings(max_examples=200)
@given(repeated())
def test_a_planted_block_is_found_and_every_fold_is_a_true_repeat(model: tuple[list[LayerRow], Pairs, int, int]) -> None:
    rows, pairs, first, size = model
    unique = list(dict.fromkeys(pairs))
    graphs = {None: tuple(Edge(source, target) for source, target in unique)}
    all_folds = folds(rows, graphs)
    assert all(one.end <= other.start for one, other in itertools.pairwise(all_folds))
    for fold in all_folds:
        assert_repeats(fold, rows, unique)
    hidden = sum((fold.count - 1) * fold.layers for fold in all_folds)
    count = sum(one.type in "AB" for one in rows) // size
    assert hidden >= size * (count - 1) - size, (first, all_folds)


def assert_repeats(fold: Fold, rows: Sequence[LayerRow], pairs: Pairs) -> None:
    """Compare each repeat with the one before it, row by row and connection by connection."""
    takes = {at: [source for source, target in pairs if target == at] for at in range(len(rows))}
    assert fold.end - fold.start == fold.layers * fold.count
    for at in range(fold.start + fold.layers, fold.end):
        assert features(rows[at]) == features(rows[at - fold.layers])
        before = [-1 if source is None else source for source in takes[at - fold.layers]]
        own = [-1 if source is None else source for source in takes[at]]
        assert all(b - a == fold.layers or a == b < fold.start for a, b in zip(before, own, strict=True))
    assert all(
        target is not None and target < fold.end for a, target in pairs if a in range(fold.start, fold.end - 2 * fold.layers)
    )


def images(*sizes: tuple[str, str, int, int, int]) -> list[LayerRow]:
    """Return layers by their types, kinds, input and output channels and parameters."""
    return [
        row(type=name, kind=kind, input_shape=(None, 5, 5, given), output_shape=(None, 5, 5, taken), params=params)
        for name, kind, given, taken, params in sizes
    ]


def cells(first: int, *, filters: int = 8, count: int = 3) -> tuple[list[LayerRow], Pairs]:
    """Return cells that take the outputs of the last two cells; those before the first two are X and W."""
    cell = [("ReLU", "activation", 8, 8, 0), ("Conv", "conv", 8, 8, 72), ("Mul", "shape", 8, 8, 0), ("Add", "shape", 8, 8, 0)]
    other = [("ReLU", "activation", first, first, 0), ("Conv", "conv", first, filters, 9 * first), *cell[2:]]
    rows = images(("W", "conv", 3, first, 27), ("X", "conv", first, 8, 16), *other, *cell * (count - 1))
    pairs: Pairs = [(None, 0), (0, 1)]
    for at in range(2, len(rows), 4):
        pairs += [(at - 1 - 4 if at > 2 else 0, at), (at, at + 1), (at + 1, at + 2), (at + 2, at + 3), (at - 1, at + 3)]
    return rows, [*pairs, (len(rows) - 1, None), (len(rows) - 5, None)]


def test_the_first_repeat_may_take_other_channels_from_any_layer_before() -> None:
    rows, pairs = cells(first=8)
    assert found(rows, pairs) == [(2, 14, 3)]
    rows, pairs = cells(first=24)
    (fold,) = folds(rows, {None: tuple(Edge(source, target) for source, target in pairs)})
    assert (fold.start, fold.end, fold.count, fold.params) == (2, 14, 3, (72, 216))
    assert fold.row.params == 216 + 2 * 72
    rows, pairs = cells(first=24, filters=24)
    assert found(rows, pairs) == [(5, 13, 2)], "another number of filters is another layer"
    other = [(1, 10) if pair == (5, 10) else pair for pair in cells(first=8)[1]]
    assert (2, 14, 3) not in found(cells(first=8)[0], other), "the third repeat takes its input from elsewhere"


def test_settings_are_the_same_and_only_fractions_may_differ() -> None:
    dense = [row(settings=(("activation", name), ("units", 3))) for name in ("relu", "relu", "tanh", "relu")]
    assert found(dense) == []
    assert found([dense[0]] * 3) == [(0, 3, 3)]
    (fold,) = folds([row(type="Dropout", settings=(("rate", rate), ("axis", 1))) for rate in (0.1, 0.2, 0.2)], {})
    assert fold.differs == ("rate",)
    assert found([row(type="Dropout", settings=(("axis", axis),)) for axis in (1, 1, 2)]) == []
