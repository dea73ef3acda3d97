"""Classify layers: by the Keras class whose computation they run, and by family."""

from __future__ import annotations

import numbers
import types
from typing import TypeAlias

import keras

from ..keras_compat import inner_layers
from ..keras_compat.origin import is_from_keras

_Sizes: TypeAlias = tuple[int, ...] | None

_FAMILIES = {
    "input": "InputLayer",
    "dense": "Dense EinsumDense",
    "conv": """
        Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose
        DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D""",
    "pool": """
        MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D
        GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
        AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
        AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D""",
    "norm": "BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization LayerScale",
    "dropout": """
        Dropout AlphaDropout GaussianDropout GaussianNoise SpatialDropout1D SpatialDropout2D SpatialDropout3D
        ActivityRegularization StochasticDepth""",
    "shape": """
        Flatten Reshape Permute RepeatVector Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D
        ZeroPadding1D ZeroPadding2D ZeroPadding3D Add Average Concatenate Dot Maximum Minimum Multiply Subtract Merge
        Masking Identity""",
    "recurrent": """
        RNN SimpleRNN LSTM GRU ConvLSTM1D ConvLSTM2D ConvLSTM3D SimpleRNNCell LSTMCell GRUCell StackedRNNCells""",
    "attention": "Attention AdditiveAttention MultiHeadAttention GroupedQueryAttention",
    "embedding": "Embedding ReversibleEmbedding",
    "preprocessing": """
        Rescaling Resizing CenterCrop Normalization Discretization CategoryEncoding Hashing HashedCrossing StringLookup
        IntegerLookup TextVectorization MelSpectrogram STFTSpectrogram AugMix AutoContrast CutMix Equalization MixUp
        MaxNumBoundingBoxes RandAugment RandomBrightness RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop
        RandomElasticTransform RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHue RandomInvert
        RandomPerspective RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear
        RandomTranslation RandomZoom Solarization ContrastLimitedAdaptiveHistogramEqualization Pipeline DataLayer
        BaseImagePreprocessingLayer""",
    "activation": "Activation ReLU LeakyReLU ELU PReLU Softmax",
}
_KIND = {name: family for family, names in _FAMILIES.items() for name in names.split()}
WRAPPERS = frozenset({"TimeDistributed", "Bidirectional", "SpectralNormalization"})


def kind(layer: keras.Layer) -> str:
    """Return the family of a layer, one of `records.KINDS`.

    A wrapper has the family of the layer that it wraps.
    """
    if isinstance(layer, keras.Model):
        return "model"
    for cls in type(layer).__mro__:
        if _is_keras(cls):
            if cls.__name__ in WRAPPERS:
                return kind(wrapped(layer))
            if cls.__name__ in _KIND:
                return _KIND[cls.__name__]
    return "other"


def wrapped(layer: keras.Layer) -> keras.Layer:
    """Return the layer inside a Keras wrapper; for `Bidirectional`, the forward layer."""
    return layer.forward_layer if hasattr(layer, "forward_layer") else layer.layer


def innermost(layer: keras.Layer) -> keras.Layer:
    """Return the layer inside all Keras wrappers around it; the layer itself if there are none."""
    while keras_name(layer) in WRAPPERS:
        layer = wrapped(layer)
    return layer


def keeps_its_input(activation: object) -> bool:
    """Return whether an activation function is certain to keep the shape and dtype of its input."""
    if isinstance(activation, keras.Layer):
        return bool(keras_name(activation))
    is_keras_own = isinstance(activation, types.FunctionType) and is_from_keras(activation)
    return activation is None or (is_keras_own and activation is not keras.activations.glu)


def shows_inside(layer: keras.Layer) -> bool:
    """Return whether the layers inside a layer are displayed.

    This is the case for models, for custom layers that contain layers, and for Keras layers that
    contain one of these.
    """
    if isinstance(layer, keras.Model):
        return True
    inside = inner_layers.sublayers(layer) if isinstance(layer, keras.Layer) else []
    return bool(inside) and (not keras_name(layer) or any(map(shows_inside, inside)))


def is_built(layer: keras.Layer) -> bool:
    """Return whether a layer has all its weights.

    The layer and all displayed layers inside it must be built. Inner layers with nothing to build
    are ignored.
    """
    if not layer.built:
        return False
    inside = inner_layers.sublayers(layer) if shows_inside(layer) else []
    return all(is_built(one) or (type(one).build is keras.Layer.build and not inner_layers.sublayers(one)) for one in inside)


def window_arguments(layer: keras.Layer) -> tuple[_Sizes, _Sizes, _Sizes, str | None]:
    """Return the kernel, strides, dilation and padding of a layer.

    Kernel, strides and dilation have one number per spatial axis. An argument that the layer does
    not have is None. For a wrapper, the arguments are those of the layer that it wraps.
    """
    kernel = _sizes(getattr(layer, "kernel_size", getattr(layer, "pool_size", None)))
    if kernel is None:
        inner = getattr(layer, "forward_layer", getattr(layer, "layer", None))
        return window_arguments(inner) if isinstance(inner, keras.Layer) and not isinstance(inner, keras.Model) else (None,) * 4
    strides, dilation = (_sizes(getattr(layer, name, None), len(kernel)) for name in ("strides", "dilation_rate"))
    padding = getattr(layer, "padding", None)
    return kernel, strides, dilation or (strides and (1,) * len(kernel)), padding if isinstance(padding, str) else None


def _sizes(value: object, rank: int = 1) -> _Sizes:
    """Return integers, one per axis, or None if the value does not consist of integers."""
    sizes = (value,) * rank if isinstance(value, numbers.Integral) else tuple(value) if isinstance(value, tuple | list) else ()
    return tuple(map(int, sizes)) if sizes and all(isinstance(one, numbers.Integral) for one in sizes) else None


def keras_name(layer: keras.Layer) -> str:
    """Return the name of the Keras class whose computation a layer runs.

    Return ``""`` for a custom computation. A subclass runs a custom computation if it replaces
    ``call``, or a method that ``call`` uses, such as a convolution's ``convolution_op``. Methods
    that build or save the layer do not count.
    """
    if not isinstance(layer, keras.layers.Layer):
        return ""
    own: set[str] = set()
    for cls in type(layer).__mro__:
        if _is_keras(cls):
            break
        own.update(vars(cls))
    else:
        return ""
    if cls in _GENERAL or "call" in vars(layer):
        return ""
    if own and own & _parts(cls) - _SETUP:
        return ""
    return cls.__name__


def _parts(cls: type) -> set[str]:
    """Return the names of the attributes that Keras defines for one kind of layer.

    Attributes that every layer has are left out, except ``call`` and ``__call__``.
    """
    bases = [base for base in cls.__mro__ if issubclass(base, keras.layers.Layer) and base not in _GENERAL]
    return {"call", "__call__"}.union(*(vars(base) for base in bases))


_GENERAL = frozenset({keras.layers.Layer, keras.layers.Wrapper, keras.layers.Lambda, keras.Model, keras.Sequential})


class _Empty:
    """A class whose attributes are those that Python itself gives to a class; they differ between versions."""

    annotated: int


_SETUP = frozenset(
    {
        *vars(_Empty),
        *("__init__", "__annotations__", "build", "get_config", "from_config", "kernel"),
        *("compute_output_shape", "compute_output_spec", "save_own_variables", "load_own_variables"),
    }
)


def _is_keras(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "keras"


def channel_axis(layer: keras.Layer, rank: int) -> int | None:
    """Return the channel axis of a layer's tensor with ``rank`` axes.

    Return None if the layer has no data format.
    """
    name = keras_name(layer)
    if name in ("TimeDistributed", "SpectralNormalization", "Bidirectional"):
        frames = int(name == "TimeDistributed")
        axis = channel_axis(wrapped(layer), rank - frames)
        return None if axis is None else axis + frames
    if getattr(layer, "data_format", None) is None:
        return None
    return (2 if name.startswith("ConvLSTM") else 1) if layer.data_format == "channels_first" else rank - 1
