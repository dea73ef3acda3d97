"""Helpers for tests of one backend of Keras, or of TensorFlow's data, which the other backends run without."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import keras
import pytest

BACKEND = keras.backend.backend()


def only_on(*backends: str) -> pytest.MarkDecorator:
    """Mark a test that is about some backends."""
    return pytest.mark.skipif(BACKEND not in backends, reason=f"is about the backend {' or '.join(backends)}")


def module(name: str) -> Any:
    """Return a module, or None if it is not installed: not every environment has it."""
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def needs(name: str) -> pytest.MarkDecorator:
    """Mark a test that needs a module."""
    return pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"{name} is not installed")


def has_values(x: Any) -> bool:
    """Return whether a tensor inside a layer's call has values, which it does not have while Keras finds out its shape."""
    if BACKEND == "jax":
        return not isinstance(x, module("jax").core.Tracer)
    return x.device.type != "meta" if BACKEND == "torch" else bool(module("tensorflow").executing_eagerly())
