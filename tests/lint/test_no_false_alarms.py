"""No note is a false alarm on the models of Keras's documentation."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from seqwidget.inspection.inspect import inspect

from .test_notes import L, nothing_silenced  # noqa: F401  a fixture


def vgg16() -> list[Any]:
    blocks = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
    body = [
        layer
        for filters, count in blocks
        for layer in (*(L.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(count)), L.MaxPooling2D(2))
    ]
    return [
        *body,
        L.Flatten(),
        L.Dense(4096, activation="relu"),
        L.Dense(4096, activation="relu"),
        L.Dense(10, activation="softmax"),
    ]


# Models that Keras's documentation builds as Sequential: the shape of the input, and the layers.
DOCUMENTED: dict[str, tuple[tuple[int | None, ...], Any]] = {
    "guide, the first": ((4,), lambda: [L.Dense(2, activation="relu"), L.Dense(3, activation="relu"), L.Dense(4)]),
    "guide, images": (
        (250, 250, 3),
        lambda: [
            L.Conv2D(32, 5, strides=2, activation="relu"),
            L.Conv2D(32, 3, activation="relu"),
            L.MaxPooling2D(3),
            L.Conv2D(32, 3, activation="relu"),
            L.Conv2D(32, 3, activation="relu"),
            L.MaxPooling2D(3),
            L.Conv2D(32, 3, activation="relu"),
            L.Conv2D(32, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.GlobalMaxPooling2D(),
            L.Dense(10),
        ],
    ),
    "guide, features": (
        (250, 250, 3),
        lambda: [L.Conv2D(32, 5, strides=2, activation="relu"), *(L.Conv2D(32, 3, activation="relu") for _ in range(2))],
    ),
    "guide, transfer": (
        (784,),
        lambda: [L.Dense(32, activation="relu"), L.Dense(32, activation="relu"), L.Dense(32, activation="relu"), L.Dense(10)],
    ),
    "mnist convnet": (
        (28, 28, 1),
        lambda: [
            L.Conv2D(32, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Conv2D(64, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Flatten(),
            L.Dropout(0.5),
            L.Dense(10, activation="softmax"),
        ],
    ),
    "mnist convnet of the introduction": (
        (28, 28, 1),
        lambda: [
            L.Conv2D(64, 3, activation="relu"),
            L.Conv2D(64, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Conv2D(128, 3, activation="relu"),
            L.Conv2D(128, 3, activation="relu"),
            L.GlobalAveragePooling2D(),
            L.Dropout(0.5),
            L.Dense(10, activation="softmax"),
        ],
    ),
    "mnist, dense": (
        (28, 28),
        lambda: [L.Flatten(), L.Dense(128, activation="relu"), L.Dropout(0.2), L.Dense(10)],
    ),
    "mnist mlp": (
        (784,),
        lambda: [
            L.Dense(512, activation="relu"),
            L.Dropout(0.2),
            L.Dense(512, activation="relu"),
            L.Dropout(0.2),
            L.Dense(10, activation="softmax"),
        ],
    ),
    "reuters mlp": (
        (1000,),
        lambda: [L.Dense(512), L.Activation("relu"), L.Dropout(0.5), L.Dense(46), L.Activation("softmax")],
    ),
    "credit card fraud": (
        (30,),
        lambda: [
            L.Dense(256, activation="relu"),
            L.Dense(256, activation="relu"),
            L.Dropout(0.3),
            L.Dense(256, activation="relu"),
            L.Dropout(0.3),
            L.Dense(1, activation="sigmoid"),
        ],
    ),
    "imdb, bidirectional LSTM": (
        (200,),
        lambda: [
            L.Embedding(20_000, 128),
            L.Bidirectional(L.LSTM(64, return_sequences=True)),
            L.Bidirectional(L.LSTM(64)),
            L.Dense(1, activation="sigmoid"),
        ],
    ),
    "text classification from scratch": (
        (500,),
        lambda: [
            L.Embedding(20_000, 128),
            L.Dropout(0.5),
            L.Conv1D(128, 7, padding="same", strides=3, activation="relu"),
            L.Conv1D(128, 7, padding="same", strides=3, activation="relu"),
            L.GlobalMaxPooling1D(),
            L.Dense(128, activation="relu"),
            L.Dropout(0.5),
            L.Dense(1, activation="sigmoid"),
        ],
    ),
    "timeseries anomaly autoencoder": (
        (288, 1),
        lambda: [
            L.Conv1D(32, 7, padding="same", strides=2, activation="relu"),
            L.Dropout(0.2),
            L.Conv1D(16, 7, padding="same", strides=2, activation="relu"),
            L.Conv1DTranspose(16, 7, padding="same", strides=2, activation="relu"),
            L.Dropout(0.2),
            L.Conv1DTranspose(32, 7, padding="same", strides=2, activation="relu"),
            L.Conv1DTranspose(1, 7, padding="same"),
        ],
    ),
    "addition with an RNN": (
        (7, 12),
        lambda: [
            L.LSTM(128),
            L.RepeatVector(4),
            L.LSTM(128, return_sequences=True),
            L.Dense(12, activation="softmax"),
        ],
    ),
    "DCGAN discriminator": (
        (64, 64, 3),
        lambda: [
            L.Conv2D(64, 4, strides=2, padding="same"),
            L.LeakyReLU(negative_slope=0.2),
            L.Conv2D(128, 4, strides=2, padding="same"),
            L.LeakyReLU(negative_slope=0.2),
            L.Conv2D(128, 4, strides=2, padding="same"),
            L.LeakyReLU(negative_slope=0.2),
            L.Flatten(),
            L.Dropout(0.2),
            L.Dense(1, activation="sigmoid"),
        ],
    ),
    "DCGAN generator": (
        (128,),
        lambda: [
            L.Dense(8 * 8 * 128),
            L.Reshape((8, 8, 128)),
            L.Conv2DTranspose(128, 4, strides=2, padding="same"),
            L.LeakyReLU(negative_slope=0.2),
            L.Conv2DTranspose(256, 4, strides=2, padding="same"),
            L.LeakyReLU(negative_slope=0.2),
            L.Conv2DTranspose(512, 4, strides=2, padding="same"),
            L.LeakyReLU(negative_slope=0.2),
            L.Conv2D(3, 5, padding="same", activation="sigmoid"),
        ],
    ),
    "cifar10 convnet": (
        (32, 32, 3),
        lambda: [
            L.Conv2D(32, 3, padding="same", activation="relu"),
            L.Conv2D(32, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Dropout(0.25),
            L.Conv2D(64, 3, padding="same", activation="relu"),
            L.Conv2D(64, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Dropout(0.25),
            L.Flatten(),
            L.Dense(512, activation="relu"),
            L.Dropout(0.5),
            L.Dense(10, activation="softmax"),
        ],
    ),
    "VGG-like convnet": (
        (100, 100, 3),
        lambda: [
            L.Conv2D(32, 3, activation="relu"),
            L.Conv2D(32, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Dropout(0.25),
            L.Conv2D(64, 3, activation="relu"),
            L.Conv2D(64, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Dropout(0.25),
            L.Flatten(),
            L.Dense(256, activation="relu"),
            L.Dropout(0.5),
            L.Dense(10, activation="softmax"),
        ],
    ),
    "VGG16": ((224, 224, 3), vgg16),
    "next-frame ConvLSTM": (
        (None, 40, 40, 1),
        lambda: [
            *(
                layer
                for _ in range(3)
                for layer in (L.ConvLSTM2D(40, 3, padding="same", return_sequences=True), L.BatchNormalization())
            ),
            L.Conv3D(1, 3, activation="sigmoid", padding="same"),
        ],
    ),
    "augmentation": ((180, 180, 3), lambda: [L.RandomFlip("horizontal"), L.RandomRotation(0.1)]),
}
# Notes that are right on these models: pixels that a stride ignores, and in two old examples 94 % and 99 % of all weights
# in the Dense after a Flatten.
FACTS = {"cifar10 convnet": {"cropped-pixels", "most-parameters"}, "VGG-like convnet": {"cropped-pixels", "most-parameters"}}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_no_false_alarm_on_a_model_of_the_documentation(name: str) -> None:
    shape, make = DOCUMENTED[name]
    model = keras.Sequential([keras.Input(shape), *make()])
    model.compile("sgd", "mse")
    assert {note.key for note in inspect(model).notes} <= FACTS.get(name, {"cropped-pixels"})


LARGE = {"VGG16", "DCGAN generator"}  # building each of their layers is slow, and tests nothing more


@pytest.mark.parametrize("name", sorted(DOCUMENTED.keys() - LARGE))
def test_no_false_alarm_while_it_is_being_built(name: str) -> None:
    shape, make = DOCUMENTED[name]
    model = keras.Sequential([keras.Input(shape)])
    for layer in make():
        model.add(layer)
        assert {note.key for note in inspect(model).notes} <= FACTS.get(name, {"cropped-pixels"})
