"""Detect whether a model has changed, by a fingerprint of its layers and weights."""

from __future__ import annotations

import zlib

import keras
import numpy as np

from .call_graph import chain


def fingerprint(model: keras.Model) -> tuple[int, ...]:
    """Return numbers that change if the model's layers, or the value of any weight, change."""
    check = 0
    for weight in model.weights:
        check = zlib.adler32(np.ascontiguousarray(keras.ops.convert_to_numpy(weight)).view("uint8").data, check)
    return (check, *(id(call.layer) for call in chain(model)))
