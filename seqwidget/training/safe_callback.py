"""Make sure that an error in recording does not stop the ``fit`` that is recorded."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, Protocol

_logger = logging.getLogger("seqwidget")


class _Recording(Protocol):
    def drop(self) -> None: ...


def safe(method: Callable[..., None]) -> Callable[..., None]:
    """Wrap a method of a callback: an error in it is logged and ends the recording, but is not raised."""

    @functools.wraps(method)
    def safe(self: _Recording, *args: Any, **kwargs: Any) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception:
            _logger.exception("a training run could not be recorded any further")
            self.drop()

    return safe
