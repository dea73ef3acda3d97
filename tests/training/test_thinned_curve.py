"""A thinned curve is short, and keeps the extremes, the ends and the gaps of its values; thinned epochs are evenly spaced."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqwidget.training import epoch_log
from seqwidget.training.epoch_log import EpochLog
from seqwidget.training.thinned_curve import MOST, ThinnedCurve

NUMBERS = st.integers(-1000, 1000).map(float)
VALUES = st.lists(st.one_of(NUMBERS, st.sampled_from([math.nan, math.inf, -math.inf])), max_size=900)


@given(VALUES)
def test_each_point_has_the_extremes_of_its_batches(values: list[float]) -> None:
    curve = ThinnedCurve()
    for at, value in enumerate(values, 1):
        curve.add(at, value)
    assert len(curve.points) <= MOST
    first = 0
    for batch, low, high, last in curve.points:
        part = values[first:batch]
        finite = [value for value in part if math.isfinite(value)]
        assert (low, high) == (min(finite, default=None), max(finite, default=None))
        assert last == (part[-1] if math.isfinite(part[-1]) else None)
        first = batch
    assert first == len(values)


@given(st.lists(VALUES, max_size=8))
def test_many_values_at_once_give_the_points_of_each_in_turn(chunks: list[list[float]]) -> None:
    one_by_one, together, at = ThinnedCurve(), ThinnedCurve(), 0
    for chunk in chunks:
        batches = range(at + 1, at + len(chunk) + 1)
        for batch, value in zip(batches, chunk, strict=True):
            one_by_one.add(batch, value)
        together.extend(batches, chunk)
        assert together.points == one_by_one.points
        at += len(chunk)


def test_a_million_batches_are_few_points_that_keep_the_extremes() -> None:
    values = np.random.default_rng(0).standard_cauchy(1_000_000)
    curve = ThinnedCurve()
    for start in range(0, len(values), 256):
        part = values[start : start + 256].tolist()
        curve.extend(range(start + 1, start + len(part) + 1), part)
    assert len(curve.points) <= MOST
    assert curve.points[-1][0] == len(values)
    lows, highs = ([one for one in column if one is not None] for column in list(zip(*curve.points, strict=True))[1:3])
    np.testing.assert_allclose([min(lows), max(highs)], [values.min(), values.max()], rtol=1e-4)


@given(st.permutations(range(1, 30)))
def test_values_that_arrive_late_take_their_place(order: list[int]) -> None:
    curve = ThinnedCurve()
    for batch in order:
        curve.add(batch, float(-batch))
    assert curve.points == tuple((batch, -batch, -batch, -batch) for batch in range(1, 30))


@given(st.integers(1, 3000))
def test_kept_epochs_are_few_and_even_and_have_the_first_and_the_last(count: int) -> None:
    log = EpochLog()
    for epoch in range(count):
        log.add(3 * (epoch + 1), {"loss": float(epoch)}, None)
    positions = [one.position for one in log.kept]
    assert len(positions) <= epoch_log.MOST + 1
    assert [(one.end, one.log["loss"]) for one in log.kept] == [(3 * (at + 1), at) for at in positions]
    assert (positions[0], positions[-1]) == (0, count - 1)
    assert len(set(np.diff(positions[:-1]))) <= 1
    if count <= epoch_log.MOST:
        assert positions == list(range(count))
