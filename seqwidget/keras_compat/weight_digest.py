"""Compute a digest of the values of weights, on the device that holds them where that is faster."""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from .held_values import Unchanged, hold


@dataclass(frozen=True)
class WeightDigest:
    """A digest of the values of a weight, and a way to tell that it is still valid.

    Attributes
    ----------
    value
        The digest. Different values have the same digest with a probability of at most 2⁻³².
    weight
        The weight.
    is_unchanged
        A fast check: it returns True only if the weight certainly still has these values.
    """

    value: bytes
    weight: weakref.ref[keras.Variable] = field(compare=False, repr=False)
    is_unchanged: Unchanged = field(compare=False, repr=False)


def digests(weights: Iterable[keras.Variable], before: Iterable[WeightDigest] = ()) -> tuple[WeightDigest, ...]:
    """Return the digests of weights. Earlier digests that are certainly still valid are not computed again."""
    weights, known = list(weights), {id(one.weight()): one for one in before}
    known = {at: one for at, one in known.items() if one.is_unchanged()}
    unsure = {id(weight): weight for weight in weights if id(weight) not in known}
    held = [hold(weight) for weight in unsure.values()]  # before the values are read: a thread may change them
    for weight, value, unchanged in zip(unsure.values(), _values(list(unsure.values())), held, strict=True):
        known[id(weight)] = WeightDigest(value, weakref.ref(weight), unchanged)
    return tuple(known[id(weight)] for weight in weights)


def _values(weights: Sequence[keras.Variable]) -> list[bytes]:
    backend = keras.backend.backend()
    if backend == "torch":
        return _on_torch(weights)
    return list(map(_on_tensorflow if backend == "tensorflow" else _in_numpy, weights))


def _on_tensorflow(weight: keras.Variable) -> bytes:
    import tensorflow as tf

    value = keras.ops.convert_to_tensor(weight)
    try:
        # A 64-bit hash of the whole buffer, which is not copied into Python.
        return bytes(tf.raw_ops.Fingerprint(data=tf.reshape(value, [1, -1]), method="farmhash64").numpy().tobytes())
    except (tf.errors.OpError, TypeError, ValueError):  # a dtype that this hash does not support
        return _in_numpy(weight)


def _in_numpy(weight: keras.Variable) -> bytes:
    array = np.ascontiguousarray(keras.ops.convert_to_numpy(weight))
    return zlib.crc32(array.reshape(-1).view("uint8").data).to_bytes(4)


def _on_torch(weights: Iterable[keras.Variable]) -> list[bytes]:
    """Return the digests on PyTorch. In the memory of the process, a CRC is fastest, and needs no copy."""
    values = [weight.value.detach() for weight in weights]
    if any(value.device.type != "cpu" for value in values):
        return hash_on_device(values)
    return [zlib.crc32(_bytes_of(value).numpy().data).to_bytes(4) for value in values]


def hash_on_device(values: Sequence[Any]) -> list[bytes]:
    """Return the digests of PyTorch tensors, computed on their device; only the results are copied.

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

    hashes, found = [hashed(value) for value in values], [b""] * len(values)
    for device in dict.fromkeys(value.device for value in values):
        here = [at for at, value in enumerate(values) if value.device == device]
        together = torch.cat([hashes[at] for at in here]).cpu().numpy()
        ends = np.cumsum([len(hashes[at]) for at in here])
        for at, part in zip(here, np.split(together, ends[:-1]), strict=True):
            found[at] = part.tobytes()
    return found


_CHUNK = 2**22


def _bytes_of(value: Any) -> Any:
    import torch

    return value.reshape(-1).contiguous().view(torch.uint8)
