"""How an output is laid out to be looked at: which axis counts channels, and which ones are space, time or slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .records import LayerRow, Shape

FORMS = ("maps", "volume", "sequence", "vector", "matrices")
"""Images, stacks of images, channels over time, plain numbers, and what looks from each position at each other one."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The order of an output's axes as (channels, slices, height, width), for one sample.

    Attributes
    ----------
    form
        One of `FORMS`.
    channel_axis
        The axis of the sample that counts channels; None where there is but one.
    """

    form: str
    channel_axis: int | None

    def arrange(self, sample: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Give a view of one sample's output as (channels, slices, height, width)."""
        tiles = sample[None] if self.channel_axis is None else np.moveaxis(sample, self.channel_axis, 0)
        channels, *space = tiles.shape
        height, width = [1, 1, *space][-2:]
        return tiles.reshape(channels, -1, height, width)


def layout_of(row: LayerRow, shape: Shape) -> Layout:
    """Tell how to look at an output of this shape, which has a batch in front."""
    rank = len(shape) - 1
    if rank > 1 and _is_attention(row) and shape[-1] == shape[-2]:
        return Layout("matrices", 0 if rank > 2 else None)  # noqa: PLR2004  (heads, from, to)
    if rank < 2:  # noqa: PLR2004
        return Layout("vector", 0 if rank else None)
    channel_axis = 0 if row.data_format == "channels_first" else rank - 1
    return Layout({2: "sequence", 3: "maps"}.get(rank, "volume"), channel_axis)


def _is_attention(row: LayerRow) -> bool:
    return row.kind == "attention" or "attention" in f"{row.name} {row.type}".lower()
