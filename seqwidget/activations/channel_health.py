"""Compute channel statistics, and find dead, saturated, non-finite and near-duplicate channels."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import keras
import numpy as np

from ..model.array_layout import together
from .cache import Activations
from .layer_index import Place

Array = np.ndarray
_BLOCK = 2**21  # values in one step of `figures`
_TOGETHER = 2**26  # bytes of activations in one step over a batch
_VALUES, _BINS = 2**20, 48
_ALIKE, _MANY, _FEW = 0.999, 4096, 16
_NEAR, _MOSTLY = 0.01, 0.95
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "sigmoid": (0, 1),
    "hard_sigmoid": (0, 1),
    "softmax": (0, 1),
    "tanh": (-1, 1),
    "hard_tanh": (-1, 1),
    "softsign": (-1, 1),
    "relu6": (-np.inf, 6),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Statistics of channels, each an array with one number per channel.

    Attributes
    ----------
    low, high, mean, variance
        Statistics of the finite values; 0 for a channel without finite values.
    zeros
        The fraction of zeros among all values.
    not_finite
        The number of values that are NaN or infinite.
    """

    low: Array
    high: Array
    mean: Array
    variance: Array
    zeros: Array
    not_finite: Array


def figures(channels: Array) -> Figures:
    """Return the statistics of an array of shape (channels, …)."""
    flat = channels.reshape(len(channels), -1)
    block = max(1, _BLOCK // max(1, flat.shape[1]))
    parts = [_figures(flat[i : i + block]) for i in range(0, len(flat), block)]
    return Figures(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _figures(flat: Array) -> tuple[Array, ...]:
    if flat.dtype.kind != "f":
        flat = flat.astype("float64")
    low, high = flat.min(axis=1), flat.max(axis=1)
    zeros = (flat.shape[1] - np.count_nonzero(flat, axis=1)) / flat.shape[1]
    bad = np.zeros(len(flat), "int32")
    if np.isfinite(low).all() and np.isfinite(high).all():
        mean, variance = flat.mean(axis=1), flat.var(axis=1)
    else:
        finite = np.isfinite(flat)
        bad = (~finite).sum(axis=1).astype("int32")
        some = finite.any(axis=1)
        count = np.maximum(finite.sum(axis=1), 1)
        low = np.where(some, np.where(finite, flat, np.inf).min(axis=1), 0)
        high = np.where(some, np.where(finite, flat, -np.inf).max(axis=1), 0)
        known = np.where(finite, flat, 0)
        mean = known.sum(axis=1) / count
        variance = np.where(finite, (known - mean[:, None]) ** 2, 0).sum(axis=1) / count
    return (*(figure.astype("float32") for figure in (low, high, mean, variance, zeros)), bad)


@dataclass(frozen=True, slots=True)
class Health:
    """Problems in the channels of one layer, over all samples of a batch.

    Attributes
    ----------
    path
        The path of the layer.
    channels
        The number of channels.
    dead
        The indices of the channels whose values are all finite and never above zero.
    saturated
        The indices of the channels of a bounded activation, such as tanh, whose values are all
        finite, with at least 95 % of them at a bound. A value is at a bound if it is no further
        away than 1 % of the upper bound.
    not_finite
        The number of values that are NaN or infinite, in all channels.
    duplicates
        Pairs of indices of channels with a correlation above 0.999. None if this is not computed:
        with more than 4096 channels, with fewer than 16 values per channel, or if some values are
        not finite.
    histogram, low, high
        The numbers of finite values in 48 bins of equal width from ``low`` to ``high``.
    looked_at
        The fraction of values that the histogram and the duplicates are computed from, evenly
        spaced. The other results are computed from all values.
    """

    path: str
    channels: int
    dead: tuple[int, ...]
    saturated: tuple[int, ...]
    not_finite: int
    duplicates: tuple[tuple[int, int], ...] | None
    histogram: Array
    low: float
    high: float
    looked_at: float


def health(activations: Activations) -> tuple[Health, ...]:
    """Return the health of every layer of a model, over the whole batch."""
    found: list[Health] = []
    collections.deque(judge(activations, found), maxlen=0)
    return tuple(found)


def judge(activations: Activations, found: list[Health]) -> Iterator[int]:
    """Analyse the layers of a model over a batch in steps, between which other code can run.

    Yield the number of samples that have been analysed. At the end, append the health of every
    layer to ``found``.
    """
    batch, together = len(activations.batch), activations.together
    tallies = {path: _Tally(path, place, batch) for path, place in activations.places.items()}
    size = sum(place.row.activation_bytes or 0 for place in activations.places.values())
    step = -(-max(1, min(batch, _TOGETHER // max(size, 1))) // together) * together

    def count(path: str, output: Iterable[Array]) -> None:
        for array in output:
            tallies[path].count(array)

    for first in range(0, batch, step):
        for _ in activations.run(tallies, slice(first, first + step), count):
            yield first
    found += [tally.result() for tally in tallies.values() if tally.values]


class _Tally:
    """The statistics of one layer, collected sample by sample."""

    def __init__(self, path: str, place: Place, samples: int) -> None:
        self.path, self.place, self.samples = path, place, samples
        self.bounds = _bounds(place.layer)
        self.high: Array = np.array(-np.inf)
        self.near: Array = np.array(0)
        self.not_finite: Array = np.array(0)
        self.values = 0
        self.some: list[Array] = []

    def count(self, array: Array) -> None:
        channels = together(self.place.layout(array.shape).arrange(array))
        flat = channels.reshape(len(channels), -1)
        if flat.dtype.kind not in "fiub":
            return
        found = figures(flat)
        self.high = np.maximum(self.high, found.high)
        self.values += flat.shape[1]
        self.not_finite = self.not_finite + found.not_finite
        low, high = self.bounds
        width = _NEAR * (high - max(low, 0)) if high < np.inf else 0
        self.near = self.near + np.count_nonzero((flat <= low + width) | (flat >= high - width), axis=1)
        room = max(1, _VALUES // (len(flat) * self.samples))
        self.some.append(flat[:, :: max(1, -(-flat.shape[1] // room))].astype("float32"))

    def result(self) -> Health:
        some = np.concatenate(self.some, axis=1)
        finite, whole = some[np.isfinite(some)], self.not_finite == 0
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        # float64, because 48 bins do not fit between two adjacent float32 values.
        counts, _ = np.histogram(finite.astype("float64"), bins=_BINS, range=(low, high if high > low else low + 1))
        return Health(
            path=self.path,
            channels=len(self.high),
            dead=tuple(np.flatnonzero(whole & (self.high <= 0)).tolist()),
            saturated=tuple(np.flatnonzero(whole & (self.near >= _MOSTLY * self.values)).tolist()),
            not_finite=int(self.not_finite.sum()),
            duplicates=_alike(some),
            histogram=counts.astype("int32"),
            low=low,
            high=high,
            looked_at=some.shape[1] / self.values,
        )


def _bounds(layer: keras.Layer) -> tuple[float, float]:
    """Return the bounds (low, high) at which a layer's activation saturates; infinite if none."""
    if isinstance(layer, keras.layers.ReLU) and layer.max_value is not None:
        return -np.inf, float(layer.max_value)
    return _BOUNDS.get(getattr(getattr(layer, "activation", None), "__name__", ""), (-np.inf, np.inf))


def _alike(some: Array) -> tuple[tuple[int, int], ...] | None:
    """Return the pairs of strongly correlated channels.

    Return None for too many channels, too few values, or values that are not finite.
    """
    if len(some) > _MANY or some.shape[1] < _FEW or not np.isfinite(some).all():
        return None
    centred = some - some.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    centred = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    pairs = np.argwhere(np.triu(centred @ centred.T > _ALIKE, 1))
    return tuple((int(a), int(b)) for a, b in pairs)
