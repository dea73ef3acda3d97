"""Compute channel statistics, and find dead, saturated, non-finite and near-duplicate channels."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import keras
import numpy as np

from ..errors import InputError
from ..model.array_layout import together
from .cache import Activations
from .samples import Samples

Array = np.ndarray
_BLOCK = 2**18  # values in one step of `figures`, which fit into the processor's cache
_TOGETHER = 2**26  # bytes of activations in one step over a batch
_VALUES, _ALL_VALUES = 2**20, 2**26  # the most values to keep for one layer, and for all layers together
_BINS = 48
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
    if flat.dtype not in ("float32", "float64"):
        flat = flat.astype("float64")
    low, high = flat.min(axis=1), flat.max(axis=1)
    # Row by row, and in place, NumPy counts and squares several times as fast.
    zeros = (flat.shape[1] - np.array([np.count_nonzero(row) for row in flat != 0])) / flat.shape[1]
    bad = np.zeros(len(flat), "int32")
    if np.isfinite(low).all() and np.isfinite(high).all():
        mean = flat.mean(axis=1)
        away = flat - mean[:, None]
        variance = np.square(away, out=away).mean(axis=1)
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
    """Problems in the channels of one layer, over all samples that were analysed.

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
        The numbers of finite values in 48 bins of equal width from ``low`` to ``high``, which are
        the minimum and the maximum of all finite values.
    looked_at
        The fraction of the values from which the bins and the duplicates are computed; these values
        are evenly spaced. The other results are computed from all values.
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
    analysis = Analysis(activations)
    for _ in analysis.add(activations.batch):
        pass
    return analysis.health()


class Analysis:
    """The health of the layers of a model over any number of samples, which can be added over time.

    The memory that this needs does not depend on the number of samples: it keeps only statistics of
    the outputs, and evenly spaced values up to a limit.

    Parameters
    ----------
    activations : Activations
        The layers, and how to run them.
    """

    def __init__(self, activations: Activations) -> None:
        self._activations = activations
        places = activations.places
        limit = min(_VALUES, _ALL_VALUES // max(1, len(places)))
        # Replaced as a whole after each step, so that an interrupt does not leave half a step in it.
        self._so_far = 0, {path: _Tally(_bounds(place.layer), limit) for path, place in places.items()}

    @property
    def samples(self) -> int:
        """The number of samples that have been analysed."""
        return self._so_far[0]

    def add(self, samples: Samples) -> Iterator[str]:
        """Analyse more samples in steps, between which other code can run.

        Yield the path of each layer that has run. `samples` and `health` are about the samples that
        all layers have processed.
        """
        fixed, places = self._activations.together, self._activations.places
        size = sum(place.row.activation_bytes or 0 for place in places.values())
        step = -(-max(1, min(len(samples), _TOGETHER // max(size, 1))) // fixed) * fixed
        for first in range(0, len(samples), step):
            count, tallies = self._so_far
            tallies, some = dict(tallies), samples[first : first + step]

            def add(path: str, output: Array, tallies: dict[str, _Tally] = tallies) -> None:
                axis = places[path].layout(output.shape[1:]).channel_axis
                channels = output[None] if axis is None else np.moveaxis(output, axis + 1, 0)
                tallies[path] = tallies[path].plus(together(channels).reshape(len(channels), -1))

            yield from self._activations.run(tallies, some, add)
            self._so_far = count + len(some), tallies

    def health(self) -> tuple[Health, ...]:
        """Return the health of every layer with numeric outputs over the samples so far."""
        return tuple(tally.health(path) for path, tally in self._so_far[1].items() if tally.values)


@dataclass(frozen=True, slots=True)
class _Tally:
    """Statistics of the output of one layer, with one number per channel.

    Attributes
    ----------
    bounds
        The bounds at which the layer's activation saturates.
    limit
        The number of values to keep, in all channels.
    values
        The number of values of each channel so far.
    low, high
        Statistics of the finite values; infinite for a channel without finite values.
    near
        The number of values at a bound.
    not_finite
        The number of values that are NaN or infinite.
    stride
        Every value of a channel whose index is a multiple of this is kept.
    kept
        An array for the kept values, of shape (values, channels), which is filled from the start.
        Later tallies write to the same array, after the values of this one.
    """

    bounds: tuple[float, float]
    limit: int
    values: int = 0
    low: Array = field(default_factory=lambda: np.array(np.inf))
    high: Array = field(default_factory=lambda: np.array(-np.inf))
    near: Array = field(default_factory=lambda: np.array(0))
    not_finite: Array = field(default_factory=lambda: np.array(0))
    stride: int = 1
    kept: Array = field(default_factory=lambda: np.empty((0, 0), "float32"))

    def plus(self, flat: Array) -> _Tally:
        """Return the statistics with more values, of shape (channels, values)."""
        if flat.dtype.kind not in "fiub" or not flat.size:
            return self
        channels, more = flat.shape
        kept = self.kept if self.values else np.empty((max(1, self.limit // channels), channels), "float32")
        if channels != kept.shape[1]:
            msg = f"expected outputs of {kept.shape[1]} channels, as before, received {channels}; give batches of one shape."
            raise InputError(msg)
        values, stride = self.values + more, self.stride
        while -(-values // stride) > len(kept):
            # By 3, because a power of two may be a multiple of the width of the maps.
            stride *= 3
        if stride > self.stride:
            old = kept[: -(-self.values // self.stride)][:: stride // self.stride]
            kept = np.empty_like(kept)
            kept[: len(old)] = old
        start = -(-self.values // stride)
        kept[start : -(-values // stride)] = flat[:, start * stride - self.values :: stride].T
        low, high, not_finite = _extremes(flat)
        return dataclasses.replace(
            self,
            values=values,
            low=np.minimum(self.low, low),
            high=np.maximum(self.high, high),
            near=self.near + self._near(flat),
            not_finite=self.not_finite + not_finite,
            stride=stride,
            kept=kept,
        )

    def _near(self, flat: Array) -> Array:
        low, high = self.bounds
        if high == np.inf:
            return np.array(0)
        width = _NEAR * (high - max(low, 0))
        return np.count_nonzero((flat <= low + width) | (flat >= high - width), axis=1)

    def health(self, path: str) -> Health:
        some = self.kept[: -(-self.values // self.stride)]
        finite, whole = some[np.isfinite(some)], self.not_finite == 0
        low, high = float(self.low.min()), float(self.high.max())
        low, high = (low, high) if low <= high else (0.0, 0.0)
        # float64, because 48 bins do not fit between two adjacent float32 values.
        counts, _ = np.histogram(finite.astype("float64"), bins=_BINS, range=(low, high if high > low else low + 1))
        return Health(
            path=path,
            channels=len(self.high),
            dead=tuple(np.flatnonzero(whole & (self.high <= 0)).tolist()),
            saturated=tuple(np.flatnonzero(whole & (self.near >= _MOSTLY * self.values)).tolist()),
            not_finite=int(self.not_finite.sum()),
            duplicates=_alike(some.T) if whole.all() else None,
            histogram=counts.astype("int32"),
            low=low,
            high=high,
            looked_at=len(some) / self.values,
        )


def _extremes(flat: Array) -> tuple[Array, Array, Array]:
    """Return the smallest and the largest finite value of each channel, and how many values are not finite."""
    low, high = flat.min(axis=1), flat.max(axis=1)
    if np.isfinite(low).all() and np.isfinite(high).all():
        return low, high, np.zeros(len(flat), "int64")
    finite = np.isfinite(flat)
    low, high = np.where(finite, flat, np.inf).min(axis=1), np.where(finite, flat, -np.inf).max(axis=1)
    return low, high, np.count_nonzero(~finite, axis=1)


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
