"""Notice what no edit announces and no cell ends with: a flag set in a button's callback, by another thread or task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PERIOD = 0.5
"""Seconds from one look to the next, while the kernel has nothing else to do."""

_watching: set[Callable[[], bool]] = set()


def watch(look: Callable[[], bool]) -> None:
    """Have ``look`` called again and again by the running event loop, until it returns False; without a loop, never."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return

    def again() -> None:
        if look():
            loop.call_later(PERIOD, again)
        else:
            _watching.discard(look)

    if look not in _watching:
        _watching.add(look)
        loop.call_later(PERIOD, again)
