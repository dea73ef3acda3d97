"""The metrics of the batches of a run, as curves."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping

import keras

from ..model.training_run import Curve
from .batch_counter import BatchCounter
from .thinned_curve import ThinnedCurve

_AT_ONCE = 256  # batches that are added to the curves together, which takes less time for each


class MetricCurves:
    """The curves of a run. `add` may be called in any thread and in any order; all other methods need a lock.

    Parameters
    ----------
    count
        The counter of the batches of the run.
    """

    def __init__(self, count: BatchCounter) -> None:
        self._count = count
        self._curves: dict[str, ThinnedCurve] = {}
        # The batches before the epoch, the number that Keras passes, and the metrics.
        self._new: collections.deque[tuple[int, int, Mapping[str, object]]] = collections.deque()

    def add(self, batch: int, logs: Mapping[str, object]) -> bool:
        """Add the metrics of a batch or an execution, by the number that Keras passes. Return whether to call `settle`."""
        self._new.append((self._count.before_epoch, batch, logs))
        return len(self._new) >= _AT_ONCE

    def settle(self) -> None:
        """Draw the metrics that are new, except for those of executions whose number of batches is not known."""
        points = [self._new.popleft() for _ in range(len(self._new))]
        for before, batch, _ in points:
            self._count.end(before, batch)
        whole, rest = [], []
        for before, batch, logs in points:
            if self._count.is_whole(before, batch):
                whole.append((self._count.last_of(before, batch), logs))
            else:
                rest.append((before, batch, logs))
        self._new.extendleft(reversed(rest))
        self._draw(whole)

    def settle_epoch(self, model: keras.Model, *, is_over: bool) -> None:
        """Draw all metrics of an epoch that has ended, or was broken off."""
        self.settle()
        points = [self._new.popleft() for _ in range(len(self._new))]
        self._count.end_epoch(model, [batch for _, batch, _ in points], is_over=is_over)
        self._draw((min(self._count.last_of(before, batch), self._count.done), logs) for before, batch, logs in points)

    def _draw(self, points: Iterable[tuple[int, Mapping[str, object]]]) -> None:
        columns: dict[str, tuple[list[int], list[float]]] = {}
        for at, logs in points:
            self._count.done = max(self._count.done, at)
            for name, value in numbers(logs).items():
                batches, values = columns.setdefault(name, ([], []))
                batches.append(at)
                values.append(value)
        for name, column in columns.items():
            self._curves.setdefault(name, ThinnedCurve()).extend(*column)

    @property
    def curves(self) -> tuple[Curve, ...]:
        """The curves so far."""
        return tuple(Curve(name, curve.points) for name, curve in self._curves.items())


def numbers(logs: Mapping[str, object]) -> dict[str, float]:
    """Return the metrics that are numbers: a metric may also be a dict, for example."""
    return {name: value for name, value in logs.items() if isinstance(value, float)}
