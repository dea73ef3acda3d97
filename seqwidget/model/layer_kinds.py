"""What a layer is: the Keras class whose arithmetic it does, and its family."""

from __future__ import annotations

import numbers
from typing import Any

import keras

from ..keras_compat import keras_layers

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
    "norm": "BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization",
    "dropout": """
        Dropout AlphaDropout GaussianDropout GaussianNoise SpatialDropout1D SpatialDropout2D SpatialDropout3D
        ActivityRegularization""",
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


def kind(layer: Any) -> str:
    """Give the family of a layer: one of `records.KINDS`. A wrapper is of the family of what it wraps."""
    if isinstance(layer, keras.Model):
        return "model"
    for cls in type(layer).__mro__:
        if _is_keras(cls):
            if cls.__name__ in WRAPPERS:
                return kind(wrapped(layer))
            if cls.__name__ in _KIND:
                return _KIND[cls.__name__]
    return "other"


def wrapped(layer: Any) -> Any:
    """Give the layer inside one of Keras's wrappers, in a `Bidirectional` the one that runs forward."""
    return layer.forward_layer if hasattr(layer, "forward_layer") else layer.layer


def shows_inside(layer: Any) -> bool:
    """Whether the layers inside a layer are shown: those of a model, and of what is no layer of Keras's own."""
    if isinstance(layer, keras.Model):
        return True
    inside = keras_layers.sublayers(layer) if isinstance(layer, keras.Layer) else []
    return bool(inside) and (not keras_name(layer) or any(map(shows_inside, inside)))


def is_built(layer: Any) -> bool:
    """Whether a layer has all its weights: it is built, and so is all that is in it, but for what has nothing to build."""
    if not layer.built:
        return False
    inside = keras_layers.sublayers(layer) if shows_inside(layer) else []
    return all(is_built(one) or (type(one).build is keras.Layer.build and not keras_layers.sublayers(one)) for one in inside)


def window_arguments(layer: Any) -> tuple[Any, Any, Any, Any]:
    """Return the kernel, strides, dilation and padding that a layer has, one number a spatial axis; None for what it has not.

    A wrapper has those of what it wraps.
    """
    kernel = _sizes(getattr(layer, "kernel_size", getattr(layer, "pool_size", None)))
    if kernel is None:
        inner = getattr(layer, "forward_layer", getattr(layer, "layer", None))
        return window_arguments(inner) if isinstance(inner, keras.Layer) and not isinstance(inner, keras.Model) else (None,) * 4
    strides, dilation = (_sizes(getattr(layer, name, None), len(kernel)) for name in ("strides", "dilation_rate"))
    padding = getattr(layer, "padding", None)
    return kernel, strides, dilation or (strides and (1,) * len(kernel)), padding if isinstance(padding, str) else None


def _sizes(value: Any, rank: int = 1) -> tuple[int, ...] | None:
    """Return whole numbers, one an axis."""
    sizes = (value,) * rank if isinstance(value, numbers.Integral) else tuple(value) if isinstance(value, tuple | list) else ()
    return tuple(map(int, sizes)) if sizes and all(isinstance(one, numbers.Integral) for one in sizes) else None


def keras_name(layer: Any) -> str:
    """Give the name of the Keras class whose arithmetic a layer does, or ``""`` if it computes in a way of its own.

    A subclass computes in its own way when it replaces what the Keras class computes with: ``call``, or a part of it such
    as a convolution's ``convolution_op``. What it replaces of building and saving does not count.
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
    """Give the names of all that Keras defines for one kind of layer, beyond what every layer has."""
    bases = [base for base in cls.__mro__ if issubclass(base, keras.layers.Layer) and base not in _GENERAL]
    return {"call", "__call__"}.union(*(vars(base) for base in bases))


_GENERAL = frozenset({keras.layers.Layer, keras.layers.Wrapper, keras.layers.Lambda, keras.Model, keras.Sequential})
_SETUP = frozenset(
    {
        *("__init__", "__module__", "__doc__", "__annotations__", "build", "get_config", "from_config", "kernel"),
        *("compute_output_shape", "compute_output_spec", "save_own_variables", "load_own_variables"),
    }
)


def _is_keras(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "keras"


def channel_axis(layer: Any, rank: int) -> int | None:
    """Return the axis that a layer with a data format takes for channels."""
    name = keras_name(layer)
    if name in ("TimeDistributed", "SpectralNormalization", "Bidirectional"):
        frames = int(name == "TimeDistributed")
        axis = channel_axis(wrapped(layer), rank - frames)
        return None if axis is None else axis + frames
    if getattr(layer, "data_format", None) is None:
        return None
    return (2 if name.startswith("ConvLSTM") else 1) if layer.data_format == "channels_first" else rank - 1
