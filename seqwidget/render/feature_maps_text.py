"""Describe a layer's output as text, such as ``64 maps of 123×123``."""

from __future__ import annotations

from collections.abc import Sequence

from ..i18n.messages import counted, phrase
from ..model.array_layout import Layout
from ..model.records import LayerRow
from . import formatting

_WHAT = {
    "maps": ("{many} map of {size}", phrase("{many} maps of {size}")),
    "volume": ("{many} volume of {size}", phrase("{many} volumes of {size}")),
    "sequence": ("{many} sequence of {size}", phrase("{many} sequences of {size}")),
    "matrices": ("{many} matrix of {size}", phrase("{many} matrices of {size}")),
}


def sizes(row: LayerRow) -> tuple[int | None, ...]:
    """Return the output shape for one sample; that of the first output if there are several."""
    shape = row.output_shape or ()
    return tuple(shape[0][1:] if shape and isinstance(shape[0], tuple) else shape[1:])


def shown_as(layout: Layout, shape: Sequence[int | None]) -> str:
    """Return the size of an output as text: ``64 maps of 123×123``, ``10 numbers``."""
    count = 1 if layout.channel_axis is None else shape[layout.channel_axis]
    if count is None:
        return formatting.cells((None, *shape))
    if layout.form == "vector":
        return counted("{n:,} number", "{n:,} numbers", count)
    space = tuple(n for axis, n in enumerate(shape) if axis != layout.channel_axis)
    one, many = _WHAT[layout.form]
    return counted(one, many, count, many=formatting.count(count), size=formatting.times(space))
