"""A model that was built by edits can do everything that the same model built from a list can do."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.editing.sequential import Sequential
from seqwidget.editing.watching import watch
from tests.close import as_array

from .acts import ACTS, LOCKING, SLOW, check_same, config, outcome

X = np.random.default_rng(0).random((4, 8)).astype("float32")


def rows() -> list[Any]:
    return [layers.Dense(6, activation="relu", name="a"), layers.Dense(4, name="b")]


def grown(make: Callable[..., Any]) -> Any:
    model = make([keras.Input((8,), name="x")])
    for layer in rows():
        model.add(layer)
    return model


def shrunk(make: Callable[..., Any]) -> Any:
    model = make([keras.Input((8,), name="x"), *rows(), layers.Dense(3, name="c")])
    model.pop()
    return model


def undone(make: Callable[..., Any]) -> Any:
    model = make([keras.Input((8,), name="x"), *rows()])
    model.pop()
    model.undo()
    return model


def refused(make: Callable[..., Any]) -> Any:
    model = make([keras.Input((8,), name="x"), *rows()])
    with pytest.raises(ValueError, match="ndim"):
        model.add(layers.LSTM(3))
    return model


WAYS = {way.__name__: way for way in (grown, shrunk, undone, refused)}
CLASSES = {"new": lambda rows: Sequential(rows, name="m"), "adopted": lambda rows: watch(keras.Sequential(rows, name="m"))}


def pair(way: str, kind: str = "new") -> tuple[Any, Any]:
    model = WAYS[way](CLASSES[kind])
    plain = keras.Sequential([keras.Input((8,), name="x"), *rows()], name="m")
    plain.set_weights(model.get_weights())
    return model, plain


@pytest.mark.filterwarnings("ignore")  # Keras's message about layers that it does not quantize
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("way", WAYS)
def test_what_keras_allows_on_a_model(way: str, act: str) -> None:
    for kind in CLASSES:
        model, plain = pair(way, kind)
        check_same(outcome(ACTS[act], model, X), outcome(ACTS[act], plain, X))
        for one in (model, plain):  # and can still be edited
            one.add(layers.Dense(2, name="later"))
        plain.layers[-1].set_weights(model.layers[-1].get_weights())
        check_same(model(X), plain(X))
        assert config(model) == config(plain)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("act", LOCKING)
@pytest.mark.parametrize("way", WAYS)
def test_a_quantized_model_refuses_layers_and_says_why(way: str, act: str) -> None:
    model, plain = pair(way)
    # A last bit can decide how a value is rounded to eight or fewer bits.
    same = functools.partial(check_same, tolerance=0.1)
    same(outcome(LOCKING[act], model, X), outcome(LOCKING[act], plain, X))
    if not plain._tracker.locked:
        pytest.skip("this Keras has no such quantization")
    y = as_array(model(X))
    same(y, plain(X))
    for late in (lambda: layers.Dense(2, name="late"), lambda: layers.Conv2D(1, 9, name="late")):
        with pytest.raises(ValueError, match=r"^None") as theirs:
            plain.add(late())
        with pytest.raises(ValueError, match=r"^None") as ours:
            model.add(late())
        assert type(ours.value) is type(theirs.value)
        assert "quantize" in model.refused.cause
        assert (model.refused.fixes, model.refused.arithmetic) == ((), "")
        assert "\n" not in model.refused.cause
        assert isinstance(model.preview(late()), seqwidget.Diagnosis)
    same(model(X), y)
    assert model.pop().name == "b"  # Keras's own pop leaves the model broken here
    assert model(X).shape == (4, 6)
    model.undo()
    same(model(X), y)
    assert len(seqwidget.inspect(model).rows) == 2
    assert seqwidget.inspect(model).state == "built"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("act", SLOW)
def test_slow_acts_after_edits(act: str) -> None:
    model, plain = pair("grown")
    check_same(outcome(SLOW[act], model, X), outcome(SLOW[act], plain, X))
    model.add(layers.Dense(2))
    assert model(X).shape == (4, 2)
