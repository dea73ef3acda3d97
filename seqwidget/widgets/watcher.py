"""Poll for changes that are not made by an edit and that no end of a cell reports.

For example, a button's callback, another thread or an asyncio task may set ``layer.trainable``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PERIOD = 0.5
"""Seconds between two calls, while the kernel is idle."""

_watching: set[Callable[[], bool]] = set()


def watch(look: Callable[[], bool]) -> None:
    """Call ``look`` every `PERIOD` seconds in the running event loop until it returns False.

    Do nothing if no event loop is running.
    """
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
