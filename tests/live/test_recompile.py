"""What the compiled step really does after a change, and after `recompile`: proven by training, on whichever backend runs."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.live.recompile import CannotRecompileError, recompile, recompile_plan
from seqwidget.live.trainable import set_flags

JAX = keras.backend.backend() == "jax"
MODES = ["graph"] if JAX else ["graph", "eager"]
X = np.linspace(-1, 1, 64, dtype="float32").reshape(16, 4)
Y = np.sin(X.sum(axis=1, keepdims=True))


def net(mode: str, optimizer: Any = "adam") -> Any:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(8, name="a"), layers.BatchNormalization(name="norm"), layers.Dense(1, name="b")]
    )
    model.compile(optimizer, "mse", metrics=["mae"], run_eagerly=mode == "eager")
    return model


def values(weights: Any) -> list[Any]:
    return [keras.ops.convert_to_numpy(weight).copy() for weight in weights]


def moved(model: Any, **options: Any) -> set[str]:
    """Train, and give the names of the layers that any weight of moved."""
    before = {layer.name: values(layer.weights) for layer in model.layers}
    model.fit(X, Y, batch_size=8, verbose=0, **options)
    return {
        layer.name
        for layer in model.layers
        if any((old != new).any() for old, new in zip(before[layer.name], values(layer.weights), strict=True))
    }


def stale(model: Any) -> list[str]:
    return [row.name for row in seqwidget.inspect(model).rows if row.stale]


@pytest.mark.parametrize("mode", MODES)
def test_frozen_weights_stay_and_unfrozen_ones_move_after_recompile(mode: str) -> None:
    model = net(mode)
    assert moved(model) == {"a", "norm", "b"}
    set_flags(model, {model.layers[0]: False, model.layers[1]: False})
    recompile(model)
    assert stale(model) == []
    assert moved(model) == {"b"}
    set_flags(model, {model.layers[0]: True, model.layers[2]: False})
    recompile(model)
    assert moved(model) == {"a"}


def test_a_step_that_is_traced_ignores_what_was_frozen_and_says_so() -> None:
    if JAX:
        pytest.skip("on JAX it raises")
    model = net("graph")
    moved(model)
    set_flags(model, {model.layers[0]: False})
    facts = seqwidget.inspect(model)
    assert (facts.state, facts.stale) == ("stale", "1 layer changed since compile: fit will ignore it")
    assert stale(model) == ["a"]
    assert "a" in moved(model)


def test_an_eager_step_honours_what_was_frozen_and_raises_for_what_was_unfrozen() -> None:
    if JAX:
        pytest.skip("JAX traces in every case")
    model = net("eager")
    model.layers[2].trainable = False
    moved(model)
    model.layers[0].trainable = False
    assert stale(model) == []
    assert moved(model) == {"norm"}
    model.layers[2].trainable = True
    assert seqwidget.inspect(model).stale == "1 layer changed since compile: fit will raise an error"
    with pytest.raises(ValueError, match="Unknown variable"):
        moved(model)
