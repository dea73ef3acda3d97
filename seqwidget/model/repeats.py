"""Search a model for blocks of layers that repeat, by their structure."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from .edges import Edge, Graphs
from .records import LayerRow, Shapes
from .settings import Settings

FEW, _LONG = 3, 4  # repeats of a short block; layers of a long one, which may repeat only twice or grow

_SETTINGS = ("kind", "type", "kernel", "strides", "dilation", "padding", "dtype", "trainable", "trains")
_PASSING = {"activation", "pool", "norm", "dropout", "shape"}  # kinds of layers that return as many channels as they take
_settings = operator.attrgetter(*_SETTINGS)


class Repeats(NamedTuple):
    """A repeated block within one model, whose layers are counted from 0."""

    start: int
    period: int
    times: int

    @property
    def end(self) -> int:
        """The position after the last layer."""
        return self.start + self.period * self.times

    @property
    def saved(self) -> int:
        """The number of layers that the fold hides."""
        return self.period * (self.times - 1)

    def covers(self, start: int, end: int, period: int) -> bool:
        """Return whether a longer period in some layers would only repeat this block."""
        covered = min(end, self.end) - max(start, self.start)
        return period % self.period == 0 and end - start - covered < period


_Range: TypeAlias = tuple[int, int, int]
"""Layers that repeat: where a fold may start, from where on all layers repeat, and where they end."""
_Found: TypeAlias = tuple[Repeats, _Range]


class Level:
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
        self.sizes = np.array([sizes for _, sizes, _ in own])
        self.fractions = [fractions for *_, fractions in own]
        tokens = (
            start if token is None else token if end == start + 1 else _nested(token, rows, start, end, graphs)
            for (token, *_), (start, end) in zip(own, itertools.pairwise(bounds), strict=True)
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

    def repeats(self) -> list[Repeats]:
        """Return the repeated blocks, without overlaps: of two blocks that overlap, the one that hides more layers."""
        found: list[_Found] = []
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
        chosen: list[Repeats] = []
        while found:
            best, (first, start, end) = found.pop(found.index(max(found, key=lambda one: self._rank(one[0]))))
            other = next((one for one in chosen if best.start < one.end and one.start < best.end), None)
            if other is None:
                chosen.append(best)
            else:  # look again on both sides
                found += self._in(first, start, other.start, best.period)
                found += self._in(max(first, other.end), max(start, other.end), end, best.period)
        return chosen

    def _rank(self, one: Repeats) -> tuple[int, ...]:
        """Return what makes a fold better than another one: it hides more layers, and fewer connect its repeats."""
        return one.saved, -one.period, -self.crossing[one.start + one.period], -one.start

    def _periodic(self, period: int) -> Iterator[tuple[int, int]]:
        """Return where layers have the same types and settings as those one period before."""
        differs = np.flatnonzero(self.tokens[period:] != self.tokens[:-period])
        for before, after in itertools.pairwise([-1, *differs.tolist(), self.count - period]):
            if after - before > period:
                yield before + 1, after + period

    def _alike(self, first: int, end: int, period: int) -> Iterator[_Range]:
        """Return the parts of a periodic range whose layers have the same connections, and the same growth.

        Before each part, there may be one more repeat, which takes other inputs.
        """
        start = first
        shortest, more = (period, period) if period >= _LONG else (2 * period, 0)
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
            if at - start >= shortest:
                yield max(first, start - more), start, at
            start = max(start, after)
        if end - start >= shortest:
            yield max(first, start - more), start, end

    def _same_feeds(self, at: int, period: int) -> bool:
        """Return whether a layer takes its inputs from the same places as the one a period before."""
        own, before = self.feeds[at], self.feeds[at - period]
        return len(own) == len(before) and all(
            tensor == other and source - base in (0, period)
            for (source, tensor), (base, other) in zip(own, before, strict=True)
        )

    def _in(self, first: int, start: int, end: int, period: int) -> list[_Found]:
        """Return the best fold in a range, with the range; its repeats are connected by as few layers as possible."""
        starts = range(first, min(start + period, end - 2 * period + 1))
        for one in sorted(starts, key=lambda one: (self.crossing[one + period], -((end - one) // period), -one)):
            for times in range((end - one) // period, 1, -1):
                repeats = Repeats(one, period, times)
                if self._is_foldable(repeats):
                    return [(repeats, (first, start, end))]
        return []

    def _is_foldable(self, one: Repeats) -> bool:
        return (
            (one.period >= _LONG or one.times >= FEW)
            and self._has_like_sizes(one)
            and self._has_like_feeds(one)
            and self._is_apart(one)
            and self._has_known_rows(one)
        )

    def _has_like_sizes(self, one: Repeats) -> bool:
        """Return whether the repeats have the same sizes, or a long block grows, or only its first repeat has other inputs."""
        period = one.period
        sizes = self.sizes[one.start : one.end]
        growth = sizes[period:] - sizes[:-period]
        if not growth.any():
            return True
        if period < _LONG:
            return False
        if one.times >= FEW and (growth[period:] == growth[:-period]).all():
            return True
        return not growth[period:].any() and self._takes_other_channels(one)

    def _takes_other_channels(self, one: Repeats) -> bool:
        """Return whether the first repeat differs only in the number of channels that come from before it."""
        for at in range(one.start, one.start + one.period):
            row, next_row = (self.rows[self.bounds[some]] for some in (at, at + one.period))
            (params, channels), (next_params, next_channels) = self.sizes[at], self.sizes[at + one.period]
            if row.input_shape == next_row.input_shape and channels == next_channels and params == next_params:
                continue
            (space, given), (next_space, next_given) = map(_given, (row, next_row))
            if space is None or space != next_space or given == next_given:
                return False
            last = self.last[at] if self.branches else at + 1
            passes = row.kind in _PASSING and channels == given and next_channels == next_given
            if channels != next_channels and not (passes and last < one.start + one.period):
                return False
        return True

    def _has_like_feeds(self, one: Repeats) -> bool:
        """Return whether layers take inputs from the same places as a repeat before; that one may take others from outside."""
        start, period = one.start, one.period
        return not self.branches or all(
            len(self.feeds[at]) == len(self.feeds[at - period])
            and all(
                tensor == other and (source - base == period or base < start)
                for (source, tensor), (base, other) in zip(self.feeds[at], self.feeds[at - period], strict=True)
            )
            for at in range(start + period, one.end)
        )

    def _is_apart(self, one: Repeats) -> bool:
        """Return whether repeats take tensors from earlier ones or from outside, and only the last ones feed other layers."""
        start, period, end = one.start, one.period, one.end
        if not self.branches:
            return True
        sources = ((at, source) for at in range(start + period, end) for source, _ in self.feeds[at] if source >= start)
        reach = max(((at - start) // period - (source - start) // period for at, source in sources), default=0)
        return reach > 0 and all(self.last[at] < end for at in range(start, end - reach * period))

    def _has_known_rows(self, one: Repeats) -> bool:
        start, period = one.start, one.period
        rows = [self.rows[self.bounds[at]] for at in range(start, start + period)]
        nested = (self.bounds[at + 1] - self.bounds[at] > 1 for at in range(start, start + period))
        return all(
            row.output_shape is not None and row.shared_with is None and (row.kind != "model" or has_rows)
            for row, has_rows in zip(rows, nested, strict=True)
        )


def _own(row: LayerRow) -> tuple[str | None, tuple[int, int], Settings]:
    """Return what a layer has in common with its repeats, its sizes, and its settings that are fractions.

    The first is None without weights of its own. The sizes are the numbers of parameters and of
    output channels, which may grow; -1 without channels. Fractions may differ.
    """
    shape = row.output_shape
    axis = None if shape is None else _channel_axis(row, shape)
    channels = None if shape is None or axis is None else shape[axis]
    space = shape if shape is None or axis is None else (len(shape), shape[:axis], shape[axis + 1 :])
    sizes = row.params or 0, channels if isinstance(channels, int) else -1
    # A string: its hash is computed once.
    same = [(name, value) for name, value in row.settings if type(value) is not float and value != channels]
    token = None if row.shared_with is not None else repr((_settings(row), same, space, isinstance(channels, int)))
    fractions = tuple(one for one in row.settings if type(one[1]) is float)
    row.memo["fold"] = own = token, sizes, fractions
    return own


def _nested(token: str, rows: Sequence[LayerRow], start: int, end: int, graphs: Graphs) -> object:
    """Return what a nested model has in common with its repeats, with all layers in it."""
    depth = rows[start].depth
    inside = [(_settings(one), one.settings, one.depth - depth, one.output_shape, one.params) for one in rows[start + 1 : end]]
    links = [
        (edge.source and edge.source - start, edge.target and edge.target - start, edge.tensor)
        for model in range(start, end)
        for edge in graphs.get(model, ())
    ]
    return token, tuple(inside), tuple(links)


def _given(row: LayerRow) -> tuple[Shapes | None, object]:
    """Return the shape of the input of a layer without its channels, and these; None if it takes several tensors."""
    shape = row.input_shape
    axis = None if shape is None else _channel_axis(row, shape)
    return (None, None) if shape is None or axis is None else ((*shape[:axis], *shape[axis + 1 :]), shape[axis])


def _channel_axis(row: LayerRow, shape: Shapes) -> int | None:
    """Return the axis of the channels; None if the output has several tensors, or none is known."""
    if len(shape) < 2 or isinstance(shape[0], tuple):
        return None
    return 1 if row.data_format == "channels_first" else len(shape) - 1
