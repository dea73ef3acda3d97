"""Find repeated blocks of layers by their structure, so that tables and diagrams can show each as one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..i18n.languages import ENGLISH
from .connections import levels
from .edges import Graphs
from .records import Json, LayerRow, page_row
from .repeats import FEW, Level, Repeats
from .settings import Settings

_MANY = 40  # layers of a model whose repeated blocks are collapsed at first


@dataclass(frozen=True, slots=True)
class Fold:
    """A block of layers that repeats: the rows from ``start`` up to, but not including, ``end``, as ``count`` repeats.

    ``layers`` is the number of layers in each repeat. ``row`` shows a collapsed fold: for a
    repeated layer, it is the row of the first one; for a longer block, it has the sums over all
    repeats, and the output of the last one. ``channels`` has the smallest and the largest number of
    output channels, if these grow from repeat to repeat by the same number. ``params`` has the
    smallest and the largest number of parameters of a repeat, if these differ. ``differs`` names
    settings with a fraction that is not the same in all repeats, such as the ``rate`` of Dropout.
    """

    start: int
    end: int
    count: int
    layers: int
    row: LayerRow
    channels: tuple[int, int] | None = None
    params: tuple[int, int] | None = None
    differs: tuple[str, ...] = ()

    def to_page(self, language: str = ENGLISH) -> Json:
        """Return the record as JSON data for a live panel."""
        return {
            "start": self.start,
            "end": self.end,
            "count": self.count,
            "layers": self.layers,
            "row": page_row(self.row, language),
            "channels": list(self.channels) if self.channels else None,
            "params": list(self.params) if self.params else None,
            "differs": list(self.differs),
        }


def folds(rows: Sequence[LayerRow], graphs: Graphs) -> tuple[Fold, ...]:
    """Return the repeated blocks of a stack, in the order of their first rows.

    The layers of two repeats have the same types, settings, shapes and parameters, and take their
    inputs from the same places: from their own repeat, from earlier ones, or from one layer before
    all of them. Only the last repeats feed other layers.

    Blocks of four or more layers may grow: the numbers of channels and of parameters increase by
    the same number from repeat to repeat. Or their first repeat takes its inputs from other layers
    before all repeats, which may have a different number of channels, so that the layers that take
    them have a different number of parameters.
    """
    found: list[Fold] = []
    for model, positions in levels(rows).items():
        if len(positions) >= FEW:
            level = Level(rows, [*positions, _end(rows, model)], model, graphs)
            found += (_fold(level, one) for one in level.repeats())
    return tuple(sorted(found, key=lambda fold: fold.start))


def first_folds(rows: Sequence[LayerRow], graphs: Graphs) -> tuple[Fold, ...]:
    """Return the folds that are collapsed at first."""
    return folds(rows, graphs) if collapses(rows, graphs) else ()


def collapses(rows: Sequence[LayerRow], graphs: Graphs) -> bool:
    """Return whether the folds of a model are collapsed at first: those of a long model that is not a chain."""
    return None in graphs and sum(row.depth == 0 for row in rows) > _MANY


def _end(rows: Sequence[LayerRow], model: int | None) -> int:
    """Return the position after the last row of a model."""
    if model is None:
        return len(rows)
    return next((at for at in range(model + 1, len(rows)) if rows[at].depth <= rows[model].depth), len(rows))


def _fold(level: Level, one: Repeats) -> Fold:
    """Return a fold with the row that shows it."""
    rows = [level.rows[position] for position in level.bounds[one.start : one.end]]
    params = [row.params for row in rows]
    if one.period > 1:
        params = [_total(params[at : at + one.period]) for at in range(0, len(rows), one.period)]
    first, last = level.sizes[one.start + one.period - 1], level.sizes[one.end - 1]
    return Fold(
        level.bounds[one.start],
        level.bounds[one.end],
        one.times,
        one.period,
        rows[0] if one.period == 1 else _sum(rows, one.period),
        (int(first[1]), int(last[1])) if first[1] != last[1] else None,
        _range(params),
        _differs(level.fractions[one.start : one.end], one.period),
    )


def _sum(rows: Sequence[LayerRow], period: int) -> LayerRow:
    """Return one row for all layers of a fold; its kind is that of the layers with the most parameters."""
    weight = Counter[str]()
    for row in rows:
        weight[row.kind] += row.params or 0
    heaviest = max(weight, key=lambda kind: (weight[kind], kind == rows[-1].kind))
    trains = [row.trains for row in rows if row.trains is not None]
    return replace(
        rows[-1],
        index=rows[0].index,
        name=_name(rows, period),
        path=rows[0].path,
        type="",
        kind=heaviest,
        input_shape=rows[0].input_shape,
        params=_total([row.params for row in rows]),
        trainable_params=_total([row.trainable_params for row in rows]),
        macs=_total([row.macs for row in rows]),
        activation_bytes=_total([row.activation_bytes for row in rows]),
        trainable=any(row.trainable for row in rows),
        trains=any(trains) if trains else None,
        stale=any(row.stale for row in rows) if any(row.stale is not None for row in rows) else None,
        kernel=None,
        strides=None,
        dilation=None,
        padding=None,
        notes=tuple(dict.fromkeys(note for row in rows for note in row.notes)),
        training_notes_messages=(),
        unknown_messages={name: why for row in reversed(rows) for name, why in row.unknown_messages.items()},
    )


def _differs(fractions: Sequence[Settings], period: int) -> tuple[str, ...]:
    """Return the names of the fractions that are not the same in all repeats."""
    found: dict[str, None] = {}
    for before, after in zip(fractions, fractions[period:], strict=False):
        if before != after:
            known = dict(before)
            found |= dict.fromkeys(name for name, value in after if known[name] != value)
    return tuple(name.rpartition(".")[2] for name in found)


def _range(values: Sequence[int | None]) -> tuple[int, int] | None:
    """Return the smallest and the largest value; None if all are the same, or one is unknown."""
    known = [value for value in values if value is not None]
    return (min(known), max(known)) if len({*known}) > 1 and len(known) == len(values) else None


def _total(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _name(rows: Sequence[LayerRow], period: int) -> str:
    """Return a name for a fold: ``first … last``, with the common beginning of the names in each of these repeats."""
    parts = [[row.name for row in some] for some in (rows[:period], rows[-period:])]
    first, last = (_common(names).rstrip("_-/.") for names in parts)
    if not first or not last or first == last:
        first, last = rows[0].name, rows[-1].name
    return f"{first} … {last}"


def _common(names: Sequence[str]) -> str:
    """Return the letters with which all names begin."""
    letters = zip(*names, strict=False)
    return "".join(some[0] for some in itertools.takewhile(lambda some: len(set(some)) == 1, letters))
