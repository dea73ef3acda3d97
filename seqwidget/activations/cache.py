"""Compute and cache layer outputs for the samples of a batch, within a memory limit."""

from __future__ import annotations

import collections
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ..errors import ArgumentError
from ..i18n.messages import message
from ..keras_compat.observing import observing
from ..keras_compat.one_graph import are_computed
from ..model.model_inputs import own_inputs
from .extractor import build
from .layer_uses import LayerUse
from .run import Run, Seen, last
from .samples import Samples
from .whole_run import WholeRun, as_tensors, readable, whole_run

Array = np.ndarray

LIMIT = 512 * 2**20
_POLL = 0.001  # seconds between two checks of whether a graph is done


class Activations:
    """The layer outputs of a model for the samples of a batch, as NumPy arrays.

    A pass runs the model on one sample, layer by layer, and stops at the layer that is requested.
    If a later layer is requested next, the same pass continues. All outputs on the way are cached,
    so that the layers, one after the other, cost one run of the model. The model does not change,
    even in training mode: updates of layer state, such as moving averages, are discarded.

    Parameters
    ----------
    model : keras.Model
        A built model.
    places : mapping of str to LayerUse
        The layers of the model, by path.
    batch : Samples
        The samples, batch first.
    training : bool
        Whether the layers run in training mode.
    limit : int
        Maximum size of the cache in bytes; the oldest outputs are dropped first. Running a layer
        needs memory on top of this: its input and output as tensors, and its output as an array.
    """

    def __init__(
        self, model: keras.Model, places: Mapping[str, LayerUse], batch: Samples, *, training: bool = False, limit: int = LIMIT
    ) -> None:
        self.model, self.places, self.batch = model, places, batch
        self._training, self._limit = training, limit
        self._cached: collections.OrderedDict[tuple[str, int], Array] = collections.OrderedDict()
        self._pass: _Pass | None = None

    @property
    def nbytes(self) -> int:
        """The size of the cached outputs in bytes; an array under two paths counts once."""
        return sum({id(array): array.nbytes for array in self._cached.values()}.values())

    @property
    def together(self) -> int:
        """The number of samples in one run of the model: its fixed batch size, or 1 if the size is not fixed."""
        return next((one.shape[0] for one in own_inputs(self.model) if one.shape and one.shape[0]), 1)

    def check(self, sample: int) -> None:
        """Raise `ArgumentError` if there is no such sample."""
        if not 0 <= sample < len(self.batch):
            last_one = len(self.batch) - 1
            msg = message("sample expected a number from 0 to {last}, received {sample}.", last=last_one, sample=sample)
            raise ArgumentError(msg)

    def of(self, path: str, sample: int) -> Array:
        """Return the output of a layer for one sample, without the batch axis."""
        return last(self.steps_to(path, sample))

    def steps_to(self, path: str, sample: int) -> Generator[str | None, None, Array]:
        """Compute the output of a layer for one sample in steps, between which other code can run.

        Yield the path of each layer on the way, or None while one graph computes all layers. Return
        the output without the batch axis. A later call continues an unfinished pass.
        """
        self.check(sample)
        key, first = (path, sample), sample - sample % self.together
        now = self._pass
        while key not in self._cached:
            if now is None or now.first != first or path not in now.run.wanted:
                now = self._pass = self._begin(first)
            now.latest.clear()
            try:
                done = next(now.steps)
            except BaseException:  # even an interrupt: the run cannot continue
                self._pass = None
                raise
            if key in now.latest:  # it may be too large for the cache
                return now.latest[key]
            yield done
        return self._cached[key]

    def drop_pass(self) -> None:
        """Drop an unfinished pass, with the tensors that it holds on the device."""
        self._pass = None

    def _begin(self, first: int) -> _Pass:
        inputs = self.batch[first : first + self.together]
        latest: dict[tuple[str, int], Array] = {}
        before: list[Any] = [None, None]  # the last tensor, and its array

        def seen(path: str, output: object) -> None:
            if output is not before[0]:  # a nested model has the output of its last layer
                before[:] = output, to_numpy(output)[: len(inputs)]
            for at, array in enumerate(before[1], first):
                # A copy, because a view would keep the whole array alive.
                latest[path, at] = array.copy() if len(inputs) > 1 else array
                self._keep(path, at, latest[path, at])

        run = Run(self.places, training=self._training, seen=seen)
        size = sum(place.row.activation_bytes or self._limit + 1 for place in self.places.values()) * self.together
        whole = whole_run(self.model, self.places, training=self._training) if size <= self._limit else None
        return _Pass(first, run, self._at_once(whole, run, inputs) if whole else self._steps(run, inputs), latest)

    def _at_once(self, whole: WholeRun, run: Run, inputs: Samples) -> Generator[str | None, None, None]:
        """Run the model as one graph in one step, and leave none of its outputs on the device."""
        outputs = whole.outputs(self._filled(inputs))
        if outputs is None:
            yield from self._steps(run, inputs)
            return
        while not are_computed(outputs.values()):
            time.sleep(_POLL)
            yield None
        for path in list(outputs):
            run.note(path, outputs.pop(path))  # one output after the other moves to the host
        yield path

    def run(self, paths: Iterable[str], samples: Samples, seen: Seen) -> Generator[str, None, None]:
        """Compute the outputs of several layers for some samples in steps, without caching them.

        A model with a fixed batch size runs on full batches. The last batch is padded with copies of
        its last sample.

        Parameters
        ----------
        paths : iterable of str
            The paths of the layers.
        samples : Samples
            The samples, batch first. They need not be in the batch.
        seen : callable
            Called with a layer's path and its output, batch first, as soon as it is computed.
        """
        paths, size = list(paths), self.together if self.together > 1 else len(samples)
        for first in range(0, len(samples), size):
            inputs = samples[first : first + size]
            yield from self._steps(Run(paths, training=self._training, seen=_as_array(seen, len(inputs))), inputs)

    def _steps(self, run: Run, inputs: Samples) -> Generator[str, None, None]:
        """Run the model on inputs up to the last layer that the run reports.

        Raises
        ------
        NoSuchLayerError
            If the model no longer has one of the layers.
        """
        steps, scope = run.steps(self.model, as_tensors(self.model, self._filled(inputs))), keras.StatelessScope()
        del inputs
        while run.wanted:
            with scope, observing(training=self._training):
                path = next(steps, None)
            if path is None:
                raise run.missing(self.model)
            yield path

    def _filled(self, inputs: Samples) -> tuple[Array, ...]:
        """Return samples as a batch that the model takes, and build the model if necessary."""
        filled = inputs.filled(self.together - len(inputs) if self.together > 1 else 0)
        build(self.model, filled.array.shape[1:])
        return filled.arrays

    def _keep(self, path: str, sample: int, array: Array) -> None:
        """Cache an output."""
        self._cached[path, sample] = array
        while self.nbytes > self._limit:
            self._cached.popitem(last=False)


@dataclass(frozen=True)
class _Pass:
    """A run of a model on one sample, or on one batch of a fixed size, that can be paused and continued.

    Attributes
    ----------
    first
        The index of the first sample.
    run, steps
        The run, and its steps.
    latest
        The outputs of the last step, by path and sample.
    """

    first: int
    run: Run
    steps: Generator[str | None, None, None]
    latest: dict[tuple[str, int], Array]


def _as_array(seen: Seen, count: int) -> Seen:
    return lambda path, output: seen(path, to_numpy(output)[:count])


def to_numpy(tensor: keras.KerasTensor) -> Array:
    """Return a tensor as a NumPy array; the first one if there are several.

    Values of dtype bfloat16 or float16 become float32.
    """
    return keras.ops.convert_to_numpy(readable(tensor))
