"""Build the receptive field of a model's input: find out which of its axes are positions."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import keras

from ..i18n.messages import message
from .calls import Call, Reading
from .layer_kinds import channel_axis, innermost, keras_name
from .receptive_axis import Axis
from .receptive_field import Field
from .receptive_field_rules import through
from .records import Shape, Shapes


def start(input_shape: Shapes | None, reading: Reading) -> Field:
    """Return the receptive field at the input of a model.

    Parameters
    ----------
    input_shape
        Shape of the input, including the batch axis.
    reading
        The calls of the model's layers. The first layer that uses channels determines the channel
        axis.
    """
    if input_shape is None:
        return Field.unknown(message("the shape of the input is not known yet"))
    if input_shape and isinstance(input_shape[0], tuple):
        return Field.unknown(message("the model takes several inputs"))
    sizes: Shape = input_shape[1:]  # type: ignore[assignment]
    field = Field(tuple(Axis(n, n) for n in sizes), None, tuple((axis,) for axis in range(len(sizes))))
    return replace(field, channels=_channels(field, reading))


def _channels(field: Field, reading: Reading) -> int | None:
    """Return the channel axis of the input, as the first layer that uses channels sees it.

    Return None if that layer is an Embedding, which takes no channels.
    """
    last = len(field.axes) - 1
    for call in _leaves(reading):
        name, formatted = keras_name(innermost(call.layer)), channel_axis(call.layer, len(call.input_shape or ()))
        if name == "Embedding":
            return None
        if formatted is not None or name in _FEATURES:
            label = field.follows[(formatted or 0) - 1] if field.follows else (last,)
            return None if not label else label[0] if formatted is not None and len(label) == 1 else last
        field = through(field, call.layer, call.input_shape, call.output_shape)
        if field.why:
            break
    formats = (channel_axis(call.layer, len(field.axes) + 1) for call in reading.calls)
    return last if reading.line else next((axis - 1 for axis in formats if axis), last)


def _leaves(reading: Reading) -> Generator[Call, None, bool]:
    """Yield the calls of layers in order, with those of a nested model in its place.

    Stop at the first call that is not a layer's or whose output is unknown, or where the model is
    not linear, and return False.
    """
    for call in reading.path():
        if not isinstance(call.layer, keras.Layer) or call.output_shape is None:
            return False
        if call.inside is None or call.steps:
            yield call
        elif not (yield from _leaves(call.inside)):
            return False
    return reading.line


_FEATURES = frozenset({"Dense", "EinsumDense", "SimpleRNN", "LSTM", "GRU", "RNN"})  # on the last axis
