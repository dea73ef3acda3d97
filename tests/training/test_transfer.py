"""Transfer learning in its two usual ways, with a real network and real images from packages."""

from __future__ import annotations

import importlib.util
import pathlib
from typing import Any

import joblib
import keras
import numpy as np
import pytest
from keras import layers
from skimage import data
from sklearn.datasets import load_digits

import seqwidget


def features() -> list[Any]:
    """MTCNN's refinement network, without its two heads."""
    return [
        layers.Conv2D(28, 3, name="block1_conv"),
        layers.PReLU(shared_axes=[1, 2], name="block1_prelu"),
        layers.MaxPooling2D(3, 2, padding="same", name="block1_pool"),
        layers.Conv2D(48, 3, name="block2_conv"),
        layers.PReLU(shared_axes=[1, 2], name="block2_prelu"),
        layers.MaxPooling2D(3, 2, name="block2_pool"),
        layers.Conv2D(64, 2, name="block3_conv"),
        layers.PReLU(shared_axes=[1, 2], name="block3_prelu"),
        layers.Permute((2, 1, 3), name="permute"),
        layers.Flatten(name="flatten"),
        layers.Dense(128, name="dense"),
        layers.PReLU(name="dense_prelu"),
    ]


def face_net() -> Any:
    verdict = layers.Dense(2, activation="softmax", name="verdict")
    return keras.Sequential([keras.Input((24, 24, 3)), *features(), verdict], name="faces")


@pytest.fixture(scope="module")
def stored() -> list[Any]:
    folder = pathlib.Path(importlib.util.find_spec("mtcnn").origin).parent  # type: ignore[union-attr, arg-type]
    return joblib.load(folder / "assets" / "weights" / "rnet.lz4")


def prepared(images: Any) -> Any:
    return np.repeat(np.asarray(images, "float32")[..., None], 3, axis=-1) * 2 - 1


def moved(model: Any, x: Any, y: Any, **options: Any) -> set[str]:
    before = [weight.numpy() for weight in model.weights]
    model.fit(x, y, verbose=0, **options)
    pairs = zip(before, model.weights, strict=True)
    return {weight.path.split("/")[-2] for old, weight in pairs if (old != weight.numpy()).any()}


def test_all_but_the_last_layer_frozen_after_load_weights(stored: list[Any], tmp_path: pathlib.Path) -> None:
    pretrained = face_net()
    pretrained.set_weights([*stored[:12], *stored[14:]])
    patches = prepared(data.lfw_subset()[:, :24, :24])
    said_face = pretrained.predict(patches, verbose=0)[:, 1] > 0.5
    assert (said_face[:100].sum(), said_face[100:].sum()) == (100, 0)
    pretrained.save_weights(tmp_path / "faces.weights.h5")

    model = face_net()
    model.load_weights(tmp_path / "faces.weights.h5")
    seqwidget.Trainable(model).train_last_only()
    model.compile("adam", "sparse_categorical_crossentropy")
    assert moved(model, patches, np.arange(200) % 2) == {"verdict"}
    facts = seqwidget.inspect(model)
    assert facts.totals.trainable_params == 258
    assert facts.state == "compiled"


def test_a_frozen_base_with_a_new_head_and_then_fine_tuning_from_the_top(stored: list[Any]) -> None:
    keras.utils.set_random_seed(3)
    digits = load_digits()
    x, y = prepared(np.kron(digits.images / 16, np.ones((3, 3)))), digits.target
    train, test = (x[:300], y[:300]), (x[1000:], y[1000:])
    base = keras.Sequential([keras.Input((24, 24, 3)), *features()], name="base")
    base.set_weights(stored[:12])
    base.trainable = False
    head = layers.Dense(10, activation="softmax", name="digit")
    model = keras.Sequential([keras.Input((24, 24, 3)), base, layers.Dropout(0.2), head])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    assert moved(model, *train, epochs=15) == {"digit"}
    with_the_head = model.evaluate(*test, verbose=0)[1]
    assert with_the_head > 0.7

    panel = seqwidget.Trainable(model)
    panel.unfreeze(start="base/block3_conv")
    assert panel.stack["stale"] == "4 layers changed since compile: fit will ignore this until the next compile"
    seqwidget.recompile(model)
    model.optimizer.learning_rate = 0.001
    assert moved(model, *train, epochs=10) == {"block3_conv", "block3_prelu", "dense", "dense_prelu", "digit"}
    assert model.evaluate(*test, verbose=0)[1] > with_the_head


def test_the_base_opens_to_its_own_layers_and_counts_once() -> None:
    base = keras.Sequential([keras.Input((24, 24, 3)), *features()], name="base")
    model = keras.Sequential([keras.Input((24, 24, 3)), base, layers.Dense(10, name="digit")])
    facts, alone = seqwidget.inspect(model), seqwidget.inspect(base)
    assert [row.path for row in facts.rows] == ["base", *(f"base/{row.name}" for row in alone.rows), "digit"]
    assert facts.totals.macs == alone.totals.macs + 128 * 10
    assert facts.rows[0].macs == alone.totals.macs
