"""What two separate runs of one float computation have to agree in: all but the last bits.

Processors, thread counts and libraries add up a product's terms in different orders, so two runs are equal to the bit only by
luck. What is wrong (another layer, channel, sample or scale, a step left out) is off by a good part of the largest value.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TOLERANCE = 1e-5
"""Some eighty times float32's last bit, as a share of the largest value."""
HALF_TOLERANCE = 3e-2
"""The same for float16 and bfloat16, whose last bit is up to 0.8 % of a value."""


def assert_close(actual: Any, right: Any, tolerance: float = TOLERANCE) -> None:
    """Expect the same shape, and no value further off than ``tolerance`` times the largest one."""
    actual, right = (np.asarray(one, "float64") for one in (actual, right))
    assert actual.shape == right.shape
    np.testing.assert_allclose(actual, right, rtol=0, atol=tolerance * np.abs(right).max(initial=0))
