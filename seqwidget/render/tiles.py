"""Activations as tiles: one byte a value, with the scale that tells what the byte means, at the size of the screen.

A byte of 0 stands for a value that is not a finite number; 1 to 255 are even steps from the channel's least value to its
greatest. So a byte b means ``low + (b - 1) / 254 * (high - low)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
STEPS = 254
_LEAST = 1e-35  # a span whose inverse is still a float32


def quantise(channels: Array, low: Array, high: Array) -> Array:
    """Give one byte a value. ``low`` and ``high`` have an entry a channel, and no finite value is outside of them."""
    shape = (-1,) + (1,) * (channels.ndim - 1)
    span = np.maximum(high.astype("float64") - low, _LEAST)
    scale = (STEPS / span).astype("float32").reshape(shape)
    with np.errstate(invalid="ignore"):
        steps = (channels.astype("float32", copy=False) - low.reshape(shape)) * scale
        np.rint(steps, out=steps)
        steps += 1
        finite = np.isfinite(steps)
        if finite.all():
            return np.clip(steps, 1, STEPS + 1, out=steps).astype("uint8")
        return np.where(finite, np.clip(steps, 1, STEPS + 1), 0).astype("uint8")


def shrunk(size: tuple[int, ...], limit: int) -> tuple[tuple[int, int], int]:
    """Give the size of a map that is to be no larger than ``limit``, and so many cells on a side that become one."""
    height, width = size
    factor = max(1, -(-max(height, width) // limit))
    return (-(-height // factor), -(-width // factor)), factor


def shrink(channels: Array, limit: int) -> tuple[Array, int]:
    """Make maps (…, height, width) no larger than ``limit``: each cell becomes the mean of factor × factor cells.

    Returns
    -------
    tuple
        The maps, and the factor; 1 where they are small enough already.
    """
    height, width = channels.shape[-2:]
    _, factor = shrunk((height, width), limit)
    if factor == 1:
        return channels, 1
    rows, columns = np.arange(0, height, factor), np.arange(0, width, factor)
    sums = np.add.reduceat(np.add.reduceat(channels, rows, axis=-2, dtype="float32"), columns, axis=-1)
    tall, wide = np.diff([*rows, height]), np.diff([*columns, width])
    return sums / np.outer(tall, wide).astype("float32"), factor


def index(codes: Array, own: tuple[Array, Array], shown: tuple[float, float] | None, *, centred: bool) -> Array:
    """Give the place of each byte in a table of 256 colours: the twin of ``palette`` in js/src/maps/colors.ts.

    Parameters
    ----------
    codes
        The bytes of tiles: (channels, …).
    own
        The least and the greatest value of each channel.
    shown
        The values that the colours span; None where each channel has colours of its own.
    centred
        Whether the middle colour is to be zero.
    """
    shape = (-1,) + (1,) * (codes.ndim - 1)
    low, high = (one.astype("float64").reshape(shape) for one in own)
    values = low + (codes - 1.0) / STEPS * (high - low)
    first, last = (low, high) if shown is None else (np.float64(shown[0]), np.float64(shown[1]))
    if centred:
        last = np.maximum(np.abs(first), np.abs(last))
        first = -last
    span = np.where(last > first, last - first, 1)
    place = np.rint(np.clip((values - first) / span, 0, 1) * 255)
    return np.where(last > first, place, 128 if centred else 0).astype("uint8")
