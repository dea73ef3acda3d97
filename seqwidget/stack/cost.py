"""What a layer costs: multiply-adds, and the memory of its output.

The convention: a *multiply-add* is one multiplication and one addition in a matrix product or a convolution: of kernels,
recurrent kernels, and attention's projections and products. Elementwise arithmetic (bias, activation, normalisation, pooling,
dropout, merging, augmentation) is not counted, so those layers cost 0. Convolutions count every kernel position, also over
padding, as TensorFlow's FLOP counter does. Figures are per sample.

Formulas follow from the definitions of the operations: an output of n numbers, each a sum over k products, costs n·k.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .layers import keras_name, kind
from .records import Shape, Shapes


class UnknownCost(Exception):  # noqa: N818  not an error: an answer with its reason
    """The cost cannot be told; the message says why."""


def macs(layer: Any, input_shape: Shapes, output_shape: Shapes) -> int:
    """Count the multiply-adds of one layer for one sample.

    Parameters
    ----------
    layer : keras.Layer
        The layer, built or not. Nested models are for the caller to add up.
    input_shape, output_shape : tuple
        Shapes with the batch first; a tuple of shapes for several tensors.

    Raises
    ------
    UnknownCost
        If the layer computes in a way of its own, or a size that matters is not fixed.
    """
    name = keras_name(layer)
    if name in _FORMULAS:
        return _FORMULAS[name](layer, input_shape, output_shape)
    if name and name not in _UNKNOWN and kind(layer) in _FREE:
        return 0
    msg = f"{type(layer).__name__} computes in a way of its own" if not name else f"the cost of {name} depends on what it does"
    raise UnknownCost(msg)


def activation_bytes(output_shape: Shapes, dtype: str) -> int:
    """Give the memory of a layer's output for one sample, at a compute dtype.

    Raises
    ------
    UnknownCost
        If a size is not fixed, or the dtype has no fixed size.
    """
    bits = _BITS.get(dtype)
    if bits is None:
        msg = f"{dtype} has no fixed size"
        raise UnknownCost(msg)
    return math.ceil(sum(_size(shape[1:]) for shape in _each(output_shape)) * bits / 8)


_BITS = {
    "bool": 8,
    "int4": 4,
    "uint4": 4,
    "bfloat16": 16,
    "float8_e4m3fn": 8,
    "float8_e5m2": 8,
    **{f"{sign}int{bits}": bits for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": bits for bits in (16, 32, 64)},
}
_FREE = frozenset({"input", "pool", "norm", "dropout", "shape", "embedding", "preprocessing", "activation"})
_UNKNOWN = frozenset({"Dot", "SpectralNormalization", "Pipeline", "MelSpectrogram", "STFTSpectrogram"})


def _each(shapes: Shapes) -> tuple[Shape, ...]:
    return shapes if shapes and isinstance(shapes[0], tuple) else (shapes,)  # type: ignore[return-value]


def _size(sizes: Shape) -> int:
    if None in sizes:
        msg = "a size of the tensor is not fixed"
        raise UnknownCost(msg)
    return math.prod(sizes)  # type: ignore[arg-type]


def _channels(layer: Any, shape: Shapes) -> Any:
    return shape[1] if layer.data_format == "channels_first" else shape[-1]


def _spatial(layer: Any, shape: Shapes) -> int:
    return _size(shape[2:] if layer.data_format == "channels_first" else shape[1:-1])  # type: ignore[arg-type]


def _dense(_: Any, x: Any, y: Any) -> int:
    return _size(y[1:]) * _size(x[-1:])


def _einsum_dense(layer: Any, x: Any, _: Any) -> int:
    """Multiply the sizes of all axes that the equation names, and of those that an ellipsis stands for."""
    if not layer.built:
        msg = "the layer is not built yet"
        raise UnknownCost(msg)
    inputs, kernel, _output = layer.equation.replace("->", ",").split(",")
    front, _, back = inputs.partition("...")
    sizes = dict(zip(kernel.replace("...", ""), layer.kernel.shape, strict=True))
    sizes |= dict(zip(front, x, strict=False)) | dict(zip(reversed(back), reversed(x), strict=False))
    rest = x[len(front) : len(x) - len(back)]
    return _size((*(size for letter, size in sizes.items() if letter != front[:1]), *(rest if front else rest[1:])))


def _conv(layer: Any, x: Any, y: Any) -> int:
    return _size(y[1:]) * math.prod(layer.kernel_size) * _size((_channels(layer, x),)) // layer.groups


def _conv_transpose(layer: Any, x: Any, _: Any) -> int:
    return _size(x[1:]) * math.prod(layer.kernel_size) * layer.filters


def _depthwise(layer: Any, _: Any, y: Any) -> int:
    return _size(y[1:]) * math.prod(layer.kernel_size)


def _separable(layer: Any, x: Any, y: Any) -> int:
    between = _size((_channels(layer, x),)) * layer.depth_multiplier
    return _spatial(layer, y) * between * (math.prod(layer.kernel_size) + layer.filters)


def _recurrent(gates: int) -> Callable[[Any, Any, Any], int]:
    def formula(layer: Any, x: Any, _: Any) -> int:
        sequence = _each(x)[0]
        return _size(sequence[1:2]) * _cell(gates, layer.units, sequence[-1])

    return formula


def _cell(gates: int, units: int, features: int | None) -> int:
    return gates * units * (_size((features,)) + units)


_GATES = {"SimpleRNNCell": 1, "GRUCell": 3, "LSTMCell": 4}


def _rnn(layer: Any, x: Any, _: Any) -> int:
    sequence = _each(x)[0]
    features, total = sequence[-1], 0
    stacked = keras_name(layer.cell) == "StackedRNNCells"
    for cell in layer.cell.cells if stacked else [layer.cell]:
        if keras_name(cell) not in _GATES:
            msg = f"{type(cell).__name__} computes in a way of its own"
            raise UnknownCost(msg)
        total += _cell(_GATES[keras_name(cell)], cell.units, features)
        features = cell.units
    return _size(sequence[1:2]) * total


def _conv_lstm(layer: Any, x: Any, y: Any) -> int:
    sequence, states = _each(x)[0], _each(y)[0]
    if layer.return_sequences:
        states = (states[0], *states[2:])
    channels = _size((sequence[2] if layer.data_format == "channels_first" else sequence[-1],))
    window = math.prod(layer.kernel_size)
    return _size(sequence[1:2]) * 4 * _spatial(layer, states) * window * layer.filters * (channels + layer.filters)


def _bidirectional(layer: Any, x: Any, y: Any) -> int:
    return sum(macs(one, x, _one_direction(layer, y)) for one in (layer.forward_layer, layer.backward_layer))


def _one_direction(layer: Any, y: Any) -> Any:
    """Give the output shape of one direction; only a convolutional layer's cost depends on it, never on the channels."""
    return y if layer.merge_mode is not None else _each(y)[0]


def _time_distributed(layer: Any, x: Any, y: Any) -> int:
    return _size(x[1:2]) * macs(layer.layer, (x[0], *x[2:]), (y[0], *y[2:]))


def _multi_head(layer: Any, x: Any, _: Any) -> int:
    shapes = _each(x)
    query, value = shapes[0], shapes[1] if len(shapes) > 1 else shapes[0]
    key = shapes[2] if len(shapes) > 2 else value  # noqa: PLR2004  query, value, key
    grouped = keras_name(layer) == "GroupedQueryAttention"
    heads = layer.num_query_heads if grouped else layer.num_heads
    key_heads = layer.num_key_value_heads if grouped else heads
    key_dim = layer.head_dim if grouped else layer.key_dim
    value_dim = key_dim if grouped or layer.value_dim is None else layer.value_dim
    targets, sources = _size(query[1:-1]), _size(value[1:-1])
    features = _size((layer._output_shape[-1] if getattr(layer, "_output_shape", None) else query[-1],))  # noqa: SLF001
    return (
        targets * _size(query[-1:]) * heads * key_dim
        + sources * _size(key[-1:]) * key_heads * key_dim
        + sources * _size(value[-1:]) * key_heads * value_dim
        + targets * sources * heads * (key_dim + value_dim)
        + targets * heads * value_dim * features
    )


def _attention(layer: Any, x: Any, _: Any) -> int:
    query, value, *_rest = _each(x)
    scores = 0 if keras_name(layer) == "AdditiveAttention" else _size(query[-1:])
    return _size(query[1:-1]) * _size(value[1:-1]) * (scores + _size(value[-1:]))


def _dot(layer: Any, x: Any, y: Any) -> int:
    axis = layer.axes if isinstance(layer.axes, int) else layer.axes[0]
    return _size(y[1:]) * _size((_each(x)[0][axis],))


def _wrapped(layer: Any, x: Any, y: Any) -> int:
    return macs(layer.layer, x, y)


_FORMULAS: dict[str, Callable[[Any, Any, Any], int]] = {
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    **{f"Conv{n}D": _conv for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": _conv_transpose for n in (1, 2, 3)},
    **{f"DepthwiseConv{n}D": _depthwise for n in (1, 2)},
    **{f"SeparableConv{n}D": _separable for n in (1, 2)},
    "SimpleRNN": _recurrent(1),
    "GRU": _recurrent(3),
    "LSTM": _recurrent(4),
    "RNN": _rnn,
    **{f"ConvLSTM{n}D": _conv_lstm for n in (1, 2, 3)},
    "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed,
    "MultiHeadAttention": _multi_head,
    "GroupedQueryAttention": _multi_head,
    "Attention": _attention,
    "AdditiveAttention": _attention,
    "Dot": _dot,
    "SpectralNormalization": _wrapped,
}
