"""Activations as tiles: one byte a value, with the scale that tells what the byte means, at the size of the screen.

A byte of 0 stands for a value that is not a finite number; 1 to 255 are even steps from the channel's least value to its
greatest. So a byte b means ``low + (b - 1) / 254 * (high - low)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
STEPS = 254


def limits(channels: Array) -> tuple[Array, Array]:
    """Give the least and the greatest finite value of each channel, as float32; 0 for a channel that has none."""
    flat = channels.reshape(len(channels), -1)
    low, high = flat.min(axis=1), flat.max(axis=1)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        finite = np.isfinite(flat)
        low = np.where(finite, flat, np.inf).min(axis=1)
        high = np.where(finite, flat, -np.inf).max(axis=1)
        low, high = np.where(finite.any(axis=1), low, 0), np.where(finite.any(axis=1), high, 0)
    return low.astype("float32"), high.astype("float32")


def quantise(channels: Array, low: Array, high: Array) -> Array:
    """Give one byte a value. ``low`` and ``high`` have an entry a channel, and no finite value is outside of them."""
    shape = (-1,) + (1,) * (channels.ndim - 1)
    span = np.where(high > low, high.astype("float64") - low, 1).astype("float64")
    scale = (STEPS / span).astype("float32").reshape(shape)
    with np.errstate(invalid="ignore"):
        steps = (channels.astype("float32", copy=False) - low.reshape(shape)) * scale
        np.rint(steps, out=steps)
        steps += 1
        finite = np.isfinite(steps)
        if finite.all():
            return np.clip(steps, 1, STEPS + 1, out=steps).astype("uint8")
        return np.where(finite, np.clip(steps, 1, STEPS + 1), 0).astype("uint8")


def shrink(channels: Array, limit: int) -> tuple[Array, int]:
    """Make maps (…, height, width) no larger than ``limit``: each cell becomes the mean of factor × factor cells.

    Returns
    -------
    tuple
        The maps, and the factor; 1 where they are small enough already.
    """
    height, width = channels.shape[-2:]
    factor = max(1, -(-max(height, width) // limit))
    if factor == 1:
        return channels, 1
    rows, columns = np.arange(0, height, factor), np.arange(0, width, factor)
    sums = np.add.reduceat(np.add.reduceat(channels, rows, axis=-2, dtype="float32"), columns, axis=-1)
    tall, wide = np.diff([*rows, height]), np.diff([*columns, width])
    return sums / np.outer(tall, wide).astype("float32"), factor
