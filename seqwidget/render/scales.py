"""Compute the sizes and colours of the blocks in a diagram, with the text of scales and legend."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from ..i18n.messages import Text, joined, message, plural
from ..model.folds import Fold
from ..model.records import KINDS, LayerRow, Shapes
from . import formatting

METRICS = {"params": message("parameters"), "macs": message("multiply-adds"), "activation_bytes": message("activation memory")}
# The other columns are for pictures in files.
_MORE_METRICS = {"trainable_params": message("trainable parameters"), "receptive_field": message("receptive field")}
_CATEGORIES = ("type", "dtype", "trains", "kernel", "strides", "padding")
SIZE_BY = {"shape": message("shape"), **METRICS}
"""What the size of a block may show, with the label of each choice."""
COLOR_BY = {"kind": message("kind of layer"), **METRICS}
"""What the colour of a block may show, with the label of each choice."""
LIVE_COLOR_BY = {**COLOR_BY, "update_ratio": message("size of updates"), "measured_time": message("measured time")}
"""What the colour may show in a live panel, which knows what was measured for its model."""
_KIND_NAMES = {
    "input": message("Input"),
    "dense": message("Dense"),
    "conv": message("Convolution"),
    "pool": message("Pooling"),
    "norm": message("Normalization"),
    "dropout": message("Dropout"),
    "shape": message("Reshape and merge"),
    "recurrent": message("Recurrent"),
    "attention": message("Attention"),
    "embedding": message("Embedding"),
    "preprocessing": message("Preprocessing"),
    "activation": message("Activation"),
    "model": message("Nested model"),
    "other": message("Other"),
}
_LARGER, _SMALLER = message("drawn larger than the scale"), message("drawn smaller than the scale")
_TALLEST, _WIDEST, _LARGEST, SMALLEST = 120.0, 64.0, 88.0, 3.0
SKEW_X, SKEW_Y = 0.30, 0.18  # offset of the back face (right, up) per px of depth
_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_OUTLIER = 16
_RULER = 40.0  # px, the longest ruler


class Sizes(NamedTuple):
    """The sizes of an output shape that are drawn, each on its own scale.

    Attributes
    ----------
    space
        The last one or two spatial sizes, drawn as height and depth; empty for a vector.
    channels
        The number of channels, drawn as width.
    units
        The length of a vector, drawn as the height of a bar.
    """

    space: tuple[int, ...] = ()
    channels: int = 0
    units: int = 0


class Item(NamedTuple):
    """One or more layers of a diagram, or its input, which becomes one block."""

    position: int
    row: LayerRow | None
    fold: Fold | None
    shape: Shapes | None
    sizes: Sizes | None


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the legend: a CSS class, which determines the colour, and its label."""

    cls: str
    label: Text


class Box(NamedTuple):
    """The size of a block.

    Attributes
    ----------
    w, h, depth
        The size in px.
    held
        Why the block is not to scale; empty if it is.
    unknown
        Whether the size is unknown.
    """

    w: float
    h: float
    depth: float = 0.0
    held: Text = ""
    unknown: bool = False

    @property
    def tall(self) -> float:
        """The height including the back face, in px."""
        return self.h + self.depth * SKEW_Y


UNKNOWN = Box(24, 48, unknown=True)


@functools.lru_cache(1024)
def sizes(shape: Shapes | None, data_format: str | None) -> Sizes | None:
    """Return the sizes to draw for a shape (the first of several); None if a size is unknown."""
    if shape and isinstance(shape[0], tuple):
        shape = shape[0]
    if not shape or len(shape) < 2 or None in shape[1:]:  # unknown shape or size, or only the batch axis
        return None
    *space, channels = shape[1:]
    if data_format == "channels_first":
        channels, *space = shape[1:]
    return Sizes(tuple(space[-2:]), channels) if space else Sizes(units=channels)  # type: ignore[arg-type]


class Scales(NamedTuple):
    """The scales of a diagram in px per cell, channel and unit; None for what it does not have."""

    space: float | None
    channels: float | None
    units: float | None


class Ruler(NamedTuple):
    """A part of a scale to draw: its length in px, what it stands for, and whether it is depth."""

    length: float
    label: Text
    oblique: bool = False


def shape_scales(items: Sequence[Item]) -> Scales:
    """Return the scales with which the shapes of all items fit in the diagram."""
    each = [item.sizes for item in items if item.sizes]
    images = [size for size in each if size.space]
    bars = [size.units for size in each if not size.space]
    space = _scale([max(size.space) for size in images], _TALLEST) if images else None
    channels = _scale([size.channels for size in images], _WIDEST) if images else None
    return Scales(space, channels, _scale(bars, _TALLEST) if any(bars) else None)


def by_shape(items: Sequence[Item]) -> tuple[list[Box], Text]:
    """Return a box for each item, sized by its output shape, and the scale as text."""
    scales = shape_scales(items)
    each = [item.sizes for item in items]
    made = {size: _box(size, scales) if size else UNKNOWN for size in set(each)}
    bar = message("Height of a bar") if scales.space is None else message("height of a bar")
    whats = (message("Height and depth"), message("width"), bar)
    said = [_say_scale(what, much, scale) for what, much, scale in zip(whats, _MUCH, scales, strict=True) if scale is not None]
    return [made[size] for size in each], joined("", [joined("; ", said), "."]) if said else ""


def rulers(items: Sequence[Item], facing: str) -> list[Ruler]:
    """Return a ruler for each scale of a diagram that is sized by shape, whose blocks all face in the same direction."""
    found = []
    for what, much, scale in zip(_MEASURED[facing], _MUCH, shape_scales(items), strict=True):
        if scale is not None:
            cells = _round_down(_RULER / scale, (1.0, 2.0, 5.0)) if scale < _RULER else 1.0
            label = message("{what}: {much}", what=what, much=much(cells))
            found.append(Ruler(cells * scale, label, facing == "maps" and what == _MEASURED[facing][1]))
    return found


_MEASURED: Mapping[str, Sequence[Text]] = {
    "row": (message("Height"), message("Width"), message("Height of a bar")),
    "column": (message("Width"), message("Height"), message("Length of a bar")),
    "maps": (message("Height"), message("Depth"), message("Height of a bar")),
}
"""What each of `Scales` measures on a block, by the way in which it faces."""

_MUCH: tuple[Callable[[float], Text], ...] = (
    lambda n: plural("{n:g} cell", "{n:g} cells", n),
    lambda n: plural("{n:g} channel", "{n:g} channels", n),
    lambda n: plural("{n:g} unit", "{n:g} units", n),
)
"""The units in which the sizes on each of `Scales` are counted."""


def _box(size: Sizes, scales: Scales) -> Box:
    space, channels, units = (scale or 1.0 for scale in scales)
    if not size.space:
        h, held = _hold(size.units * units, _TALLEST)
        return Box(8, h, 0, held)
    h, held_h = _hold(size.space[0] * space, _TALLEST)
    w, held_w = _hold(size.channels * channels, _WIDEST)
    depth, held_d = _hold(size.space[1] * space, _TALLEST) if len(size.space) > 1 else (0.0, "")
    return Box(w, h, depth, held_h or held_w or held_d)


def _say_scale(what: Text, sizes: Callable[[float], Text], scale: float) -> Text:
    per_px = 1 / scale
    if per_px >= 1:
        return message("{what}: 1 px = {much}", what=what, much=sizes(per_px))
    return message("{what}: {px:g} px = {much}", what=what, px=scale, much=sizes(1))


def _scale(sizes: Iterable[int], limit: float) -> float:
    """Return a round number of px per cell with which the largest size fits in ``limit``.

    A size of more than 16 times the median does not count; its block is clamped instead.
    """
    known = sorted(size for size in sizes if size > 0)
    if not known:
        return 1.0
    most = min(known[-1], _OUTLIER * statistics.median(known))
    if most > limit:
        return 1 / _round_up(most / limit)
    return min(8.0, _round_down(limit / most, _STEPS))


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _STEPS if step * power >= value * (1 - 1e-9))


def _round_down(value: float, steps: Sequence[float]) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in reversed(steps) if step * power <= value * (1 + 1e-9))


def _hold(px: float, limit: float) -> tuple[float, Text]:
    if px < SMALLEST:
        return SMALLEST, _LARGER
    if px > limit:
        return limit, _SMALLER
    return px, ""


def by_metric(items: list[Item], metric: str) -> tuple[list[Box], Text]:
    """Return a box for each item, with an area for one of `METRICS`, and the scale as text."""
    values = _values(items, metric)
    most = max((value for value in values if value), default=0)
    boxes = []
    for item, value in zip(items, values, strict=True):
        if value is None:
            boxes.append(Box(24, 24, unknown=item.row is not None))
            continue
        side, held = _hold(math.sqrt(value / most) * _LARGEST if most else 0, _LARGEST)
        boxes.append(Box(side, side, 0, held))
    largest = _metric_words(metric)(most)
    name = {**METRICS, **_MORE_METRICS}[metric]
    return boxes, message("Area: {metric}; the largest block is {largest}.", metric=name, largest=largest)


def _values(items: list[Item], metric: str) -> list[int | None]:
    if metric == "receptive_field":
        fields = [item.row.receptive_field if item.row else None for item in items]
        return [max(field) if field else None for field in fields]
    values = [getattr(item.row, metric) if item.row else None for item in items]
    # The row of a longer block has the sums over all repeats.
    times = [item.fold.count if item.fold and item.fold.layers == 1 else 1 for item in items]
    return [None if value is None else value * n for value, n in zip(values, times, strict=True)]


def _metric_words(metric: str) -> Callable[[int | None], Text]:
    if metric == "receptive_field":
        return lambda value: plural("{n:g} cell", "{n:g} cells", value or 0)
    words = {"macs": formatting.short, "activation_bytes": formatting.memory}
    return words.get(metric, formatting.count)


def _by_category(items: list[Item], column: str) -> tuple[list[str], tuple[Key, ...]]:
    """Return a colour for each value of a column. The colours are those of the kinds; the last one is for all other values."""
    texts = [_category(item.row, column) for item in items]
    kinds = [kind for kind in KINDS if kind not in ("input", "other")]
    values = list(dict.fromkeys(text for text in texts if text))
    classes = {value: f"kind-{kinds[at]}" if at < len(kinds) else "kind-other" for at, value in enumerate(values)}
    keys = [Key(classes[value], value) for value in values[: len(kinds)]]
    keys += [Key("kind-other", _KIND_NAMES["other"])] if len(values) > len(kinds) else []
    none = {True: "kind-input", False: "heat-none"}
    return [classes[text] if text else none[item.row is None] for item, text in zip(items, texts, strict=True)], tuple(keys)


def _category(row: LayerRow | None, column: str) -> Text:
    value = getattr(row, column) if row else None
    if isinstance(value, bool):
        return message("trainable") if value else message("frozen")
    return formatting.times(value) if isinstance(value, tuple) else value or ""


def colors(
    items: list[Item], color_by: str, measured: Mapping[str, float | None] = MappingProxyType({})
) -> tuple[list[str], tuple[Key, ...]]:
    """Return the CSS class of each item's colour, and the legend; ``measured`` are update ratios or times by path."""
    if color_by == "measured_time":
        times = [measured.get(item.row.path) if item.row and not item.fold else None for item in items]
        return _heat(times), (Key("heat-0", "0"), Key("heat-9", formatting.seconds(max(filter(None, times), default=0))))
    if color_by == "update_ratio":
        single = (item.row.path if item.row and not item.fold else "" for item in items)
        keys = (Key("heat-0", "0"), Key(_heat_of_ratio(_USUAL), message("0.001, as usual")), Key("heat-9", "1"))
        return [_heat_of_ratio(measured.get(path)) for path in single], keys
    if color_by == "kind":
        kinds = [item.row.kind if item.row else "input" for item in items]
        there = set(kinds)
        names = {kind: f"kind-{kind}" for kind in there}
        return [names[kind] for kind in kinds], tuple(Key(f"kind-{kind}", _KIND_NAMES[kind]) for kind in KINDS if kind in there)
    if color_by in _CATEGORIES:
        return _by_category(items, color_by)
    values = _values(items, color_by)
    most = max((value for value in values if value), default=0)
    if color_by == "receptive_field":
        hottest = message("receptive field of {much}", much=_metric_words(color_by)(most))
    else:
        nouns = {**METRICS, **_MORE_METRICS}
        hottest = message("{much} {metric}", much=_metric_words(color_by)(most), metric=nouns[color_by])
    return _heat(values), (Key("heat-0", "0"), Key("heat-9", hottest))


def _heat(values: Sequence[float | None]) -> list[str]:
    """Return the CSS class of each value, on a scale from 0 to the largest value."""
    most = max((value for value in values if value), default=0)
    return ["heat-none" if value is None else f"heat-{round(9 * value / most) if most else 0}" for value in values]


_USUAL = 1e-3  # see `seqwidget.training.update_ratios`


def _heat_of_ratio(ratio: float | None) -> str:
    """Return the CSS class of an update ratio, on a log scale from a millionth to 1."""
    if ratio is None:
        return "heat-none"
    return f"heat-{round(9 * min(1, max(0, 1 + math.log10(ratio) / 6))) if ratio > 0 else 0}"
