"""The epochs of a run, thinned so that a long run needs little memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

MOST = 500
"""The highest number of epochs that are kept, besides the last one."""


class Epoch(NamedTuple):
    """An epoch: its position among those of the run, its last batch, its metrics and its learning rate."""

    position: int
    end: int
    log: Mapping[str, float | None]
    rate: float | None


class EpochLog:
    """The epochs of a run: all, or if there are too many every second, fourth, … one; and always the last."""

    def __init__(self) -> None:
        self.count = 0
        self.first_end: int | None = None
        self.kept: list[Epoch] = []
        self._stride = 1

    def add(self, end: int, log: Mapping[str, float | None], rate: float | None) -> None:
        """Append an epoch, with the number of its last batch."""
        if self.kept and self.kept[-1].position % self._stride:
            del self.kept[-1]  # it was kept because it was the last one
        self.kept.append(Epoch(self.count, end, log, rate))
        if len(self.kept) > MOST:
            self._stride *= 2
            self.kept = [one for one in self.kept if one.position % self._stride == 0 or one.position == self.count]
        self.count += 1
        self.first_end = self.first_end or end
