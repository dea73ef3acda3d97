"""What a model's layers give for a batch: computed once for each sample, when asked for, and kept within a bound."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from .extractor import FeatureExtractor
from .places import Place

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
        Bytes to keep; the oldest go first.
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

    def of(self, path: str, sample: int) -> np.ndarray[Any, Any]:
        """Give what a layer gives for one sample, without the batch's axis."""
        if (path, sample) not in self._kept:
            paths = self._worth_keeping(path)
            for one, array in zip(paths, self.run(paths, slice(sample, sample + 1)), strict=True):
                self._keep((one, sample), array[0])
                if one == path:
                    return array[0]
        return self._kept[path, sample]

    def run(self, paths: list[str], samples: slice) -> list[np.ndarray[Any, Any]]:
        """Compute what several layers give for some of the samples; keeps nothing."""
        extractor = FeatureExtractor(self.model, paths)
        with keras.StatelessScope():
            outputs = extractor(self.batch[samples], training=self._training)
        return [to_numpy(output) for output in outputs]

    def _worth_keeping(self, path: str) -> list[str]:
        """Give the layer with those in front of it, which are computed on the way, as far as there is room for them."""
        names = list(self.places)
        paths, room = [path], self._limit - self._size(path)
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


def to_numpy(tensor: Any) -> np.ndarray[Any, Any]:
    """Give a tensor as an array that NumPy can reckon with; a layer's first tensor where it gives several."""
    tensor = keras.tree.flatten(tensor)[0]
    if keras.backend.standardize_dtype(tensor.dtype) in ("bfloat16", "float16"):
        tensor = keras.ops.cast(tensor, "float32")
    return keras.ops.convert_to_numpy(tensor)
