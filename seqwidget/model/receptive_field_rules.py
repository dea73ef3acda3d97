"""Compute receptive fields through each kind of layer.

If it is not known which positions a layer reads, the field is unknown; nothing is guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import keras

from ..i18n.messages import Message, message
from .cost import named_axes
from .layer_kinds import channel_axis, keras_name
from .receptive_axis import AxisWindow
from .receptive_field import SCRAMBLED, Field, UnknownField
from .records import Shape
from .windows import Window, each, leading_padding, space_of, window


def through(field: Field, layer: keras.Layer, before: Any, after: Any) -> Field:
    """Return the receptive field after a layer, from the shapes of its input and output."""
    if field.why:
        return field
    if any(isinstance(size, tuple) for size in (*before, *after)):
        return Field.unknown(several_tensors(layer))
    name = keras_name(layer)
    try:
        found = _RULES.get(name, _other)(field, layer, before, after)
        return _activated(found, layer, name, after)
    except UnknownField as reason:
        if name and field.axes and not field.live:  # all cells see the same: no layer changes that
            return replace(field, follows=((),) * (len(after) - 1))
        return Field.unknown(reason.args[0])
    except Exception:  # noqa: BLE001  a layer from a file may have any value as a setting
        return Field.unknown(not_followed(layer))


def not_a_line(model: keras.Model) -> Message:
    """Return why there are no receptive fields in a model that is not a linear stack."""
    return message("the layers of {model} do not run one after the other", model=model.name)


def several_tensors(layer: keras.Operation) -> Message:
    """Return why receptive fields end at a call that takes or returns several tensors."""
    return message("{layer} takes or returns several tensors", layer=layer.name)


def not_a_layer(operation: keras.Operation) -> Message:
    """Return why receptive fields end at an operation that is not a layer."""
    return message("{name} is an operation, not a layer", name=operation.name)


def not_followed(layer: keras.Layer) -> Message:
    """Return why receptive fields cannot be computed through a layer."""
    if keras_name(layer) or isinstance(layer, keras.Model):
        return message(
            "receptive fields are not computed through {type} ({layer})", type=type(layer).__name__, layer=layer.name
        )
    return message("{layer} ({type}) is a custom computation", layer=layer.name, type=type(layer).__name__)


def _rearranged(layer: keras.Layer) -> Message:
    return message("{layer} ({type}) rearranges positions", layer=layer.name, type=type(layer).__name__)


def _other(_: Field, layer: keras.Layer, __: Shape, ___: Shape) -> Field:
    raise UnknownField(not_followed(layer))


def _cellwise(field: Field, _: keras.Layer, __: Shape, ___: Shape) -> Field:
    return field


def _look_up(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    if getattr(layer, "output_mode", "int") != "int" or before != after:
        raise UnknownField(not_followed(layer))
    return field


def _embedding(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    if len(before) == len(after):  # the reverse call of a ReversibleEmbedding
        return _dense(field, layer, before, after)
    return replace(field, follows=(*field.follows, ()))


def _dense(field: Field, layer: keras.Layer, before: Shape, _: Shape) -> Field:
    last = len(before) - 1
    return field.mixed(layer, last).renewed(last)


def _einsum_dense(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    inputs, output = layer.equation.split(",")[0], layer.equation.split("->")[1]
    came, given = list(named_axes(inputs, before)), list(named_axes(output, after))
    if inputs[0] != output[0]:
        raise UnknownField(_rearranged(layer))
    field = field.mixed(layer, *(at for at, name in enumerate(came, 1) if name not in given))
    labels = dict(zip(came, field.follows, strict=True))
    return replace(field, follows=tuple(labels.get(name, ()) for name in given))


def _along_axis(field: Field, layer: keras.Layer, before: Shape, _: Shape) -> Field:
    """Mix along the axes that a layer names, as a normalization or a softmax does."""
    axes = layer.axis if isinstance(layer.axis, tuple | list) else (layer.axis,)
    return field.mixed(layer, *(axis % len(before) for axis in axes))


def _masking(field: Field, layer: keras.Layer, before: Shape, _: Shape) -> Field:
    return field.mixed(layer, len(before) - 1)


def _group_normalization(field: Field, layer: keras.Layer, before: Shape, _: Shape) -> Field:
    channel = layer.axis % len(before)
    if field.live.intersection(field.follows[channel - 1]) and layer.groups != 1:
        raise UnknownField(not_followed(layer))
    return field.mixed(layer, *range(1, len(before)))


def _convolution(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    channel = channel_axis(layer, len(before)) or 0
    field = _windows(field, layer, before, after)
    partly = getattr(layer, "groups", 1) != 1 or hasattr(layer, "depth_multiplier")
    if partly and field.live.intersection(field.follows[channel - 1]):
        raise UnknownField(not_followed(layer))
    return field.mixed(layer, channel).renewed(channel)


def _windows(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    view: Window = window(layer)  # type: ignore[assignment]
    axes = space_of(layer, len(before))
    steps = [
        _window_step(before[axis], after[axis], kernel, stride, dilation, view)
        for axis, kernel, stride, dilation in zip(axes, view.kernel, view.strides, view.dilation, strict=True)
    ]
    return field.stepped(layer, dict(zip(axes, steps, strict=True)), after)


def _window_step(size: int | None, cells: int | None, kernel: int, stride: int, dilation: int, view: Window) -> AxisWindow:
    reach = (kernel - 1) * dilation + 1
    if not view.up:
        return AxisWindow(reach, stride, leading_padding(size, cells, reach, stride, view.padding), dilation=dilation)
    spare = reach - stride if size is None or cells is None else (size - 1) * stride + reach - cells
    return AxisWindow(reach, stride, max(spare, 0) // 2 if view.padding == "same" else 0, up=True, dilation=dilation)


def _edges(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    """Add positions at the edges (padding) or remove them (cropping)."""
    sign, edges = (1, layer.padding) if hasattr(layer, "padding") else (-1, layer.cropping)
    axes = space_of(layer, len(before))
    pairs = [edges] if len(axes) == 1 else edges
    windows = {axis: AxisWindow(1, 1, sign * first) for axis, (first, _) in zip(axes, pairs, strict=True)}
    return field.stepped(layer, windows, after)


def _up_sampling(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    if getattr(layer, "interpolation", "nearest") != "nearest":
        raise UnknownField(not_followed(layer))
    axes = space_of(layer, len(before))
    steps = (AxisWindow(n, n, 0, up=True) for n in each(layer.size, len(axes)))
    return field.stepped(layer, dict(zip(axes, steps, strict=True)), after)


def _global_pool(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    axes = space_of(layer, len(before))
    field = field.mixed(layer, *axes)
    if len(after) == len(before):
        return field
    return replace(field, follows=tuple(one for at, one in enumerate(field.follows, 1) if at not in axes))


def _permute(field: Field, layer: keras.Layer, _: Shape, __: Shape) -> Field:
    return replace(field, follows=tuple(field.follows[axis - 1] for axis in layer.dims))


def _repeat_vector(field: Field, _: keras.Layer, __: Shape, ___: Shape) -> Field:
    return replace(field, follows=((), *field.follows))


def _reshape(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    """Follow axes through a reshape, if each new axis is made of whole old axes."""
    if before[1:] == after[1:]:
        return field
    if not all((*before[1:], *after[1:])):
        raise UnknownField(_rearranged(layer))
    old, new = list(zip(before[1:], field.follows, strict=True)), list(after[1:])
    follows: list[tuple[int, ...]] = []
    while new:
        taken: list[tuple[int | None, tuple[int, ...]]] = []
        made = [new.pop(0)]  # smallest groups of old and new axes of equal size
        while (have := math.prod(size for size, _ in taken)) != (want := math.prod(made)):  # type: ignore[arg-type, misc]
            taken += [old.pop(0)] if have < want else []
            made += [new.pop(0)] if have > want else []
        label = _together(taken)
        if sum(size != 1 for size in made) > 1 and field.live.intersection(label):
            raise UnknownField(_rearranged(layer))
        follows += [label if size == max(made) else () for size in made]  # type: ignore[type-var]
    return replace(field, follows=tuple(follows))


def _together(axes: Iterable[tuple[int | None, tuple[int, ...]]]) -> tuple[int, ...]:
    """Return what a new axis follows if it is made of several old axes.

    Axes of size 1 do not matter.
    """
    wide = [label for size, label in axes if size != 1]
    label = tuple(at for one in wide for at in one)
    return (*label, SCRAMBLED) if len(wide) > 1 and label else label


def _flatten(field: Field, _: keras.Layer, before: Shape, __: Shape) -> Field:
    return replace(field, follows=(_together(zip(before[1:], field.follows, strict=True)),))


def _recurrent(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    both = keras_name(layer) == "Bidirectional"
    for one in (layer.forward_layer, layer.backward_layer) if both else (layer,):
        cells = [one.cell] if keras_name(one) == "RNN" else []
        cells = [inner for cell in cells for inner in getattr(cell, "cells", [cell])]
        if keras_name(one) not in _RECURRENT or not all(keras_name(cell) in _CELLS for cell in cells):
            raise UnknownField(not_followed(one))
    if len(after) < len(before):
        return replace(field.mixed(layer, 1, 2), follows=((),))
    if both:
        return field.mixed(layer, 1, 2).renewed(2)
    if field.live.intersection(field.follows[0]):
        raise UnknownField(message("each step of {layer} depends on all steps before it", layer=layer.name))
    return field.mixed(layer, 2).renewed(2)


_RECURRENT = frozenset({"SimpleRNN", "LSTM", "GRU", "RNN"})


_CELLS = frozenset({"SimpleRNNCell", "LSTMCell", "GRUCell"})


def _time_distributed(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    inner = through(replace(field, follows=field.follows[1:]), layer.layer, (None, *before[2:]), (None, *after[2:]))
    if inner.why:
        raise UnknownField(inner.why)
    return replace(inner, follows=(field.follows[0], *inner.follows))


def _wrapped(field: Field, layer: keras.Layer, before: Shape, after: Shape) -> Field:
    inner = through(field, layer.layer, before, after)
    if inner.why:
        raise UnknownField(inner.why)
    return inner


def _activated(field: Field, layer: keras.Layer, name: str, after: Shape) -> Field:
    """Return the field after a layer's activation function, which may mix along the last axis."""
    activation = None if name in _RECURRENT else getattr(layer, "activation", None)
    if activation is None:
        return field
    if isinstance(activation, keras.Layer):
        return through(field, activation, after, after)
    home = str(getattr(activation, "__module__", "")).partition(".")[0]
    function = getattr(activation, "__name__", "") if home in ("keras", "tensorflow", "jax", "torch") else ""
    if function in _ELEMENTWISE:
        return field
    if home == "torch":  # whose softmax is not along the last axis by default
        function = ""
    if function in _LAST_AXIS or (function == "glu" and not field.live.intersection(field.follows[-1])):
        return field.mixed(layer, len(after) - 1)
    raise UnknownField(message("the activation of {layer} is a custom function", layer=layer.name))


_ELEMENTWISE = frozenset(
    {
        *("relu", "leaky_relu", "relu6", "celu", "elu", "selu", "softplus"),
        *("softsign", "squareplus", "soft_shrink", "sparse_plus", "silu", "swish", "gelu"),
        *("tanh", "tanh_shrink", "threshold", "sigmoid", "sparse_sigmoid", "exponential", "hard_sigmoid"),
        *("hard_silu", "hard_swish", "hard_tanh", "hard_shrink", "linear", "mish", "log_sigmoid"),
    }
)


# The names with "v2" are TensorFlow's.
_LAST_AXIS = frozenset({"softmax", "softmax_v2", "log_softmax", "log_softmax_v2", "sparsemax"})


_FAMILIES: dict[Callable[[Field, keras.Layer, Shape, Shape], Field], str] = {
    _cellwise: """
        InputLayer Identity Activation ReLU LeakyReLU ELU PReLU BatchNormalization Rescaling Normalization
        Dropout AlphaDropout GaussianDropout GaussianNoise ActivityRegularization StochasticDepth LayerScale
        SpatialDropout1D SpatialDropout2D SpatialDropout3D
        RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomElasticTransform RandomErasing
        RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization
        RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom Equalization Solarization
        AugMix RandAugment CutMix MixUp""",  # augmentation is off in inference
    _look_up: "Discretization Hashing IntegerLookup StringLookup",
    _embedding: "Embedding ReversibleEmbedding",
    _dense: "Dense",
    _einsum_dense: "EinsumDense",
    _along_axis: "LayerNormalization RMSNormalization UnitNormalization Softmax",
    _group_normalization: "GroupNormalization",
    _masking: "Masking",
    _recurrent: "SimpleRNN LSTM GRU RNN Bidirectional",
    _convolution: """
        Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose
        DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D""",
    _windows: "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D",
    _global_pool: """
        GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D""",
    _edges: "ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D",
    _up_sampling: "UpSampling1D UpSampling2D UpSampling3D",
    _flatten: "Flatten",
    _reshape: "Reshape",
    _permute: "Permute",
    _repeat_vector: "RepeatVector",
    _time_distributed: "TimeDistributed",
    _wrapped: "SpectralNormalization",
}


_RULES = {name: rule for rule, names in _FAMILIES.items() for name in names.split()}
