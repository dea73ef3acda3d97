"""The figures of a benchmark: each compares two things that were measured alternately in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """Medians of seqwidget and of the reference; `aim` is the highest acceptable ratio, if one is promised."""

    name: str
    ours: float
    theirs: float
    unit: str = "ms"
    aim: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def verdict(self) -> str:
        if self.aim is None:
            return ""
        return "reached" if self.ratio <= self.aim else f"missed, {self.ratio / self.aim:.1f} times the aim"


def clocked(act: Callable[[], Any]) -> float:
    """Return the milliseconds that ``act`` takes."""
    start = time.perf_counter()
    act()
    return 1e3 * (time.perf_counter() - start)


def in_turn(*acts: Callable[[], Any], times: int) -> list[float]:
    """Do all acts alternately, many times, and return the median milliseconds of each; the first round only warms up."""
    rounds = [[clocked(act) for act in acts] for _ in range(times + 1)][1:]
    return [statistics.median(taken) for taken in zip(*rounds, strict=True)]
