"""A fix keeps trained weights if the shapes agree, and otherwise says that they are re-initialised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.editing.sequential import Sequential

CASES: dict[str, tuple[tuple[int, ...], Callable[[], list[Any]], Callable[[], Any], str]] = {
    "LSTM": ((5, 3), lambda: [layers.LSTM(4, name="a")], lambda: layers.LSTM(3), "return_sequences=True"),
    "GRU behind Dense": (
        (5, 3),
        lambda: [layers.Dense(2, name="a"), layers.GRU(4, name="b")],
        lambda: layers.GRU(3),
        "return_sequences=True",
    ),
    "both ways": (
        (5, 3),
        lambda: [layers.Bidirectional(layers.LSTM(4), name="a")],
        lambda: layers.LSTM(3),
        "return_sequences=True",
    ),
    "strides": (
        (8, 8, 3),
        lambda: [layers.Conv2D(4, 3, strides=3, name="a"), layers.BatchNormalization(name="b")],
        lambda: layers.Conv2D(2, 4),
        "strides=1",
    ),
    "padding": (
        (12, 12, 3),
        lambda: [layers.Conv2D(4, 5, name="a"), layers.MaxPooling2D(2, name="b")],
        lambda: layers.Conv2D(2, 6),
        'a padding="same"',
    ),
    "return_state": ((5, 3), lambda: [layers.LSTM(4, return_state=True, name="a")], lambda: layers.Dense(3), "return_state"),
}


def refusing(name: str) -> Any:
    shape, stack, bad, _ = CASES[name]
    keras.utils.set_random_seed(1)
    model = Sequential([keras.Input(shape), *stack()])
    for weight in model.weights:
        weight.assign(np.random.default_rng(weight.shape[-1]).random(weight.shape))  # as if trained
    with pytest.raises(ValueError, match=r"."):
        model.add(bad())
    return model


@pytest.mark.parametrize("way", ["apply", "code"])
@pytest.mark.parametrize("name", CASES)
def test_a_fix_of_an_earlier_layer_keeps_its_weights(name: str, way: str) -> None:
    model = refusing(name)
    before = {layer.name: layer.get_weights() for layer in model.layers}
    fix = next(fix for fix in model.refused.fixes if CASES[name][3] in fix.description)
    assert "re-initialised" not in fix.description
    if way == "apply":
        fix.apply()
    else:
        names: dict[str, Any] = {"keras": keras, "layers": layers, "model": model}
        exec(fix.code, names)
        model = names["model"]
    for layer in model.layers:
        for ours, theirs in zip(layer.get_weights(), before.get(layer.name, layer.get_weights()), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert model.output_shape == fix.output_shape


def test_if_shapes_differ_the_description_says_so() -> None:
    for name in CASES:
        model = refusing(name)
        before = {layer.name: layer.get_weights() for layer in model.layers}
        for index in range(len(model.refused.fixes)):
            model = refusing(name)
            fix = model.refused.fixes[index]
            fix.apply()
            for layer in model.layers:
                kept = before.get(layer.name)
                if kept:
                    same = all(np.array_equal(a, b) for a, b in zip(layer.get_weights(), kept, strict=True))
                    assert same == (f"weights of {layer.name} " not in fix.description), fix.description
