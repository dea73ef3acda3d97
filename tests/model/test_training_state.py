"""The state of switches, the effect of freezing, and the memory of the optimizer; tests/training checks what a step trains."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.model.training_state import slot_bytes, slot_memory, switches
from tests.render.stacks import row

X, Y = np.linspace(0, 1, 64, dtype="float32").reshape(16, 4), np.ones((16, 1), "float32")


def test_the_state_of_switches() -> None:
    base = row(name="base", kind="model", trains=True)
    inside = [row(depth=1, trains=True), row(depth=1, trains=False), row(depth=1, params=0, trains=None)]
    assert switches([base, *inside, row(trains=False)]) == ["mixed", "on", "off", "", "off"]
    assert switches([base, inside[0], inside[2]])[0] == "on"
    assert switches([base, inside[1], row(kind="model", depth=1), row(depth=2, trains=False)])[0] == "off"
    assert switches([base, inside[2]])[0] == ""
    assert switches([row(params=None, trains=None, trainable=False), row(params=None, trains=None)]) == ["off", "on"]


def transfer() -> Any:
    base = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(4, name="d"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.9, name="drop"),
        ],
        name="base",
    )
    return keras.Sequential([keras.Input((4,)), base, layers.Dense(1, name="head")])


def notes(model: Any) -> dict[str, tuple[str, ...]]:
    return {one.name: one.training_notes for one in seqwidget.inspect(model).rows}


@pytest.mark.parametrize("own_flag", [False, True])
def test_the_note_on_a_frozen_normalization_is_true(own_flag: Any) -> None:
    model = transfer()
    base = model.layers[0]
    norm = base.get_layer("norm")
    base.trainable = False
    norm.trainable = own_flag
    model.compile("adam", "mse")
    before = [keras.ops.convert_to_numpy(one).copy() for one in (norm.moving_mean, norm.beta)]
    model.fit(X, Y, verbose=0)
    moves = [
        bool((keras.ops.convert_to_numpy(a) != b).any()) for a, b in zip((norm.moving_mean, norm.beta), before, strict=True)
    ]
    said = notes(model)["norm"]
    assert moves == [own_flag, own_flag]
    if own_flag:
        assert said == (
            "trains although base, which contains it, is frozen: its own flag was set later",
            "its moving statistics still change in fit, because its own flag is trainable",
        )
    else:
        assert said == ("runs in inference mode even in fit: its moving statistics do not change",)


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_the_note_on_a_layer_in_a_frozen_model_is_true() -> None:
    model = transfer()
    model.trainable = False
    norm = model.layers[0].get_layer("norm")
    norm.trainable = True
    model.compile("adam", "mse")
    before = keras.ops.convert_to_numpy(norm.beta).copy()
    model.fit(X, Y, verbose=0)
    assert (keras.ops.convert_to_numpy(norm.beta) == before).all()
    assert notes(model)["norm"][0] == f"does not train, whatever its own flag says: {model.name}, which contains it, is frozen"


def test_the_note_on_a_frozen_dropout_is_true() -> None:
    model = transfer()
    model.trainable = False
    drop = model.layers[0].get_layer("drop")
    dropped = keras.ops.convert_to_numpy(drop(np.ones((1, 100)), training=True))
    assert (dropped == 0).mean() > 0.5
    assert notes(model)["drop"] == ("still drops units in fit: it has no weights to freeze",)


def test_there_is_no_note_without_frozen_layers() -> None:
    assert set(notes(transfer()).values()) == {()}


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop", "lion", "adagrad", "adamw"])
def test_slots_agree_with_the_built_optimizer(optimizer: str) -> None:
    model = transfer()
    model.compile(optimizer, "mse")
    told = slot_bytes(model)
    before = sum(np.asarray(one).nbytes for one in model.optimizer.variables)
    model.optimizer.build(model.trainable_variables)
    built = sum(keras.ops.convert_to_numpy(one).nbytes for one in model.optimizer.variables)
    assert sum((told or {}).values()) == built - before
    assert slot_bytes(model) == told


def test_the_memory_that_freezing_saves_is_known_before_and_after() -> None:
    model = transfer()
    model.compile("adam", "mse")
    everything = slot_memory(model)
    model.layers[0].trainable = False
    head = 2 * 4 * 5  # momentum and velocity, 4 bytes per number, 5 weights
    assert slot_memory(model) == {"train": head, "saves": everything["train"] - head}
    assert everything["saves"] == 0


def test_slots_that_cannot_be_known() -> None:
    model = transfer()
    assert slot_memory(model) is None
    model.compile("nadam", "mse")
    assert slot_memory(model) is None
    model.fit(X, Y, verbose=0)
    assert slot_memory(model) == {"train": 8 * sum(np.prod(w.shape) for w in model.trainable_weights), "saves": 0}


def test_slots_that_an_optimizer_stores_unusually_are_unknown() -> None:
    class Own(keras.optimizers.SGD):
        def build(self, variables: Any) -> None:
            super().build(variables)
            self.by_path = {one.path: self.add_variable_from_reference(one, name="own") for one in variables}

    model = transfer()
    model.compile(Own(), "mse")
    model.fit(X, Y, verbose=0)
    assert slot_memory(model) is None


def next_name() -> int:
    """Return the number in the name of the next optimizer; Keras 3.10 does not number them."""
    return int(keras.optimizers.Adam().name.partition("_")[2] or 0)


def test_looking_changes_nothing() -> None:
    model = transfer()
    model.compile("adam", "mse")
    optimizer = model.optimizer
    first, second = next_name(), next_name()
    slot_bytes(model)
    seqwidget.inspect(model)
    assert not optimizer.built
    assert len(optimizer.variables) == 2
    assert next_name() - second == second - first
