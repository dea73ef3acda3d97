"""Build the receptive field of each input of a model: find out which of its axes are positions."""

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

_NOT_KNOWN = Field.unknown(message("the shape of the input is not known yet"))


def start(input_shape: Shapes | None, reading: Reading) -> tuple[Field, ...]:
    """Return the receptive field at each input of a model.

    Parameters
    ----------
    input_shape
        Shape of the input, or of each input, including the batch axis.
    reading
        The calls of the model's layers. The first layer that uses channels determines the channel
        axis.
    """
    several = any(isinstance(shape, tuple) for shape in input_shape or ())
    shapes: tuple[Shape | None, ...] = input_shape if several else (input_shape,)  # type: ignore[assignment]
    found = tuple(_start(shape, reading, number) for number, shape in enumerate(shapes))
    return found + (_NOT_KNOWN,) * (reading.inputs - len(found))


def _start(shape: Shape | None, reading: Reading, number: int) -> Field:
    if shape is None:
        return _NOT_KNOWN
    sizes = shape[1:]
    field = Field(tuple(Axis(n, n) for n in sizes), None, tuple((axis,) for axis in range(len(sizes))), source=number)
    return replace(field, channels=_channels(field, reading))


def _channels(field: Field, reading: Reading) -> int | None:
    """Return the channel axis of an input, as the first layer that uses channels sees it.

    Return None if that layer is an Embedding, which takes no channels.
    """
    last = len(field.axes) - 1
    for call in _leaves(reading, field.source):
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


def _leaves(reading: Reading, tensor: int = 0) -> Generator[Call, None, bool]:
    """Yield the calls of layers after an input, in order, with those of a nested model in its place.

    Stop at the first call that is not a layer's or whose output is unknown, or where the model is
    not linear, and return False.
    """
    for call in reading.path(tensor):
        if not isinstance(call.layer, keras.Layer) or call.output_shape is None:
            return False
        if call.inside is None or call.steps:
            yield call
        elif not (yield from _leaves(call.inside)):
            return False
    return reading.line


_FEATURES = frozenset({"Dense", "EinsumDense", "SimpleRNN", "LSTM", "GRU", "RNN"})  # on the last axis
