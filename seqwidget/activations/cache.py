"""Compute and cache layer outputs for the samples of a batch, within a memory limit."""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from ..model.call_graph import own_input
from .extractor import FeatureExtractor, Seen
from .layer_index import Place

LIMIT = 512 * 2**20


class Activations:
    """The layer outputs of a model for the samples of a batch, as NumPy arrays.

    Each output is computed when it is first requested, and then cached. The model does not change,
    even in training mode: updates of layer state, such as moving averages, are discarded.

    Parameters
    ----------
    model : keras.Model
        A built model.
    places : mapping of str to Place
        The layers of the model, by path.
    batch : array
        The samples, batch first.
    training : bool
        Whether the layers run in training mode.
    limit : int
        Maximum size of the cache in bytes; the oldest outputs are dropped first. Running a layer
        needs memory on top of this: its input and output as tensors, and its output as an array.
    """

    def __init__(
        self, model: keras.Model, places: Mapping[str, Place], batch: Any, *, training: bool = False, limit: int = LIMIT
    ) -> None:
        self.model, self.places, self.batch = model, places, batch
        self._training, self._limit = training, limit
        self._kept: collections.OrderedDict[tuple[str, int], np.ndarray[Any, Any]] = collections.OrderedDict()

    @property
    def nbytes(self) -> int:
        """The size of the cached outputs in bytes."""
        return sum(array.nbytes for array in self._kept.values())

    @property
    def together(self) -> int:
        """The number of samples in one run of the model: its fixed batch size, or 1 without one."""
        shape = own_input(self.model)[0]
        return shape[0] if shape and isinstance(shape[0], int) else 1

    def of(self, path: str, sample: int) -> np.ndarray[Any, Any]:
        """Return the output of a layer for one sample, without the batch axis."""
        if (path, sample) in self._kept:
            return self._kept[path, sample]
        first = sample - sample % self.together
        found = np.empty(0)

        def keep(one: str, array: np.ndarray[Any, Any]) -> None:
            nonlocal found
            for at, output in enumerate(array, first):
                # A copy, because a view would keep the whole array alive.
                self._keep((one, at), output.copy() if len(array) > 1 else output)
                if (one, at) == (path, sample):
                    found = output

        self.run(self._worth_keeping(path), slice(first, first + self.together), keep)
        return found

    def run(self, paths: list[str], samples: slice, seen: Callable[[str, np.ndarray[Any, Any]], None]) -> None:
        """Compute the outputs of several layers for some samples, without caching them.

        A model with a fixed batch size runs on full batches that begin at ``samples.start``. The
        last batch is padded with copies of its last sample.

        Parameters
        ----------
        paths : list of str
            The paths of the layers.
        samples : slice
            The range of samples in the batch.
        seen : callable
            Called with a layer's path and its output, batch first, as soon as it is computed.
        """
        size = self.together if self.together > 1 else samples.stop - samples.start
        for first in range(samples.start, min(samples.stop, len(self.batch)), size):
            inputs = self.batch[first : min(first + size, samples.stop)]
            missing = size - len(inputs) if self.together > 1 else 0
            filled = np.concatenate([inputs, np.repeat(inputs[-1:], missing, axis=0)]) if missing else inputs
            extractor = FeatureExtractor(self.model, paths, seen=_as_array(seen, len(inputs)))
            with keras.StatelessScope():
                extractor(filled, training=self._training)

    def _worth_keeping(self, path: str) -> list[str]:
        """Return the paths of a layer and of the layers before it whose outputs fit in the cache.

        Their outputs are computed on the way, so caching them costs only memory.
        """
        names = list(self.places)
        paths, room = [path], self._limit // self.together - self._size(path)
        for one in reversed(names[: names.index(path)]):
            room -= self._size(one)
            if room < 0:
                break
            if not path.startswith(f"{one}/"):
                paths.insert(0, one)
        return paths

    def _size(self, path: str) -> int:
        return self.places[path].row.activation_bytes or 0

    def _keep(self, key: tuple[str, int], array: np.ndarray[Any, Any]) -> None:
        self._kept[key] = array
        while self.nbytes > self._limit:
            self._kept.popitem(last=False)


def _as_array(seen: Callable[[str, np.ndarray[Any, Any]], None], count: int) -> Seen:
    return lambda path, output: seen(path, to_numpy(output)[:count])


def to_numpy(tensor: keras.KerasTensor) -> np.ndarray[Any, Any]:
    """Return a tensor as a NumPy array; the first one if there are several.

    Values of dtype bfloat16 or float16 become float32.
    """
    tensor = keras.tree.flatten(tensor)[0]
    if keras.backend.standardize_dtype(tensor.dtype) in ("bfloat16", "float16"):
        tensor = keras.ops.cast(tensor, "float32")
    return keras.ops.convert_to_numpy(tensor)
