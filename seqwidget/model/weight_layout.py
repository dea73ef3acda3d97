"""Read how the weights of a model are laid out on several devices, as ``keras.distribution`` does with JAX."""

from __future__ import annotations

import math
from typing import NamedTuple

import keras


class WeightLayout(NamedTuple):
    """The layout of a weight on several devices.

    ``shape`` is the shape of the weight, and ``held`` that of the part that one device holds.
    ``axes`` are the axes of the device mesh that the weight is split over; empty if every device
    holds the whole weight, or if the layout has no names.
    """

    devices: int
    shape: tuple[int, ...]
    held: tuple[int, ...]
    axes: tuple[str, ...]

    @property
    def split(self) -> bool:
        """Whether a device holds only a part of the weight."""
        return self.held != self.shape

    @property
    def held_params(self) -> int:
        """Number of parameters that one device holds."""
        return math.prod(self.held)


def has_several_devices() -> bool:
    """Return whether weights can be on several devices at all."""
    return keras.backend.backend() == "jax" and len(keras.distribution.list_devices()) > 1


def weight_layout(weight: keras.Variable) -> WeightLayout | None:
    """Return the layout of a weight; None if it is on one device. The values are not read."""
    sharding = getattr(weight.value, "sharding", None)
    if sharding is None or len(sharding.device_set) < 2:
        return None
    shape = tuple(weight.shape)
    axes: list[str] = []
    for axis in getattr(sharding, "spec", ()):
        axes += axis if isinstance(axis, tuple) else [axis] if axis else []
    return WeightLayout(len(sharding.device_set), shape, tuple(sharding.shard_shape(shape)), tuple(axes))
