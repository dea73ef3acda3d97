"""Suggest the usual next layers for a model, each with the output shape that it would produce."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import keras

from ..codegen.writer import layer_code
from ..keras_compat import scratch
from ..model.call_graph import top
from ..model.records import Shapes
from ..model.refusal import New
from ..model.trial import trial


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A layer that fits on top of a model.

    Attributes
    ----------
    code
        Python code that builds the layer.
    output_shape
        The output shape of the model with this layer on top.
    new
        The class and config of the layer.
    """

    code: str
    output_shape: Shapes
    new: New


def suggestions(model: keras.Model) -> tuple[Suggestion, ...]:
    """Return those of the usual next layers that fit on a model.

    The layers are tried on symbolic tensors, and the model does not change. The result is empty
    while the output of the model is unknown, or if it is not a single tensor.
    """
    end = top(model)
    if not isinstance(end, keras.KerasTensor):
        return ()
    found = []
    with scratch.scratch():
        for layer in _usual(end):
            config = {key: value for key, value in layer.get_config().items() if key != "name"}
            code = layer_code(layer)
            with contextlib.suppress(Exception):  # a layer that does not fit is not suggested
                _, y = trial(layer, end)
                found.append(Suggestion(code, tuple(y.shape), New(type(layer), config)))
    return tuple(found)


def _usual(end: keras.KerasTensor) -> list[keras.Layer]:
    layers = keras.layers
    rank, width = len(end.shape), end.shape[-1] or 32
    if "int" in str(end.dtype):
        return [layers.Embedding(10_000, 64), layers.Rescaling(1 / 255)]
    if rank == 2:  # (batch, features)
        return [
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
            layers.Dense(1),
        ]
    common = [layers.BatchNormalization(), layers.Dropout(0.25), layers.Flatten()]
    if rank == 3:  # (batch, steps, features)
        return [
            layers.Conv1D(width, 3, activation="relu"),
            layers.MaxPooling1D(2),
            layers.LSTM(width, return_sequences=True),
            layers.LSTM(width),
            layers.GlobalMaxPooling1D(),
            *common,
        ]
    if rank == 4:  # (batch, height, width, channels)
        filters = max(16, width)
        return [
            layers.Conv2D(filters, 3, activation="relu"),
            layers.Conv2D(filters, 3, padding="same", activation="relu"),
            layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.GlobalAveragePooling2D(),
            *common,
        ]
    return [
        layers.Conv3D(max(16, width), 3, activation="relu"),
        layers.MaxPooling3D(2),
        layers.GlobalAveragePooling3D(),
        *common,
    ]
