"""Every layer of Keras has the family that is listed here."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers

from seqwidget.model.layer_kinds import keras_name, kind
from seqwidget.model.records import KINDS

FAMILIES = {
    "input": "InputLayer",
    "dense": "Dense EinsumDense",
    "conv": """
        Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose
        Convolution1D Convolution2D Convolution3D Convolution1DTranspose Convolution2DTranspose Convolution3DTranspose
        DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D SeparableConvolution1D SeparableConvolution2D""",
    "pool": """
        MaxPooling1D MaxPooling2D MaxPooling3D MaxPool1D MaxPool2D MaxPool3D
        AveragePooling1D AveragePooling2D AveragePooling3D AvgPool1D AvgPool2D AvgPool3D
        GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
        GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D
        AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D
        AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D""",
    "norm": "BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization",
    "dropout": """
        Dropout AlphaDropout GaussianDropout GaussianNoise SpatialDropout1D SpatialDropout2D SpatialDropout3D
        ActivityRegularization""",
    "shape": """
        Flatten Reshape Permute RepeatVector Masking Identity Cropping1D Cropping2D Cropping3D
        UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        Add Average Concatenate Dot Maximum Minimum Multiply Subtract""",
    "recurrent": """
        RNN SimpleRNN LSTM GRU ConvLSTM1D ConvLSTM2D ConvLSTM3D SimpleRNNCell LSTMCell GRUCell StackedRNNCells""",
    "attention": "Attention AdditiveAttention MultiHeadAttention GroupQueryAttention",
    "embedding": "Embedding ReversibleEmbedding",
    "preprocessing": """
        Rescaling Resizing CenterCrop Normalization Discretization CategoryEncoding Hashing HashedCrossing Pipeline
        StringLookup IntegerLookup TextVectorization MelSpectrogram STFTSpectrogram AugMix AutoContrast CutMix MixUp
        Equalization ContrastLimitedAdaptiveHistogramEqualization MaxNumBoundingBoxes RandAugment RandomBrightness
        RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip
        RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation
        RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom Solarization""",
    "activation": "Activation ReLU LeakyReLU ELU PReLU Softmax",
    "other": "Layer Lambda Wrapper JaxLayer FlaxLayer TFSMLayer TorchModuleWrapper",
}
EXPECTED = {name: family for family, names in FAMILIES.items() for name in names.split()}
PUBLIC = {name: cls for name, cls in vars(layers).items() if isinstance(cls, type) and issubclass(cls, layers.Layer)}
WRAPPERS = {"Bidirectional", "TimeDistributed", "SpectralNormalization"}


def test_the_table_holds_every_public_layer() -> None:
    assert set(PUBLIC) - set(EXPECTED) == WRAPPERS
    assert set(EXPECTED.values()) == set(KINDS) - {"model"}


@pytest.mark.parametrize("name", sorted(set(PUBLIC) - WRAPPERS))
def test_the_family_of_every_public_layer(name: str) -> None:
    # Only the class matters, and some cannot be built without another framework.
    assert kind(PUBLIC[name].__new__(PUBLIC[name])) == EXPECTED[name]


@pytest.mark.parametrize(
    ("wrapper", "family"),
    [
        (lambda: layers.Bidirectional(layers.LSTM(1)), "recurrent"),
        (lambda: layers.TimeDistributed(layers.Conv2D(1, 1)), "conv"),
        (lambda: layers.TimeDistributed(layers.TimeDistributed(layers.Dense(1))), "dense"),
        (lambda: layers.TimeDistributed(keras.Sequential([layers.Dense(1)])), "model"),
        (lambda: layers.SpectralNormalization(layers.Dense(1)), "dense"),
        (lambda: layers.Wrapper(layers.Dense(1)), "other"),
    ],
)
def test_a_wrapper_has_the_family_of_its_layer(wrapper: Any, family: str) -> None:
    assert kind(wrapper()) == family


def test_models() -> None:
    x = keras.Input((2,))
    assert kind(keras.Sequential()) == kind(keras.Model(x, layers.Dense(1)(x))) == "model"


class Own(layers.Layer):
    def call(self, x: Any) -> Any:
        return x


class Renamed(layers.Conv2D):
    """A Conv2D under another name, with its own config and build."""

    def __init__(self, filters: int) -> None:
        super().__init__(filters, 1)
        self.label = "mine"

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {"filters": self.filters}

    def describe(self) -> str:
        return self.label


class OwnCall(layers.Conv2D):
    def call(self, x: Any) -> Any:
        return x


class OwnOperation(layers.Conv2D):
    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        return super().convolution_op(inputs, kernel * kernel)


class Mixin:
    def call(self, x: Any) -> Any:
        return x


class Mixed(Mixin, layers.Conv2D):
    pass


class SubOfOwn(OwnCall):
    pass


def patched() -> Any:
    layer = layers.Conv2D(1, 1)
    layer.call = lambda x: x
    return layer


@pytest.mark.parametrize(
    ("make", "family", "name"),
    [
        (lambda: layers.Conv2D(1, 1), "conv", "Conv2D"),
        (lambda: Renamed(1), "conv", "Conv2D"),
        (lambda: OwnCall(1, 1), "conv", ""),
        (lambda: OwnOperation(1, 1), "conv", ""),
        (lambda: Mixed(1, 1), "conv", ""),
        (lambda: SubOfOwn(1, 1), "conv", ""),
        (patched, "conv", ""),
        (Own, "other", ""),
        (lambda: layers.Lambda(lambda x: x), "other", ""),
        (keras.Sequential, "model", ""),
    ],
)
def test_a_layer_that_overrides_call_keeps_its_family_and_loses_its_name(make: Any, family: str, name: str) -> None:
    layer = make()
    assert (kind(layer), keras_name(layer)) == (family, name)
