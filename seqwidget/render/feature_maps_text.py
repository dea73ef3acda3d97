"""Describe a layer's output as text, such as ``64 maps of 123×123``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..i18n.messages import Message, Text, plural
from ..model.array_layout import Layout
from ..model.records import LayerRow
from . import formatting

_WHAT: dict[str, Callable[..., Message]] = {
    "maps": lambda n, **words: plural("{many} map of {size}", "{many} maps of {size}", n, **words),
    "volume": lambda n, **words: plural("{many} volume of {size}", "{many} volumes of {size}", n, **words),
    "sequence": lambda n, **words: plural("{many} sequence of {size}", "{many} sequences of {size}", n, **words),
    "matrices": lambda n, **words: plural("{many} matrix of {size}", "{many} matrices of {size}", n, **words),
}


def sizes(row: LayerRow) -> tuple[int | None, ...]:
    """Return the output shape for one sample; that of the first output if there are several."""
    shape = row.output_shape or ()
    return tuple(shape[0][1:] if shape and isinstance(shape[0], tuple) else shape[1:])


def shown_as(layout: Layout, shape: Sequence[int | None]) -> Text:
    """Return the size of an output as text: ``64 maps of 123×123``, ``10 numbers``."""
    count = 1 if layout.channel_axis is None else shape[layout.channel_axis]
    if count is None:
        return formatting.cells((None, *shape))
    if layout.form == "vector":
        return plural("{n:,} number", "{n:,} numbers", count)
    space = tuple(n for axis, n in enumerate(shape) if axis != layout.channel_axis)
    return _WHAT[layout.form](count, many=formatting.count(count), size=formatting.times(space))
