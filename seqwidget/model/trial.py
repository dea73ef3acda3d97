"""Try a layer on symbolic tensors, and shorten the error that Keras raises if it fails."""

from __future__ import annotations

import re

import keras

from ..keras_compat import keras_layers, scratch
from ..keras_compat.layer_state import is_whole, tried
from .tensor_specs import Structure


def trial(layer: keras.Layer, *args: Structure, **kwargs: Structure) -> tuple[keras.Layer, Structure]:
    """Return the symbolic output of a layer, without changing the layer.

    Returns
    -------
    tuple
        The layer and its symbolic output. If the layer is not built, the first item is a copy of
        the layer as it was while it was built.

    Raises
    ------
    Exception
        The error that Keras raises if the layer does not fit its input.
    """
    with scratch.scratch():
        if isinstance(layer, keras.Layer) and not is_whole(layer):
            return tried(layer, *args, **kwargs)
        if args:
            keras_layers.check_input(layer, args[0])
        return layer, layer.compute_output_spec(*args, **kwargs)


def first_line(error: BaseException) -> str:
    """Return an error's message in one line, without what Keras and TensorFlow add around it."""
    text = str(error).strip()
    frame = "Error encountered:"
    if frame in text:
        text = text.rsplit(frame, 1)[1].strip()
    head, _, _ = text.partition("\n\nArguments received by")
    plain = _ADDED.sub("", head.replace("\x1b[1m", "").replace("\x1b[0m", ""))
    return " ".join(plain.split()) or type(error).__name__


_ADDED = re.compile(
    r"\AException encountered when calling \S+\.call\(\)\.|\{\{function_node .*?\}\}| \[Op:\w+\]"
    # An error of TensorFlow in a graph: where the operation was made.
    r"|\AGraph execution error:|^Detected at node .* defined at \(most recent call last\):$|\[\[\{\{node .*?\}\}\]\]"
    r"|^ *File \".*\", line \d+, in .*$|^<stack traces unavailable>$",
    re.MULTILINE,
)
