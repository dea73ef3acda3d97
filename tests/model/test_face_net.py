"""A real, trained network on real pictures: the second network of MTCNN, on scikit-image's crops of faces."""

from __future__ import annotations

import importlib.resources
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.activations.cache import Activations
from seqwidget.activations.channel_health import health
from seqwidget.activations.extractor import feature_extractor
from seqwidget.activations.layer_uses import layer_uses
from seqwidget.activations.samples import Samples
from seqwidget.inspection.inspect import inspect
from tests.close import as_array, assert_close

from .families import in_turn
from .probe import seen

# The environment of the oldest Keras has none of these packages.
joblib = pytest.importorskip("joblib")
lz4_frame = pytest.importorskip("lz4.frame")
data = pytest.importorskip("skimage.data")


def stack() -> list[Any]:
    return [
        *(layers.Conv2D(28, 3, name="conv1"), layers.PReLU(shared_axes=[1, 2]), layers.MaxPooling2D(3, 2, padding="same")),
        *(layers.Conv2D(48, 3, name="conv2"), layers.PReLU(shared_axes=[1, 2]), layers.MaxPooling2D(3, 2, name="pool2")),
        *(layers.Conv2D(64, 2, name="conv3"), layers.PReLU(shared_axes=[1, 2], name="prelu3")),
        *(
            layers.Permute((2, 1, 3)),
            layers.Flatten(),
            layers.Dense(128),
            layers.PReLU(),
            layers.Dense(2, activation="softmax"),
        ),
    ]


@pytest.fixture(scope="module")
def net() -> Any:
    model = keras.Sequential([keras.Input((24, 24, 3)), *stack()])
    path = importlib.resources.files("mtcnn") / "assets" / "weights" / "rnet.lz4"
    with lz4_frame.open(path) as file:  # joblib does not close what it opens by path; Python 3.13 objects
        weights = joblib.load(file)
    model.set_weights(weights[:12] + weights[14:])
    return model


@pytest.fixture(scope="module")
def faces() -> np.ndarray[Any, Any]:
    crops = data.lfw_subset()[[*range(6), *range(100, 106)], :24, :24]
    return np.repeat(crops[..., None] * 2 - 1, 3, axis=-1).astype("float32")


def test_it_recognizes_faces_and_every_layer_is_correct(net: Any, faces: np.ndarray[Any, Any]) -> None:
    outputs = [as_array(output) for output in feature_extractor(net)(faces)]
    for output, right in zip(outputs, in_turn(net.layers, faces), strict=True):
        assert_close(output, right)
    assert (outputs[-1].argmax(axis=1) == [1] * 6 + [0] * 6).all()
    found = Activations(net, layer_uses(net, inspect(net)), Samples((faces,)))
    assert_close(found.of("conv3", 7), outputs[6][7])


def test_its_fields_agree_with_impulses(net: Any) -> None:
    found = layer_uses(net, inspect(net))
    for count, name, side in ((1, "conv1", 22), (6, "pool2", 4), (7, "conv3", 3)):
        parts = seen(stack()[:count], (24, 24, 3)) if count == 1 else seen(convolutions(count), (24, 24, 3))
        rows, columns = found[name].field.seen((side, side))
        np.testing.assert_array_equal(np.einsum("ab,cd->acbd", rows, columns), parts)


def convolutions(count: int) -> list[Any]:
    """Return the stack without its activations, whose weights would be ones here and change nothing."""
    return [layer for layer in stack()[:count] if not isinstance(layer, layers.PReLU)]


def test_its_health_agrees_with_the_outputs(net: Any, faces: np.ndarray[Any, Any]) -> None:
    found = {one.path: one for one in health(Activations(net, layer_uses(net, inspect(net)), Samples((faces,))))}
    assert all(one.not_finite == 0 for one in found.values())
    for name in ("conv1", "prelu3"):
        greatest = as_array(feature_extractor(net, name)(faces)).max(axis=(0, 1, 2))
        assert found[name].dead == tuple(np.flatnonzero(greatest <= 0))
