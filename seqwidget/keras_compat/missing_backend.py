"""Find out whether Keras could not be imported because of its backend. Keras is not imported for this."""

from __future__ import annotations

import importlib.util
import sys

_BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino")


def missing_backend(error: ImportError | ValueError) -> str:
    """Return one line on the backend that Keras cannot use; empty if it is not the reason for the error."""
    config = sys.modules.get("keras.src.backend.config")  # what Keras imports before its backend, but for PyTorch
    name = getattr(error, "name", None) if config is None else config.backend()
    if name in _BACKENDS:
        if importlib.util.find_spec(name) is None:
            return (
                f"Keras expected the package of its backend {name!r}, which is not installed; "
                f"run pip install {name}, or set KERAS_BACKEND to another backend."
            )
    elif config is not None:
        return f"KERAS_BACKEND expected 'tensorflow', 'jax' or 'torch', received {name!r}; set it before Keras is imported."
    return ""
