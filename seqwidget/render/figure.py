"""Lay out a diagram as a picture for a file: lines of blocks, then the legend, then the scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..i18n.languages import translate
from ..i18n.messages import Text, message
from .arcs import lanes
from .block_positions import DrawnBlock, Facing, in_column, in_rows, turned, width
from .brackets import Bracket, Group
from .diagram import GAP, MARGIN, Diagram
from .scales import SKEW_X, rulers
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
    oblique
        Whether the ruler is drawn in the direction of depth.
    """

    x: float
    y: float
    text: str
    paint: Paint | None = None
    frozen: bool = False
    ruler: float = 0.0
    oblique: bool = False

    @property
    def text_x(self) -> float:
        """The left end of the text."""
        mark = SWATCH if self.paint else self.ruler * (SKEW_X if self.oblique else 1)
        return self.x + mark + (_SPACE if mark else 0)


@dataclass(frozen=True, slots=True)
class Figure:
    """The layout of a picture, in px.

    Attributes
    ----------
    width, height
        The size.
    lines
        The number of lines of blocks.
    column
        Whether the blocks are in a column, with texts that begin at their positions. In rows, the
        positions are the middles of texts.
    description
        What the picture shows.
    drawn
        The blocks.
    arcs
        The SVG paths of connections.
    brackets
        The brackets of groups.
    notes
        The legend and the scale.
    """

    width: float
    height: float
    lines: int
    column: bool
    description: Text
    drawn: tuple[DrawnBlock, ...]
    arcs: tuple[str, ...]
    brackets: tuple[Bracket, ...]
    notes: tuple[Note, ...]


def figure(
    diagram: Diagram,
    drawn: Sequence[DrawnBlock],
    groups: Sequence[Group],
    legend: Sequence[tuple[Paint, Text]],
    *,
    column: bool = False,
    widest: float = math.inf,
) -> Figure:
    """Return the layout of a picture of a diagram.

    Parameters
    ----------
    diagram : Diagram
        The diagram.
    drawn : sequence of DrawnBlock
        How each of its blocks is drawn. Only the sizes of the blocks are used.
    groups : sequence of Group
        The groups of blocks that get a bracket.
    legend : sequence of (Paint, Message or str)
        The entries of the legend.
    column : bool
        Whether the blocks are in a column.
    widest : float
        The width in px at which a new line begins. A wider block has a line of its own.
    """
    at = {one.block.row: position for position, one in enumerate(drawn)}
    connections = lanes([(at[arc.source], at[arc.target]) for arc in diagram.arcs])
    maps = any(one.image for one in drawn) and any(one.block.dx for one in drawn)
    facing: Facing = "maps" if maps else "column" if column else "row"
    faced = [replace(one, block=turned(one.block, facing)) for one in drawn]
    placed = in_column(faced, connections, groups) if column else in_rows(faced, connections, groups, widest)
    bottom = placed.bottom + GAP * 1.5 if drawn else 0.0
    notes = list(_notes(diagram, legend, facing))
    room = min(widest, max(placed.right + MARGIN, _NARROWEST)) - 2 * MARGIN
    placed_notes = _flowed(notes, room, bottom + MARGIN)
    rights = [placed.right, *(note.text_x + width(note.text) for note in placed_notes)]
    return Figure(
        width=_px(max(rights) + MARGIN),
        height=_px(max((note.y for note in placed_notes), default=bottom) + MARGIN),
        lines=placed.lines,
        column=column,
        description=diagram.description,
        drawn=tuple(placed.drawn),
        arcs=tuple(placed.arcs),
        brackets=tuple(placed.brackets),
        notes=tuple(placed_notes),
    )


def _notes(diagram: Diagram, legend: Sequence[tuple[Paint, Text]], facing: Facing) -> list[list[Note]]:
    """Return the entries of the legend and those of the scale, which starts on a new line."""
    hatched = any(block.frozen for block in diagram.blocks)
    keys = [Note(0, 0, translate(label), paint, frozen=hatched and label == _FROZEN) for paint, label in legend]
    if hatched and not any(key.frozen for key in keys):
        keys.append(Note(0, 0, translate(_FROZEN), Paint("#8d8d8d"), frozen=True))
    if diagram.size_by == "shape" and diagram.work:
        measured = rulers(diagram.work.items, facing)
        scale = [Note(0, 0, translate(label), ruler=length, oblique=oblique) for length, label, oblique in measured]
    else:
        scale = [Note(0, 0, translate(diagram.scale))] if diagram.scale else []
    if any(block.held for block in diagram.blocks):
        scale.append(Note(0, 0, translate(_NOT_TO_SCALE)))
    return [keys, scale]


_FROZEN, _NOT_TO_SCALE = message("frozen"), message("≈: not to scale")


def _flowed(groups: Sequence[Sequence[Note]], room: float, y: float) -> list[Note]:
    """Return entries in lines of at most ``room`` px, from the base line ``y``; each group starts on a new line."""
    flowed: list[Note] = []
    for group in groups:
        x = MARGIN
        for note in group:
            placed = replace(note, x=x, y=y)
            right = placed.text_x + width(note.text)
            if x > MARGIN and right > MARGIN + room:
                y += _NOTE
                right -= x - MARGIN
                placed = replace(note, x=MARGIN, y=y)
            flowed.append(placed)
            x = right + _BETWEEN
        y += _NOTE if group else 0
    return flowed


def _px(value: float) -> float:
    return round(value, 1)
