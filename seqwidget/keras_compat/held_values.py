"""Tell that the values of a weight have not changed, without reading them, from the memory that they are in."""

from __future__ import annotations

import weakref
from collections.abc import Callable

import keras
import numpy as np

from .capabilities import HELD_VALUES

Array = np.ndarray
Unchanged = Callable[[], bool]


def hold(weight: keras.Variable) -> Unchanged:
    """Return a function that returns True only if a weight certainly still has its present values.

    On JAX, an array never changes: as long as the weight holds the same array, its values are the
    same.

    On TensorFlow, a tensor never changes, although a variable does: a tensor that was read from a
    variable shares its memory, and as long as the tensor exists, an update of the variable moves it
    to other memory. So a tensor is held: as long as the variable is in its memory, its values are
    the same. After an update, the memory of the old values is freed together with the function.
    Only tensors in the memory of the process are held: it is the memory of the CPU.

    On PyTorch, and where each read is a copy (after sparse updates, and on a GPU), it cannot be
    known that no value has changed, and the function returns False. A parameter of PyTorch counts
    its changes in ``_version``, but not those by a fused optimizer, through ``.data``, or in a
    NumPy array that shares its memory.
    """
    owner: Callable[[], keras.Variable | None] = weakref.ref(weight)
    backend = keras.backend.backend()
    if backend == "jax":
        array = weakref.ref(weight.value)
        return lambda: (now := owner()) is not None and array() is now.value
    if backend == "tensorflow" and HELD_VALUES.works:
        held = _memory(weight)
        if _is_same(held, _memory(weight)):
            return lambda: (now := owner()) is not None and _is_same(held, _memory(now))
    return unsure


def unsure() -> bool:
    """Return False: a value may have changed."""
    return False


def _memory(weight: keras.Variable) -> Array | None:
    """Return the memory of a TensorFlow variable as an array of bytes; None if it is not in the process, or empty."""
    import tensorflow as tf

    value = tf.convert_to_tensor(weight)
    if "CPU" not in value.device:
        return None
    try:
        return np.frombuffer(value, "uint8")
    except (BufferError, TypeError, ValueError):
        return None


def _is_same(one: Array | None, other: Array | None) -> bool:
    return one is not None and other is not None and _place(one) == _place(other)


def _place(memory: Array) -> tuple[int, int]:
    return memory.__array_interface__["data"][0], memory.nbytes


@HELD_VALUES.probe
def _probe() -> bool:
    """Change a variable in place, from Python and in a graph: it moves, and the held values stay."""
    if keras.backend.backend() != "tensorflow":
        return True
    import tensorflow as tf

    weight = keras.Variable(np.ones((4, 4), "float32"), name="held")
    held = []

    def add() -> None:
        weight.value.assign_add(tf.ones((4, 4)))

    for times, change in enumerate((add, tf.function(add, autograph=False)), 1):
        before = _memory(weight)
        if before is None or not _is_same(before, _memory(weight)):
            return False
        change()
        held.append((before.view("float32") == times).all() and not _is_same(before, _memory(weight)))
    return all(held)
