"""Measure how much a step of training changes the weights of each layer.

The measure is the norm of the change divided by the norm of the weights before it. As a rule of
thumb, a value near 0.001 is healthy (CS231n, "Ratio of weights:updates",
https://cs231n.github.io/neural-networks-3/#ratio).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import keras
import numpy as np

from ..keras_compat.keras_layers import could_train
from ..model.layer_kinds import shows_inside
from ..model.training_run import LayerUpdates
from .switches import paths

_MOST = 60  # measurements that are kept of a layer

Array = np.ndarray


@dataclass(slots=True)
class _Layer:
    path: str
    type: str
    trains: bool
    weights: list[keras.Variable]
    batches: list[int] = field(default_factory=list)
    ratios: list[float | None] = field(default_factory=list)
    norm: float | None = None


class UpdateRatios:
    """The measurements of all layers of a model that have weights.

    Only weights that could train count: the moving statistics of a normalization change without
    being trained.
    """

    def __init__(self, model: keras.Model) -> None:
        trained = {id(weight) for weight in model.trainable_weights}
        self._layers = []
        for path, layer in paths(model):
            weights = [] if shows_inside(layer) else could_train(layer) or layer.trainable_weights
            if weights:
                trains = any(id(weight) in trained for weight in weights)
                self._layers.append(_Layer(path, type(layer).__name__, trains, weights))
        self._before: list[list[Array]] | None = None

    def start(self) -> None:
        """Copy all weights."""
        self._before = self._read()

    def finish(self, batch: int) -> None:
        """Compare the weights with those at the start. Do nothing if there was no start."""
        before, self._before = self._before, None
        if before is None:
            return
        for layer, old, new in zip(self._layers, before, self._read(), strict=True):
            size, change = _norm(old), _norm([b - a for a, b in zip(old, new, strict=True)])
            known = np.isfinite(size) and np.isfinite(change)
            ratio = 0.0 if change == 0 else float(change / size) if known and size else None
            norm = _norm(new)
            layer.norm = float(norm) if np.isfinite(norm) else None
            layer.batches.append(batch)
            layer.ratios.append(ratio)
            if len(layer.batches) > _MOST:
                del layer.batches[1::2], layer.ratios[1::2]

    def not_finite(self) -> tuple[str, ...]:
        """Return the paths of the layers with a weight that is NaN or infinite."""
        return tuple(
            layer.path
            for layer, arrays in zip(self._layers, self._read(), strict=True)
            if not all(np.isfinite(array).all() for array in arrays)
        )

    @property
    def layers(self) -> tuple[LayerUpdates, ...]:
        """The measurements so far."""
        return tuple(
            LayerUpdates(one.path, one.type, one.trains, tuple(one.batches), tuple(one.ratios), one.norm)
            for one in self._layers
        )

    def _read(self) -> list[list[Array]]:
        # A copy: some backends return the memory of the weight itself.
        return [[np.array(keras.ops.convert_to_numpy(weight), "float32") for weight in layer.weights] for layer in self._layers]


def _norm(arrays: list[Array]) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(sum(np.square(array, dtype="float64").sum() for array in arrays)))
