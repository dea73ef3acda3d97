"""The answer to a request from the page.

Each request has an id and gets exactly one answer or one error. Arrays are sent as binary buffers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from ..errors import UserError
from ..i18n.messages import Text, message
from .records import Progress

LONGEST = 1_000
"""The most characters of an error message."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request: small values as JSON, and arrays by name."""

    facts: Mapping[str, object] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Partial:
    """A step to an answer that can already be given in part.

    Attributes
    ----------
    progress
        The progress of the answer.
    answer
        Return the answer so far, or None if it is not worth sending. It is only called if this
        step is reported to the page.
    """

    progress: Progress
    answer: Callable[[], Answer | None]


Steps = Generator[Progress | Partial, None, Answer]
"""The steps to an answer. Each step yields the progress, which is sent to the page.

If the request is stopped, the reason is raised at the current step. If an answer is returned then,
it is sent as the complete answer.
"""
RequestData: TypeAlias = dict[str, Any]
"""A request from the page: its name and its fields, which `schema` has checked."""
Handler = Callable[[RequestData], Answer | Steps]
"""A function that answers a request."""


def sentence(error: BaseException) -> Text:
    """Return an error as the page shows it."""
    if isinstance(error, UserError):
        return error.args[0]  # a message, which can be translated
    return message("interrupted") if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
