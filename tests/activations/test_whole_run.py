"""Each pass of a viewer compiles at most one graph for all layers, with the same outputs as the layers themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.activations import cache
from seqwidget.activations.cache import Activations
from seqwidget.activations.layer_uses import layer_uses
from seqwidget.activations.run import last
from seqwidget.activations.samples import Samples
from seqwidget.inspection.inspect import inspect
from seqwidget.keras_compat.one_graph import are_computed
from tests.backends import module, only_on
from tests.close import as_array

from ..model.families import FAMILIES, in_turn, sample_of


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets an item for each graph that the backend compiles or traces."""
    found: list[str] = []
    if keras.backend.backend() == "jax":
        jax = module("jax")
        event = "/jax/core/compile/backend_compile_duration"
        jax.monitoring.register_event_duration_secs_listener(
            lambda name, *_, **__: found.append(name) if name == event else None
        )
    else:
        graphs = module("tensorflow.python.framework.func_graph")
        begin: Callable[..., None] = graphs.FuncGraph.__init__

        def counted(self: Any, name: str, *args: Any, **kwargs: Any) -> None:
            found.append(name)
            begin(self, name, *args, **kwargs)

        monkeypatch.setattr(graphs.FuncGraph, "__init__", counted)
    return found


def model_of(units: int, rate: float = 0.5) -> keras.Sequential:
    """Return a model whose shapes depend on ``units``, so that nothing of it has been compiled before."""
    blocks = [layers.Conv2D(units, 3, activation="relu"), layers.BatchNormalization(), layers.MaxPooling2D(2)]
    tail = [layers.Flatten(), layers.Dropout(rate), layers.Dense(units + 1), layers.Softmax()]
    return keras.Sequential([keras.Input((13, 13, 3)), *blocks, layers.Conv2D(units + 2, 2), *tail])


def activations_of(model: Any, x: np.ndarray[Any, Any], **options: Any) -> Activations:
    return Activations(model, layer_uses(model, inspect(model)), Samples((x,)), **options)


def images(count: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).normal(size=(count, 13, 13, 3)).astype("float32")


@only_on("jax", "tensorflow")
def test_all_layers_and_samples_need_one_graph_at_most(compiled: list[str]) -> None:
    model, x = model_of(5), images(3)
    found = activations_of(model, x)
    compiled.clear()
    outputs = {path: found.of(path, sample) for sample in range(3) for path in found.places}
    assert len(outputs) == len(model.layers)
    most = 1 if keras.backend.backend() == "jax" else 0
    assert len(compiled) == most
    for variable in model.weights:
        variable.assign(variable + 0.25)
    compiled.clear()
    again = activations_of(model, x)  # a viewer that has seen new weights
    now = {path: again.of(path, 0) for path in again.places}
    assert compiled == []
    for layer, right in zip(model.layers, in_turn(model.layers, x[:1]), strict=True):
        np.testing.assert_allclose(now[layer.name], right[0], rtol=2e-3, atol=1e-5)


@only_on("jax")
def test_while_the_graph_runs_other_code_can_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """JAX returns outputs before it has computed them."""
    looks: list[bool] = []

    def look(outputs: Any) -> bool:
        looks.append(are_computed(list(outputs)))
        return looks[-1] and len(looks) > 3

    monkeypatch.setattr(cache, "are_computed", look)
    model, x = model_of(6), images(1)
    found = activations_of(model, x)
    steps = found.steps_to(model.layers[-1].name, 0)
    assert [next(steps) for _ in range(3)] == [None] * 3
    np.testing.assert_allclose(last(steps), as_array(model(x))[0], rtol=2e-3, atol=1e-5)
    assert looks[-1]


@only_on("jax", "tensorflow")
def test_graphs_are_counted(compiled: list[str]) -> None:
    """A pass layer by layer compiles operations on JAX, and a function is traced on TensorFlow."""
    if keras.backend.backend() == "jax":
        found = activations_of(model_of(7), images(1), limit=100)  # too little for all outputs at once
        compiled.clear()
        assert [found.of(path, 0) is None for path in found.places].count(True) == 0
        assert len(compiled) > len(found.places) / 2
    else:
        model = model_of(7)
        compiled.clear()
        model.predict(images(1), verbose=0)
        assert compiled


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda model: setattr(model.layers[0], "activation", keras.activations.tanh), id="activation"),
        pytest.param(lambda model: setattr(model.layers[2], "strides", (1, 1)), id="strides"),
    ],
)
def test_a_changed_setting_is_seen(change: Callable[[Any], None]) -> None:
    model, x = model_of(3), images(1)
    before = activations_of(model, x).of(model.layers[2].name, 0)
    change(model)
    pooled = in_turn(model.layers[:3], x)[-1][0]
    assert pooled.shape != before.shape or np.abs(pooled - before).max() > 1e-3
    found = activations_of(model, x)
    np.testing.assert_allclose(found.of(model.layers[2].name, 0), pooled, rtol=2e-3, atol=1e-5)


def test_a_layer_that_replaces_an_equal_one_is_seen() -> None:
    model, x = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="head")]), np.ones((1, 3), "float32")
    before = activations_of(model, x).of("head", 0)
    model.pop()
    model.add(layers.Dense(2, name="head"))
    after = activations_of(model, x).of("head", 0)
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, as_array(model(x))[0], rtol=1e-4)


def test_values_that_are_no_weights_are_seen() -> None:
    norm, x = layers.Normalization(name="norm"), np.arange(6, dtype="float32").reshape(2, 3)
    norm.adapt(x)
    model = keras.Sequential([keras.Input((3,)), norm])
    before = activations_of(model, x).of("norm", 0)
    norm.adapt(x * 10 + 5)
    after = activations_of(model, x).of("norm", 0)
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, as_array(model(x))[0], rtol=1e-4)


class Offset(layers.Layer):
    """A layer that depends on more than its config."""

    offset = 0.0

    def call(self, x: Any) -> Any:
        return x + Offset.offset


def test_a_layer_of_ones_own_is_run_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    model = keras.Sequential([keras.Input((4,)), Offset(name="offset")])
    x = np.zeros((2, 4), "float32")
    found = activations_of(model, x)
    assert found.of("offset", 0).max() == 0
    monkeypatch.setattr(Offset, "offset", 2.0)
    assert found.of("offset", 1).min() == 2


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_the_graph_equals_the_layers_one_by_one(name: str, *, training: bool) -> None:
    shape, make = FAMILIES[name]
    model, x = keras.Sequential([keras.Input(shape), *make()]), sample_of(shape)
    before = [as_array(variable).copy() for variable in model.variables]
    at_once, in_steps = (activations_of(model, x, training=training, limit=limit) for limit in (2**29, 0))
    for path in at_once.places:
        np.testing.assert_allclose(at_once.of(path, 1), in_steps.of(path, 1), rtol=2e-3, atol=1e-5)
    assert all(np.array_equal(old, as_array(new)) for old, new in zip(before, model.variables, strict=True))


def test_where_a_layer_fails_the_outputs_before_it_are_there() -> None:
    model = keras.Sequential(
        [keras.Input((4,), dtype="int32"), layers.Embedding(5, 3, name="words"), layers.Dense(2, name="out")]
    )
    found = activations_of(model, np.zeros((1, 4), "int32"))
    assert found.of("words", 0).shape == (4, 3)
    assert found.of("out", 0).shape == (4, 2)
