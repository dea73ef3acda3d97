"""Compute a digest of the values of weights, on the device that holds them where that is faster."""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Callable, Iterable

import keras
import numpy as np


def digest(weights: Iterable[keras.Variable]) -> bytes:
    """Return bytes that differ if a value of any weight differs, or if the weights change places.

    Two different sets of values have the same digest with a probability of at most 2⁻³².
    """
    one = _on_tensorflow if keras.backend.backend() == "tensorflow" else _in_numpy
    return b"".join(map(one, weights))


def _on_tensorflow(weight: keras.Variable) -> bytes:
    import tensorflow as tf

    value = keras.ops.convert_to_tensor(weight)
    try:
        # A 64-bit hash of the whole buffer, which is not copied into Python.
        return bytes(tf.raw_ops.Fingerprint(data=tf.reshape(value, [1, -1]), method="farmhash64").numpy().tobytes())
    except (tf.errors.OpError, TypeError, ValueError):  # a dtype that it does not take
        return _in_numpy(weight)


def _in_numpy(weight: keras.Variable) -> bytes:
    array = np.ascontiguousarray(keras.ops.convert_to_numpy(weight))
    return zlib.crc32(array.reshape(-1).view("uint8").data).to_bytes(4)


def is_untouched(weights: Iterable[keras.Variable]) -> Callable[[Iterable[keras.Variable]], bool]:
    """Return a function that returns True only if weights are certainly unchanged.

    On JAX, an array never changes: as long as each weight holds the same array, its values are the
    same. Other backends change arrays in place, and the function returns False.
    """
    if keras.backend.backend() != "jax":
        return lambda _: False
    held = [(weakref.ref(weight), weakref.ref(weight.value)) for weight in weights]

    def same(now: Iterable[keras.Variable]) -> bool:
        now = list(now)
        return len(now) == len(held) and all(
            one() is weight and array() is weight.value  # type: ignore[union-attr]
            for weight, (one, array) in zip(now, held, strict=True)
        )

    return same
