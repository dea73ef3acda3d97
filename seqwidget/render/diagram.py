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
from ..i18n.messages import Message, Text, joined, message, plural
from ..model.folds import Fold
from ..model.records import Facts, Json, LayerRow, plain, same
from ..model.refusal import Diagnosis
from . import formatting
from .arcs import Arc, BlockCenter, Lanes, connected, lanes
from .scales import SKEW_X, SKEW_Y, SMALLEST, UNKNOWN, Box, Item, Key, by_metric, by_shape, colors, sizes
from .text import one_line

GAP, MARGIN, LABEL_DROP, LINE = 12.0, 10.0, 20.0, 14.0
_CHAR, LONGEST_LABEL = 6.9, 24
_SIGN = len(" ≈")
_INPUT = message("Input")


@dataclass(frozen=True, slots=True)
class Block:
    """One block, in px, with its front face at (x, y) and its back face at (x + dx, y - dy)."""

    row: int  # position in the stack; INPUT_ROW for the input, REFUSED_ROW for a refused layer
    end: int  # position after its last row
    count: int  # number of repeats that the block stands for
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
    lanes: Lanes | None = None  # lines above the blocks, if the model is not a chain


INPUT_ROW, REFUSED_ROW = -1, -2
"""The values of `Block.row` for the input and for a layer that did not fit."""


def diagram(
    stack: Facts,
    *,
    size_by: str = "shape",
    color_by: str = "kind",
    folds: Sequence[Fold] = (),
    refused: Diagnosis | None = None,
    before: Diagram | None = None,
    measured: Mapping[str, float | None] = MappingProxyType({}),
) -> Diagram:
    """Return the layout of the shape diagram of a stack, with all lengths in px.

    Parameters
    ----------
    stack : Facts
        The facts about the model.
    size_by : {"shape", "params", "macs", "activation_bytes"}
        The quantity that the size of a block shows.
    color_by : {"kind", "params", "macs", "activation_bytes", "update_ratio", "measured_time"}
        The quantity that the colour of a block shows.
    folds : sequence of Fold
        The repeated blocks of layers that are collapsed into one block each.
    refused : Diagnosis, optional
        A layer that did not fit. It is drawn after the others.
    before : Diagram, optional
        The previous diagram of the same model. Its blocks are reused if they are unchanged.
    measured : mapping, optional
        The update ratios of layers by path for ``"update_ratio"``, or their times in seconds for
        ``"measured_time"``.
    """
    last, made = (before.work or _Work(), before.blocks) if before else (_Work(), ())
    items = _folded(stack, folds) if folds else _items(stack, last)
    boxes, scale = by_shape(items) if size_by == "shape" else by_metric(items, size_by)
    classes, legend = colors(items, color_by, measured)
    tall = max((box.tall for box in set(boxes)), default=SMALLEST)
    of = list(zip(items, boxes, classes, strict=True))
    lines = lanes(connected(stack, [item.position for item in items]) if stack.graphs else [])
    top = MARGIN + lines.height
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
        arcs=lines.arcs([place_of(block) for block in blocks], top) if lines.lines else (),
        work=_Work(() if folds else stack.rows, items, of, ends, tall, top, lines),
    )


def place_of(block: Block) -> BlockCenter:
    """Return the position of a block, to which connections lead."""
    return BlockCenter(block.row, block.cx)


def _block(item: Item, box: Box, cls: str, left: float, tall: float, top: float) -> tuple[Block, float]:
    """Return the block of an item, and the x coordinate at which the next one begins."""
    label, shape = _label(item), _shape(item)
    dx, dy = box.depth * SKEW_X, box.depth * SKEW_Y
    slot = max(box.w + dx, _CHAR * max(len(str(label)), len(str(shape)) + (_SIGN if box.held else 0)))
    cx, middle = left + slot / 2, top + tall / 2
    block = Block(
        row=item.position,
        end=item.fold.end if item.fold else item.position + 1,
        count=item.fold.count if item.fold else 1,
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
        end=REFUSED_ROW + 1,
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


def _folded(stack: Facts, folds: Sequence[Fold]) -> list[Item]:
    """Return an item for the input, each fold, and each other top-level row."""
    starts = {fold.start: fold for fold in folds}
    items = _input(stack)
    position = 0
    while position < len(stack.rows):
        fold, row = starts.get(position), stack.rows[position]
        if row.depth == 0:
            items.append(_item(fold.row if fold else row, position, fold))
        position = fold.end if fold else position + 1
    return items


def _input(stack: Facts) -> list[Item]:
    if not stack.input_shape:
        return []
    data_format = next((row.data_format for row in stack.rows if row.data_format), None)
    return [Item(INPUT_ROW, None, None, stack.input_shape, sizes(stack.input_shape, data_format))]


def _item(row: LayerRow, position: int, fold: Fold | None = None) -> Item:
    return Item(position, row, fold, row.output_shape, sizes(row.output_shape, row.data_format))


def _label(item: Item) -> Text:
    if item.row is None:
        return _INPUT
    if item.fold and item.fold.layers > 1:
        return joined("", (plural("{n} layer", "{n} layers", item.fold.layers), f" ×{item.fold.count}"))
    label = one_line(item.row.type, LONGEST_LABEL)
    return f"{label} ×{item.fold.count}" if item.fold else label


def _shape(item: Item) -> str:
    """Return the shape of a block; for a fold that grows, with its smallest and its largest number of channels."""
    if not item.fold or not item.fold.channels:
        return formatting.cells(item.shape)
    least, most = item.fold.channels
    return formatting.cells(item.shape).replace(f"×{most}", f"×{least}–{most}", 1)


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
    if item.fold and item.fold.layers > 1:
        parts, layers = plural("{n} layer", "{n} layers", item.fold.layers), one_line(row.name, 2 * LONGEST_LABEL)
        name = message("{layers}: {parts}, {n} times", layers=layers, parts=parts, n=item.fold.count)
    if item.fold and item.fold.layers == 1:
        name = message("{layer}, {n} similar layers", layer=name, n=item.fold.count)
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
    if item.fold and item.fold.params:
        least, most = map(formatting.count, item.fold.params)
        more.append(message("{least} to {most} parameters each", least=least, most=most))
    if item.fold and item.fold.differs:
        more.append(message("different {settings}", settings=", ".join(item.fold.differs)))
    more += [box.held] if box.held else []
    return joined("; ", (title, *more)) if more else title


def _description(stack: Facts, blocks: list[Block]) -> Text:
    steps: list[Text] = []
    # Only the texts of the input block, of the refused block and of folds are translated.
    for ours, some in itertools.groupby(blocks, lambda block: block.row < 0 or isinstance(block.label, Message)):
        pairs = ((block.label, block.shape) for block in some)
        steps += [joined(" ", pair) for pair in pairs] if ours else [", ".join(f"{label} {shape}" for label, shape in pairs)]
    words_ = joined(", ", steps) if steps else message("no layers yet")
    return message("Shapes in {name}, from input to output: {steps}", name=one_line(stack.name), steps=words_)


def _px(value: float) -> float:
    return round(value, 1)
