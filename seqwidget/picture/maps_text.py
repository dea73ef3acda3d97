"""Feature maps in words: the plain table that a terminal and a saved notebook show."""

from __future__ import annotations

from collections.abc import Sequence

from ..stack.layout import Layout
from ..stack.records import LayerRow
from . import words

_WHAT = {"maps": "maps", "volume": "volumes", "sequence": "sequences", "matrices": "matrices"}


def sizes(row: LayerRow) -> tuple[int | None, ...]:
    """Give the shape of one sample's output, of the first where there are several."""
    shape = row.output_shape or ()
    return tuple(shape[0][1:] if shape and isinstance(shape[0], tuple) else shape[1:])


def shown_as(layout: Layout, shape: Sequence[int | None]) -> str:
    """``64 maps of 123×123``; ``10 numbers``."""
    count = 1 if layout.channel_axis is None else shape[layout.channel_axis]
    if layout.form == "vector":
        return f"{count:,} number{'' if count == 1 else 's'}"
    space = tuple(n for axis, n in enumerate(shape) if axis != layout.channel_axis)
    return f"{count:,} {_WHAT[layout.form]} of {words.times(space)}"
