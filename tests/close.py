"""Compare two separate runs of the same float computation, which agree in all but the last bits.

Processors, thread counts and libraries add the terms of a product in different orders, so two runs are bitwise equal only
by luck. A real error (another layer, channel, sample or scale, a missing step) is a large fraction of the largest value.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

TOLERANCE = 1e-5
"""The tolerance as a fraction of the largest value: some eighty times the last bit of float32."""
HALF_TOLERANCE = 3e-2
"""The same for float16 and bfloat16, whose last bit is up to 0.8 % of a value."""


def as_array(x: Any, dtype: str | None = None) -> np.ndarray[Any, Any]:
    """Return a tensor of any backend, or anything else that NumPy takes, as an array."""
    return np.asarray(keras.ops.convert_to_numpy(x) if keras.ops.is_tensor(x) else x, dtype)


def assert_close(actual: Any, right: Any, tolerance: float = TOLERANCE) -> None:
    """Assert that the shapes are equal, and that no value differs by more than ``tolerance`` times the largest one."""
    actual, right = (as_array(one, "float64") for one in (actual, right))
    assert actual.shape == right.shape
    np.testing.assert_allclose(actual, right, rtol=0, atol=tolerance * np.abs(right).max(initial=0))
