"""Edits from several threads: none is lost, and none happens while another thread is in ``fit``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.editing.sequential import Sequential
from seqwidget.errors import UserError


def in_threads(*acts: Callable[[], object]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_that_add_to_one_model_lose_no_step() -> None:
    model = Sequential([keras.Input((4,))])
    panel = seqwidget.Summary(model)
    start = threading.Barrier(3)

    def grow(name: str) -> None:
        start.wait()
        for n in range(12):
            model.add(layers.Dense(3, name=f"{name}_{n}"))

    in_threads(*(lambda name=name: grow(name) for name in "abc"))
    assert len(model.layers) == 36
    assert len(model.edits) == 37
    assert [step.layers[-1] for step in model.edits[1:]] == model.layers
    assert sorted(layer.name for layer in model.layers) == sorted(f"{name}_{n}" for name in "abc" for n in range(12))
    twin = keras.Sequential([layer.__class__.from_config(layer.get_config()) for layer in model._layers])
    assert (model.output_shape, model.count_params()) == (twin.output_shape, twin.count_params())
    panel.refresh()
    assert [row["path"] for row in panel.stack["rows"]] == [layer.name for layer in model.layers]
    for _ in range(36):
        model.undo()
    assert model.layers == []
    panel.close()


def test_threads_that_undo_each_go_back_one_step() -> None:
    model = Sequential([keras.Input((4,))])
    for n in range(12):
        model.add(layers.Dense(3, name=f"l{n}"))
    in_threads(*[lambda: [model.undo() for _ in range(4)]] * 3)
    assert (model.edits.position, model.layers) == (0, [])


class InAnotherThread(keras.callbacks.Callback):
    """Runs a function in another thread in the middle of an epoch, and records what it raises."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self.act, self.raised = act, []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002  Keras's signature
        in_threads(self.attempt)

    def attempt(self) -> None:
        try:
            self.act()
        except Exception as error:  # noqa: BLE001  checked below
            self.raised.append(error)


EDITS: dict[str, Callable[[Any], object]] = {
    "add": lambda model: model.add(layers.Dense(3, name="late")),
    "pop": lambda model: model.pop(),
    "undo": lambda model: model.undo(),
    "redo": lambda model: model.redo(),
    "fix": lambda model: model.refused.fixes[0].apply(),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_under_a_fit_in_another_thread_is_refused(name: str) -> None:
    model = Sequential([keras.Input((4,)), layers.Dense(4)])
    model.add(layers.Dense(2))
    model.add(layers.ReLU())
    model.undo()
    with pytest.raises(ValueError, match="ndim"):
        model.add(layers.LSTM(2))
    diagnosis, rows = model.refused, model.layers
    model.compile("sgd", "mse")
    meanwhile = InAnotherThread(lambda: EDITS[name](model))
    recorded = model.fit(np.ones((4, 4)), np.ones((4, 2)), batch_size=2, verbose=0, callbacks=[meanwhile])
    assert [type(error) for error in meanwhile.raised] == [UserError] * 2
    assert "is in fit(), so nothing was done" in str(meanwhile.raised[0])
    assert (model.layers, model.edits.position, model.refused) == (rows, 1, diagnosis)
    assert np.isfinite(recorded.history["loss"][0])
    EDITS[name](model)
    assert model.layers != rows or name == "redo"


def test_a_callback_may_edit_its_own_model_as_with_keras() -> None:
    model = Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    grow = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: model.add(layers.ReLU(name=f"r{epoch}")))
    model.fit(np.ones((4, 4)), np.ones((4, 2)), epochs=2, verbose=0, callbacks=[grow])
    assert [layer.name for layer in model.layers][1:] == ["r0", "r1"]
    assert len(model.edits) == 3
