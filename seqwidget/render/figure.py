"""Lay out a diagram as a picture for a file: lines of blocks, then the legend, then the scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..i18n.languages import translate
from ..i18n.messages import Text, message
from .arcs import lanes
from .diagram import GAP, LABEL_DROP, LINE, MARGIN, Block, Diagram, place_of, slot_of
from .scales import rulers
from .themes import Paint

SWATCH = 9.0
_SPACE, _BETWEEN, _NOTE = 5.0, 16.0, 18.0
_NARROWEST = 280.0


@dataclass(frozen=True, slots=True)
class Note:
    """An entry below the blocks, in px: a swatch, a ruler, or neither, and a text.

    Attributes
    ----------
    x, y
        The left end, and the base line of the text.
    text
        The text.
    paint
        How the swatch is filled; None without one.
    frozen
        Whether the swatch is hatched.
    ruler
        The length of the ruler; 0 without one.
    """

    x: float
    y: float
    text: str
    paint: Paint | None = None
    frozen: bool = False
    ruler: float = 0.0

    @property
    def text_x(self) -> float:
        """The left end of the text."""
        mark = SWATCH if self.paint else self.ruler
        return self.x + mark + (_SPACE if mark else 0)


@dataclass(frozen=True, slots=True)
class Figure:
    """The layout of a picture, in px: its size, its blocks with their paints, their connections, and its notes."""

    width: float
    height: float
    lines: int
    description: Text
    blocks: tuple[tuple[Block, Paint], ...]
    arcs: tuple[str, ...]
    notes: tuple[Note, ...]


def figure(
    diagram: Diagram,
    paint: Callable[[Block], Paint],
    legend: Sequence[tuple[Paint, Text]],
    widest: float = math.inf,
) -> Figure:
    """Return the layout of a picture of a diagram.

    Parameters
    ----------
    diagram : Diagram
        The diagram. Only its blocks' sizes are used, so that their labels may have changed.
    paint : callable
        Returns how a block is filled.
    legend : sequence of (Paint, Message or str)
        The entries of the legend.
    widest : float
        The width in px at which a new line begins. A wider block has a line of its own.
    """
    lines = _balanced(diagram.blocks, widest)
    blocks: list[Block] = []
    arcs: list[str] = []
    at = {block.row: position for position, block in enumerate(diagram.blocks)}
    connections = lanes([(at[arc.source], at[arc.target]) for arc in diagram.arcs])
    top, right = 0.0, MARGIN
    for line in lines:
        first = len(blocks)
        lines_above = connections.part(first, len(line))
        top += lines_above.height
        blocks += (placed := _placed(line, top))
        end = placed[-1].cx + slot_of(placed[-1]) / 2
        arcs += (arc.path for arc in lines_above.arcs([*map(place_of, placed)], top + MARGIN, end + MARGIN))
        top = placed[-1].shape_y + GAP
        right = max(right, end)
    bottom = top + GAP / 2 if blocks else 0.0
    notes = list(_notes(diagram, legend))
    room = min(widest, max(right + MARGIN, _NARROWEST)) - 2 * MARGIN
    placed_notes = _flowed(notes, room, bottom + MARGIN)
    rights = [right, *(note.text_x + _width(note.text) for note in placed_notes)]
    return Figure(
        width=_px(max(rights) + MARGIN),
        height=_px(max((note.y for note in placed_notes), default=bottom) + MARGIN),
        lines=len(lines),
        description=diagram.description,
        blocks=tuple((block, paint(block)) for block in blocks),
        arcs=tuple(arcs),
        notes=tuple(placed_notes),
    )


def _balanced(blocks: Sequence[Block], widest: float) -> list[list[Block]]:
    """Return blocks in as few lines as possible, of similar widths, so that no block is left alone."""
    lines = _wrapped(blocks, widest)
    if len(lines) < 2:
        return lines
    narrower = (widest * share / 100 for share in range(50, 100, 5))
    return next((fewer for fewer in (_wrapped(blocks, width) for width in narrower) if len(fewer) == len(lines)), lines)


def _wrapped(blocks: Sequence[Block], widest: float) -> list[list[Block]]:
    """Return blocks in lines of at most ``widest`` px."""
    lines: list[list[Block]] = []
    right = MARGIN
    for block in blocks:
        right += GAP + slot_of(block)
        if not lines or right > widest - MARGIN:
            lines.append([])
            right = MARGIN + slot_of(block)
        lines[-1].append(block)
    return lines


def _placed(line: Sequence[Block], top: float) -> list[Block]:
    """Return the blocks of a line from left to right, with labels at the height of the tallest block."""
    tall = max(block.h + block.dy for block in line)
    left, label_y = MARGIN, top + MARGIN + tall + LABEL_DROP
    placed = []
    for block in line:
        cx = left + slot_of(block) / 2
        placed.append(
            replace(
                block,
                x=_px(cx - (block.w + block.dx) / 2),
                y=_px(top + MARGIN + (tall - block.h - block.dy) / 2 + block.dy),
                cx=_px(cx),
                label_y=_px(label_y),
                shape_y=_px(label_y + LINE),
            )
        )
        left += slot_of(block) + GAP
    return placed


def _notes(diagram: Diagram, legend: Sequence[tuple[Paint, Text]]) -> list[list[Note]]:
    """Return the entries of the legend and of the scale, which begins in a new line."""
    keys = [Note(0, 0, translate(label), paint) for paint, label in legend]
    if any(block.frozen for block in diagram.blocks):
        keys.append(Note(0, 0, translate(_FROZEN), Paint("#8d8d8d"), frozen=True))
    if diagram.size_by == "shape" and diagram.work:
        scale = [Note(0, 0, translate(label), ruler=length) for length, label in rulers(diagram.work.items)]
    else:
        scale = [Note(0, 0, translate(diagram.scale))] if diagram.scale else []
    if any(block.held for block in diagram.blocks):
        scale.append(Note(0, 0, translate(_NOT_TO_SCALE)))
    return [keys, scale]


_FROZEN, _NOT_TO_SCALE = message("frozen"), message("≈: not to scale")


def _flowed(groups: Sequence[Sequence[Note]], room: float, y: float) -> list[Note]:
    """Return entries in lines of at most ``room`` px, from the base line ``y``; each group begins a line."""
    flowed: list[Note] = []
    for group in groups:
        x = MARGIN
        for note in group:
            placed = replace(note, x=x, y=y)
            right = placed.text_x + _width(note.text)
            if x > MARGIN and right > MARGIN + room:
                y += _NOTE
                right -= x - MARGIN
                placed = replace(note, x=MARGIN, y=y)
            flowed.append(placed)
            x = right + _BETWEEN
        y += _NOTE if group else 0
    return flowed


def _width(text: str) -> float:
    """Return an estimate of the width of a text in px, for the widest of the usual fonts."""
    return sum(_NARROW if char in "fijlrt.,:;'|!()[] " else _WIDE if char in "mwMW≈×" else _USUAL for char in text)


_NARROW, _USUAL, _WIDE = 3.9, 6.7, 9.6  # px


def _px(value: float) -> float:
    return round(value, 1)
