"""Find repeated blocks of layers by their structure, so that tables and diagrams can show each as one."""

from __future__ import annotations

import itertools
import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ..i18n.languages import ENGLISH
from .connections import levels
from .edges import Edge, Graphs
from .records import Json, LayerRow, Shapes, page_row

_FEW, _LONG = 3, 4  # repeats of a short block; layers of a long one, which may repeat only twice or grow

_MANY = 40  # layers of a model whose repeated blocks are collapsed at first

_SETTINGS = ("kind", "type", "kernel", "strides", "dilation", "padding", "dtype", "trainable", "trains")
_settings = operator.attrgetter(*_SETTINGS)


@dataclass(frozen=True, slots=True)
class Fold:
    """A block of layers that repeats: the rows from ``start`` up to, but not including, ``end``, as ``count`` repeats.

    ``layers`` is the number of layers in each repeat. ``row`` shows a collapsed fold: for a
    repeated layer, it is the row of the first one; for a longer block, it has the sums over all
    repeats, and the output of the last one. ``channels`` has the smallest and the largest number of
    output channels, if these grow from repeat to repeat by the same number.
    """

    start: int
    end: int
    count: int
    layers: int
    row: LayerRow
    channels: tuple[int, int] | None = None

    def to_page(self, language: str = ENGLISH) -> Json:
        """Return the record as JSON data for a live panel."""
        return {
            "start": self.start,
            "end": self.end,
            "count": self.count,
            "layers": self.layers,
            "row": page_row(self.row, language),
            "channels": list(self.channels) if self.channels else None,
        }


class _Repeats(NamedTuple):
    """A repeated block within one model, whose layers are counted from 0."""

    start: int
    period: int
    times: int

    @property
    def end(self) -> int:
        return self.start + self.period * self.times

    @property
    def saved(self) -> int:
        """The number of layers that the fold hides."""
        return self.period * (self.times - 1)

    def covers(self, start: int, end: int, period: int) -> bool:
        """Return whether a longer period in some layers would only repeat this block."""
        covered = min(end, self.end) - max(start, self.start)
        return period % self.period == 0 and end - start - covered < period


def folds(rows: Sequence[LayerRow], graphs: Graphs) -> tuple[Fold, ...]:
    """Return the repeated blocks of a stack, in the order of their first rows.

    The layers of two repeats have the same types, settings, shapes and parameters, and take their
    inputs from the same places: from their own repeat, from earlier ones, or from one layer before
    all of them. Blocks of four or more layers may grow: the numbers of channels and of parameters
    increase by the same number from repeat to repeat. Only the last repeats feed other layers.
    """
    found: list[Fold] = []
    for model, positions in levels(rows).items():
        if len(positions) >= _FEW:
            level = _Level(rows, [*positions, _end(rows, model)], model, graphs)
            found += (level.fold(one) for one in level.repeats())
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


class _Level:
    """The layers of one model, counted from 0.

    ``bounds`` has the position of each, and the end of the last one. The inputs of the model are
    -1, -2 and so on.
    """

    def __init__(self, rows: Sequence[LayerRow], bounds: Sequence[int], model: int | None, graphs: Graphs) -> None:
        self.rows, self.bounds, self.count = rows, bounds, len(bounds) - 1
        self.branches = model in graphs  # in a chain, each layer takes the output of the layer before it
        self.feeds, self.last = self._connections(graphs[model]) if self.branches else ([], [])
        """What each layer takes, and the last layer that takes its output."""
        change = [0] * (self.count + 2)
        for source, target in enumerate(self.last):
            change[source + 1] += 1
            change[target + 1] -= 1
        self.crossing = list(itertools.accumulate(change))
        """The number of layers before each layer whose outputs this or a later layer takes."""
        known: dict[object, int] = {}
        own = [rows[position].memo.get("fold") or _own(rows[position]) for position in bounds[:-1]]
        self.sizes = np.array([sizes for _, sizes in own])
        tokens = (
            start if token is None else token if end == start + 1 else _nested(token, rows, start, end, graphs)
            for (token, _), (start, end) in zip(own, itertools.pairwise(bounds), strict=True)
        )
        self.tokens = np.array([known.setdefault(token, len(known)) for token in tokens])

    def _connections(self, edges: Iterable[Edge]) -> tuple[list[list[tuple[int, int]]], list[int]]:
        number = {position: at for at, position in enumerate(self.bounds[:-1])}
        feeds: list[list[tuple[int, int]]] = [[] for _ in number]
        last = list(range(self.count))
        for edge in edges:
            source = -1 - edge.tensor if edge.source is None else number[edge.source]
            target = self.count if edge.target is None else number[edge.target]
            if source >= 0:
                last[source] = max(last[source], target)
            if target < self.count:
                feeds[target].append((source, edge.tensor))
        return feeds, last

    def repeats(self) -> list[_Repeats]:
        """Return the repeated blocks, without overlaps: of two blocks that overlap, the one that hides more layers."""
        found: list[tuple[_Repeats, int, int]] = []
        for period in range(1, self.count // 2 + 1):
            covering = next((one for one, *_ in found if one.covers(0, self.count, period)), None)
            if covering is not None:
                if covering.period == 1:
                    break  # every longer period is a multiple of it
                continue
            for start, end in self._periodic(period):
                if not any(one.covers(start, end, period) for one, *_ in found):
                    for some in self._alike(start, end, period):
                        found += self._in(*some, period)
        chosen: list[_Repeats] = []
        while found:
            best, start, end = found.pop(found.index(max(found, key=lambda one: (one[0].saved, -one[0].period, -one[0].start))))
            other = next((one for one in chosen if best.start < one.end and one.start < best.end), None)
            if other is None:
                chosen.append(best)
            else:  # look again on both sides
                found += [*self._in(start, other.start, best.period), *self._in(other.end, end, best.period)]
        return chosen

    def _periodic(self, period: int) -> Iterator[tuple[int, int]]:
        """Return where layers have the same types and settings as those one period before."""
        differs = np.flatnonzero(self.tokens[period:] != self.tokens[:-period])
        for before, after in itertools.pairwise([-1, *differs.tolist(), self.count - period]):
            if after - before > period:
                yield before + 1, after + period

    def _alike(self, start: int, end: int, period: int) -> Iterator[tuple[int, int]]:
        """Return the parts of a periodic range whose layers have the same connections, and the same growth."""
        sizes = self.sizes[start:end]
        growth = sizes[period:] - sizes[:-period]
        changes = (growth[period:] != growth[:-period]).any(axis=1).nonzero()[0] + start + 2 * period
        others = {at for at in range(start + period, end) if not self._same_feeds(at, period)} if self.branches else set()
        for at in sorted(others.union(changes.tolist())):
            if at in others:
                after = at - period + 1
            elif at - 2 * period >= start:
                after = at - 2 * period + 1
            else:
                continue
            if at - start >= 2 * period:
                yield start, at
            start = max(start, after)
        if end - start >= 2 * period:
            yield start, end

    def _same_feeds(self, at: int, period: int) -> bool:
        """Return whether a layer takes its inputs from the same places as the one a period before."""
        own, before = self.feeds[at], self.feeds[at - period]
        return len(own) == len(before) and all(
            tensor == other and source - base in (0, period)
            for (source, tensor), (base, other) in zip(own, before, strict=True)
        )

    def _in(self, start: int, end: int, period: int) -> list[tuple[_Repeats, int, int]]:
        """Return the best fold in a range, with the range; its repeats are connected by as few layers as possible."""
        starts = range(start, min(start + period, end - 2 * period + 1))
        for first in sorted(starts, key=lambda one: (self.crossing[one + period], -((end - one) // period), -one)):
            for times in range((end - first) // period, 1, -1):
                one = _Repeats(first, period, times)
                if self._is_foldable(one):
                    return [(one, start, end)]
        return []

    def _is_foldable(self, one: _Repeats) -> bool:
        start, period, times, end = *one, one.end
        long = period >= _LONG
        if not long and times < _FEW:
            return False
        sizes = self.sizes[start:end]
        if not (long and times >= _FEW) and (sizes[period:] != sizes[:-period]).any():
            return False
        return self._is_apart(one) and self._has_known_rows(one)

    def _is_apart(self, one: _Repeats) -> bool:
        """Return whether repeats take tensors from earlier ones or from outside, and only the last ones feed other layers."""
        start, period, end = one.start, one.period, one.end
        if not self.branches:
            return True
        sources = ((at, source) for at in range(start + period, end) for source, _ in self.feeds[at] if source >= start)
        reach = max(((at - start) // period - (source - start) // period for at, source in sources), default=0)
        if not reach or any(self.last[at] >= end for at in range(start, end - reach * period)):
            return False
        return not any(
            source == base >= start
            for at in range(start + period, end)
            for (source, _), (base, _) in zip(self.feeds[at], self.feeds[at - period], strict=True)
        )

    def _has_known_rows(self, one: _Repeats) -> bool:
        start, period = one.start, one.period
        rows = [self.rows[self.bounds[at]] for at in range(start, start + period)]
        nested = (self.bounds[at + 1] - self.bounds[at] > 1 for at in range(start, start + period))
        return all(
            row.output_shape is not None and row.shared_with is None and (row.kind != "model" or has_rows)
            for row, has_rows in zip(rows, nested, strict=True)
        )

    def fold(self, one: _Repeats) -> Fold:
        """Return a fold with the row that shows it."""
        start, end = self.bounds[one.start], self.bounds[one.end]
        rows = [self.rows[position] for position in self.bounds[one.start : one.end]]
        first, last = self.sizes[one.start + one.period - 1], self.sizes[one.end - 1]
        grown = (int(first[1]), int(last[1])) if first[1] != last[1] else None
        return Fold(start, end, one.times, one.period, rows[0] if one.period == 1 else _sum(rows, one.period), grown)


def _own(row: LayerRow) -> tuple[str | None, tuple[int, int]]:
    """Return what a layer has in common with its repeats, and its sizes; the former is None without weights of its own.

    The sizes are the numbers of parameters and of output channels, which may grow; -1 without channels.
    """
    shape = row.output_shape
    axis = None if shape is None else _channel_axis(row, shape)
    channels = None if shape is None or axis is None else shape[axis]
    space = shape if shape is None or axis is None else (len(shape), shape[:axis], shape[axis + 1 :])
    sizes = row.params or 0, channels if isinstance(channels, int) else -1
    # A string: its hash is computed once.
    token = None if row.shared_with is not None else repr((_settings(row), space, isinstance(channels, int)))
    row.memo["fold"] = token, sizes
    return token, sizes


def _nested(token: str, rows: Sequence[LayerRow], start: int, end: int, graphs: Graphs) -> object:
    """Return what a nested model has in common with its repeats, with all layers in it."""
    depth = rows[start].depth
    inside = [(_settings(one), one.depth - depth, one.output_shape, one.params) for one in rows[start + 1 : end]]
    links = [
        (edge.source and edge.source - start, edge.target and edge.target - start, edge.tensor)
        for model in range(start, end)
        for edge in graphs.get(model, ())
    ]
    return token, tuple(inside), tuple(links)


def _channel_axis(row: LayerRow, shape: Shapes) -> int | None:
    """Return the axis of the channels; None if the output has several tensors, or none is known."""
    if len(shape) < 2 or isinstance(shape[0], tuple):
        return None
    return 1 if row.data_format == "channels_first" else len(shape) - 1


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
