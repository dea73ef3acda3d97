"""The memory that one step of training needs, estimated before it runs."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import keras

from ..i18n.messages import Text
from ..keras_compat.origin import is_from_keras
from .layer_kinds import keras_name, kind
from .records import Json, LayerRow, plain, public_repr


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """The memory of one training step, in bytes. A value that is not known is ``None``.

    It includes neither what Keras, the backend and its kernels need in addition, nor the next
    batches of the data. The numbers are for one device.

    Attributes
    ----------
    batch_size
        The number of samples in a batch.
    weights
        All weights of the model.
    gradients
        The gradients: one number for each weight that trains.
    optimizer
        The variables of the optimizer, such as its slots for each weight that trains.
    activations
        An upper estimate of the values that are kept for the backward pass: the batch, and the
        outputs of layers from the first one that trains. Some layers, such as a normalization, keep
        several values for each output. The estimate was compared with TensorFlow.
    backward
        An upper estimate of what the backward pass needs besides: the gradients of the activations,
        and copies that kernels make. It is as much as the activations. With it, the total was
        compared with the memory of the steps that JAX compiles for the processor.
    total
        The sum, an upper estimate.
    unknown
        Why values are missing, by name.
    """

    batch_size: int
    weights: int | None
    gradients: int | None
    optimizer: int | None
    activations: int | None
    backward: int | None
    unknown_messages: Mapping[str, Text] = field(default_factory=dict)
    __repr__ = public_repr

    PARTS: ClassVar = ("weights", "gradients", "optimizer", "activations", "backward")

    @property
    def total(self) -> int | None:
        """The sum of all parts in bytes, an upper estimate; ``None`` if one is not known."""
        parts = [getattr(self, name) for name in self.PARTS]
        return None if None in parts else sum(parts)

    @property
    def unknown(self) -> dict[str, str]:
        """The reason for each unknown value, in English."""
        return {name: str(reason) for name, reason in self.unknown_messages.items()}

    def to_dict(self) -> Json:
        """Return the record as JSON data: a dict with numbers, strings and ``None``."""
        return {**plain(self), "total": self.total}


def values_per_output(layer: keras.Layer, row: LayerRow) -> float | None:
    """Return how many values a layer keeps for the backward pass, for each value of its output.

    This is an upper estimate: `tests/inspection/test_training_memory.py` compares it with the tensors
    that the backward pass of TensorFlow reads. None if it is not known, as for a custom computation.
    """
    name, family = keras_name(layer), kind(layer)
    if not name or family in ("recurrent", "attention", "other", "model"):
        return None
    if name in _NOTHING:
        return 0
    if family == "norm":  # its input, and the deviations and squares, which it computes in float32
        return 3 * (2 if row.dtype in ("float16", "bfloat16") else 1)
    if name in _MERGES:
        several = isinstance(row.input_shape, tuple) and row.input_shape and isinstance(row.input_shape[0], tuple)
        return max(1, len(row.input_shape or ()) - 1) if several else 1
    if family in ("conv", "dense", "activation"):
        return _with_activation(layer, name)
    return _FACTORS.get(family, 1)


def _with_activation(layer: keras.Layer, name: str) -> float | None:
    activation = getattr(layer, "activation", None)
    function = getattr(activation, "__name__", "linear")
    if isinstance(activation, keras.Layer) or not (activation is None or _is_defined_by_keras(activation)):
        return None
    of_activation = 0 if function == "linear" else 1 if function in _ONE_VALUE else 3
    if name == "Activation":
        return of_activation
    between = 0.0
    if name.startswith("Separable"):  # the depthwise output, before the filters
        if not layer.built:
            return None
        between = layer.pointwise_kernel.shape[-2] / max(1, layer.filters)
    return 1 + (name == "PReLU") + between + of_activation


def _is_defined_by_keras(activation: object) -> bool:
    return isinstance(activation, types.FunctionType) and is_from_keras(activation)


_NOTHING = frozenset({"Flatten", "Reshape", "Identity", "InputLayer", "ActivityRegularization"})
"""Layers whose output has the memory of their input."""
_MERGES = frozenset({"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"})
"""Layers that combine their inputs one after the other."""
_FACTORS = {"dropout": 2, "preprocessing": 2}
_ONE_VALUE = frozenset(
    {
        *("relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "hard_sigmoid", "log_sigmoid", "tanh", "softsign"),
        *("softplus", "softmax", "log_softmax", "silu", "exponential"),
    }
)
"""Activation functions whose gradient needs one value."""
