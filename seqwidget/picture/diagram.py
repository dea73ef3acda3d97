"""The shape diagram: where each block stands. With `scales` the one place where layout is computed."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ..stack.languages import ENGLISH, tell
from ..stack.records import LayerRow, Stack, plain, same
from ..stack.refusal import Diagnosis
from ..stack.said import joined, said
from . import words
from .scales import METRICS, SKEW_X, SKEW_Y, SMALLEST, UNKNOWN, Box, Item, by_metric, by_shape, colors
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
    drafts: tuple[_Draft, ...] = field(default=(), repr=False, compare=False)
    """What each block was made of, for the next diagram of the same model."""

    def to_dict(self, language: str = ENGLISH) -> dict[str, Any]:
        """Give the record as plain JSON data, in the words of a language."""
        return self.to_dict_after(None, {}, language)

    def to_dict_after(self, before: Diagram | None, data: Mapping[str, Any], language: str = ENGLISH) -> dict[str, Any]:
        """Give the record as `to_dict` does, with the blocks that ``before`` has too taken from its ``data``."""
        start = same(before.blocks, self.blocks) if before else 0
        rest = plain(replace(self, blocks=(), drafts=()), language)
        del rest["drafts"]
        return {
            **rest,
            "legend": [{"cls": cls, "label": tell(label, language)} for cls, label in self.legend],
            "blocks": [*(data["blocks"][:start] if start else ()), *plain(self.blocks[start:], language)],
        }


class _Draft(NamedTuple):
    """All that a block is made of, and where the next one begins."""

    of: tuple[Item, Box, str, float, float]
    end: float


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
    boxes, scale = by_shape(items) if size_by == "shape" else by_metric(items, size_by)
    classes, legend = colors(items, color_by)
    tall = max((box.tall for box in set(boxes)), default=SMALLEST)
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


def _block(item: Item, box: Box, cls: str, left: float, tall: float) -> tuple[Block, float]:
    """Draw a block; gives where the next one begins, too."""
    label, shape = _label(item), words.cells(item.shape)
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


def _items(stack: Stack, *, folded: bool) -> list[Item]:
    items = []
    formats = [row.data_format for row in stack.rows if row.data_format]
    if stack.input_shape:
        items.append(Item(-1, None, 1, stack.input_shape, formats[0] if formats else None))
    folds = dict(runs(stack.rows)) if folded else {}
    position = 0
    while position < len(stack.rows):
        row, end = stack.rows[position], folds.get(position, position + 1)
        if row.depth == 0:
            items.append(Item(position, row, end - position, row.output_shape, row.data_format))
        position = end
    return items


def _label(item: Item) -> str:
    if item.row is None:
        return _INPUT
    label = one_line(item.row.type, _LONGEST_LABEL)
    return f"{label} ×{item.alike}" if item.alike > 1 else label


def _title(item: Item, box: Box) -> str:
    row = item.row
    if row is None:
        return joined(" ", (_INPUT, words.shape(item.shape)))
    name = joined("", (one_line(row.name), f" ({row.type})"))
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
    steps: list[str] = []
    for ours, some in itertools.groupby(blocks, lambda block: block.row < 0):  # the words of the others are all data
        pairs = ((block.label, block.shape) for block in some)
        steps += [joined(" ", pair) for pair in pairs] if ours else [", ".join(map(" ".join, pairs))]
    words_ = joined(", ", steps) if steps else said("no layers yet")
    return said("Shapes in {name}, from input to output: {steps}", name=one_line(stack.name), steps=words_)


def _px(value: float) -> float:
    return round(value, 1)
