"""Watching and unwatching a model: one notification for each edit, and no object is kept alive."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.editing import observers
from seqwidget.editing.sequential import Sequential
from seqwidget.editing.watching import unwatch, watch
from seqwidget.errors import NotAModelError
from tests.inspection.test_inspect import fingerprint


def notifications(model: Any) -> list[int]:
    """Subscribe, and return a list to which each notification appends the number of layers."""
    news: list[int] = []
    observers.subscribe(model, lambda one: news.append(len(one.layers)))
    return news


class Own(keras.Sequential):
    """A user's subclass."""


NEWS: list[int] = []


class Listening(Sequential):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        observers.subscribe(self, lambda one: NEWS.append(len(one.layers)))
        super().__init__(*args, **kwargs)


@pytest.mark.parametrize("adopted", [False, True])
def test_one_edit_is_one_notification(adopted: bool) -> None:  # noqa: FBT001
    model = watch(keras.Sequential()) if adopted else Sequential()
    news = notifications(model)
    with pytest.warns(UserWarning, match="input_shape"):
        first = layers.Dense(3, input_shape=(4,))
    model.add(first)  # Keras first adds an InputLayer, through the same method
    assert news == [1]
    model.add(layers.Dense(2))
    model.pop()
    assert news == [1, 2, 1]
    with pytest.raises(ValueError, match="incompatible"):
        model.add(layers.Conv2D(1, 1))
    assert len(news) == 4
    with pytest.raises(ValueError, match="Only instances"):
        model.add("no layer")
    assert len(news) == 5


@pytest.mark.parametrize("adopted", [False, True])
def test_the_first_call_that_builds_is_one_notification(adopted: bool) -> None:  # noqa: FBT001
    model = watch(keras.Sequential([layers.Dense(3)])) if adopted else Sequential([layers.Dense(3)])
    news = notifications(model)
    model(np.ones((2, 4)))
    assert news == [1]
    model(np.ones((2, 4)))
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 3)), verbose=0)
    assert news == [1]


def test_a_list_in_the_constructor_and_a_config_are_one_notification() -> None:
    NEWS.clear()
    model = Listening([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    assert NEWS == [2]
    NEWS.clear()
    Listening.from_config(model.get_config())
    assert NEWS == [2]


def test_an_error_in_a_view_does_not_reach_the_user() -> None:
    model = Sequential()
    observers.subscribe(model, lambda _: 1 / 0)
    news = notifications(model)
    model.add(layers.Dense(3))
    assert news == [1]


def test_unsubscribe() -> None:
    model = Sequential()
    news: list[Any] = []
    observers.subscribe(model, news.append)
    observers.unsubscribe(model, news.append)
    observers.unsubscribe(model, news.append)
    model.add(layers.Dense(3))
    assert news == []


def test_an_unused_model_is_freed() -> None:
    for make in (Sequential, lambda: watch(keras.Sequential())):
        model = make()
        model.add(layers.Dense(3))
        notifications(model)
        gone = weakref.ref(model)
        del model
        gc.collect()
        assert gone() is None


@pytest.mark.parametrize("cls", [keras.Sequential, Own])
@pytest.mark.parametrize("fitted", [False, True])
def test_watching_changes_nothing_and_unwatching_restores_the_model(cls: Any, fitted: bool) -> None:  # noqa: FBT001
    keras.utils.set_random_seed(3)
    model = cls([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.123), "mse")
    x, y = np.ones((8, 4)), np.ones((8, 1))
    if fitted:
        model.fit(x, y, verbose=0)
    before, build = fingerprint(model), vars(model)["build"]
    assert watch(model) is model
    assert watch(model) is model
    assert fingerprint(model) == before
    assert isinstance(model, cls)
    assert repr(model) == repr(cls(name=model.name)).replace("built=False", "built=True")
    model.fit(x, y, verbose=0)  # uses the step that was compiled before
    news = notifications(model)
    assert model.pop().name
    assert news == [3]
    unwatch(model)
    assert type(model) is cls
    assert vars(model)["build"] is build
    model.add(layers.Dense(2))
    assert news == [3]


def test_unwatch_leaves_others_alone() -> None:
    model = Sequential()
    assert type(unwatch(model)) is Sequential
    assert unwatch("anything") == "anything"


@pytest.mark.parametrize("wrong", [None, 3, keras.Model(x := keras.Input((2,)), layers.Dense(1)(x)), layers.Dense(1)])
def test_only_a_sequential_can_be_watched(wrong: Any) -> None:
    with pytest.raises(NotAModelError, match=r"^watch expected a keras.Sequential, received .*seqwidget.inspect") as caught:
        watch(wrong)
    assert "\n" not in str(caught.value)
