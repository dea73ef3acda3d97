"""Trying a layer on symbolic tensors, and what Keras says when it fails."""

from __future__ import annotations

from typing import Any

import keras

from ..keras_compat import keras_layers, scratch
from ..keras_compat.layer_state import is_whole, tried


def trial(layer: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """Find what ``layer`` would give for symbolic tensors, without changing the layer.

    Returns
    -------
    tuple
        The layer, or where it is not built what it was while it was; and the symbolic output.

    Raises
    ------
    Exception
        What Keras raises when the layer does not fit.
    """
    with scratch.scratch():
        if isinstance(layer, keras.Layer) and not is_whole(layer):
            return tried(layer, *args, **kwargs)
        if args:
            keras_layers.check_input(layer, args[0])
        return layer, layer.compute_output_spec(*args, **kwargs)


def first_line(error: BaseException) -> str:
    """Return what an error says, in one line, without Keras's own framing around it."""
    text = str(error).strip()
    frame = "Error encountered:"
    if frame in text:
        text = text.rsplit(frame, 1)[1].strip()
    head, _, _ = text.partition("\n\nArguments received by")
    return " ".join(head.replace("\x1b[1m", "").replace("\x1b[0m", "").split()) or type(error).__name__
