"""Some edits of `live`, on the backend that Keras uses: ``KERAS_BACKEND=jax python -m tests.bench backends``."""

from __future__ import annotations

from dataclasses import replace

import keras

from . import wire
from .figures import Figure
from .live import edits
from .stacks import KINDS

DEPTHS = (10, 100, 200)


def measure() -> list[Figure]:
    wire.connect()
    backend = keras.backend.backend()
    measured = [figure for kind in KINDS for depth in DEPTHS for figure in edits(kind, depth)]
    return [replace(one, name=f"{one.name}, {backend}") for one in measured if one.name.startswith(("add", "pop"))]
