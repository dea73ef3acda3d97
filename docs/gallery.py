"""Draw the pictures of the gallery: ``python docs/gallery.py FOLDER``. The site is built with them."""

from __future__ import annotations

import pathlib
import sys

import keras
import numpy as np
from keras import layers

import seqwidget
from seqwidget.render.picture_options import PictureOptions


def lenet() -> tuple[keras.Model, PictureOptions]:
    model = keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            layers.Conv2D(6, 5, activation="tanh", name="c1"),
            layers.AveragePooling2D(2, name="s2"),
            layers.Conv2D(16, 5, activation="tanh", name="c3"),
            layers.AveragePooling2D(2, name="s4"),
            layers.Flatten(name="flatten"),
            layers.Dense(120, activation="tanh", name="c5"),
            layers.Dense(84, activation="tanh", name="f6"),
            layers.Dense(10, activation="softmax", name="output"),
        ],
        name="LeNet-5",
    )
    groups = {"[cs][1-4]": "Feature extraction", "c5|f6|output": "Classification"}
    return model, {"groups": groups, "text": ["name", "output_shape", "params"]}


def maps() -> tuple[keras.Model, PictureOptions]:
    model, _ = lenet()
    y, x = np.mgrid[:32, :32] - 15.5
    zero = np.exp(-((np.hypot(x * 1.4, y) - 10) ** 2) / 5).astype("float32")
    names = ["c1", "s2", "c3", "s4", "flatten", "c5", "f6", "output"]
    outputs = seqwidget.feature_extractor(model, names)(zero[None, :, :, None])
    arrays = [keras.ops.convert_to_numpy(output)[0] for output in outputs]
    images = {name: array[..., 1] if array.ndim == 3 else array for name, array in zip(names, arrays, strict=True)}
    return model, {"images": {"input": zero, **images}, "text": ["name", "output_shape"]}


def alexnet() -> tuple[keras.Model, PictureOptions]:
    model = keras.Sequential(
        [
            keras.Input((227, 227, 3)),
            layers.Conv2D(96, 11, strides=4, activation="relu"),
            layers.MaxPooling2D(3, strides=2),
            layers.Conv2D(256, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(3, strides=2),
            layers.Conv2D(384, 3, padding="same", activation="relu"),
            layers.Conv2D(384, 3, padding="same", activation="relu"),
            layers.Conv2D(256, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(3, strides=2),
            layers.Flatten(),
            layers.Dense(4096, activation="relu", kernel_initializer="zeros"),
            layers.Dense(4096, activation="relu", kernel_initializer="zeros"),
            layers.Dense(1000, activation="softmax", kernel_initializer="zeros"),
        ],
        name="AlexNet",
    )
    return model, {"layout": "row", "text": ["output_shape"]}


def vgg16() -> tuple[keras.Model, PictureOptions]:
    model = keras.Sequential([keras.Input((224, 224, 3))], name="VGG16")
    for block, (count, filters) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for at in range(1, count + 1):
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv{at}"))
        model.add(layers.MaxPooling2D(2, name=f"block{block}_pool"))
    model.add(layers.Flatten(name="flatten"))
    for name, units in (("fc1", 4096), ("fc2", 4096), ("predictions", 1000)):
        model.add(layers.Dense(units, kernel_initializer="zeros", name=name))
    groups = {f"block{block}_.*": f"Block {block}" for block in range(1, 6)}
    return model, {"groups": {**groups, "fc.|predictions": "Classifier"}, "text": ["output_shape"], "width": 1000}


def unet() -> tuple[keras.Model, PictureOptions]:
    image = x = keras.Input((128, 128, 1))
    skips = []
    for level, filters in enumerate((16, 32, 64), 1):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"down{level}_conv1")(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"down{level}_conv2")(x)
        skips.append(x)
        x = layers.MaxPooling2D(2, name=f"down{level}_pool")(x)
    x = layers.Conv2D(128, 3, padding="same", activation="relu", name="bottom_conv1")(x)
    x = layers.Conv2D(128, 3, padding="same", activation="relu", name="bottom_conv2")(x)
    for level, filters in ((3, 64), (2, 32), (1, 16)):
        x = layers.Conv2DTranspose(filters, 2, strides=2, name=f"up{level}_conv1")(x)
        x = layers.Concatenate(name=f"up{level}_concat")([skips.pop(), x])
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"up{level}_conv2")(x)
    mask = layers.Conv2D(1, 1, activation="sigmoid", name="mask")(x)
    model = keras.Model(image, mask, name="U-Net")
    groups = {"down.*": "Encoder", "bottom.*": "Bottleneck", "up.*": "Decoder"}
    colors = {"Conv2D": "#e9c46a", "MaxPooling2D": "#c1432e", "Conv2DTranspose": "#2a6f97", "Concatenate": "#9aa5b1"}
    return model, {"layout": "row", "groups": groups, "colors": colors, "text": []}


def resnet_block() -> tuple[keras.Model, PictureOptions]:
    entry = x = keras.Input((56, 56, 256))
    for at, (filters, kernel) in enumerate([(64, 1), (64, 3), (256, 1)], 1):
        x = layers.Conv2D(filters, kernel, padding="same", name=f"conv{at}")(x)
        x = layers.BatchNormalization(name=f"bn{at}")(x)
        if at < 3:
            x = layers.ReLU(name=f"relu{at}")(x)
    x = layers.Add(name="add")([x, entry])
    model = keras.Model(entry, layers.ReLU(name="out")(x), name="Bottleneck block")
    return model, {"layout": "column", "text": ["type", "output_shape", "kernel"], "groups": {"conv.|bn.|relu.": "Residual"}}


def autoencoder() -> tuple[keras.Model, PictureOptions]:
    model = keras.Sequential([keras.Input((28, 28, 1))], name="Autoencoder")
    for at, filters in enumerate((16, 32), 1):
        model.add(layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu", name=f"encoder_conv{at}"))
    model.add(layers.Flatten(name="encoder_flatten"))
    model.add(layers.Dense(16, name="code"))
    model.add(layers.Dense(7 * 7 * 32, name="decoder_dense"))
    model.add(layers.Reshape((7, 7, 32), name="decoder_reshape"))
    for at, filters in enumerate((16, 1), 1):
        model.add(layers.Conv2DTranspose(filters, 3, strides=2, padding="same", name=f"decoder_conv{at}"))
    groups = {"encoder_.*": "Encoder", "decoder_.*": "Decoder"}
    return model, {"layout": "row", "groups": groups, "labels": {"code": "Code"}, "colors": {"code": "#d62728"}}


def bilstm() -> tuple[keras.Model, PictureOptions]:
    model = keras.Sequential(
        [
            keras.Input((200,), dtype="int32"),
            layers.Embedding(20_000, 128, name="embedding"),
            layers.Bidirectional(layers.LSTM(64, return_sequences=True), name="bilstm1"),
            layers.Bidirectional(layers.LSTM(64), name="bilstm2"),
            layers.Dense(1, activation="sigmoid", name="sentiment"),
        ],
        name="BiLSTM",
    )
    return model, {"layout": "column", "text": ["type", "output_shape", "params"]}


FIGURES = (lenet, maps, alexnet, vgg16, unet, resnet_block, autoencoder, bilstm)


def draw(folder: pathlib.Path) -> None:
    """Draw every figure for light and for dark pages."""
    folder.mkdir(exist_ok=True)
    for figure in FIGURES:
        keras.utils.set_random_seed(1)  # feature maps depend on the weights
        model, options = figure()
        stack = seqwidget.inspect(model)
        for theme in ("light", "dark"):
            stack.to_svg(folder / f"{figure.__name__}-{theme}.svg", **{**options, "theme": theme})


if __name__ == "__main__":
    draw(pathlib.Path(sys.argv[1]))
