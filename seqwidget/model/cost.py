"""Compute the cost of a layer: its multiply-adds, and the memory of its output.

A *multiply-add* is one multiplication and one addition in a matrix product or a convolution. The
count includes kernels, recurrent kernels, and the projections and products of attention. It does
not include bias, activation, normalization, pooling, resampling, lookups, dropout, merging or
augmentation. A layer that does nothing else costs 0.

- A convolution counts every kernel position, including those over padding, as TensorFlow's FLOP
  counter does.
- A transposed convolution counts the same as the convolution whose gradient it computes.
- The numbers are for one sample in inference. Work on the weights alone, such as spectral
  normalization, is not included.
- An implementation may do more work. TensorFlow, for example, runs a dilated depthwise
  convolution with strides as one without strides.

The formulas follow from the definitions of the operations: an output of n numbers, each a sum of
k products, costs n·k.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras

from ..i18n.messages import Text, message
from .call_graph import read
from .calls import Call
from .layer_kinds import keeps_its_input, keras_name, kind, wrapped
from .memory import activation_bytes, each
from .operation_cost import NotFixedError as _NotFixedError
from .operation_cost import UnknownCost, named, op_macs
from .operation_cost import product as _product
from .records import Shape, Shapes

__all__ = ["UnknownCost", "activation_bytes", "batch", "call_macs", "macs", "times"]


def macs(layer: keras.Layer, input_shape: Shapes, output_shape: Shapes) -> int:
    """Return the number of multiply-adds of one layer for one sample.

    Parameters
    ----------
    layer : keras.Layer
        The layer. For a nested model, the caller adds up the layers inside it.
    input_shape, output_shape : tuple
        Shapes, including the batch axis; a tuple of shapes for several tensors.

    Raises
    ------
    UnknownCost
        If the layer runs a custom computation, or if a size that matters is not fixed.
    """
    name = keras_name(layer)
    formula = _FORMULAS.get(name)
    if formula is not None and not keeps_its_input(getattr(layer, "activation", None)):
        output_shape = layer.compute_output_shape(input_shape)  # before the activation
    if formula is not None:
        try:
            return formula(layer, input_shape, output_shape)
        except _NotFixedError:
            raise UnknownCost(_what_is_not_fixed(layer, input_shape, output_shape)) from None
    if name and kind(layer) in _FREE:
        return 0
    raise UnknownCost(_own_way(layer))


def call_macs(call: Call) -> int:
    """Return the number of multiply-adds of one call for one sample, with all layers inside it.

    Raises
    ------
    UnknownCost
        If the cost of a part of it is unknown.
    """
    if call.input_shape is None or call.output_shape is None:
        raise UnknownCost(call.why)
    if call.arguments is not None:
        return op_macs(call.layer, call.arguments, call.output_shape)
    if call.inside is None:
        return macs(call.weights_of, call.input_shape, call.output_shape)
    if call.inside.own_code:
        raise UnknownCost(_own_way(call.layer))
    return times(sum(map(call_macs, call.inside.calls)), call.steps)


def times(figure: int, steps: Shape) -> int:
    """Multiply a number by the number of time steps.

    Raises
    ------
    UnknownCost
        If the number of time steps is not fixed.
    """
    if None in steps:
        raise UnknownCost(message("the input's number of steps is not fixed"))
    return figure * _product(steps)


def batch(shapes: Shapes) -> int | None:
    """Return the batch size of a layer's input, or None if it is not fixed."""
    return (each(shapes)[0] or (None,))[0]


_FREE = frozenset({"input", "pool", "norm", "dropout", "shape", "embedding", "preprocessing", "activation"})


def _what_is_not_fixed(layer: keras.Layer, input_shape: Shapes, output_shape: Shapes) -> Text:
    for shape in each(input_shape):
        if None in shape[1:]:
            return _input_not_fixed(layer, shape, shape.index(None, 1))
    axis = next((shape.index(None, 1) for shape in each(output_shape) if None in shape[1:]), 1)
    return message("the output's size along axis {axis} is not fixed", axis=axis)


_NOT_FIXED = {
    "length": message("the input's length is not fixed"),
    "height": message("the input's height is not fixed"),
    "width": message("the input's width is not fixed"),
    "depth": message("the input's depth is not fixed"),
}


def _own_way(layer: keras.Layer) -> Text:
    return message("{type} is a custom computation; its cost is unknown", type=type(layer).__name__)


def _input_not_fixed(layer: keras.Layer, shape: Shape, axis: int) -> Text:
    in_time = kind(layer) in {"recurrent", "attention"} or keras_name(layer) == "TimeDistributed"
    if in_time and axis == 1:
        return message("the input's number of steps is not fixed")
    if hasattr(layer, "data_format") and not in_time:
        names = {3: ("length",), 4: ("height", "width"), 5: ("depth", "height", "width")}.get(len(shape), ())
        position = axis - (2 if layer.data_format == "channels_first" else 1)
        if 0 <= position < len(names):
            return _NOT_FIXED[names[position]]
    return message("the input's size along axis {axis} is not fixed", axis=axis)


def _channels(layer: keras.Layer, shape: Shape) -> int:
    return _product((shape[1 if layer.data_format == "channels_first" else -1],))


def _spatial(layer: keras.Layer, shape: Shape) -> int:
    return _product(shape[2:] if layer.data_format == "channels_first" else shape[1:-1])


def _dense(_: keras.Layer, x: Shape, y: Shape) -> int:
    return _product(y[1:]) * _product(x[-1:])


def _einsum_dense(layer: keras.Layer, x: Shape, y: Shape) -> int:
    """Multiply the sizes of all axes in the equation, including those only in the input."""
    inputs, output = layer.equation.split(",")[0], layer.equation.split("->")[1]
    return _product(tuple((named_axes(output, y) | named_axes(inputs, x)).values()))


def named_axes(letters: str, shape: Shape) -> dict[str, int | None]:
    """Return the size of each axis by its letter in an einsum equation, without the batch axis."""
    return dict(list(named(letters, shape).items())[1:])


def _conv(layer: keras.Layer, x: Shape, y: Shape) -> int:
    return _product(y[1:]) * math.prod(layer.kernel_size) * (_channels(layer, x) // layer.groups)


def _conv_transpose(layer: keras.Layer, x: Shape, _: Shape) -> int:
    return _product(x[1:]) * math.prod(layer.kernel_size) * layer.filters


def _depthwise(layer: keras.Layer, _: Shape, y: Shape) -> int:
    return _product(y[1:]) * math.prod(layer.kernel_size)


def _separable(layer: keras.Layer, x: Shape, y: Shape) -> int:
    between = _channels(layer, x) * layer.depth_multiplier
    return _spatial(layer, y) * between * (math.prod(layer.kernel_size) + layer.filters)


_GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}


def _recurrent(layer: keras.Layer, x: Shapes, _: Shapes) -> int:
    sequence = each(x)[0]
    return _product(sequence[1:2]) * _gated(_GATES[keras_name(layer)], sequence[-1], layer.units)


def _gated(gates: int, features: int | None, units: int) -> int:
    return gates * units * (_product((features,)) + units)


def _rnn(layer: keras.Layer, x: Shapes, _: Shapes) -> int:
    sequence = each(x)[0]
    return _product(sequence[1:2]) * _cell(layer.cell, sequence[-1:], ())


def _cell(cell: keras.Layer, x: Shapes, _: Shapes) -> int:
    """Return the multiply-adds of one time step of a cell, from the last axis of its input."""
    features, total = each(x)[0][-1], 0
    for one in cell.cells if keras_name(cell) == "StackedRNNCells" else [cell]:
        gates = _GATES.get(keras_name(one).removesuffix("Cell"))
        if gates is None:
            raise UnknownCost(_own_way(one))
        total += _gated(gates, features, one.units)
        features = one.units
    return total


def _conv_lstm(layer: keras.Layer, x: Shapes, y: Shapes) -> int:
    sequence, states = each(x)[0], each(y)[0]
    frames = len(states) == len(sequence)  # an output for every step, or only the last one
    first = layer.data_format == "channels_first"
    channels, positions = (2, states[3:] if frames else states[2:]) if first else (-1, states[2:-1] if frames else states[1:-1])
    inputs = _product((sequence[channels],)) + layer.filters
    return _product(sequence[1:2]) * _product(positions) * math.prod(layer.kernel_size) * 4 * layer.filters * inputs


def _bidirectional(layer: keras.Layer, x: Shapes, y: Shapes) -> int:
    # The output of each direction has the sizes of the joint output, except for the channels,
    # which no formula reads.
    return sum(macs(one, x, y) for one in (layer.forward_layer, layer.backward_layer))


def _time_distributed(layer: keras.Layer, x: Shape, y: Shape) -> int:
    step = (x[0], *x[2:])
    if not isinstance(layer.layer, keras.Model):
        return _product(x[1:2]) * macs(layer.layer, step, (y[0], *y[2:]))
    inside = read(layer.layer, step)
    if inside.own_code:
        raise UnknownCost(_own_way(layer.layer))
    return _product(x[1:2]) * sum(map(call_macs, inside.calls))


def _multi_head(layer: keras.Layer, x: Shapes, _: Shapes) -> int:
    shapes = each(x)
    query, value = shapes[0], shapes[1] if len(shapes) > 1 else shapes[0]
    config = layer.get_config()
    heads = key_heads = config.get("num_heads")
    if keras_name(layer) == "GroupedQueryAttention":
        heads, key_heads = layer.num_query_heads, layer.num_key_value_heads
    key_dim = config.get("key_dim") or layer.head_dim
    value_dim = config.get("value_dim") or key_dim
    features = config.get("output_shape") or query[-1:]
    targets, sources = _product(query[1:-1]), _product(value[1:-1])
    axes = config.get("attention_axes")
    attended = sources if axes is None else _product(tuple(value[axis] for axis in axes))
    gate = heads * value_dim if config.get("use_gate") else 0
    return (
        targets * _product(query[-1:]) * (heads * key_dim + gate)
        + sources * _key_features(layer, shapes) * key_heads * key_dim
        + sources * _product(value[-1:]) * key_heads * value_dim
        + targets * attended * heads * (key_dim + value_dim)
        + targets * heads * value_dim * _product(tuple(features))
    )


def _key_features(layer: keras.Layer, shapes: tuple[Shape, ...]) -> int:
    """Return the number of features of the key.

    A third input may be a mask instead of the key, so the shapes that the layer was built with are
    preferred.
    """
    built = (layer.get_build_config() or {}).get("shapes_dict", {})
    default = shapes[2] if len(shapes) > 2 and not built else shapes[min(1, len(shapes) - 1)]
    return _product(tuple(built.get("key_shape") or default)[-1:])


def _attention(layer: keras.Layer, x: Shapes, _: Shapes) -> int:
    query, value, *_rest = each(x)
    # Additive and concatenated scores are sums of tanh values, not matrix products.
    dot = keras_name(layer) == "Attention" and layer.score_mode == "dot"
    scores = _product(query[-1:]) if dot else 0
    return _product(query[1:-1]) * _product(value[-2:-1]) * (scores + _product(value[-1:]))


def _dot(layer: keras.Layer, x: tuple[Shape, ...], y: Shape) -> int:
    axis = layer.axes if isinstance(layer.axes, int) else layer.axes[0]
    return _product(y[1:]) * _product((x[0][axis],))


def _reversible_embedding(layer: keras.Layer, x: Shape, y: Shape) -> int:
    # A lookup adds an axis. The reverse call is a product with the table, which replaces the last
    # axis.
    return _dense(layer, x, y) if len(x) == len(y) else 0


def _spectrogram(layer: keras.Layer, _: Shape, y: Shape) -> int:
    # One convolution for the real part and one for the imaginary part. With "stft", the output has
    # both side by side.
    parts = 1 if layer.mode in {"real", "imag", "stft"} else 2
    return _product(y[1:]) * layer.frame_length * parts


def _mel_spectrogram(layer: keras.Layer, _: Shape, __: Shape) -> int:
    raise UnknownCost(message("{type}'s Fourier transform is not a matrix product", type=type(layer).__name__))


def _pipeline(layer: keras.Layer, x: Shapes, _: Shapes) -> int:
    total = 0
    for one in layer.layers:
        y = one.compute_output_shape(x)
        total += macs(one, x, y)
        x = y
    return total


def _wrapped(layer: keras.Layer, x: Shapes, y: Shapes) -> int:
    return macs(wrapped(layer), x, y)


_FORMULAS: dict[str, Callable[[keras.Layer, Any, Any], int]] = {
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    **{f"Conv{n}D": _conv for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": _conv_transpose for n in (1, 2, 3)},
    **{f"DepthwiseConv{n}D": _depthwise for n in (1, 2)},
    **{f"SeparableConv{n}D": _separable for n in (1, 2)},
    **dict.fromkeys(_GATES, _recurrent),
    **{f"{name}Cell": _cell for name in _GATES},
    "StackedRNNCells": _cell,
    "RNN": _rnn,
    **{f"ConvLSTM{n}D": _conv_lstm for n in (1, 2, 3)},
    "Bidirectional": _bidirectional,
    "TimeDistributed": _time_distributed,
    "MultiHeadAttention": _multi_head,
    "GroupedQueryAttention": _multi_head,
    "Attention": _attention,
    "AdditiveAttention": _attention,
    "Dot": _dot,
    "ReversibleEmbedding": _reversible_embedding,
    "STFTSpectrogram": _spectrogram,
    "MelSpectrogram": _mel_spectrogram,
    "Pipeline": _pipeline,
    "SpectralNormalization": _wrapped,
}
