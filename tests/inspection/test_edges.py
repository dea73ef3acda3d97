"""The edges of a stack are those of Keras's own configuration of the model."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

import seqwidget
from seqwidget import Stack, inspect
from tests.close import as_array
from tests.model.probe import spans


def residual() -> keras.Model:
    x = keras.Input((8, 8, 4))
    y = layers.Conv2D(4, 3, padding="same")(x)
    return keras.Model(x, layers.Flatten()(layers.Add()([layers.ReLU()(y), x, y])))


def several() -> keras.Model:
    a, b = keras.Input((6,), name="a"), keras.Input((4, 3), name="b")
    whole, *states = layers.LSTM(6, return_state=True)(b)
    join = layers.Concatenate()([a, states[1], whole])
    return keras.Model([a, b], {"all": layers.Dense(2)(join), "state": states[0], "join": join})


def shared() -> keras.Model:
    a, b, dense = keras.Input((4,)), keras.Input((4,)), layers.Dense(3, name="twice")
    return keras.Model([a, b], layers.Subtract()([dense(a), dense(b)]))


def operations() -> keras.Model:
    x = keras.Input((4,))
    y = layers.Dense(4)(x)
    return keras.Model(x, ops.maximum(y * x, ops.sum(x, axis=1, keepdims=True)))


def split() -> keras.Model:
    x = keras.Input((6,))
    first, second = ops.split(x, 2, axis=1)
    return keras.Model(x, [layers.Dense(2)(second), first])


def masked() -> keras.Model:
    x = keras.Input((5,))
    y = layers.LSTM(3, return_sequences=True)(layers.Embedding(9, 4, mask_zero=True)(x))
    return keras.Model(x, layers.Attention()([y, y]))


def nested() -> keras.Model:
    base = residual()
    base.name = "base"
    chain = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(4, 1, name="one"), layers.ReLU()], name="chain")
    x, y = keras.Input((8, 8, 4)), keras.Input((8, 8, 4))
    return keras.Model([x, y], layers.Dot(1)([base(chain(x)), base(y)]))


MODELS = (residual, several, shared, operations, split, masked, nested)

Named = tuple[str | None, str | None, int]


def of_keras(config: dict[str, Any], around: str = "") -> Iterator[tuple[str, Named]]:
    """Yield the path of each model in a configuration, with the edges in it, by the names of layers and calls."""
    inputs = {layer["name"] for layer in config["layers"] if layer["class_name"] == "InputLayer"}
    order = _flat(config["input_layers"])
    ends = [(one, None) for one in _flat(config["output_layers"])]
    for layer in config["layers"]:
        if layer["name"].startswith("not_equal"):
            continue  # Keras adds it itself, to compute a mask
        for call, node in enumerate(layer["inbound_nodes"]):
            taken = [tensor["config"]["keras_history"] for tensor in _tensors((node["args"], node["kwargs"]))]
            taken = [tensor for tensor in taken if not tensor[0].startswith("not_equal")]
            ends += [(one, f"{layer['name']} {call}") for one in dict.fromkeys(map(tuple, taken))]
            if layer["class_name"] == "Functional":
                yield from of_keras(layer["config"], f"{around}{layer['name']}/")
    for (name, call, tensor), target in ends:
        source = (None, target, order.index((name, 0, 0))) if name in inputs else (f"{name} {call}", target, tensor)
        yield around, source


def _flat(histories: Any) -> list[tuple[str, int, int]]:
    if isinstance(histories, dict):
        return [one for key in sorted(histories) for one in _flat(histories[key])]
    single = len(histories) == 3 and isinstance(histories[0], str)
    return [tuple(histories)] if single else [one for history in histories for one in _flat(history)]


def _tensors(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _tensors(one)


def of_ours(stack: Stack, chains: set[str]) -> Iterator[tuple[str, Named]]:
    """Yield the same for a stack, without the edges in chains."""
    calls: collections.Counter[tuple[int | None, str]] = collections.Counter()
    models, names = {edge.target: edge.model for edge in stack.edges}, {}
    for position, row in enumerate(stack.rows):
        model = models.get(position)
        names[position] = f"{row.name} {calls[model, row.name]}"
        calls[model, row.name] += 1
    for edge in stack.edges:
        path = "" if edge.model is None else f"{stack.rows[edge.model].path}/"
        if path not in chains:
            ends = (None if end is None else names[end] for end in (edge.source, edge.target))
            yield path, (*ends, edge.tensor)  # type: ignore[misc]


@pytest.mark.parametrize("build", MODELS)
def test_edges_are_those_of_keras(build: Callable[[], keras.Model]) -> None:
    model = build()
    ours = collections.Counter(of_ours(inspect(model), {"chain/"}))
    assert ours == collections.Counter(of_keras(model.get_config()))
    assert ours


def test_a_sequential_is_a_chain_and_a_model_with_its_own_code_has_no_edges() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
            return self.dense(x)

    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), Own(), layers.Dense(2)])
    stack = inspect(model)
    assert [(edge.source, edge.target, edge.model) for edge in stack.edges] == [
        (None, 0, None),
        (0, 1, None),
        (1, 3, None),
        (3, None, None),
    ]
    assert stack.graphs == {1: ()}
    assert stack.to_dict()["edges"][1] == {"source": 0, "target": 1, "model": None, "tensor": 0}


def test_a_functional_chain_is_a_chain() -> None:
    x = keras.Input((4,))
    stack = inspect(keras.Model(x, layers.Dense(2)(layers.Dense(3)(x))))
    assert not stack.graphs
    assert stack.edges == (seqwidget.Edge(None, 0), seqwidget.Edge(0, 1), seqwidget.Edge(1, None))
    assert inspect(seqwidget.Sequential()).edges == ()


def forked() -> keras.Model:
    """Return a model with one branch that is wide, one that is strided, and one that joins both."""
    x = keras.Input((24, 24, 1))
    stem = layers.Conv2D(2, 3, padding="same", name="stem")(x)
    wide = layers.Conv2D(2, 5, dilation_rate=2, padding="same", name="wide")(stem)
    fine = layers.AveragePooling2D(2, name="fine")(layers.Conv2D(2, 3, strides=2, name="half")(stem))
    inner = keras.Sequential([keras.Input((5, 5, 2)), layers.Conv2D(2, 3, padding="same", name="last")], name="inner")
    return keras.Model(x, [layers.Add(name="add")([wide, stem]), inner(fine)])


def test_a_branch_has_its_own_receptive_field() -> None:
    model = forked()
    rows = {row.name: row for row in inspect(model).rows}
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape) if weight.name == "bias" else np.ones(weight.shape))
    outputs = {name: model.get_layer(name).output for name in ("stem", "wide", "half", "fine", "add")} | {
        "inner": model.outputs[1]
    }
    impulses = np.eye(24 * 24, dtype="float32").reshape(-1, 24, 24, 1)
    for name, answers in keras.Model(model.input, outputs)(impulses).items():
        size = answers.shape[1] // 2
        seen = (np.abs(as_array(answers)).sum(axis=-1) > 0)[:, size, size].reshape(24, 24)
        assert rows[name].receptive_field == tuple(last - first + 1 for first, last in spans(seen, 2))
    assert rows["last"].receptive_field == rows["inner"].receptive_field
