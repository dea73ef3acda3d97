"""What a model's layers give for a batch: computed once for each sample, when asked for, and kept within a bound."""

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
    """The outputs of a model's layers for the samples of a batch, as arrays.

    Nothing about the model changes, whatever the mode: what layers would update is thrown away.

    Parameters
    ----------
    model : keras.Model
        A model that is built.
    places : mapping of str to Place
        Its layers by path.
    batch : array
        The samples.
    training : bool
        Whether layers are to run as in training.
    limit : int
        Bytes to keep; the oldest go first. While layers run, what one of them takes and gives comes on top, as tensors and once
        more as an array.
    """

    def __init__(
        self, model: Any, places: Mapping[str, Place], batch: Any, *, training: bool = False, limit: int = LIMIT
    ) -> None:
        self.model, self.places, self.batch = model, places, batch
        self._training, self._limit = training, limit
        self._kept: collections.OrderedDict[tuple[str, int], np.ndarray[Any, Any]] = collections.OrderedDict()

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return sum(array.nbytes for array in self._kept.values())

    @property
    def together(self) -> int:
        """The number of samples that the model runs at once: the batch size that its input fixes, else one."""
        shape = own_input(self.model)[0]
        return shape[0] if shape and isinstance(shape[0], int) else 1

    def of(self, path: str, sample: int) -> np.ndarray[Any, Any]:
        """Give what a layer gives for one sample, without the batch's axis."""
        if (path, sample) in self._kept:
            return self._kept[path, sample]
        first = sample - sample % self.together
        found = np.empty(0)

        def keep(one: str, array: np.ndarray[Any, Any]) -> None:
            nonlocal found
            for at, output in enumerate(array, first):
                self._keep((one, at), output.copy() if len(array) > 1 else output)  # a part would hold the whole
                if (one, at) == (path, sample):
                    found = output

        self.run(self._worth_keeping(path), slice(first, first + self.together), keep)
        return found

    def run(self, paths: list[str], samples: slice, seen: Callable[[str, np.ndarray[Any, Any]], None]) -> None:
        """Compute what several layers give for some of the samples, and pass each on at once; keeps nothing.

        A model of a fixed batch size is run on whole batches, the last one filled up with its last sample, from ``start`` on.
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
        """Give the layer with those in front of it, which are computed on the way, as far as there is room for them."""
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


def to_numpy(tensor: Any) -> np.ndarray[Any, Any]:
    """Give a tensor as an array that NumPy can reckon with; a layer's first tensor where it gives several."""
    tensor = keras.tree.flatten(tensor)[0]
    if keras.backend.standardize_dtype(tensor.dtype) in ("bfloat16", "float16"):
        tensor = keras.ops.cast(tensor, "float32")
    return keras.ops.convert_to_numpy(tensor)
