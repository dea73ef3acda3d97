"""What answers a request of the page: each has an id, and gets one answer or one error, with arrays as binary buffers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: small facts as JSON, and arrays by name."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)


Handler = Callable[[dict[str, Any]], Answer]
