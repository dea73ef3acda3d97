"""The stacks that the benchmarks build."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

KINDS = ("Dense", "Conv")


def layer(kind: str) -> Any:
    """Build one more layer that fits on the stack."""
    return layers.Dense(8) if kind == "Dense" else layers.Conv2D(8, 3, padding="same")


def rows(kind: str, depth: int) -> list[Any]:
    """Build an input and ``depth`` layers."""
    return [keras.Input((8,) if kind == "Dense" else (32, 32, 8)), *(layer(kind) for _ in range(depth))]
