"""Keep the batch that a training step ran on, in case its metrics turn out not to be finite.

On JAX and PyTorch, Python passes each batch to the training function, so the last ones are remembered. On TensorFlow,
a graph reads them. There, the same graph puts the inputs of each batch into a variable, which copies nothing, and Python
reads it before the next step if a metric is not finite. Targets are left out, because each variable costs time.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import keras
import numpy as np

from ..i18n.messages import Text, message

Data: TypeAlias = Any
"""A batch as Keras passes it to ``train_step``: inputs, or a tuple of inputs, targets and sample weights."""

_MOST = 32  # batches that are remembered, because Keras may call a callback that many batches later
_LARGEST = 2**26  # bytes of all batches that are remembered


class RecentBatches:
    """The latest batches of a model's training loop, one of which may have to be examined.

    Parameters
    ----------
    is_counted
        Returns whether the training step that is running belongs to the loop.

    Attributes
    ----------
    unknown
        Why the batches are not known; empty if they are.
    """

    def __init__(self, is_counted: Callable[[], bool]) -> None:
        self.unknown: Text = message("the training step of the model was made before a panel was open; recompile the model")
        self._is_counted = is_counted
        self._lock = threading.Lock()
        self.latest: LatestInputs | None = None
        self.begin(is_on=False)

    def begin(self, *, is_on: bool) -> None:
        """Drop all batches, and count from 1 again. With ``is_on``, a loop begins; otherwise it has ended."""
        self._is_on = is_on
        with self._lock:
            self._count, self._size = 0, 0
            self._recent: collections.deque[tuple[int, Data, int]] = collections.deque()
        if self.latest is not None:
            self.latest.begin()

    def begin_step(self) -> None:
        """Note whether a step of TensorFlow that begins now belongs to the loop."""
        if self.latest is not None:
            self.latest.begin_step(is_counted=self._is_on and self._is_counted())

    def see(self, data: Data) -> None:
        """Remember a batch that is about to be trained on. It is not copied."""
        if not (self._is_on and self._is_counted()):
            return
        size = sum(map(_size, keras.tree.flatten(data)))
        with self._lock:
            self._count += 1
            self._recent.append((self._count, data, size))
            self._size += size
            while self._recent and (len(self._recent) > _MOST or self._size > _LARGEST):
                self._size -= self._recent.popleft()[2]

    def find(self, number: int) -> Data | None:
        """Return a batch by its number, counted from 1; ``None`` if it is gone.

        On TensorFlow, call this in the thread of the loop, after the step and before the next one.
        """
        with self._lock:
            found = next((data for count, data, _ in self._recent if count == number), None)
        return self.latest.read() if found is None and self.latest is not None else found


def _size(leaf: Data) -> int:
    """Return the number of bytes of one part of a batch; if it is not known, a number that is too large to be remembered."""
    if leaf is None:
        return 0
    with contextlib.suppress(Exception):  # a ragged shape, or data of another kind
        return math.prod(leaf.shape) * (getattr(leaf.dtype, "itemsize", 0) or leaf.dtype.size)
    return _LARGEST + 1


@contextlib.contextmanager
def probed(model: keras.Model, batches: RecentBatches) -> Iterator[None]:
    """Make the training function that is created in this context report the data that it trains on to ``batches``."""
    backend, before = keras.backend.backend(), model.train_function
    why, latest = _impossible(model), None
    own = vars(model).get("train_step")
    if backend == "tensorflow" and not why:
        latest = LatestInputs()
        vars(model)["train_step"] = _with_assignment(model.train_step, batches, latest)
    try:
        yield
    finally:
        if own is None:
            vars(model).pop("train_step", None)
        else:
            vars(model)["train_step"] = own
    function = model.train_function
    if function is not before and function is not None:
        batches.unknown, batches.latest = why, latest
        if latest is not None:
            model.train_function = _with_latest(function, batches)
        elif not why:
            model.train_function = (_with_iterator if backend == "jax" else _with_list)(function, batches)


def _impossible(model: keras.Model) -> Text:
    """Return why the batches of a model's training step cannot be told apart or read. Empty if they can."""
    if model.steps_per_execution > 1:
        return message("several batches run at once (steps_per_execution)")
    if keras.backend.backend() != "tensorflow":
        return ""
    if model.jit_compile and not model.run_eagerly:
        return message("XLA compiles the training step (jit_compile)")
    if model.distribute_strategy.num_replicas_in_sync > 1:
        return message("the training step runs on several devices")
    if not waits_for_steps():
        return message("TensorFlow trains on an accelerator, and would have to wait for it after each batch")
    return ""


def waits_for_steps() -> bool:
    """Return whether a training step ends only when its metrics are computed, so that reading them takes no extra wait."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return all(device.device_type == "CPU" for device in tf.config.get_visible_devices())


def _with_list(function: Callable[[list[Data]], Data], batches: RecentBatches) -> Callable[[list[Data]], Data]:
    @functools.wraps(function)
    def train_function(data: list[Data]) -> Data:
        __tracebackhide__ = True
        batches.see(data[0])
        return function(data)

    return train_function


def _with_iterator(
    function: Callable[[Data, Iterator[Data]], Data], batches: RecentBatches
) -> Callable[[Data, Iterator[Data]], Data]:
    @functools.wraps(function)
    def train_function(state: Data, iterator: Iterator[Data]) -> Data:
        __tracebackhide__ = True
        data = next(iterator)
        batches.see(data)
        return function(state, iter((data,)))

    return train_function


class LatestInputs:
    """The variables that a graph puts its last inputs into, and the structure of these inputs."""

    def __init__(self) -> None:
        self._held: list[Data] | None = None  # the last inputs of the loop, if a step that does not belong to it has run since
        self._thread = 0
        self._variables: list[Data] = []
        self._structure: Data = None
        self._is_known = True  # whether all traces of the step put the same kind of inputs into the variables

    def assign(self, inputs: Data) -> None:
        """Add operations to a graph that put inputs into variables."""
        import tensorflow as tf

        try:
            leaves = [leaf for leaf in tf.nest.flatten(inputs) if leaf is not None]
        except (TypeError, ValueError):
            self._is_known = False
            return
        dense = bool(leaves) and all(isinstance(leaf, tf.Tensor) for leaf in leaves)  # not sparse, for example
        structure = tf.nest.map_structure(lambda leaf: leaf is not None and leaf.dtype, inputs) if dense else None
        self._structure = structure if self._structure is None else self._structure
        self._is_known = self._is_known and dense and self._structure == structure
        if not self._is_known:
            return
        if not self._variables:
            with tf.init_scope():
                empty = [tf.zeros((), leaf.dtype) for leaf in leaves]
                self._variables = [tf.Variable(one, trainable=False, shape=tf.TensorShape(None)) for one in empty]
        for variable, leaf in zip(self._variables, leaves, strict=True):
            variable.assign(leaf, read_value=False)

    def begin(self) -> None:
        """Drop the last inputs, because a loop begins in this thread, or has ended."""
        import tensorflow as tf

        self._held, self._thread = None, threading.get_ident()
        for variable in self._variables:
            variable.assign(tf.zeros((), variable.dtype), read_value=False)

    def begin_step(self, *, is_counted: bool) -> None:
        """Keep the last inputs of the loop during steps that do not belong to it."""
        if is_counted:
            self._held = None
        elif self._held is None:
            self._held = [variable.read_value() for variable in self._variables]

    def read(self) -> Data:
        """Return a batch with a copy of the last inputs, or None if they are not known or very large."""
        import tensorflow as tf

        if not (self._is_known and self._variables) or threading.get_ident() != self._thread:
            return None
        tensors = self._held or [variable.read_value() for variable in self._variables]
        if sum(map(_size, tensors)) > _LARGEST:
            return None
        arrays = iter([np.array(tensor) for tensor in tensors])
        return (tf.nest.map_structure(lambda is_there: next(arrays) if is_there else None, self._structure),)


def _with_assignment(step: Callable[[Data], Data], batches: RecentBatches, latest: LatestInputs) -> Callable[[Data], Data]:
    import tensorflow as tf

    @functools.wraps(step)
    def train_step(data: Data) -> Data:
        __tracebackhide__ = True
        if tf.executing_eagerly():
            batches.see(data)
            return step(data)
        inputs = None
        with contextlib.suppress(TypeError, ValueError):  # a model's own train_step may take other data
            inputs = tf.nest.map_structure(lambda leaf: leaf, keras.utils.unpack_x_y_sample_weight(data)[0])
        logs = step(data)
        latest.assign(inputs)
        return logs

    return train_step


def _with_latest(function: Callable[[Data], Data], batches: RecentBatches) -> Callable[[Data], Data]:
    @functools.wraps(function)
    def train_function(iterator: Data) -> Data:
        __tracebackhide__ = True
        batches.begin_step()
        return function(iterator)

    return train_function
