"""The answer to a request of the page.

Each request has an id and gets exactly one answer or one error. Arrays are sent as binary buffers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from .records import Progress


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request: small values as JSON, and arrays by name."""

    facts: Mapping[str, object] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


Steps = Generator[Progress, None, Answer]
"""The steps to an answer. Each step yields the progress, which is sent to the page."""
RequestData: TypeAlias = dict[str, Any]
"""A request of the page: its name and its fields, which `schema` has checked."""
Handler = Callable[[RequestData], Answer | Steps]
"""A function that answers a request."""
