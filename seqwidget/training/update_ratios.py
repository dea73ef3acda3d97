"""Measure how much a step of training changes the weights of each layer.

The measure is the norm of the change divided by the norm of the weights before it. As a rule of
thumb, a value near 0.001 is healthy (CS231n, "Ratio of weights:updates",
https://cs231n.github.io/neural-networks-3/#ratio).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import keras
import numpy as np

from ..keras_compat.keras_layers import could_train
from ..model.layer_kinds import shows_inside
from ..model.training_run import LayerUpdates, WeightHistogram
from ..model.training_state import trained_weights
from .switches import paths
from .thinned_curve import rounded

ALWAYS = 0.01  # seconds that a run may always take for each kind of measurement, so that a short one has some in each epoch
_MOST, _MOST_HISTOGRAMS = 60, 16  # the most measurements, and histograms, to keep for a layer
_BINS = 20
_PER_WEIGHT, _PER_VALUE = 2e-4, 5e-9  # seconds
# Values that are converted to float64 at a time. All that is computed from them fits into the processor's cache,
# and they are too few for BLAS to start threads for a product, which takes longer than the product.
_TOGETHER = 2**13

Array = np.ndarray


@dataclass(slots=True)
class _Layer:
    path: str
    type: str
    weights: list[keras.Variable]
    trains: bool = True
    batches: list[int] = field(default_factory=list)
    ratios: list[float | None] = field(default_factory=list)
    norm: float | None = None
    histograms: list[WeightHistogram] = field(default_factory=list)


class UpdateRatios:
    """The measurements of all layers of a model that have weights.

    Only weights that could train count: the moving statistics of a normalization change without
    being trained.
    """

    def __init__(self, model: keras.Model) -> None:
        self._layers = []
        for path, layer in paths(model):
            weights = [] if shows_inside(layer) else could_train(layer) or layer.trainable_weights
            if weights:
                self._layers.append(_Layer(path, type(layer).__name__, weights))
        self._read_flags(model)
        self._before: list[list[Array]] | None = None
        self._next_count = self._counting = 0.0

    def start(self, model: keras.Model) -> None:
        """Copy all weights."""
        self._read_flags(model)
        # A copy: some backends return the memory of the weight itself.
        self._before = [[one if one.flags.owndata else one.copy() for one in _arrays(layer)] for layer in self._layers]

    def _read_flags(self, model: keras.Model) -> None:
        trained = trained_weights(model)
        for layer in self._layers:
            layer.trains = any(id(weight) in trained for weight in layer.weights)

    def finish(self, batch: int) -> None:
        """Compare the weights with those at the start. Do nothing if there was no start."""
        before, self._before = self._before, None
        if before is None:
            return
        for layer, old in zip(self._layers, before, strict=True):
            size, norm, change = _norms(old, _arrays(layer))
            known = size > 0 and math.isfinite(size) and math.isfinite(change)
            layer.norm = norm if math.isfinite(norm) else None
            layer.batches.append(batch)
            layer.ratios.append(0.0 if change == 0 else change / size if known else None)
            if len(layer.batches) > _MOST:
                del layer.batches[1::2], layer.ratios[1::2]

    def end_at(self, batch: int) -> None:
        """Correct the number of the last batch, if the last measurement has a later one."""
        for layer in self._layers:
            if layer.batches and layer.batches[-1] > batch:
                layer.batches[-1] = batch

    def count(self, epoch: int, share: float) -> None:
        """Count the weights of each layer in bins, as they are after an epoch, if a share of the time or `ALWAYS` allows it."""
        start = time.perf_counter()
        if start < self._next_count:
            return
        for layer in self._layers:
            counted = _counted(_arrays(layer))
            if counted:
                low, high, counts = counted
                layer.histograms.append(WeightHistogram(epoch, rounded(low), rounded(high), counts))
            if len(layer.histograms) > _MOST_HISTOGRAMS:
                del layer.histograms[1::2]
        took = time.perf_counter() - start
        self._counting += took
        if self._counting > ALWAYS:
            self._next_count = start + took / share

    @property
    def layers(self) -> tuple[LayerUpdates, ...]:
        """The measurements so far."""
        return tuple(
            LayerUpdates(one.path, one.type, one.trains, tuple(one.batches), tuple(one.ratios), one.norm, tuple(one.histograms))
            for one in self._layers
        )


def estimated_cost(model: keras.Model) -> float:
    """Return an estimate of the seconds that a measurement takes, for use before the first one."""
    sizes = [math.prod(weight.shape) for weight in model.trainable_weights]
    return _PER_WEIGHT * len(sizes) + _PER_VALUE * sum(sizes)


def _arrays(layer: _Layer) -> list[Array]:
    """Return the weights of a layer, which may share the memory of the weights themselves."""
    found = [np.asarray(weight) for weight in layer.weights]
    return [one if one.dtype in (np.float32, np.float64) else one.astype("float32") for one in found]


def _parts(arrays: list[Array]) -> Iterator[Array]:
    """Yield all values, as float64, a part at a time."""
    for array in map(np.ravel, arrays):
        for start in range(0, array.size, _TOGETHER):
            yield array[start : start + _TOGETHER].astype("float64")


def _norms(old: list[Array], new: list[Array]) -> tuple[float, float, float]:
    """Return the norms of the weights of a layer before and after an update, and that of the update."""
    size = norm = change = 0.0
    with np.errstate(all="ignore"):
        for before, after in zip(_parts(old), _parts(new), strict=True):
            size += float(before.dot(before))
            norm += float(after.dot(after))
            update = np.subtract(after, before, out=after)
            change += float(update.dot(update))
    return math.sqrt(size), math.sqrt(norm), math.sqrt(change)


def _counted(arrays: list[Array]) -> tuple[float, float, tuple[int, ...]] | None:
    """Return the lowest and the highest finite value, and how many values are in each bin; ``None`` if none is finite."""
    limits = _limits(arrays)
    if not all(map(math.isfinite, limits)):
        arrays = [one[np.isfinite(one)] for one in arrays]
        limits = _limits(arrays)
    if not limits:
        return None
    low, high = min(limits), max(limits)
    counts, bins = np.zeros(_BINS + 1, "int64"), _BINS / (high - low if high > low else 1.0)
    for part in _parts(arrays):
        counts += np.bincount(((part - low) * bins).astype("intp"), minlength=_BINS + 1)
    counts[-2] += counts[-1]  # the last bin includes its upper limit, as in numpy.histogram
    return low, high, tuple(counts[:-1].tolist())


def _limits(arrays: list[Array]) -> list[float]:
    """Return the lowest and the highest value of each array that has values."""
    return [float(limit) for one in arrays if one.size for limit in (one.min(), one.max())]


def not_finite(model: keras.Model) -> tuple[str, ...]:
    """Return the paths of the layers with a weight that is NaN or infinite."""
    return tuple(
        path
        for path, layer in paths(model)
        if not shows_inside(layer)
        and not all(np.isfinite(np.asarray(keras.ops.convert_to_numpy(weight), "float32")).all() for weight in layer.weights)
    )
