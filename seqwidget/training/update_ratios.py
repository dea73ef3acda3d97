"""Measure how much a step of training changes the weights of each layer.

The measure is the norm of the change divided by the norm of the weights before it. As a rule of
thumb, a value near 0.001 is healthy (CS231n, "Ratio of weights:updates",
https://cs231n.github.io/neural-networks-3/#ratio).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import keras
import numpy as np

from ..keras_compat.keras_layers import could_train
from ..model.layer_kinds import shows_inside
from ..model.training_run import LayerUpdates, WeightHistogram
from ..model.training_state import trained_weights
from .switches import paths
from .thinned_curve import rounded

_MOST, _MOST_HISTOGRAMS = 60, 16  # the most measurements, and histograms, to keep for a layer
_BINS = 20

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
        self._next_count = 0.0

    def start(self, model: keras.Model) -> None:
        """Copy all weights."""
        self._read_flags(model)
        self._before = self._read()

    def _read_flags(self, model: keras.Model) -> None:
        trained = trained_weights(model)
        for layer in self._layers:
            layer.trains = any(id(weight) in trained for weight in layer.weights)

    def finish(self, batch: int) -> None:
        """Compare the weights with those at the start. Do nothing if there was no start."""
        before, self._before = self._before, None
        if before is None:
            return
        for layer, old, new in zip(self._layers, before, self._read(), strict=True):
            with np.errstate(all="ignore"):
                size, norm, change = _norm(old), _norm(new), _norm([b - a for a, b in zip(old, new, strict=True)])
            known = size > 0 and math.isfinite(size) and math.isfinite(change)
            layer.norm = norm if math.isfinite(norm) else None
            layer.batches.append(batch)
            layer.ratios.append(0.0 if change == 0 else change / size if known else None)
            if len(layer.batches) > _MOST:
                del layer.batches[1::2], layer.ratios[1::2]

    def count(self, epoch: int, share: float) -> None:
        """Count the weights of each layer in bins, as they are after an epoch, if that takes at most a share of the time."""
        start = time.perf_counter()
        if start < self._next_count:
            return
        for layer, arrays in zip(self._layers, self._read(), strict=True):
            values = np.concatenate([array.ravel() for array in arrays])
            finite = values[np.isfinite(values)]
            if finite.size:
                low, high = float(finite.min()), float(finite.max())
                # float64, because the bins may not fit between two adjacent float32 values.
                counts, _ = np.histogram(finite.astype("float64"), _BINS, (low, high if high > low else low + 1))
                layer.histograms.append(WeightHistogram(epoch, rounded(low), rounded(high), tuple(counts.tolist())))
            if len(layer.histograms) > _MOST_HISTOGRAMS:
                del layer.histograms[1::2]
        self._next_count = start + (time.perf_counter() - start) / share

    @property
    def layers(self) -> tuple[LayerUpdates, ...]:
        """The measurements so far."""
        return tuple(
            LayerUpdates(one.path, one.type, one.trains, tuple(one.batches), tuple(one.ratios), one.norm, tuple(one.histograms))
            for one in self._layers
        )

    def _read(self) -> list[list[Array]]:
        # A copy: some backends return the memory of the weight itself.
        return [[np.array(keras.ops.convert_to_numpy(weight), "float32") for weight in layer.weights] for layer in self._layers]


def _norm(arrays: list[Array]) -> float:
    return math.sqrt(sum(float(np.square(array, dtype="float64").sum()) for array in arrays))


def not_finite(model: keras.Model) -> tuple[str, ...]:
    """Return the paths of the layers with a weight that is NaN or infinite."""
    return tuple(
        path
        for path, layer in paths(model)
        if not shows_inside(layer)
        and not all(np.isfinite(np.asarray(keras.ops.convert_to_numpy(weight), "float32")).all() for weight in layer.weights)
    )
