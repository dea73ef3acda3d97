"""A real, trained network on real pictures in the viewer: the second network of MTCNN, on scikit-image's crops of faces."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.model.probe import seen
from tests.model.test_face_net import convolutions

from .test_feature_maps import choose, kernels, pixels, shown

FACES = """\
import importlib.resources, joblib, keras, numpy as np, seqwidget
from keras import layers
from skimage import data
model = keras.Sequential([
    keras.Input((24, 24, 3)),
    layers.Conv2D(28, 3, name="conv1"), layers.PReLU(shared_axes=[1, 2]), layers.MaxPooling2D(3, 2, padding="same"),
    layers.Conv2D(48, 3, name="conv2"), layers.PReLU(shared_axes=[1, 2]), layers.MaxPooling2D(3, 2, name="pool2"),
    layers.Conv2D(64, 2, name="conv3"), layers.PReLU(shared_axes=[1, 2]),
    layers.Permute((2, 1, 3)), layers.Flatten(), layers.Dense(128), layers.PReLU(),
    layers.Dense(2, activation="softmax", name="answer"),
], name="faces")
weights = joblib.load(importlib.resources.files("mtcnn") / "assets" / "weights" / "rnet.lz4")
model.set_weights(weights[:12] + weights[14:])
crops = data.lfw_subset()[[0, 1, 100, 101], :24, :24]
x = np.repeat(crops[..., None] * 2 - 1, 3, axis=-1).astype("float32")
maps = seqwidget.FeatureMaps(model, x, classes=["no face", "face"])
maps.colormap, maps.sample = "grey", 1
maps"""
TRUTH = "keras.Sequential([keras.Input((24, 24, 3)), *model.layers[:{count}]])(x[1:2])"


@pytest.mark.parametrize(("layer", "count", "side"), [("conv1", 1, 22), ("conv2", 4, 9)])
def test_pixels_and_fields(open_lab: Any, lab_root: pathlib.Path, layer: str, count: int, side: int) -> None:
    lab = open_lab(FACES)
    lab.run_all()
    viewer = shown(lab)
    choose(viewer, layer)
    expect(viewer.locator(".sw-body")).to_have_attribute("aria-busy", "false")
    truth = kernels(lab, lab_root, TRUTH.format(count=count))[0]
    picture = pixels(viewer.locator(".sw-grid canvas"))
    scale = 72 // side  # the pixels of a cell; there are gaps below and between tiles
    across = (picture.shape[1] + 6) // (side * scale + 6)
    for channel in range(truth.shape[-1]):
        top, left = channel // across * (side * scale + 17), channel % across * (side * scale + 6)
        tile = picture[top : top + side * scale : scale, left : left + side * scale : scale, 0]
        one = truth[..., channel]
        assert np.abs(tile - (one - one.min()) / (one.max() - one.min()) * 255).max() <= 1.5, channel

    viewer.locator(".sw-grid canvas").click(position={"x": 5, "y": 5})
    row, column = side // 3, side // 2
    pointer = viewer.get_by_role("group", name="Channel 0; use the arrow keys")
    pointer.focus()
    words = viewer.locator(".sw-lens-words")
    for key, times in (
        ("ArrowDown", side),
        ("ArrowUp", side - 1 - row),
        ("ArrowRight", side),
        ("ArrowLeft", side - 1 - column),
    ):
        for _ in range(times):
            pointer.press(key)
    field = np.argwhere(seen(convolutions(count), (24, 24, 3))[row, column])
    (top, left), (bottom, right) = field.min(axis=0), field.max(axis=0)
    expect(words).to_contain_text(
        f"the cell at row {row}, column {column} depends on rows {top}–{bottom}, columns {left}–{right} of the input"
    )
    viewer.locator(".sw-layer-choice select").select_option("answer")
    expect(viewer.locator(".sw-bars li").nth(1)).to_contain_text("face")
    assert lab.errors == []
