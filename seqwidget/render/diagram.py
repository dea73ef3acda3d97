"""The shape diagram: where each block stands. With `scales` the one place where layout is computed."""

from __future__ import annotations

import bisect
import itertools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ..i18n.languages import ENGLISH, tell
from ..i18n.messages import joined, said
from ..model.records import Facts, LayerRow, plain, same
from ..model.refusal import Diagnosis
from . import formatting
from .scales import METRICS, SKEW_X, SKEW_Y, SMALLEST, UNKNOWN, Box, Item, by_metric, by_shape, colors, sizes
from .text import one_line

SIZE_BY = ("shape", *METRICS)
COLOR_BY = ("kind", *METRICS)
_GAP, _MARGIN, _CHAR, _LONGEST_LABEL = 12.0, 10.0, 6.9, 24
_LABEL_DROP, _LINE = 20.0, 14.0
_RUN = 3
_INPUT = said("Input")


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
    work: _Work | None = field(default=None, repr=False, compare=False)
    """What the blocks were made of, for the next diagram of the same model."""

    def to_dict(self, language: str = ENGLISH) -> dict[str, Any]:
        """Give the record as plain JSON data, in the words of a language."""
        return self.to_dict_after(None, {}, language)

    def to_dict_after(self, before: Diagram | None, data: Mapping[str, Any], language: str = ENGLISH) -> dict[str, Any]:
        """Give the record as `to_dict` does, with the blocks that ``before`` has too taken from its ``data``."""
        start = same(before.blocks, self.blocks) if before else 0
        rest = plain(replace(self, blocks=(), work=None), language)
        del rest["work"]
        return {
            **rest,
            "legend": [{"cls": cls, "label": tell(label, language)} for cls, label in self.legend],
            "blocks": [*(data["blocks"][:start] if start else ()), *plain(self.blocks[start:], language)],
        }


class _Work(NamedTuple):
    """What blocks were made of: rows, items, with each item its box and its class, where each ends, and the height of all."""

    rows: tuple[LayerRow, ...] = ()
    items: Sequence[Item] = ()
    of: Sequence[tuple[Item, Box, str]] = ()
    ends: Sequence[float] = ()
    tall: float = 0.0


REFUSED_ROW = -2
"""The row of the block of a layer that did not fit."""


def runs(rows: Sequence[LayerRow]) -> tuple[tuple[int, int], ...]:
    """Find runs of three or more like layers: pairs of the first position and the one behind the last."""
    found = []
    start = 0
    for _, like in itertools.groupby(rows, _kindred):
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
) -> Diagram:
    """Lay a stack out.

    Parameters
    ----------
    stack : Facts
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
    last, made = (before.work or _Work(), before.blocks) if before else (_Work(), ())
    items = _folded(stack) if folded else _items(stack, last)
    boxes, scale = by_shape(items) if size_by == "shape" else by_metric(items, size_by)
    classes, legend = colors(items, color_by)
    tall = max((box.tall for box in set(boxes)), default=SMALLEST)
    of = list(zip(items, boxes, classes, strict=True))
    known = list(zip(last.of, of, strict=False)) if tall == last.tall else []
    start = next((at for at, (a, b) in enumerate(known) if a != b), len(known))
    blocks, ends = list(made[:start]), list(last.ends[:start])
    for at in range(start, len(of)):
        left = ends[-1] if ends else _MARGIN
        if at < len(known) and known[at][0] == of[at] and last.ends[at - 1] == left:
            block, end = made[at], last.ends[at]
        else:
            block, end = _block(*of[at], left, tall)
        blocks.append(block)
        ends.append(end)
    left = ends[-1] if ends else _MARGIN
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
        work=_Work(() if folded else stack.rows, items, of, ends, tall),
    )


def wrapped(diagram: Diagram, widest: float) -> Diagram:
    """Return the diagram in as many lines as it takes to be no wider than ``widest`` px, each as high as its own blocks."""
    if diagram.width <= widest:
        return diagram
    lines: list[list[Block]] = [[]]
    right = _MARGIN
    for block in diagram.blocks:
        right += _slot(block) + _GAP
        if lines[-1] and right - _GAP > widest - _MARGIN:
            lines.append([])
            right = _MARGIN + _slot(block) + _GAP
        lines[-1].append(block)
    blocks: list[Block] = []
    top = 0.0
    for line in lines:
        left = line[0].cx - _slot(line[0]) / 2 - _MARGIN
        lower = max(block.h + block.dy for block in line) - (line[0].label_y - _LABEL_DROP - _MARGIN)  # than before
        blocks += (
            replace(
                block,
                x=_px(block.x - left),
                cx=_px(block.cx - left),
                y=_px(block.y + top + lower / 2),
                label_y=_px(block.label_y + top + lower),
                shape_y=_px(block.shape_y + top + lower),
            )
            for block in line
        )
        top = blocks[-1].shape_y + _GAP - _MARGIN
    rights = [block.cx + _slot(block) / 2 for block in blocks]
    return replace(diagram, width=_px(max(rights) + _MARGIN), height=_px(top - _GAP + 2 * _MARGIN), blocks=tuple(blocks))


def _slot(block: Block) -> float:
    """Return the width that a block takes with its label."""
    return max(block.w + block.dx, _CHAR * max(len(block.label), len(block.shape)))


def _block(item: Item, box: Box, cls: str, left: float, tall: float) -> tuple[Block, float]:
    """Draw a block; gives where the next one begins, too."""
    label, shape = _label(item), formatting.cells(item.shape)
    dx, dy = box.depth * SKEW_X, box.depth * SKEW_Y
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
    height = min(UNKNOWN.h, tall)
    return Block(
        row=REFUSED_ROW,
        count=1,
        label=label,
        name=refused.layer,
        shape=shape,
        title=said(
            "{layer} ({type}) does not fit: {cause}", layer=one_line(refused.layer), type=refused.type, cause=refused.cause
        ),
        x=_px(left + (slot - UNKNOWN.w) / 2),
        y=_px(_MARGIN + (tall - height) / 2),
        w=UNKNOWN.w,
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


def _items(stack: Facts, last: _Work) -> list[Item]:
    """Give an item for the input and one for each row of the model's own; those of rows that are there still are kept."""
    start = same(last.rows, stack.rows)
    kept = last.items[: bisect.bisect_left(last.items, start, key=operator.attrgetter("position"))]
    more = [_item(row, position) for position, row in enumerate(stack.rows[start:], start) if row.depth == 0]
    return [*_input(stack), *(item for item in kept if item.row), *more]


def _folded(stack: Facts) -> list[Item]:
    """Give an item for the input, one for each run of like rows, and one for each other row of the model's own."""
    folds = dict(runs(stack.rows))
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
    return [Item(-1, None, 1, stack.input_shape, sizes(stack.input_shape, data_format))]


def _item(row: LayerRow, position: int, alike: int = 1) -> Item:
    return Item(position, row, alike, row.output_shape, sizes(row.output_shape, row.data_format))


def _label(item: Item) -> str:
    if item.row is None:
        return _INPUT
    label = one_line(item.row.type, _LONGEST_LABEL)
    return f"{label} ×{item.alike}" if item.alike > 1 else label


def _title(item: Item, box: Box) -> str:
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
        name = said("{layer}, {n} similar layers", layer=name, n=item.alike)
        title = said(
            "{name}; {shape}; each: {params} parameters; {macs} multiply-adds; {memory} activation memory", name=name, **figures
        )
    else:
        title = said(
            "{name}; {shape}; {params} parameters; {macs} multiply-adds; {memory} activation memory", name=name, **figures
        )
    more = [row.unknown.get("output_shape", said("shape not known"))] if row.output_shape is None else []
    more += [box.held] if box.held else []
    return joined("; ", (title, *more)) if more else title


def _description(stack: Facts, blocks: list[Block]) -> str:
    steps: list[str] = []
    for ours, some in itertools.groupby(blocks, lambda block: block.row < 0):  # the words of the others are all data
        pairs = map(_words, some)
        steps += [joined(" ", pair) for pair in pairs] if ours else [", ".join(map(" ".join, pairs))]
    words_ = joined(", ", steps) if steps else said("no layers yet")
    return said("Shapes in {name}, from input to output: {steps}", name=one_line(stack.name), steps=words_)


_words = operator.attrgetter("label", "shape")


def _px(value: float) -> float:
    return round(value, 1)
