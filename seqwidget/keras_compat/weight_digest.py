"""Compute a digest of the values of weights, on the device that holds them where that is faster."""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np


def digest(weights: Iterable[keras.Variable]) -> bytes:
    """Return bytes that differ if a value of any weight differs, or if the weights are in another order.

    Two different sets of values have the same digest with a probability of at most 2⁻³².
    """
    backend = keras.backend.backend()
    if backend == "torch":
        return _on_torch(weights)
    return b"".join(map(_on_tensorflow if backend == "tensorflow" else _in_numpy, weights))


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


def _on_torch(weights: Iterable[keras.Variable]) -> bytes:
    """Return the digest on PyTorch.

    Every value is read: nothing reports a change through ``.data`` or through a NumPy array that
    shares the memory of a weight. In the memory of the process, a CRC is fastest, without a copy.
    """
    values = [weight.value.detach() for weight in weights]
    if any(value.device.type != "cpu" for value in values):
        return hash_on_device(values)
    return b"".join(zlib.crc32(_bytes_of(value).numpy().data).to_bytes(4) for value in values)


def hash_on_device(values: Sequence[Any]) -> bytes:
    """Return the digest of PyTorch tensors, computed where they are, of which only the result is copied.

    The digest of a chunk is the sum of its 32-bit words, each multiplied by a random number that
    belongs to its position, modulo 2⁶⁴. The random numbers are the same each time.
    """
    import torch

    def hashed(value: Any) -> Any:
        generator = torch.Generator(value.device).manual_seed(0)
        data = _bytes_of(value)
        words = torch.nn.functional.pad(data, (0, -len(data) % 4)).view(torch.int32)
        factors = torch.randint(-(2**63), 2**63 - 1, [min(len(words), _CHUNK)], device=value.device, generator=generator)
        return torch.stack([(part * factors[: len(part)]).sum() for part in words.split(_CHUNK)])

    devices = dict.fromkeys(value.device for value in values)
    together = [torch.cat([hashed(value) for value in values if value.device == device]) for device in devices]
    return b"".join(one.cpu().numpy().tobytes() for one in together)


_CHUNK = 2**22


def _bytes_of(value: Any) -> Any:
    import torch

    return value.reshape(-1).contiguous().view(torch.uint8)


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
