"""Render an input sample as an image."""

from __future__ import annotations

import numpy as np

from .tiles import Array, shrink


def preview(sample: Array, values: tuple[float, float], *, channels_first: bool, limit: int) -> Array | None:
    """Return a sample as an RGB image.

    Images with three or four channels are shown in colour, without a fourth channel; all others are
    shown in grey. For a volume, the middle slice is shown. A sequence becomes an image with one row
    for each channel, and a vector becomes a single row.

    Parameters
    ----------
    sample : ndarray
        One sample, without the batch axis.
    values : tuple of float
        The minimum and maximum of the batch. If both are within 0 to 1, or else within 0 to 255,
        that range is used. Otherwise the values are rescaled from their own range.
    channels_first : bool
        Whether the channels are the first axis.
    limit : int
        The maximum height and width in px.

    Returns
    -------
    ndarray or None
        The image, of shape (height, width, 3) and dtype uint8; None if the sample is not numeric.
    """
    if sample.dtype.kind not in "fiub":
        return None
    space = _space(sample, channels_first=channels_first).astype("float32")
    if space.shape[0] not in (3, 4):
        space = space.mean(axis=0, keepdims=True)
    low, high = next((span for span in ((0, 1), (0, 255)) if span[0] <= values[0] and values[1] <= span[1]), values)
    small, _ = shrink(space[:3], limit)
    grey = np.clip((small - low) / ((high - low) or 1), 0, 1) * 255
    return np.repeat(np.moveaxis(grey, 0, -1), 3 // len(grey), axis=-1).round().astype("uint8")


def _space(sample: Array, *, channels_first: bool) -> Array:
    """Return a sample as an array of shape (channels, height, width)."""
    if sample.ndim < 2:
        return sample.reshape(1, 1, -1)
    if sample.ndim == 2:  # (time, channels)
        return (sample if channels_first else sample.T)[None]
    tiles = sample if channels_first else np.moveaxis(sample, -1, 0)
    slices = tiles.reshape(len(tiles), -1, *tiles.shape[-2:])
    return slices[:, slices.shape[1] // 2]
