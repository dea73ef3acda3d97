"""Trainable flags are set together, even in nested models, can be restored, and are pending while the model is in ``fit``."""

# ruff: noqa: ARG002  Keras's signatures

from __future__ import annotations

import itertools
import threading
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.editing.events import Edited, subscribe
from seqwidget.editing.flags import apply_flags, set_flags
from seqwidget.training.pending_changes import ask, pending
from tests.backends import BACKEND
from tests.close import assert_close

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")  # equal columns would give the first layer no gradient
Y = np.sin(X.sum(axis=1, keepdims=True))


def nested() -> Any:
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="x"), layers.Dense(4, name="y")], name="inner")
    base = keras.Sequential([keras.Input((4,)), inner, layers.BatchNormalization(name="norm")], name="base")
    return seqwidget.Sequential([keras.Input((4,)), base, layers.Dense(1, name="head")], name="outer")


def parts(model: Any) -> dict[str, Any]:
    base = model.layers[0]
    inner = base.layers[0]
    return {"base": base, "inner": inner, "x": inner.layers[0], "y": inner.layers[1], "norm": base.layers[1]}


def training(model: Any) -> set[str]:
    """Return the weights that Keras regards as trainable, as ``layer/weight``."""
    return {"/".join(weight.path.split("/")[-2:]) for weight in model.trainable_weights}


def test_one_layer_of_a_frozen_base_trains_and_the_rest_stays_frozen() -> None:
    model = nested()
    part = parts(model)
    set_flags(model, {part["base"]: False})
    assert training(model) == {"head/kernel", "head/bias"}
    before = set_flags(model, {part["y"]: True})
    assert training(model) == {"head/kernel", "head/bias", "y/kernel", "y/bias"}
    assert not part["norm"].trainable
    assert before == {part["base"]: False, part["inner"]: False, part["y"]: False}


def test_a_base_and_one_of_its_layers_together() -> None:
    model = nested()
    part = parts(model)
    set_flags(model, {part["y"]: True, part["base"]: False})
    assert training(model) == {"head/kernel", "head/bias", "y/kernel", "y/bias"}


def test_flags_are_restored_exactly() -> None:
    model = nested()
    part = parts(model)
    part["base"].trainable = False
    part["y"].trainable = True  # a flag without any effect, which must still be restored
    flags = {layer: layer.trainable for layer in [model, *part.values(), *model.layers]}
    before = set_flags(model, {part["base"]: True, model.layers[1]: False})
    assert training(model) == {"x/kernel", "x/bias", "y/kernel", "y/bias", "norm/gamma", "norm/beta"}
    apply_flags(model, before)
    assert {layer: layer.trainable for layer in flags} == flags


def test_unfreezing_a_model_whose_own_flag_is_set_already() -> None:
    """TensorFlow's attribute tracking skips an assignment that changes nothing, so Keras does not reach the inner layers."""
    model = nested()
    set_flags(model, dict.fromkeys(model.layers, False))
    assert model.trainable
    set_flags(model, {model: True})
    assert len(training(model)) == 8


def test_many_flags_are_one_notification() -> None:
    model = nested()
    news: list[Any] = []
    subscribe(model, news.append)
    set_flags(model, dict.fromkeys(parts(model).values(), False))
    assert [(type(event), event.model) for event in news] == [(Edited, model)]


class FromAnotherThread(keras.callbacks.Callback):
    """Sets flags from another thread in the middle of an epoch, as a widget may."""

    def __init__(self, flags: Any, epoch: int = 0) -> None:
        super().__init__()
        self.flags, self.epoch = flags, epoch
        self.done: list[bool] = []
        self.until: list[str] = []
        self.weights: list[Any] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.at = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.at == self.epoch and batch == 0:
            thread = threading.Thread(target=lambda: self.done.append(ask(self.model, self.flags)))
            thread.start()
            thread.join(30)
            self.until.append(str(seqwidget.Trainable(self.model).waiting["until"]))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.weights.append(keras.ops.convert_to_numpy(self.model.layers[-1].kernel).copy())


def fitted(*callbacks: Any, epochs: int = 3, shown: bool = False) -> Any:
    keras.utils.set_random_seed(2)
    model = nested()
    if shown:
        seqwidget.Summary(model)
    model.compile(keras.optimizers.SGD(0.05), "mse")
    model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, shuffle=False, callbacks=[each(model) for each in callbacks])
    return model


def test_a_change_during_fit_is_pending_until_its_end_and_does_not_affect_the_run() -> None:
    asked: list[FromAnotherThread] = []

    def during(model: Any) -> Any:
        asked.append(FromAnotherThread({model.layers[-1]: False}))
        return asked[0]

    undisturbed, model = fitted(), fitted(during)
    assert asked[0].done == [False]
    assert asked[0].until == ["when fit has ended"]
    for alone, disturbed in zip(undisturbed.weights, model.weights, strict=True):
        if alone.path.endswith(("x/bias", "y/bias")):
            continue  # before a normalization, the gradient of these is only rounding error
        assert_close(disturbed, alone, 1e-4)  # rounding errors of three epochs; a frozen head differs by a tenth
    assert not model.layers[-1].trainable
    assert not pending(model)
    assert seqwidget.inspect(model).state == ("compiled" if BACKEND == "torch" else "stale")  # it has no traced step


@pytest.mark.parametrize("shown", [False, True], ids=["callback", "shown"])
@pytest.mark.parametrize("frozen", [True, False])
def test_with_the_callback_or_a_panel_a_change_takes_effect_at_the_next_epoch(frozen: Any, shown: bool) -> None:  # noqa: FBT001
    asked: list[FromAnotherThread] = []

    def during(model: Any) -> Any:
        if not frozen:
            set_flags(model, {model.layers[-1]: False})
        asked.append(FromAnotherThread({model.layers[-1]: not frozen}, epoch=1))
        return asked[0]

    callbacks = [] if shown else [lambda _: seqwidget.TrainableCallback()]
    model = fitted(*callbacks, during, epochs=5, shown=shown)
    assert asked[0].until == ["at the next epoch"]
    weights = asked[0].weights
    moves = [bool((before != after).any()) for before, after in itertools.pairwise(weights)]
    assert moves == ([True, False, False, False] if frozen else [False, True, True, True])
    assert seqwidget.inspect(model).state == "compiled"
    assert int(model.optimizer.iterations) == 5 * 4
    if shown:
        (run,) = seqwidget.runs(model)
        assert run.changes == (f"{'froze' if frozen else 'unfroze'} head at epoch 3",)
        assert run.state == "finished"
        seqwidget.Summary(model).close()


class Bare(keras.optimizers.SGD):
    """An optimizer that cannot be rebuilt from its config."""

    def get_config(self) -> Any:
        raise NotImplementedError


def test_a_panel_says_if_a_change_has_to_wait() -> None:
    model = nested()
    model.compile(Bare(0.05), "mse")
    panel = seqwidget.Summary(model)
    asked = FromAnotherThread({model.layers[-1]: False})
    model.fit(X, Y, batch_size=4, epochs=3, verbose=0, callbacks=[asked])
    assert asked.until == ["when fit has ended"]
    moves = [bool((before != after).any()) for before, after in itertools.pairwise(asked.weights)]
    assert moves == [True, True]
    assert not model.layers[-1].trainable
    panel.close()


def test_pending_changes_are_applied_when_fit_raises() -> None:
    class Raises(FromAnotherThread):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            raise RuntimeError

    model = nested()
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError):
        model.fit(X, Y, verbose=0, callbacks=[Raises({model.layers[-1]: False})])
    assert not model.layers[-1].trainable
    assert ask(model, {model.layers[-1]: True})
    assert model.layers[-1].trainable


def test_a_pending_change_that_is_cancelled_is_no_longer_pending() -> None:
    left: list[Any] = []

    class TakesBack(FromAnotherThread):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            left.append(dict(pending(self.model)))
            ask(self.model, {self.model.layers[-1]: True})
            left.append(dict(pending(self.model)))

    model = nested()
    head = model.layers[-1]
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0, callbacks=[TakesBack({head: False})])
    assert left == [{head: False}, {}]
    assert head.trainable


def test_recompiling_during_fit_is_refused() -> None:
    refused: list[Exception] = []

    class Recompiles(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            try:
                seqwidget.recompile(self.model)
            except ValueError as error:
                refused.append(error)

    model = nested()
    model.compile("sgd", "mse")
    model.fit(X, Y, batch_size=16, verbose=0, callbacks=[Recompiles()])
    assert str(refused[0]).startswith("recompile expected a model that is not in fit(), received 'outer', which is; ")


def test_evaluating_within_fit_does_not_apply_pending_changes() -> None:
    asked: list[FromAnotherThread] = []

    class Watches(FromAnotherThread):
        def on_test_end(self, logs: Any = None) -> None:
            self.done.append(self.model.layers[-1].trainable)

    model = nested()
    model.compile("sgd", "mse")
    asked.append(Watches({model.layers[-1]: False}))
    model.fit(X, Y, validation_data=(X, Y), verbose=0, callbacks=asked)
    assert asked[0].done == [False, True]
    assert not model.layers[-1].trainable
