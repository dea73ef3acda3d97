"""Compute the layout of the shape diagram: the position, size and labels of each block."""

from __future__ import annotations

import bisect
import itertools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

from ..i18n.languages import ENGLISH
from ..i18n.messages import Text, joined, message
from ..model.connections import branching
from ..model.edges import Graphs
from ..model.records import Facts, Json, LayerRow, plain, same
from ..model.refusal import Diagnosis
from . import formatting
from .arcs import Arc, Place, arcs, connected, lift
from .scales import SKEW_X, SKEW_Y, SMALLEST, UNKNOWN, Box, Item, Key, by_metric, by_shape, colors, sizes
from .text import one_line

GAP, MARGIN, LABEL_DROP, LINE = 12.0, 10.0, 20.0, 14.0
_CHAR, LONGEST_LABEL = 6.9, 24
_RUN = 3
_INPUT = message("Input")


@dataclass(frozen=True, slots=True)
class Block:
    """One block, in px, with its front face at (x, y) and its back face at (x + dx, y - dy)."""

    row: int  # position in the stack; INPUT_ROW for the input, REFUSED_ROW for a refused layer
    count: int  # number of layers that the block stands for
    label: Text
    name: str  # name of the layer; empty for the input
    shape: Text
    title: Text  # text of the tooltip
    x: float
    y: float
    w: float
    h: float
    dx: float
    dy: float
    cx: float  # horizontal centre of the block and its labels
    label_y: float
    shape_y: float
    cls: str  # CSS class of the colour
    frozen: bool  # whether the layer has parameters and none of them trains
    held: Text  # why the block is not to scale; empty if it is
    unknown: bool  # whether the size is unknown


@dataclass(frozen=True, slots=True)
class Diagram:
    """The layout of a shape diagram: its size in px, its blocks from left to right, and their connections."""

    width: float
    height: float
    scale: Text  # the scale as text
    description: Text
    size_by: str
    color_by: str
    legend: tuple[Key, ...]
    blocks: tuple[Block, ...]
    arcs: tuple[Arc, ...] = ()
    work: _Work | None = field(default=None, repr=False, compare=False)
    """Intermediate results, which the next diagram of the same model reuses."""

    def to_dict(self, language: str = ENGLISH) -> Json:
        """Return the record as JSON data, with texts in a language."""
        return self.to_dict_after(None, {}, language)

    def to_dict_after(self, before: Diagram | None, data: Json, language: str = ENGLISH) -> Json:
        """Return the same as `to_dict`, reusing ``data``, the result for ``before``."""
        start = same(before.blocks, self.blocks) if before else 0
        rest = plain(replace(self, blocks=(), work=None), language)
        del rest["work"]
        return {
            **rest,
            "blocks": [*(data["blocks"][:start] if start else ()), *plain(self.blocks[start:], language)],
        }


class _Work(NamedTuple):
    """The intermediate results of a layout."""

    rows: tuple[LayerRow, ...] = ()  # rows of the stack; empty if runs were collapsed
    items: Sequence[Item] = ()
    of: Sequence[tuple[Item, Box, str]] = ()  # each item with its box and CSS class
    ends: Sequence[float] = ()  # for each item, the x coordinate at which the next block begins
    tall: float = 0.0  # height of the tallest block
    top: float = MARGIN  # of the tallest block


INPUT_ROW, REFUSED_ROW = -1, -2
"""The values of `Block.row` for the input and for a layer that did not fit."""


def runs(rows: Sequence[LayerRow], graphs: Graphs = MappingProxyType({})) -> tuple[tuple[int, int], ...]:
    """Return the runs of three or more repeated layers, as half-open (start, end) pairs.

    Each layer of a run takes only the output of the layer before it.
    """
    joins = branching(rows, graphs)
    splits = {edge.source for some in joins.values() for edge in some if edge.source is not None}
    starts = {*joins, *splits, *(row + 1 for row in splits)}
    part = list(itertools.accumulate(row in starts for row in range(len(rows)))) if joins else [0] * len(rows)
    found = []
    start = 0
    for _, like in itertools.groupby(range(len(rows)), lambda row: (part[row], _kindred(rows[row]))):
        end = start + len(list(like))
        if end - start >= _RUN and rows[start].output_shape is not None and rows[start].kind != "model":
            found.append((start, end))
        start = end
    return tuple(found)


_kindred = operator.attrgetter("kind", "type", "depth", "output_shape", "params", "kernel", "strides", "trainable")


def diagram(
    stack: Facts,
    *,
    size_by: str = "shape",
    color_by: str = "kind",
    folded: bool = False,
    refused: Diagnosis | None = None,
    before: Diagram | None = None,
    updates: Mapping[str, float | None] = MappingProxyType({}),
) -> Diagram:
    """Return the layout of the shape diagram of a stack, with all lengths in px.

    Parameters
    ----------
    stack : Facts
        The facts about the model.
    size_by : {"shape", "params", "macs", "activation_bytes"}
        The quantity that the size of a block shows.
    color_by : {"kind", "params", "macs", "activation_bytes", "update_ratio"}
        The quantity that the colour of a block shows.
    folded : bool
        Whether a run of repeated layers is collapsed into one block.
    refused : Diagnosis, optional
        A layer that did not fit. It is drawn after the others.
    before : Diagram, optional
        The previous diagram of the same model. Its blocks are reused if they are unchanged.
    updates : mapping, optional
        The update ratios of layers by path, for ``color_by="update_ratio"``.
    """
    last, made = (before.work or _Work(), before.blocks) if before else (_Work(), ())
    items = _folded(stack) if folded else _items(stack, last)
    boxes, scale = by_shape(items) if size_by == "shape" else by_metric(items, size_by)
    classes, legend = colors(items, color_by, updates)
    tall = max((box.tall for box in set(boxes)), default=SMALLEST)
    of = list(zip(items, boxes, classes, strict=True))
    pairs = connected(stack, [item.position for item in items]) if stack.graphs else []
    top = MARGIN + lift(pairs)
    known = list(zip(last.of, of, strict=False)) if (tall, top) == (last.tall, last.top) else []
    start = next((at for at, (a, b) in enumerate(known) if a != b), len(known))
    blocks, ends = list(made[:start]), list(last.ends[:start])
    for at in range(start, len(of)):
        left = ends[-1] if ends else MARGIN
        if at < len(known) and known[at][0] == of[at] and last.ends[at - 1] == left:
            block, end = made[at], last.ends[at]
        else:
            block, end = _block(*of[at], left, tall, top)
        blocks.append(block)
        ends.append(end)
    left = ends[-1] if ends else MARGIN
    if refused is not None:
        blocks.append(_refused_block(refused, left, tall, top))
        left = blocks[-1].cx * 2 - left + GAP
    return Diagram(
        width=_px(max(left - GAP + MARGIN, 2 * MARGIN)),
        height=_px(top + tall + LABEL_DROP + LINE + MARGIN),
        scale=scale,
        description=_description(stack, blocks),
        size_by=size_by,
        color_by=color_by,
        legend=legend,
        blocks=tuple(blocks),
        arcs=arcs([place_of(block) for block in blocks], pairs, top),
        work=_Work(() if folded else stack.rows, items, of, ends, tall, top),
    )


def place_of(block: Block) -> Place:
    """Return where a block is, for the connections to it."""
    top = block.y - block.dy
    return Place(block.row, block.x, block.x + block.w + block.dx, top, block.cx, top + (block.h + block.dy) / 2)


def slot_of(block: Block) -> float:
    """Return the width of a block with its labels, in px; the shape of a block that is not to scale ends in `` ≈``."""
    return max(block.w + block.dx, _CHAR * max(len(str(block.label)), len(str(block.shape)) + 2 * bool(block.held)))


def _block(item: Item, box: Box, cls: str, left: float, tall: float, top: float) -> tuple[Block, float]:
    """Return the block of an item, and the x coordinate at which the next one begins."""
    label, shape = _label(item), formatting.cells(item.shape)
    dx, dy = box.depth * SKEW_X, box.depth * SKEW_Y
    slot = max(box.w + dx, _CHAR * max(len(str(label)), len(str(shape))))
    cx, middle = left + slot / 2, top + tall / 2
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
        label_y=_px(top + tall + LABEL_DROP),
        shape_y=_px(top + tall + LABEL_DROP + LINE),
        cls=cls,
        frozen=item.row is not None and bool(item.row.params) and not item.row.trains,
        held=box.held,
        unknown=box.unknown,
    )
    return block, left + slot + GAP


def _refused_block(refused: Diagnosis, left: float, tall: float, top: float) -> Block:
    """Return the block of a layer that did not fit; it has no shape, so its size is a default."""
    label, shape, cause = one_line(refused.type, LONGEST_LABEL), message("does not fit"), refused.cause_message
    slot = _CHAR * max(len(str(label)), len(str(shape)))
    height = min(UNKNOWN.h, tall)
    return Block(
        row=REFUSED_ROW,
        count=1,
        label=label,
        name=refused.layer,
        shape=shape,
        title=message("{layer} ({type}) does not fit: {cause}", layer=one_line(refused.layer), type=refused.type, cause=cause),
        x=_px(left + (slot - UNKNOWN.w) / 2),
        y=_px(top + (tall - height) / 2),
        w=UNKNOWN.w,
        h=_px(height),
        dx=0,
        dy=0,
        cx=_px(left + slot / 2),
        label_y=_px(top + tall + LABEL_DROP),
        shape_y=_px(top + tall + LABEL_DROP + LINE),
        cls="refused",
        frozen=False,
        held="",
        unknown=True,
    )


def _items(stack: Facts, last: _Work) -> list[Item]:
    """Return an item for the input and each top-level row, reusing those of unchanged rows."""
    start = same(last.rows, stack.rows)
    kept = last.items[: bisect.bisect_left(last.items, start, key=operator.attrgetter("position"))]
    more = [_item(row, position) for position, row in enumerate(stack.rows[start:], start) if row.depth == 0]
    return [*_input(stack), *(item for item in kept if item.row), *more]


def _folded(stack: Facts) -> list[Item]:
    """Return an item for the input, each run of repeated layers, and each other top-level row."""
    folds = dict(runs(stack.rows, stack.graphs))
    items = _input(stack)
    position = 0
    while position < len(stack.rows):
        row, end = stack.rows[position], folds.get(position, position + 1)
        if row.depth == 0:
            items.append(_item(row, position, end - position))
        position = end
    return items


def _input(stack: Facts) -> list[Item]:
    if not stack.input_shape:
        return []
    data_format = next((row.data_format for row in stack.rows if row.data_format), None)
    return [Item(INPUT_ROW, None, 1, stack.input_shape, sizes(stack.input_shape, data_format))]


def _item(row: LayerRow, position: int, alike: int = 1) -> Item:
    return Item(position, row, alike, row.output_shape, sizes(row.output_shape, row.data_format))


def _label(item: Item) -> Text:
    if item.row is None:
        return _INPUT
    label = one_line(item.row.type, LONGEST_LABEL)
    return f"{label} ×{item.alike}" if item.alike > 1 else label


def _title(item: Item, box: Box) -> Text:
    row = item.row
    if row is None:
        return joined(" ", (_INPUT, formatting.shape(item.shape)))
    name = joined("", (one_line(row.name), f" ({row.type})"))
    figures = {
        "shape": formatting.shape(row.output_shape),
        "params": formatting.count(row.params),
        "macs": formatting.short(row.macs),
        "memory": formatting.memory(row.activation_bytes),
    }
    if item.alike > 1:
        name = message("{layer}, {n} similar layers", layer=name, n=item.alike)
        title = message(
            "{name}; {shape}; each: {params} parameters; {macs} multiply-adds; {memory} activation memory", name=name, **figures
        )
    else:
        title = message(
            "{name}; {shape}; {params} parameters; {macs} multiply-adds; {memory} activation memory", name=name, **figures
        )
    more: list[Text] = []
    if row.output_shape is None:
        more.append(row.unknown_messages.get("output_shape", message("shape not known")))
    more += [box.held] if box.held else []
    return joined("; ", (title, *more)) if more else title


def _description(stack: Facts, blocks: list[Block]) -> Text:
    steps: list[Text] = []
    # Only the texts of the input block and of the refused block are translated.
    for ours, some in itertools.groupby(blocks, lambda block: block.row < 0):
        pairs = ((block.label, block.shape) for block in some)
        steps += [joined(" ", pair) for pair in pairs] if ours else [", ".join(f"{label} {shape}" for label, shape in pairs)]
    words_ = joined(", ", steps) if steps else message("no layers yet")
    return message("Shapes in {name}, from input to output: {steps}", name=one_line(stack.name), steps=words_)


def _px(value: float) -> float:
    return round(value, 1)
