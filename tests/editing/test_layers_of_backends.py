"""Layers around functions and files of one backend: rows, parameters, edits and feature maps, against the library itself."""

from __future__ import annotations

import pathlib
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.errors import NotAModelError
from tests.backends import BACKEND, module, needs, only_on
from tests.close import as_array

ON_JAX = only_on("jax")
X = np.linspace(-1, 1, 8, dtype="float32").reshape(2, 4)


def affine(params: Any, inputs: Any) -> Any:
    return inputs @ params["w"] + params["b"]


def jax_layer(name: str = "affine", size: int = 4) -> Any:
    weights = {"w": np.full((size, 3), 0.5, "float32"), "b": np.ones(3, "float32")}
    return layers.JaxLayer(affine, params=weights, name=name)


@ON_JAX
def test_a_jax_layer() -> None:
    model = seqwidget.Sequential([keras.Input((4,)), jax_layer(), layers.Dense(2)])
    row = seqwidget.inspect(model).rows[0]
    assert (row.output_shape, row.params, row.trainable_params, row.macs) == ((None, 3), 15, 15, None)
    assert row.unknown["macs"] == "JaxLayer is a custom computation; its cost is unknown"
    (maps,) = seqwidget.feature_extractor(model, ["affine"])(X)
    np.testing.assert_allclose(as_array(maps), X @ np.full((4, 3), 0.5) + 1, rtol=1e-5)
    model.add(jax_layer("more", 2))
    model.undo()
    model.redo()
    assert [row.params for row in seqwidget.inspect(model).rows] == [15, 8, 9]
    with pytest.raises((TypeError, ValueError)):
        model.add(jax_layer("wide", 7))
    assert model.refused.layer.startswith("wide")
    assert len(model.layers) == 3


@ON_JAX
@pytest.mark.filterwarnings("default")
def test_a_lambda_in_a_refused_layer_gives_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    model = seqwidget.Sequential([keras.Input((4,))])
    bad = layers.JaxLayer(lambda params, inputs: inputs @ params["w"], params={"w": np.ones((9, 3), "float32")})
    with pytest.raises((TypeError, ValueError)):
        model.add(bad)
    seqwidget.inspect(keras.Sequential([bad])).to_code()
    assert [str(one.message) for one in recwarn] == []


@ON_JAX
@needs("flax")
def test_a_flax_layer() -> None:
    nn, jax = module("flax.linen"), module("jax")

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x: Any, training: bool = False) -> Any:  # noqa: FBT001, FBT002  as Keras calls it
            return nn.BatchNorm(use_running_average=not training)(nn.Dense(5)(x))

    net = Net()
    variables = net.init(jax.random.key(1), X)
    model = seqwidget.Sequential([keras.Input((4,)), layers.FlaxLayer(net, variables=variables, name="flax"), layers.Dense(2)])
    row = seqwidget.inspect(model).rows[0]
    sizes = {name: sum(leaf.size for leaf in jax.tree.leaves(tree)) for name, tree in variables.items()}
    assert (row.output_shape, row.trainable_params) == ((None, 5), sizes["params"])
    assert row.params == sum(sizes.values())
    (maps,) = seqwidget.feature_extractor(model, ["flax"])(X)
    np.testing.assert_allclose(as_array(maps), net.apply(variables, X), rtol=1e-5)
    model.add(layers.Dense(1))
    model.compile("adam", "mse")
    model.fit(X, np.ones((2, 1)), verbose=0)
    assert seqwidget.inspect(model).state == "compiled"


@only_on("tensorflow")
def test_a_layer_from_a_saved_model(tmp_path: pathlib.Path) -> None:
    inner = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(3, 3), layers.BatchNormalization()])
    inner.export(str(tmp_path / "saved"), verbose=False)
    model = seqwidget.Sequential([keras.Input((8, 8, 1)), layers.TFSMLayer(str(tmp_path / "saved"), name="saved")])
    row = seqwidget.inspect(model).rows[0]
    assert (row.output_shape, row.params, row.macs) == (inner.output_shape, inner.count_params(), None)
    assert row.trainable_params == sum(int(np.prod(weight.shape)) for weight in inner.trainable_weights)
    (maps,) = seqwidget.feature_extractor(model, ["saved"])(x := np.ones((2, 8, 8, 1), "float32"))
    np.testing.assert_allclose(as_array(maps), as_array(inner(x)), rtol=1e-4, atol=1e-5)
    model.add(layers.Flatten())
    model.undo()
    assert len(seqwidget.inspect(model).rows) == 1


def test_a_model_of_another_keras_gets_one_line() -> None:
    other = type("Model", (), {"__module__": "keras.src.models.model"})
    model = type("Sequential", (other,), {"__module__": "keras.src.models.sequential"})()
    with pytest.raises(NotAModelError, match=r"^expected a model of the Keras .* restart the kernel") as caught:
        seqwidget.inspect(model)
    assert f"(backend {BACKEND!r}), received an object of type Sequential of another Keras or backend" in str(caught.value)
    assert "\n" not in str(caught.value)
