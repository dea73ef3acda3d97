"""Cached rows: each change of a fact in a row gives a new row, and the cache keeps nothing alive."""

from __future__ import annotations

import dataclasses
import gc
import weakref
from collections.abc import Callable
from typing import Any

import keras
import pytest
from keras import layers

from seqwidget import inspect
from seqwidget.editing.watching import watch
from seqwidget.model import call_graph, row_cache, session
from seqwidget.model.records import public_name


def stack() -> Any:
    return keras.Sequential(
        [
            keras.Input((12, 12, 2)),
            layers.Conv2D(3, 3, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Flatten(name="flat"),
            layers.Dense(2, name="dense"),
        ]
    )


def get(model: Any, name: str) -> Any:
    return model.get_layer(name)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "frozen": lambda model: setattr(get(model, "norm"), "trainable", False),
    "a frozen model": lambda model: setattr(model, "trainable", False),
    "renamed": lambda model: setattr(get(model, "dense"), "_name", "other") or setattr(get(model, "dense"), "name", "other"),
    "a setting": lambda model: setattr(get(model, "conv"), "strides", (2, 2)),
    "another dtype": lambda model: setattr(get(model, "dense"), "dtype_policy", "mixed_float16"),
    "quantised": lambda model: get(model, "dense").quantize("int8"),
    "one weight frozen": lambda model: setattr(get(model, "dense").bias, "trainable", False),
    "popped": lambda model: model.pop(),
    "added": lambda model: model.add(layers.ReLU()),
    "a layer once more": lambda model: model.add(layers.ReLU()) or model.add(model.layers[-1]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_are_noticed(change: str) -> None:
    model = stack()
    before = inspect(model)
    CHANGES[change](model)
    after = inspect(model)
    session.drop(model, row_cache.Rows)
    assert after == inspect(model)
    assert after != before


def test_unchanged_rows_are_kept() -> None:
    model = stack()
    before = inspect(model)
    get(model, "flat").trainable = False
    after = inspect(model)
    assert before.notes
    assert [a is b for a, b in zip(before.rows, after.rows, strict=True)] == [True, True, False, True]


def test_the_calls_of_a_live_model_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = watch(stack())
    model.add(layers.ReLU(name="one"))
    inspect(model)
    read: list[str] = []
    call = call_graph.Call
    monkeypatch.setattr(call_graph, "Call", lambda layer, *a, **kw: read.append(layer.name) or call(layer, *a, **kw))
    monkeypatch.setattr(call_graph, "_step", None)
    for edit, shown in [
        (lambda: model.add(layers.ReLU(name="two")), ["two"]),
        (model.pop, []),
        (model.pop, []),
        (model.undo, ["one"]),
        (model.redo, []),
        (lambda: model.add(layers.ReLU(name="three")), ["three"]),
    ]:
        read.clear()
        edit()
        assert [row.name for row in inspect(model).rows] == [layer.name for layer in model.layers]
        assert read == shown


def test_another_input_or_batch_gives_other_rows() -> None:
    model = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(2, 3)])
    first = inspect(model)
    assert inspect(model, input_shape=(9, 9, 1)).rows[0].output_shape == (None, 7, 7, 2)
    assert (
        inspect(model, input_shape=(9, 9, 1), batch_size=2).totals.macs == 2 * inspect(model, input_shape=(9, 9, 1)).totals.macs
    )
    assert inspect(model) == first


def test_patched_data_equals_new_data() -> None:
    model = stack()
    before = inspect(model)
    model.add(layers.Dense(5, name="more"))
    get(model, "norm").trainable = False
    after = inspect(model)
    assert after.to_page(before, before.to_page()) == after.to_page()
    asked = dataclasses.asdict(dataclasses.replace(after, source=None))
    assert {*map(public_name, asked), "state", "edges"} - {"graphs", "training"} == set(after.to_dict())
    assert [row["output_shape"] for row in after.to_dict()["rows"]] == [list(row["output_shape"]) for row in asked["rows"]]


def test_a_cached_row_keeps_nothing_alive() -> None:
    layer = layers.Dense(2)
    layer.build((None, 3))
    one = row_cache.CachedRow(call_graph.Call(layer, layer, (None, 3), (None, 2)), id, (), "a row")
    gone = [weakref.ref(thing) for thing in (layer, *layer.weights)]
    del layer
    gc.collect()
    assert one.made == "a row"
    assert [reference() for reference in gone] == [None] * 3


def test_a_live_model_whose_graph_is_built_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = watch(stack())
    assert model._functional is not None
    before = inspect(model)
    monkeypatch.setattr(call_graph, "Call", None)
    monkeypatch.setattr(row_cache, "CachedRow", None)
    after = inspect(model)
    assert all(a is b for a, b in zip(before.rows, after.rows, strict=True))


def test_cached_calls_keep_no_layer_that_the_model_has_lost() -> None:
    model = watch(stack())
    layer = layers.ReLU()
    model.add(layer)
    assert model._functional is not None
    inspect(model)
    model.undo()
    model.add(layers.Dense(3))  # the step that has the layer is dropped
    inspect(model)
    gone = weakref.ref(layer)
    del layer
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("kind", ["default", "list"])
def test_a_model_that_its_own_layer_refers_to_is_freed(kind: str) -> None:
    model = stack()
    if kind == "default":
        model.add(layers.Activation(lambda x, _model=model: x))
    else:
        get(model, "dense").tags = [lambda _model=model: None]
    inspect(model)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_layers_are_not_kept_alive() -> None:
    model = stack()
    inspect(model)
    gone = weakref.ref(get(model, "conv"))
    del model
    gc.collect()
    assert gone() is None
