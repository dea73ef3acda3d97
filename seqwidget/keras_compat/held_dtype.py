"""The dtype in which a backend holds values: not every backend has every dtype that Keras declares."""

from __future__ import annotations

import keras

_ON_JAX = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}
_ON_TORCH = {"uint16": "int32", "uint32": "int64"}


def held_dtype(declared: str) -> str:
    """Return the dtype of the tensors that Keras makes for a dtype that it declares."""
    backend = keras.backend.backend()
    if backend == "jax" and declared in _ON_JAX:
        import jax

        return declared if jax.config.jax_enable_x64 else _ON_JAX[declared]
    return _ON_TORCH.get(declared, declared) if backend == "torch" else declared
