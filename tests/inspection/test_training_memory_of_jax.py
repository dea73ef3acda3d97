"""The memory of a training step is an upper estimate of what XLA reserves for the step that JAX compiles."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from tests.backends import module, only_on

BATCH = 16


def image() -> list[Any]:
    norms = [layers.BatchNormalization(), layers.LayerNormalization(), layers.GroupNormalization(4)]
    return [
        *(layers.Conv2D(8, 3, padding="same", activation="relu"), layers.SpatialDropout2D(0.2), layers.MaxPooling2D()),
        *(one for norm in norms for one in (norm, layers.Activation("relu"), layers.Conv2D(8, 1))),
        *(layers.Flatten(), layers.Dropout(0.5), layers.Dense(32, activation="gelu"), layers.Dense(10, activation="softmax")),
    ]


def vgg() -> list[Any]:
    found: list[Any] = []
    for filters in (16, 32, 64):
        found += [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(2)]
        found.append(layers.MaxPooling2D())
    return [*found, layers.Flatten(), layers.Dense(64, "relu"), layers.Dropout(0.5), layers.Dense(10, "softmax")]


def normalized() -> list[Any]:
    blocks = [(layers.Conv2D(n, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()) for n in (16, 16, 32)]
    return [*(one for block in blocks for one in block), layers.GlobalAveragePooling2D(), layers.Dense(10)]


STACKS: dict[str, tuple[tuple[int, ...], Any]] = {
    "image": ((16, 16, 3), image),
    "vgg": ((96, 96, 3), vgg),
    "normalized": ((64, 64, 3), normalized),
    "convolutions": (
        (64, 64, 3),
        lambda: [
            *(layers.Conv2D(16, 3, padding="same", activation="relu") for _ in range(6)),
            layers.Flatten(),
            layers.Dense(1),
        ],
    ),
    "dense": ((64,), lambda: [layers.Dense(512, "relu"), layers.Dense(512, "relu"), layers.Dense(10)]),
    "sequence": (
        (24,),
        lambda: [
            layers.Embedding(50, 16),
            layers.Conv1D(8, 3, activation="silu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(1),
        ],
    ),
}


def reserved(model: Any, x: np.ndarray, y: np.ndarray) -> int:
    """Return the bytes that the compiled step takes, returns in other memory, and needs meanwhile."""
    model.train_on_batch(x, y)  # builds all variables
    parts = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables, model.metrics_variables)
    state = tuple([one.value for one in part] for part in parts)
    step = module("jax").jit(model.train_step, donate_argnums=0).lower(state, (x, y)).compile()
    found = step.memory_analysis()
    taken = found.argument_size_in_bytes + found.output_size_in_bytes - found.alias_size_in_bytes
    return int(taken + found.temp_size_in_bytes)


@only_on("jax")
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("name", STACKS)
def test_it_is_an_upper_estimate_of_what_the_device_needs(name: str, optimizer: str) -> None:
    shape, stack = STACKS[name]
    model = keras.Sequential([keras.Input(shape, dtype="int32" if name == "sequence" else None), *stack()])
    model.compile(optimizer, "mse")
    total = seqwidget.inspect(model).training_memory(BATCH).total
    x = np.ones((BATCH, *shape), model.inputs[0].dtype)
    used = reserved(model, x, np.ones((BATCH, *model.output_shape[1:]), "float32"))
    assert total is not None
    assert used <= total <= 4 * used
