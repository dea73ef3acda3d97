"""Render channels as a grid of tiles, or numbers as bars, in a PNG for saved notebooks."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image, ImageDraw

from ..i18n.languages import translate
from ..i18n.messages import number
from .colormaps import DIVERGING, NOT_FINITE, table
from .tiles import Array, index

_WIDTH, _GAP, _LABEL, _SMALL, _STRIP = 900, 6, 14, 72, 12
_BAR = 16
_PAPER, _INK, _FILL = (255, 255, 255), (60, 60, 60), (79, 134, 232)


LIMIT = (160, 860)
"""The maximum side length of a tile in cells: for a map, and for a sequence."""


def sheet(
    codes: Array,
    own: tuple[Array, Array],
    *,
    numbers: list[int],
    colormap: str,
    shown: tuple[float, float] | None,
    sequence: bool = False,
) -> bytes:
    """Draw tiles in a grid, each with its channel number.

    Parameters
    ----------
    codes : ndarray
        Bytes from `tiles.quantise`, of shape (channels, height, width).
    own : tuple of ndarray
        The minimum and the maximum of each channel, each of shape (channels,).
    numbers : list of int
        The channel numbers.
    colormap : str
        One of `colormaps.COLORMAPS`.
    shown : tuple of float or None
        The range of values that the colours span; None for the range of each channel.
    sequence : bool
        Whether the tiles are rows over time, which are stacked vertically.

    Returns
    -------
    bytes
        The PNG file.
    """
    colors = table(colormap)[index(codes, own, shown, centred=colormap == DIVERGING)]
    colors[codes == 0] = NOT_FINITE
    count, height, width = codes.shape
    if sequence:
        across, tall, wide = 1, _STRIP, width * max(1, _WIDTH // width)
    else:
        scale = max(1, _SMALL // max(height, width))
        tall, wide = height * scale, width * scale
        across = max(1, (_WIDTH + _GAP) // (max(wide, 24) + _GAP))
    across = min(across, max(count, 1))
    dx, dy = max(wide, 24) + _GAP, tall + (2 if sequence else _LABEL)
    lead = 36 if sequence else 0
    image = Image.new("RGB", (lead + across * dx - _GAP, max(1, math.ceil(count / across) * dy)), _PAPER)
    pen = ImageDraw.Draw(image)
    for at, (tile, channel) in enumerate(zip(colors, numbers, strict=True)):
        x, y = lead + at % across * dx, at // across * dy
        image.paste(Image.fromarray(np.ascontiguousarray(tile)).resize((wide, tall), Image.Resampling.NEAREST), (x, y))
        pen.text((0, y) if sequence else (x, y + tall + 1), str(channel), fill=_INK)
    return _png(image)


def bars(values: Array, names: list[str]) -> bytes:
    """Draw numbers as labelled bars from zero, and return the PNG file."""
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    image = Image.new("RGB", (_WIDTH // 2, max(1, len(values)) * _BAR), _PAPER)
    pen = ImageDraw.Draw(image)
    left, right = 150, image.width - 90
    zero = left + (right - left) * (-low / ((high - low) or 1))
    for at, (value, name) in enumerate(zip(values, names, strict=True)):
        y = at * _BAR
        end = left + (right - left) * ((float(value) - low) / ((high - low) or 1))
        pen.rectangle((min(zero, end), y + 2, max(zero, end), y + _BAR - 4), fill=_FILL)
        pen.text((0, y + 1), name[:22].encode("latin-1", "replace").decode("latin-1"), fill=_INK)
        pen.text((right + 8, y + 1), translate(number("{n:.4g}", float(value))), fill=_INK)
    return _png(image)


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
