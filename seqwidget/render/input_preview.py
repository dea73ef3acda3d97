"""A sample of the input as a picture."""

from __future__ import annotations

import numpy as np

from .tiles import Array, shrink


def photo(sample: Array, values: tuple[float, float], *, channels_first: bool, limit: int) -> Array | None:
    """Give a sample as uint8 RGB, (height, width, 3), no larger than ``limit``; None where it is not made of numbers.

    An image is shown as it is, in grey unless it has three or four channels, and of a volume the slice in the middle. A
    sequence is a picture with a line for each channel, and a vector one of a single line.

    Parameters
    ----------
    sample
        One sample, without the batch's axis.
    values
        The least and the greatest value of the batch. What lies within 0 to 1, or else 0 to 255, is taken for an image's own
        range; any other is stretched.
    channels_first
        Whether the channels come first.
    limit
        The largest side.
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
    """Give a sample as (channels, height, width)."""
    if sample.ndim < 2:
        return sample.reshape(1, 1, -1)
    if sample.ndim == 2:  # (time, channels)
        return (sample if channels_first else sample.T)[None]
    tiles = sample if channels_first else np.moveaxis(sample, -1, 0)
    slices = tiles.reshape(len(tiles), -1, *tiles.shape[-2:])
    return slices[:, slices.shape[1] // 2]
