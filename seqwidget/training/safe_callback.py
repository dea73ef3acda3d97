"""Let no error of a record stop the ``fit`` that is recorded."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, Protocol

_logger = logging.getLogger("seqwidget")


class _Recording(Protocol):
    def drop(self) -> None: ...


def safe(method: Callable[..., None]) -> Callable[..., None]:
    """Log an error of a method of a callback, and end its record, instead of raising the error."""

    @functools.wraps(method)
    def safe(self: _Recording, *args: Any, **kwargs: Any) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception:
            _logger.exception("a training run could not be recorded any further")
            self.drop()

    return safe
