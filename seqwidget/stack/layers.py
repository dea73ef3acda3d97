"""What a layer is: the Keras class whose arithmetic it does, and its family."""

from __future__ import annotations

from functools import cache
from typing import Any

import keras

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
    "norm": """
        BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization
        SpectralNormalization""",
    "dropout": """
        Dropout AlphaDropout GaussianDropout GaussianNoise SpatialDropout1D SpatialDropout2D SpatialDropout3D
        ActivityRegularization""",
    "shape": """
        Flatten Reshape Permute RepeatVector Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D
        ZeroPadding1D ZeroPadding2D ZeroPadding3D Add Average Concatenate Dot Maximum Minimum Multiply Subtract Masking
        Identity""",
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
        RandomTranslation RandomZoom Solarization ContrastLimitedAdaptiveHistogramEqualization Pipeline""",
    "activation": "Activation ReLU LeakyReLU ELU PReLU Softmax",
}
_KIND = {name: family for family, names in _FAMILIES.items() for name in names.split()}
_WRAPPERS = frozenset({"TimeDistributed", "Bidirectional"})


def kind(layer: Any) -> str:
    """Give the family of a layer: one of `records.KINDS`. A wrapper is of the family of what it wraps."""
    if isinstance(layer, keras.Model):
        return "model"
    for cls in type(layer).__mro__:
        if cls.__name__ in _WRAPPERS and _is_keras(cls):
            return kind(layer.layer if hasattr(layer, "layer") else layer.forward_layer)
        if cls.__name__ in _KIND and _is_keras(cls):
            return _KIND[cls.__name__]
    return "other"


def keras_name(layer: Any) -> str:
    """Give the name of the Keras class whose ``call`` the layer runs, or ``""`` if the layer computes in its own way."""
    cls: type = type(layer)
    return _keras_name(cls)


@cache
def _keras_name(cls: type) -> str:
    for base in cls.__mro__:
        if _is_keras(base):
            return base.__name__ if base not in _GENERAL else ""
        if "call" in vars(base) or "__call__" in vars(base):
            return ""
    return ""


_GENERAL = (keras.layers.Layer, keras.layers.Wrapper, keras.layers.Lambda, keras.Model, keras.Sequential)


def _is_keras(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "keras"
