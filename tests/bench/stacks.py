"""The stacks that the benches build."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

KINDS = ("Dense", "Conv")


def layer(kind: str) -> Any:
    """Make one more layer, which fits on the stack below."""
    return layers.Dense(8) if kind == "Dense" else layers.Conv2D(8, 3, padding="same")


def rows(kind: str, depth: int) -> list[Any]:
    """Make an input and ``depth`` layers."""
    return [keras.Input((8,) if kind == "Dense" else (32, 32, 8)), *(layer(kind) for _ in range(depth))]
