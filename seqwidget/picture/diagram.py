"""The shape diagram: where each block stands and how large it is. The one place where layout is computed."""

from __future__ import annotations

import functools
import itertools
import math
import operator
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ..stack.languages import ENGLISH, tell
from ..stack.records import KINDS, LayerRow, Shapes, Stack, plain, same
from ..stack.refusal import Diagnosis
from ..stack.said import Figure, counted, joined, phrase, said
from . import words
from .text import one_line

METRICS = {"params": said("parameters"), "macs": said("multiply-adds"), "activation_bytes": said("activation memory")}
SIZE_BY = ("shape", *METRICS)
COLOR_BY = ("kind", *METRICS)
_KIND_NAMES = {
    "input": said("Input"),
    "dense": said("Dense"),
    "conv": said("Convolution"),
    "pool": said("Pooling"),
    "norm": said("Normalisation"),
    "dropout": said("Dropout"),
    "shape": said("Shape and merging"),
    "recurrent": said("Recurrent"),
    "attention": said("Attention"),
    "embedding": said("Embedding"),
    "preprocessing": said("Preprocessing"),
    "activation": said("Activation"),
    "model": said("Nested model"),
    "other": said("Other"),
}
_LARGER, _SMALLER = said("drawn larger than the scale"), said("drawn smaller than the scale")
_TALLEST, _WIDEST, _LARGEST, _SMALLEST = 120.0, 64.0, 88.0, 3.0
_SKEW_X, _SKEW_Y = 0.30, 0.18  # how far a unit of depth moves the back face right and up
_GAP, _MARGIN, _CHAR, _LONGEST_LABEL = 12.0, 10.0, 6.9, 24
_LABEL_DROP, _LINE = 20.0, 14.0
_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_OUTLIER = 16
_RUN = 3


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the diagram, in px: the front face at (x, y), the back face moved by (dx, -dy)."""

    row: int
    count: int
    label: str
    name: str
    shape: str
    title: str
    x: float
    y: float
    w: float
    h: float
    dx: float
    dy: float
    cx: float
    label_y: float
    shape_y: float
    cls: str
    frozen: bool
    held: str
    unknown: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """The blocks of a stack from left to right, the size of the drawing, and what its sizes and colours mean."""

    width: float
    height: float
    scale: str
    description: str
    size_by: str
    color_by: str
    legend: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    drafts: tuple[_Draft, ...] = field(default=(), repr=False, compare=False)
    """What each block was made of, for the next diagram of the same model."""

    def to_dict(self, language: str = ENGLISH) -> dict[str, Any]:
        """Give the record as plain JSON data, in the words of a language."""
        return self.to_dict_after(None, {}, language)

    def to_dict_after(self, before: Diagram | None, data: Mapping[str, Any], language: str = ENGLISH) -> dict[str, Any]:
        """Give the record as `to_dict` does, with the blocks that ``before`` has too taken from its ``data``."""
        start = same(before.blocks, self.blocks) if before else 0
        return {
            **plain(replace(self, blocks=(), drafts=()), language),
            "legend": [{"cls": cls, "label": tell(label, language)} for cls, label in self.legend],
            "blocks": [*(data["blocks"][:start] if start else ()), *plain(self.blocks[start:], language)],
        }


class _Item(NamedTuple):
    """What is to become a block: a layer's row, or the input."""

    position: int
    row: LayerRow | None
    alike: int
    shape: Shapes | None
    data_format: str | None


class _Box(NamedTuple):
    w: float
    h: float
    depth: float = 0.0
    held: str = ""
    unknown: bool = False

    @property
    def tall(self) -> float:
        """How high it is with its back face."""
        return self.h + self.depth * _SKEW_Y


class _Draft(NamedTuple):
    """All that a block is made of, and where the next one begins."""

    of: tuple[_Item, _Box, str, float, float]
    end: float


_UNKNOWN = _Box(24, 48, unknown=True)
REFUSED_ROW = -2
"""The row of the block of a layer that did not fit."""


def runs(rows: Sequence[LayerRow]) -> tuple[tuple[int, int], ...]:
    """Find runs of three or more like layers: pairs of the first position and the one behind the last."""
    found = []
    start = 0
    for position in range(1, len(rows) + 1):
        if position == len(rows) or not _alike(rows[start], rows[position]):
            if position - start >= _RUN:
                found.append((start, position))
            start = position
    return tuple(found)


_kindred = operator.attrgetter("type", "depth", "output_shape", "params", "kernel", "strides", "trainable")


def _alike(a: LayerRow, b: LayerRow) -> bool:
    return a.output_shape is not None and a.kind != "model" and _kindred(a) == _kindred(b)


def diagram(
    stack: Stack,
    *,
    size_by: str = "shape",
    color_by: str = "kind",
    folded: bool = False,
    refused: Diagnosis | None = None,
    before: Diagram | None = None,
) -> Diagram:
    """Lay a stack out.

    Parameters
    ----------
    stack : Stack
        The facts.
    size_by : {"shape", "params", "macs", "activation_bytes"}
        What the size of a block stands for.
    color_by : {"kind", "params", "macs", "activation_bytes"}
        What its colour stands for.
    folded : bool
        Whether a run of like layers is one block.
    refused : Diagnosis, optional
        A layer that did not fit, to be drawn behind the others.
    before : Diagram, optional
        The last diagram of the same model: its blocks are taken over where they would be the same.
    """
    items = _items(stack, folded=folded)
    boxes, scale = _by_shape(items) if size_by == "shape" else _by_metric(items, size_by)
    classes, legend = _colors(items, color_by)
    tall = max((box.tall for box in set(boxes)), default=_SMALLEST)
    blocks: list[Block] = []
    drafts: list[_Draft] = []
    left = _MARGIN
    known = zip(before.drafts, before.blocks, strict=False) if before else ()
    for of, last in itertools.zip_longest(zip(items, boxes, classes, strict=True), known):
        if of is None:
            break
        made_of = (*of, left, tall)
        if last is not None and last[0].of == made_of:
            draft, block = last
        else:
            block, end = _block(*made_of)
            draft = _Draft(made_of, end)
        blocks.append(block)
        drafts.append(draft)
        left = draft.end
    if refused is not None:
        blocks.append(_refused_block(refused, left, tall))
        left = blocks[-1].cx * 2 - left + _GAP
    return Diagram(
        width=_px(max(left - _GAP + _MARGIN, 2 * _MARGIN)),
        height=_px(_MARGIN + tall + _LABEL_DROP + _LINE + _MARGIN),
        scale=scale,
        description=_description(stack, blocks),
        size_by=size_by,
        color_by=color_by,
        legend=legend,
        blocks=tuple(blocks),
        drafts=tuple(drafts),
    )


def _block(item: _Item, box: _Box, cls: str, left: float, tall: float) -> tuple[Block, float]:
    """Draw a block; gives where the next one begins, too."""
    label, shape = _label(item), words.cells(item.shape)
    dx, dy = box.depth * _SKEW_X, box.depth * _SKEW_Y
    slot = max(box.w + dx, _CHAR * max(len(label), len(shape)))
    cx, middle = left + slot / 2, _MARGIN + tall / 2
    block = Block(
        row=item.position,
        count=item.alike,
        label=label,
        name=item.row.name if item.row else "",
        shape=shape,
        title=_title(item, box),
        x=_px(cx - (box.w + dx) / 2),
        y=_px(middle - (box.h + dy) / 2 + dy),
        w=_px(box.w),
        h=_px(box.h),
        dx=_px(dx),
        dy=_px(dy),
        cx=_px(cx),
        label_y=_px(_MARGIN + tall + _LABEL_DROP),
        shape_y=_px(_MARGIN + tall + _LABEL_DROP + _LINE),
        cls=cls,
        frozen=item.row is not None and bool(item.row.params) and not item.row.trains,
        held=box.held,
        unknown=box.unknown,
    )
    return block, left + slot + _GAP


def _refused_block(refused: Diagnosis, left: float, tall: float) -> Block:
    """Draw a layer that did not fit: of no size, as it gives no shape."""
    label, shape = one_line(refused.type, _LONGEST_LABEL), said("does not fit")
    slot = _CHAR * max(len(label), len(shape))
    height = min(_UNKNOWN.h, tall)
    return Block(
        row=REFUSED_ROW,
        count=1,
        label=label,
        name=refused.layer,
        shape=shape,
        title=said(
            "{layer} ({type}) does not fit: {cause}", layer=one_line(refused.layer), type=refused.type, cause=refused.cause
        ),
        x=_px(left + (slot - _UNKNOWN.w) / 2),
        y=_px(_MARGIN + (tall - height) / 2),
        w=_UNKNOWN.w,
        h=_px(height),
        dx=0,
        dy=0,
        cx=_px(left + slot / 2),
        label_y=_px(_MARGIN + tall + _LABEL_DROP),
        shape_y=_px(_MARGIN + tall + _LABEL_DROP + _LINE),
        cls="refused",
        frozen=False,
        held="",
        unknown=True,
    )


def _items(stack: Stack, *, folded: bool) -> list[_Item]:
    items = []
    formats = [row.data_format for row in stack.rows if row.data_format]
    if stack.input_shape:
        items.append(_Item(-1, None, 1, stack.input_shape, formats[0] if formats else None))
    folds = dict(runs(stack.rows)) if folded else {}
    position = 0
    while position < len(stack.rows):
        row, end = stack.rows[position], folds.get(position, position + 1)
        if row.depth == 0:
            items.append(_Item(position, row, end - position, row.output_shape, row.data_format))
        position = end
    return items


class _Sizes(NamedTuple):
    """A shape as sizes to draw, each on a scale of its own: image height and depth, channels, the units of a vector."""

    space: tuple[int, ...] = ()
    channels: int = 0
    units: int = 0


@functools.lru_cache(1024)
def _sizes(shape: Shapes | None, data_format: str | None) -> _Sizes | None:
    if shape and isinstance(shape[0], tuple):
        shape = shape[0]
    if not shape or len(shape) < 2 or None in shape[1:]:  # noqa: PLR2004  no axis but the batch
        return None
    *space, channels = shape[1:]
    if data_format == "channels_first":
        channels, *space = shape[1:]
    return _Sizes(tuple(space[-2:]), channels) if space else _Sizes(units=channels)  # type: ignore[arg-type]


def _by_shape(items: list[_Item]) -> tuple[list[_Box], str]:
    sizes = [_sizes(item.shape, item.data_format) for item in items]
    known = [size for size in sizes if size]
    space = _scale([max(size.space) for size in known if size.space], _TALLEST)
    channels = _scale([size.channels for size in known if size.space], _WIDEST)
    units = _scale([size.units for size in known if not size.space], _TALLEST)
    boxes = [_box(size, space, channels, units) if size else _UNKNOWN for size in sizes]
    scales = []
    if any(size.space for size in known):
        scales.append(_say_scale(said("Height and depth"), "{n:g} cell", phrase("{n:g} cells"), space))
        scales.append(_say_scale(said("width"), "{n:g} channel", phrase("{n:g} channels"), channels))
    if any(size.units for size in known):
        bar = said("height of a bar") if scales else said("Height of a bar")
        scales.append(_say_scale(bar, "{n:g} unit", phrase("{n:g} units"), units))
    return boxes, joined("", [joined("; ", scales), "."]) if scales else ""


@functools.lru_cache(1024)
def _box(size: _Sizes, space: float, channels: float, units: float) -> _Box:
    if not size.space:
        h, held = _hold(size.units * units, _TALLEST)
        return _Box(8, h, 0, held)
    h, held_h = _hold(size.space[0] * space, _TALLEST)
    w, held_w = _hold(size.channels * channels, _WIDEST)
    depth, held_d = _hold(size.space[1] * space, _TALLEST) if len(size.space) > 1 else (0.0, "")
    return _Box(w, h, depth, held_h or held_w or held_d)


def _say_scale(what: str, one: str, many: str, scale: float) -> str:
    per_px = 1 / scale
    if per_px >= 1:
        return joined("", (what, ": 1 px = ", counted(one, many, per_px)))
    return joined("", (what, ": ", Figure(f"{scale:g}"), " px = ", counted(one, many, 1)))


def _scale(sizes: Iterable[int], limit: float) -> float:
    """Choose px a cell, a round number, so that the largest fits; one that dwarfs all others is left to be held."""
    known = sorted(size for size in sizes if size > 0)
    if not known:
        return 1.0
    most = min(known[-1], _OUTLIER * statistics.median(known))
    if most > limit:
        return 1 / _round_up(most / limit)
    return _round_down(limit / most)


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _STEPS if step * power >= value * (1 - 1e-9))


def _round_down(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return min(8.0, next(step * power for step in reversed(_STEPS) if step * power <= value * (1 + 1e-9)))


def _hold(px: float, limit: float) -> tuple[float, str]:
    if px < _SMALLEST:
        return _SMALLEST, _LARGER
    if px > limit:
        return limit, _SMALLER
    return px, ""


def _by_metric(items: list[_Item], metric: str) -> tuple[list[_Box], str]:
    values = _values(items, metric)
    most = max((value for value in values if value), default=0)
    boxes = []
    for item, value in zip(items, values, strict=True):
        if value is None:
            boxes.append(_Box(24, 24, unknown=item.row is not None))
            continue
        side, held = _hold(math.sqrt(value / most) * _LARGEST if most else 0, _LARGEST)
        boxes.append(_Box(side, side, 0, held))
    largest = _metric_words(metric)(most)
    return boxes, said("Area: {metric}; the largest block is {largest}.", metric=METRICS[metric], largest=largest)


def _values(items: list[_Item], metric: str) -> list[int | None]:
    values = [getattr(item.row, metric) if item.row else None for item in items]
    return [None if value is None else value * item.alike for item, value in zip(items, values, strict=True)]


def _metric_words(metric: str) -> Callable[[int | None], str]:
    return {"params": words.count, "macs": words.short, "activation_bytes": words.memory}[metric]


def _colors(items: list[_Item], color_by: str) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    if color_by == "kind":
        kinds = [item.row.kind if item.row else "input" for item in items]
        there = set(kinds)
        return [f"kind-{kind}" for kind in kinds], tuple((f"kind-{k}", _KIND_NAMES[k]) for k in KINDS if k in there)
    values = _values(items, color_by)
    most = max((value for value in values if value), default=0)
    classes = ["heat-none" if value is None else f"heat-{round(9 * value / most) if most else 0}" for value in values]
    return classes, (("heat-0", "0"), ("heat-9", joined(" ", (_metric_words(color_by)(most), METRICS[color_by]))))


def _label(item: _Item) -> str:
    label = one_line(item.row.type, _LONGEST_LABEL) if item.row else "Input"
    return f"{label} ×{item.alike}" if item.alike > 1 else label


def _title(item: _Item, box: _Box) -> str:
    row = item.row
    if row is None:
        return f"Input {words.shape(item.shape)}"
    name = f"{one_line(row.name)} ({row.type})"
    title = said(
        "{name}; {shape}; {params} parameters; {macs} multiply-adds; {memory} activation memory",
        name=said("{layer}, {n} alike", layer=name, n=item.alike) if item.alike > 1 else name,
        shape=words.shape(row.output_shape),
        params=words.count(row.params),
        macs=words.short(row.macs),
        memory=words.memory(row.activation_bytes),
    )
    more = [row.unknown.get("output_shape", said("shape not known"))] if row.output_shape is None else []
    more += [box.held] if box.held else []
    return joined("; ", (title, *more)) if more else title


def _description(stack: Stack, blocks: list[Block]) -> str:
    refused = bool(blocks) and blocks[-1].row == REFUSED_ROW
    plain_steps = ", ".join([f"{block.label} {block.shape}" for block in (blocks[:-1] if refused else blocks)])
    last = [joined(" ", (blocks[-1].label, blocks[-1].shape))] if refused else []
    steps = joined(", ", filter(None, (plain_steps, *last))) if blocks else said("no layers yet")
    return said("Shapes in {name}, from input to output: {steps}", name=one_line(stack.name), steps=steps)


def _px(value: float) -> float:
    return round(value, 1)
