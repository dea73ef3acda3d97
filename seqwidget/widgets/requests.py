"""The answer to a request of the page.

Each request has an id and gets exactly one answer or one error. Arrays are sent as binary buffers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a request: small values as JSON, and arrays by name."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)


Handler = Callable[[dict[str, Any]], Answer]
