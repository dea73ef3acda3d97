"""Keep small maps of the shown layer at the ends of epochs, so that the viewer can go back to them."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..activations.run import last
from ..errors import UserError
from ..i18n.messages import message
from .handlers import Answers, GoneError
from .requests import Answer, RequestData

MOST = 20
"""The highest number of epochs that are kept."""
BYTES = 2**23
"""The highest number of bytes of all maps together."""
_OF_ONE = 2**18  # bytes of the tiles of one epoch
_SIDE = 64  # cells
_AT_ONCE, _SHARE = 0.1, 0.01  # seconds of work that are always allowed, and the share of the time after that

VIEW = ("layer", "sample", "slice", "filters")
"""The fields of a request that say which maps are shown."""


class Allowance:
    """The time that may be spent during ``fit``: a short time at the start, and then a small share of the time.

    The first call does not count, because its time includes that of compiling. A call that takes longer than the one
    before counts as that one: one that other work or garbage collection holds up must not stop the calls for a minute.
    """

    def __init__(self) -> None:
        self._left, self._then, self._is_first = _AT_ONCE, time.perf_counter(), True
        self._before = math.inf

    def spend(self, act: Callable[[], object]) -> None:
        """Call a function, unless earlier ones have used up the time."""
        if self._is_first:
            self._is_first = False
            act()
            self._then = time.perf_counter()
            return
        start = time.perf_counter()
        self._left = min(_AT_ONCE, self._left + _SHARE * (start - self._then))
        self._then = start
        if self._left > 0:
            try:
                act()
            finally:
                took = time.perf_counter() - start
                self._left -= min(took, self._before)
                self._before = took


@dataclass(frozen=True, slots=True)
class _Kept:
    """The maps of one view at the end of an epoch; ``run`` is 0 if no run was recorded."""

    view: tuple[object, ...]
    run: int
    epoch: int
    answer: Answer

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.answer.arrays.values())


class EpochMaps:
    """The kept maps. Another thread may read them, because a tuple takes the place of an older one."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Drop all maps."""
        self._kept: tuple[_Kept, ...] = ()
        self._stride, self._count = 1, 0

    def keep(self, answers: Answers, view: RequestData, run: int, epoch: int) -> None:
        """Keep the maps of a view as the model is now: all epochs, or if there are too many every second, fourth, … one."""
        self._count += 1
        if (self._count - 1) % self._stride:
            return
        with contextlib.suppress(UserError):  # maps that cannot be shown are not kept; the viewer shows the reason
            answer = last(answers.small({**view, "limit": _SIDE, "budget": _OF_ONE}))
            self._kept = (*self._kept, _Kept(_key(view), run, epoch, answer))
        while len(self._kept) > MOST or sum(one.nbytes for one in self._kept) > BYTES:
            self._stride, self._kept = 2 * self._stride, self._kept[::2] if len(self._kept) > 1 else ()

    def epochs(self, view: RequestData) -> list[tuple[int, int]]:
        """Return the run and the epoch of all maps that are kept for a view."""
        return [(one.run, one.epoch) for one in self._kept if one.view == _key(view)]

    def epoch_maps(self, ask: RequestData) -> Answer:
        """Return the kept maps of an epoch, as the request ``maps`` does."""
        for one in reversed(self._kept):
            if (one.view, one.run, one.epoch) == (_key(ask), ask["run"], ask["epoch"]):
                return one.answer
        raise GoneError(message("the maps of epoch {epoch} are not kept.", epoch=ask["epoch"]))


def _key(view: RequestData) -> tuple[object, ...]:
    return tuple(view[name] for name in VIEW)
