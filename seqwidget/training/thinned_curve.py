"""A curve of bounded length that keeps the extremes of what it leaves out."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Sequence

from ..model.training_run import CurvePoint

MOST = 240
"""The highest number of points."""


def rounded(value: float) -> float:
    """Return a value with five significant digits, which is as much as a drawing shows."""
    return float(f"{value:.5g}")


class ThinnedCurve:
    """Values of consecutive batches, as points that each stand for the same number of values.

    When there are more than `MOST` points, they are merged in pairs. A point has the lowest, the
    highest and the last finite value, so no peak is lost. Values are rounded to five significant
    digits.
    """

    def __init__(self) -> None:
        self._points: list[tuple[CurvePoint, int]] = []
        self._width = 1

    def extend(self, batches: Sequence[int], values: Sequence[float]) -> None:
        """Add the values of several batches, which takes less time than to add each."""
        ends = (self._points[-1][0][0] if self._points else 0, *batches)
        if not (all(a < b for a, b in itertools.pairwise(ends)) and all(map(math.isfinite, values))):
            for batch, value in zip(batches, values, strict=True):
                self.add(batch, value)
            return
        at = 0
        while at < len(values):
            is_full = not self._points or self._points[-1][1] >= self._width
            room = self._width - (0 if is_full else self._points[-1][1])
            part = values[at : at + room]
            point: CurvePoint = (batches[at + len(part) - 1], rounded(min(part)), rounded(max(part)), rounded(part[-1]))
            if is_full:
                self._points.append((point, len(part)))
                self._halve()
            else:
                last, count = self._points[-1]
                self._points[-1] = (_merged(last, point), count + len(part))
            at += len(part)

    def add(self, batch: int, value: float) -> None:
        """Add the value of a batch. It may arrive late, after those of later batches."""
        finite = rounded(value) if math.isfinite(value) else None
        point: CurvePoint = (batch, finite, finite, finite)
        is_last = not self._points or batch > self._points[-1][0][0]
        at = len(self._points) if is_last else bisect.bisect_left(self._points, batch, key=lambda one: one[0][0])
        if at < len(self._points) and (self._width > 1 or self._points[at][0][0] == batch):
            later, count = self._points[at]
            self._points[at] = (_merged(point, later), count + 1)
        elif at == len(self._points) > 0 and self._points[-1][1] < self._width:
            last, count = self._points[-1]
            self._points[-1] = (_merged(last, point), count + 1)
        else:
            self._points.insert(at, (point, 1))
        self._halve()

    def _halve(self) -> None:
        """Merge the points in pairs, if there are too many."""
        if len(self._points) > MOST:
            self._width *= 2
            pairs = zip(self._points[::2], [*self._points[1::2], None], strict=False)
            self._points = [(_merged(a[0], b[0]), a[1] + b[1]) if b else a for a, b in pairs]

    @property
    def points(self) -> tuple[CurvePoint, ...]:
        """The points, in order."""
        return tuple(point for point, _ in self._points)


def _merged(first: CurvePoint, second: CurvePoint) -> CurvePoint:
    lows = [low for low in (first[1], second[1]) if low is not None]
    highs = [high for high in (first[2], second[2]) if high is not None]
    return (second[0], min(lows, default=None), max(highs, default=None), second[3])
