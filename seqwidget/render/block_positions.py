"""Place the blocks of a picture, in lines from left to right or in a column, with their texts and connections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

from .arcs import BlockCenter, Lanes
from .brackets import Bracket, Extent, Group, across, along
from .diagram import GAP, LABEL_DROP, LINE, MARGIN, Block, place_of
from .scales import SKEW_X, SKEW_Y
from .themes import Paint

Facing: TypeAlias = Literal["row", "column", "maps"]
"""What the front face of a block shows: channels and height, width and channels, or width and height."""

_BOLD, _ASIDE, _BETWEEN, _ASCENT = 6.9, 10.0, 14.0, 4.0
_NARROW, _USUAL, _WIDE = 3.9, 6.7, 9.6  # px


@dataclass(frozen=True, slots=True)
class DrawnBlock:
    """A block as it is drawn.

    Attributes
    ----------
    block
        The block.
    paint
        How it is filled.
    lines
        What is written at it.
    named
        Whether the first line is a name, which is printed bold.
    image
        The PNG on its front face; empty without one.
    spots
        The position of each line.
    """

    block: Block
    paint: Paint
    lines: tuple[str, ...] = ()
    named: bool = True
    image: bytes = b""
    spots: tuple[tuple[float, float], ...] = ()

    @property
    def slot(self) -> float:
        """The width of the block with the lines below it, in px."""
        return max(self.block.w + self.block.dx, *map(room, self.lines), 0)


class PlacedBlocks(NamedTuple):
    """Blocks in their places: how many lines there are, where they end in px, their connections and brackets."""

    drawn: list[DrawnBlock]
    arcs: list[str]
    brackets: list[Bracket]
    lines: int
    right: float
    bottom: float


def room(text: str) -> float:
    """Return the width in px that a bold label needs."""
    return max(_BOLD * len(text), width(text))


def width(text: str) -> float:
    """Return an estimate of the width of a text in px, for the widest of the usual fonts."""
    return sum(_NARROW if char in "fijlrt.,:;'|!()[] " else _WIDE if char in "mwMW≈×" else _USUAL for char in text)


def turned(block: Block, facing: Facing) -> Block:
    """Return a block of a row turned to face in another direction."""
    if facing == "row":
        return block
    depth, w, h = block.dx / SKEW_X, block.w, block.h
    if facing == "column":
        w, h, depth = (depth, w, h) if depth else (h, w, 0)
    elif facing == "maps" and depth:
        w, depth = depth, w
    return replace(block, w=_px(w), h=_px(h), dx=_px(depth * SKEW_X), dy=_px(depth * SKEW_Y))


def in_rows(drawn: Sequence[DrawnBlock], connections: Lanes, groups: Sequence[Group], widest: float) -> PlacedBlocks:
    """Place blocks in lines of similar widths, with their texts below them, arcs above and brackets below."""
    lines = _balanced(drawn, widest)
    placed: list[DrawnBlock] = []
    paths: list[str] = []
    brackets: list[Bracket] = []
    top, right, bottom = 0.0, MARGIN, 0.0
    for line in lines:
        first = len(placed)
        above = connections.part(first, len(line))
        top += above.height
        placed += (some := _row(line, top))
        blocks = [one.block for one in some]
        end = blocks[-1].cx + some[-1].slot / 2
        paths += (arc.path for arc in above.arcs([*map(place_of, blocks)], top + MARGIN, end + MARGIN))
        extents = [Extent(one.block.cx - one.slot / 2, one.block.cx + one.slot / 2) for one in some]
        bottom = blocks[-1].label_y + LINE * (max(len(one.lines) for one in some) - 1)
        found = across(groups, extents, first, bottom, MARGIN)
        brackets += found
        bottom = max((bracket.y for bracket in found), default=bottom)
        right = max(right, end, *(bracket.right for bracket in found))
        top = bottom + GAP
    return PlacedBlocks(placed, paths, brackets, len(lines), right, bottom)


def _row(line: Sequence[DrawnBlock], top: float) -> list[DrawnBlock]:
    """Return the blocks of a line from left to right, with labels at the height of the tallest block."""
    tall = max(one.block.h + one.block.dy for one in line)
    left, label_y = MARGIN, top + MARGIN + tall + LABEL_DROP
    placed = []
    for one in line:
        block, cx = one.block, left + one.slot / 2
        block = replace(
            block,
            x=_px(cx - (block.w + block.dx) / 2),
            y=_px(top + MARGIN + (tall - block.h - block.dy) / 2 + block.dy),
            cx=_px(cx),
            label_y=_px(label_y),
        )
        spots = tuple((block.cx, _px(label_y + LINE * at)) for at in range(len(one.lines)))
        placed.append(replace(one, block=block, spots=spots))
        left += one.slot + GAP
    return placed


def _balanced(blocks: Sequence[DrawnBlock], widest: float) -> list[list[DrawnBlock]]:
    """Return blocks in as few lines as possible, of similar widths, so that no block is left alone."""
    lines = _wrapped(blocks, widest)
    if len(lines) < 2:
        return lines
    narrower = (widest * share / 100 for share in range(50, 100, 5))
    return next((fewer for fewer in (_wrapped(blocks, width) for width in narrower) if len(fewer) == len(lines)), lines)


def _wrapped(blocks: Sequence[DrawnBlock], widest: float) -> list[list[DrawnBlock]]:
    """Return blocks in lines of at most ``widest`` px."""
    lines: list[list[DrawnBlock]] = []
    right = MARGIN
    for block in blocks:
        right += GAP + block.slot
        if not lines or right > widest - MARGIN:
            lines.append([])
            right = MARGIN + block.slot
        lines[-1].append(block)
    return lines


def in_column(drawn: Sequence[DrawnBlock], connections: Lanes, groups: Sequence[Group]) -> PlacedBlocks:
    """Place blocks below each other, with arcs on the left, and with texts and brackets on the right."""
    if not drawn:
        return PlacedBlocks([], [], [], 0, MARGIN, 0.0)
    left = MARGIN + connections.height
    wide = max(one.block.w + one.block.dx for one in drawn)
    lines = max(len(one.lines) for one in drawn)
    widths = [max(room(one.lines[at]) for one in drawn if at < len(one.lines)) for at in range(lines)]
    begins = [left + wide + _ASIDE + sum(widths[:at]) + _BETWEEN * at for at in range(lines)]
    placed: list[DrawnBlock] = []
    extents: list[Extent] = []
    top = MARGIN
    for one in drawn:
        block = one.block
        high = max(block.h + block.dy, LINE)
        y = top + (high - block.h - block.dy) / 2 + block.dy
        x = left + (wide - block.w - block.dx) / 2
        cx, middle = x + (block.w + block.dx) / 2, top + high / 2
        spots = tuple((_px(begin), _px(middle + _ASCENT)) for begin, _ in zip(begins, one.lines, strict=False))
        placed.append(replace(one, block=replace(block, x=_px(x), y=_px(y), cx=_px(cx)), spots=spots))
        extents.append(Extent(top, top + high))
        top += high + GAP
    places = [_place(one.block) for one in placed]
    right = begins[-1] + widths[-1] if lines else left + wide
    brackets = along(groups, extents, right)
    paths = [_transposed(arc.path) for arc in connections.arcs(places, left)]
    right = max((bracket.right for bracket in brackets), default=right)
    return PlacedBlocks(placed, paths, brackets, 1, right, top - GAP)


def _place(block: Block) -> BlockCenter:
    """Return where a block of a column is, as if the column were a row."""
    return BlockCenter(block.row, block.y + (block.h - block.dy) / 2)


def _transposed(path: str) -> str:
    """Return a path with x and y exchanged."""
    swapped = re.sub(r"(-?[\d.]+) (-?[\d.]+)", r"\2 \1", path)
    return swapped.translate(str.maketrans("HV", "VH"))


def _px(value: float) -> float:
    return round(value, 1)
