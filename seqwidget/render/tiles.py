"""Quantise activations to one byte per value, reduce them in size, and look up their colours.

The byte 0 stands for NaN and infinite values. The bytes 1 to 255 are even steps from the minimum of
the channel to its maximum: a byte b means ``low + (b - 1) / 254 * (high - low)``.
"""

from __future__ import annotations

import numpy as np

Array = np.ndarray
STEPS = 254
_LEAST = 1e-35  # the inverse of this span, times STEPS, is still finite in float32


def quantise(channels: Array, low: Array, high: Array) -> Array:
    """Return one byte for each value.

    Parameters
    ----------
    channels : ndarray
        The values, of shape (channels, …).
    low, high : ndarray
        The minimum and the maximum of the finite values of each channel, of shape (channels,).

    Returns
    -------
    ndarray
        The bytes, of the same shape as ``channels`` and dtype uint8.
    """
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
    """Return the size of a map after reduction to at most ``limit`` cells per side, and the factor.

    The factor is the number of cells per side that are merged into one.
    """
    height, width = size
    factor = max(1, -(-max(height, width) // limit))
    return (-(-height // factor), -(-width // factor)), factor


def shrink(channels: Array, limit: int) -> tuple[Array, int]:
    """Reduce maps to at most ``limit`` cells per side, by the mean of factor × factor cells.

    Parameters
    ----------
    channels : ndarray
        The maps, of shape (…, height, width).
    limit : int
        The maximum height and width.

    Returns
    -------
    tuple
        The maps and the factor, which is 1 if they were small enough already.
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
    """Return the index of each byte in a table of 256 colours.

    ``palette`` in ``js/src/feature_maps/colors.ts`` does the same for the front end.

    Parameters
    ----------
    codes : ndarray
        The bytes of tiles, of shape (channels, …).
    own : tuple of ndarray
        The minimum and the maximum of each channel, each of shape (channels,).
    shown : tuple of float or None
        The range of values that the colours span; None for the range of each channel.
    centred : bool
        Whether the middle colour stands for zero.

    Returns
    -------
    ndarray
        The indices, of the same shape as ``codes`` and dtype uint8.
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
