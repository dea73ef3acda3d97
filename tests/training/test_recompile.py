"""What the compiled step really does after a change and after `recompile`, proved by training on the current backend."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.editing.flags import set_flags
from seqwidget.errors import CannotRecompileError
from seqwidget.training.recompile import recompile, recompile_plan
from tests.backends import BACKEND, only_on
from tests.close import assert_close

JAX, TORCH = BACKEND == "jax", BACKEND == "torch"
MODES = ["graph"] if JAX else ["graph", "eager"]
X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")  # equal columns would give the first layer no gradient
Y = np.sin(X.sum(axis=1, keepdims=True))
# Some training steps amplify rounding errors to this size; a new optimizer differs by more than a hundredth.
_ROUNDING = 1e-4


def net(mode: str, optimizer: Any = "adam", *, bias: bool = True) -> Any:
    """Build and compile a network without a bias before the normalization, whose gradient would be rounding error."""
    keras.utils.set_random_seed(1)
    first = layers.Dense(8, use_bias=bias, name="a")
    model = keras.Sequential([keras.Input((4,)), first, layers.BatchNormalization(name="norm"), layers.Dense(1, name="b")])
    model.compile(optimizer, "mse", metrics=["mae"], run_eagerly=mode == "eager")
    return model


def values(weights: Any) -> list[Any]:
    return [keras.ops.convert_to_numpy(weight).copy() for weight in weights]


def moved(model: Any, **options: Any) -> set[str]:
    """Train, and return the names of the layers whose weights changed."""
    before = {layer.name: values(layer.weights) for layer in model.layers}
    model.fit(X, Y, batch_size=8, verbose=0, **options)
    return {
        layer.name
        for layer in model.layers
        if any((old != new).any() for old, new in zip(before[layer.name], values(layer.weights), strict=True))
    }


def stale(model: Any) -> list[str]:
    return [row.name for row in seqwidget.inspect(model).rows if row.stale]


@pytest.mark.skipif(JAX, reason="on JAX a fit that raises takes the values of all weights with it")
@pytest.mark.parametrize("mode", MODES)
def test_the_panel_says_that_fit_will_raise_until_it_no_longer_does(mode: str) -> None:
    model = seqwidget.watch(net(mode))
    moved(model)
    model.add(layers.Dense(1, name="c"))
    for _ in range(3):
        assert stale(model) == ["c"]
        assert seqwidget.inspect(model).stale.endswith("fit will raise an error")
        with pytest.raises((KeyError, ValueError, NotImplementedError)):  # Keras 3.10 raises NotImplementedError
            moved(model)
    recompile(model)
    assert stale(model) == []
    assert "c" in moved(model)


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


@only_on("tensorflow")
def test_a_traced_step_ignores_a_freeze_and_the_panel_says_so() -> None:
    model = net("graph")
    moved(model)
    set_flags(model, {model.layers[0]: False})
    facts = seqwidget.inspect(model)
    assert (facts.state, facts.stale) == ("stale", "1 layer changed since compile: fit will ignore this until the next compile")
    assert stale(model) == ["a"]
    assert "a" in moved(model)


@only_on("tensorflow", "torch")  # JAX traces in every case, PyTorch in none
@pytest.mark.parametrize("mode", MODES if TORCH else ["eager"])
def test_an_eager_step_follows_a_freeze_and_raises_for_an_unfreeze(mode: str) -> None:
    model = net(mode)
    model.layers[2].trainable = False
    moved(model)
    model.layers[0].trainable = False
    assert stale(model) == []
    assert moved(model) == {"norm"}
    model.layers[2].trainable = True
    assert seqwidget.inspect(model).stale == "1 layer changed since compile: fit will raise an error"
    with pytest.raises(ValueError, match="Unknown variable"):
        moved(model)


def slot(model: Any, layer: str, name: str) -> Any:
    """Find the optimizer slot of a layer's kernel by Keras's own names of the optimizer's variables."""
    kernel = model.get_layer(layer).kernel.path.replace("/", "_")
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    return values([one for one in optimizer.variables if one.path.endswith(f"{kernel}_{name}")])[0]


@pytest.mark.parametrize("mode", MODES)
def test_training_continues_as_if_not_recompiled(mode: str) -> None:
    """Two runs from one state, one of them recompiled and the other not, end with the same weights."""
    ends = []
    for again in (False, True):
        model = net(mode, bias=False)
        model.fit(X, Y, batch_size=8, epochs=3, shuffle=False, verbose=0)
        if again:
            recompile(model)
        model.fit(X, Y, batch_size=8, epochs=3, shuffle=False, verbose=0)
        ends.append(values(model.weights))
    for went_on, compiled_again in zip(*ends, strict=True):
        assert_close(compiled_again, went_on, _ROUNDING)


def test_slots_and_steps_are_kept_and_new_slots_start_at_zero() -> None:
    model = net("graph")
    model.layers[2].trainable = False
    moved(model)
    momentum, velocity = slot(model, "a", "momentum"), slot(model, "a", "velocity")
    assert np.abs(momentum).max() > 0
    model.layers[2].trainable = True
    plan = recompile_plan(model)
    before = model.optimizer
    assert recompile(model) == plan
    assert model.optimizer is not before
    np.testing.assert_array_equal(slot(model, "a", "momentum"), momentum)
    np.testing.assert_array_equal(slot(model, "a", "velocity"), velocity)
    assert np.abs(slot(model, "b", "momentum")).max() == 0
    assert int(model.optimizer.iterations) == 2
    assert "2 steps counted" in plan.kept
    assert "optimizer slots of 4 weights that still train" in plan.kept
    assert plan.new == ("optimizer slots of 2 weights that now train, starting at zero",)


def test_the_plan_says_what_is_lost_and_changes_nothing() -> None:
    model = net("graph")
    moved(model)
    model.layers[0].trainable = False
    before = (values(model.optimizer.variables), model.optimizer, model.train_function)
    plan = recompile_plan(model)
    assert "optimizer slots of 2 weights that are now frozen" in plan.lost
    assert str(plan).startswith("kept: loss, metrics and settings of compile; Adam; 2 steps counted; learning rate 0.001; ")
    after = (values(model.optimizer.variables), model.optimizer, model.train_function)
    assert before[1:] == after[1:]
    for old, new in zip(before[0], after[0], strict=True):
        np.testing.assert_array_equal(old, new)


class Halving(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule without a config, which Keras could not save."""

    def __call__(self, step: Any) -> Any:
        return 0.1 * 0.5 ** keras.ops.cast(step, "float32")


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.SGD(Halving(), momentum=0.9),
        keras.optimizers.Nadam,
        keras.optimizers.Adafactor,
        lambda: keras.optimizers.RMSprop(centered=True, momentum=0.5),
        # on JAX, Keras itself raises in the second fit with averaging
        lambda: keras.optimizers.Adam(use_ema=not JAX, amsgrad=True),
        lambda: keras.optimizers.Adam(gradient_accumulation_steps=2),
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01, momentum=0.9), initial_scale=8.0),
    ],
)
def test_every_optimizer_keeps_its_state(optimizer: Any) -> None:
    ends = []
    for again in (False, True):
        model = net("graph", optimizer(), bias=False)
        model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0)
        if again:
            recompile(model)
        rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
        model.fit(X, Y, batch_size=8, shuffle=False, verbose=0)
        ends.append([rate, *values(model.weights), *values(model.optimizer.variables)])
    for went_on, compiled_again in zip(*ends, strict=True):
        assert_close(compiled_again, went_on, _ROUNDING)


def test_a_learning_rate_set_by_hand_and_the_loss_scale_are_kept() -> None:
    model = net("graph", keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), initial_scale=64.0))
    moved(model)
    model.optimizer.learning_rate = 0.25
    model.optimizer.dynamic_scale.assign(16.0)
    plan = recompile(model)
    assert {"learning rate 0.25", "loss scale 16"} <= set(plan.kept)
    assert float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) == 0.25
    assert float(keras.ops.convert_to_numpy(model.optimizer.dynamic_scale)) == 16.0


def test_settings_are_kept_as_the_same_objects() -> None:
    def loss(true: Any, predicted: Any) -> Any:
        return keras.ops.mean(keras.ops.abs(true - predicted))

    metric, steps = keras.metrics.MeanSquaredError(name="mine"), 1 if TORCH else 2
    model = net("graph")
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=[metric], steps_per_execution=steps)
    history = model.fit(X, Y, batch_size=8, verbose=0).history
    recompile(model)
    assert model.loss is loss
    assert model.steps_per_execution == steps
    again = model.fit(X, Y, batch_size=8, verbose=0).history
    assert again.keys() == history.keys()
    assert float(keras.ops.convert_to_numpy(metric.result())) == pytest.approx(again["mine"][0])


def test_a_loaded_model_that_is_frozen_before_its_first_fit(tmp_path: Any) -> None:
    """Its optimizer was built for all layers. Until they are traced, steps follow the flags; JAX raises."""
    model = net("graph")
    moved(model)
    model.save(tmp_path / "model.keras")
    model = seqwidget.watch(keras.saving.load_model(tmp_path / "model.keras"))
    model.layers[0].trainable = False
    if JAX:
        assert seqwidget.inspect(model).stale == "1 layer changed since compile: fit will raise an error"
        with pytest.raises(ValueError, match="optimizer_variables"):
            moved(model)
        return
    assert stale(model) == []
    assert "a" not in moved(model)
    assert stale(model) == []
    model.layers[0].trainable = True
    assert stale(model) == ([] if TORCH else ["a"])
    assert ("a" in moved(model)) is TORCH


@only_on("jax")
def test_on_jax_the_next_fit_raises_unless_it_is_recompiled() -> None:
    model = net("graph")
    moved(model)
    model.layers[0].trainable = False
    assert seqwidget.inspect(model).stale == "1 layer changed since compile: fit will raise an error"
    with pytest.raises(ValueError, match="optimizer_variables"):
        moved(model)
    model = net("graph")
    moved(model)
    model.layers[0].trainable = False
    recompile(model)
    assert moved(model) == {"norm", "b"}


def test_before_the_first_fit_nothing_is_stale_and_nothing_lost() -> None:
    model = net("graph")
    assert stale(model) == []
    model.layers[0].trainable = False
    assert seqwidget.inspect(model).state == "compiled"
    optimizer = model.optimizer
    assert "the optimizer as it is: it has not trained yet" in recompile(model).kept
    assert model.optimizer is optimizer
    assert moved(model) == {"norm", "b"}


def test_layers_added_and_removed_after_compile_are_stale() -> None:
    model = net("graph")
    moved(model)
    model.add(layers.Dense(1, name="late"))
    assert stale(model) == ["late"]
    model.pop()
    assert stale(model) == []
    model.pop()
    facts = seqwidget.inspect(model)
    if TORCH:
        assert facts.state == "compiled"
        assert moved(model) == {"a", "norm"}
        return
    assert facts.state == "stale"
    assert facts.stale.startswith("layers were removed since compile: fit will ")


def test_a_model_that_cannot_be_recompiled_gets_an_error_of_one_line() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1)], name="raw")
    for one, received in ((model, "'raw', which was never compiled; call its compile"), ("a word", "'a word'; pass the model")):
        with pytest.raises(CannotRecompileError, match=f"received {received}"):
            recompile(one)
    assert str(recompile_plan(net("graph")))
