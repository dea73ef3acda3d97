"""The record of a mistake with ``keras.Sequential.add``, and the layers that the mistakes need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

Stack = Callable[[], list[Any]]


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    ``cause`` is part of the expected diagnosis, and ``fix`` part of a fix that must be offered. Without ``fix``, no fix is
    offered, and ``instead`` is part of the functional code that is shown instead.
    """

    id: str
    shape: tuple[int | None, ...] | None
    stack: Stack
    bad: Callable[[], Any]
    cause: str
    fix: str = ""
    instead: str = ""
    sum: str = ""


def bare() -> list[Any]:
    return []


def used(layer: Any, *shape: int) -> Any:
    layer(keras.ops.ones(shape))
    return layer


def two_inputs() -> Any:
    a, b = keras.Input((4,)), keras.Input((4,))
    return keras.Model([a, b], layers.Add()([a, b]), name="two")


def doubled(x: Any) -> Any:
    return x * 2


class Specified(layers.Layer):
    """A custom layer that declares its input."""

    def __init__(self, **spec: Any) -> None:
        super().__init__(name="specified")
        self.input_spec = keras.InputSpec(**spec)
        self.spec = spec

    def call(self, x: Any) -> Any:
        return x + 1

    def get_config(self) -> dict[str, Any]:
        return self.spec


class Uninitialised(layers.Layer):
    """A custom layer that forgets to initialise its base class."""

    def __init__(self) -> None:
        self.units = 3


class Unprintable:
    """Not a layer, and its repr fails."""

    def __repr__(self) -> str:
        raise RuntimeError


class Pairing(layers.Layer):
    """A custom layer of two tensors."""

    def call(self, x: Any, y: Any) -> Any:
        return x + y


class Twice(layers.Layer):
    """A custom layer that returns a list."""

    def call(self, x: Any) -> Any:
        return [x, x + 1]


class Named(layers.Layer):
    """A custom layer that returns its outputs by name."""

    def call(self, x: Any) -> Any:
        return {"first": x + 1, "second": x * 2}


def inner(*shape: int) -> Any:
    return keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(3)])


IMAGE = (8, 8, 3)
