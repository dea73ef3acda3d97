"""With `keras.distribution`, a panel says how weights are laid out, and what one device holds, as JAX's arrays confirm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from tests.backends import only_on

pytestmark = only_on("jax")


@pytest.fixture
def devices() -> Iterator[list[str]]:
    yield keras.distribution.list_devices()
    keras.distribution.set_distribution(None)


def model_parallel(devices: list[str], split: str = ".*first") -> keras.distribution.ModelParallel:
    mesh = keras.distribution.DeviceMesh((2, 2), ("batch", "model"), devices)
    layouts = keras.distribution.LayoutMap(mesh)
    layouts[f"{split}/kernel"] = (None, "model")
    layouts[f"{split}/bias"] = ("model",)
    return keras.distribution.ModelParallel(layout_map=layouts, batch_dim_name="batch")


def net() -> Any:
    dense = [layers.Dense(16, activation="relu", name="first"), layers.Dense(4, name="last")]
    return seqwidget.Sequential([keras.Input((8,)), *dense], name="net")


def texts(model: keras.Model) -> list[str]:
    return [f"{note.row}: {note}" for note in seqwidget.inspect(model).notes if note.key == "layout"]


def on_one_device(weights: list[Any]) -> int:
    """Return the number of values that the first device really stores."""
    shards = [weight.value.addressable_shards[0] for weight in weights]
    return sum(int(np.prod(shard.data.shape)) for shard in shards)


def test_each_layer_tells_its_layout_if_a_weight_is_split(devices: list[str]) -> None:
    keras.distribution.set_distribution(model_parallel(devices))
    model = net()
    assert on_one_device(model.weights) == 140
    assert [on_one_device(layer.weights) for layer in model.layers] == [72, 68]
    assert texts(model) == [
        "None: Each of 4 devices holds 140 of the 212 parameters of net.",
        "0: each of 4 devices holds 72 of 144 parameters: 8×8 of kernel 8×16, split over model; 8 of bias 16, split over model",
        "1: each of 4 devices holds 68 of 68 parameters: all of kernel 16×4; all of bias 4",
    ]


@pytest.mark.parametrize("of_model", [False, True], ids=["DataParallel", "a LayoutMap that no weight matches"])
def test_one_note_if_every_device_holds_all(devices: list[str], *, of_model: bool) -> None:
    data = keras.distribution.DataParallel(devices=devices)
    keras.distribution.set_distribution(model_parallel(devices, "first") if of_model else data)
    model = net()
    assert on_one_device(model.weights) == 212
    assert texts(model) == ["None: Each of 4 devices holds all 212 parameters of net."]


def test_edits_and_fit_go_on_and_layouts_follow(devices: list[str]) -> None:
    keras.distribution.set_distribution(model_parallel(devices, ".*"))
    model = net()
    assert texts(model)[0] == "None: Each of 4 devices holds 106 of the 212 parameters of net."
    model.compile("adam", "mse")
    x, y = np.ones((8, 8)), np.ones((8, 4))
    model.fit(x, y, batch_size=8, verbose=0)
    with pytest.raises(ValueError, match="expected min_ndim=4"):
        model.add(layers.Conv2D(2, 3))
    assert model.refused
    model.add(layers.Dense(6, name="added"))
    assert texts(model)[-1] == (
        "2: each of 4 devices holds 15 of 30 parameters: 4×3 of kernel 4×6, split over model; 3 of bias 6, split over model"
    )
    model.undo()
    seqwidget.recompile(model)
    model.fit(x, y, batch_size=8, verbose=0)
    assert len(texts(model)) == 3
    (output,) = seqwidget.feature_extractor(model, ["first"])(x)
    np.testing.assert_allclose(output, model.layers[0](x), rtol=1e-5)


def test_functional_models_and_layers_around_layers(devices: list[str]) -> None:
    keras.distribution.set_distribution(model_parallel(devices, ".*"))
    inputs = keras.Input((5, 4))
    outputs = layers.Dense(2, name="dense")(layers.Bidirectional(layers.SimpleRNN(4, name="rnn"), name="both")(inputs))
    first = texts(keras.Model(inputs, outputs, name="graph"))[1]
    assert "4×2 of forward_rnn/simple_rnn_cell/kernel 4×4, split over model" in first


def test_nothing_without_a_distribution() -> None:
    assert texts(net()) == []
