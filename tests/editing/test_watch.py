"""Watching and unwatching a model: one notification for each edit, and no object is kept alive."""

from __future__ import annotations

import copy
import gc
import weakref
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.editing.events import Edited, EpochEnded, FlagsPending, Listeners, Refused, subscribe
from seqwidget.editing.sequential import Sequential
from seqwidget.editing.watching import unwatch, watch
from seqwidget.errors import NotAModelError
from seqwidget.model.session import part
from tests.inspection.test_inspect import fingerprint


def notifications(model: Any) -> list[int]:
    """Subscribe, and return a list to which each notification of an edit appends the number of layers."""
    news: list[int] = []
    subscribe(model, lambda event: None if isinstance(event, EpochEnded) else news.append(len(event.model.layers)))
    return news


class Own(keras.Sequential):
    """A user's subclass."""


NEWS: list[int] = []


class Listening(Sequential):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        subscribe(self, lambda event: NEWS.append(len(event.model.layers)))
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
    subscribe(model, lambda _: 1 / 0)
    news = notifications(model)
    model.add(layers.Dense(3))
    assert news == [1]


def test_unsubscribe() -> None:
    model = Sequential()
    news: list[Any] = []
    first, second = subscribe(model, news.append), subscribe(model, news.append)
    first()
    first()
    model.add(layers.Dense(3))
    assert len(news) == 1
    second()
    model.pop()
    assert len(news) == 1


def test_what_is_no_model_sends_no_events() -> None:
    with pytest.raises(NotAModelError, match=r"^subscribe expected a Keras model, received "):
        subscribe(3, print)  # type: ignore[arg-type]


def test_each_event_says_what_happened() -> None:
    model = Sequential([keras.Input((4,))])
    events: list[Any] = []
    unsubscribe = subscribe(model, events.append)
    model.add(layers.Dense(3, name="dense"))
    with pytest.raises(ValueError, match="incompatible") as refused:
        model.add(layers.Conv2D(1, 1))
    model.undo()
    assert [type(event) for event in events] == [Edited, Refused, Edited]
    assert all(event.model is model for event in events)
    assert events[1].error is refused.value
    model.redo()
    assert model.refused is None
    unsubscribe()
    model.pop()
    assert len(events) == 4


def test_the_events_of_training() -> None:
    model = Sequential([keras.Input((4,)), layers.Dense(3, name="dense")])
    model.compile("sgd", "mse")
    events: list[Any] = []
    subscribe(model, events.append)
    freeze = keras.callbacks.LambdaCallback(on_epoch_begin=lambda _epoch, _logs: seqwidget.Trainable(model).freeze("dense"))
    run = model.fit(np.ones((2, 4)), np.ones((2, 3)), verbose=0, callbacks=[freeze])
    seqwidget.recompile(model)
    assert [type(event) for event in events] == [FlagsPending, EpochEnded, Edited, seqwidget.Compiled]
    assert events[0].flags == {model.layers[0]: False}
    assert (events[1].epoch, events[1].logs) == (0, {"loss": run.history["loss"][0]})
    seqwidget.Trainable(model).close()


def test_every_epoch_is_an_event_and_the_arguments_of_fit_stay_the_users() -> None:
    model = Sequential([keras.Input((4,)), layers.Dense(3, name="dense")])
    model.compile("sgd", "mse")
    epochs: list[Any] = []
    subscribe(model, lambda event: epochs.append(event.epoch))
    ends: list[Any] = []
    own = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _logs: ends.append((epoch, list(epochs))))
    given = [own]
    x, y = np.ones((2, 4)), np.ones((2, 3))
    model.fit(x, y, 2, 2, 0, given)  # callbacks may also be passed by position
    model.fit(x, y, verbose=0, callbacks=own)
    assert given == [own]
    assert epochs == [0, 1, 0]
    assert ends == [(0, []), (1, [0]), (0, [0, 1])], "the user's callbacks come first"
    model.fit(x, y, verbose=0, callbacks=keras.callbacks.CallbackList([own], model=model))
    assert epochs == [0, 1, 0]
    with pytest.raises(TypeError, match="no_such"):
        model.fit(x, y, no_such=1)


def test_a_fit_that_is_no_method_is_called_as_it_is() -> None:
    model = watch(type("Own", (keras.Sequential,), {"fit": staticmethod(lambda *given: given)})([keras.Input((4,))]))
    assert model.fit(1, 2) == (1, 2)


def test_a_model_with_a_fit_of_its_own_keeps_its_arguments() -> None:
    class Own(keras.Sequential):
        def fit(self, data: Any, rounds: int) -> Any:  # type: ignore[override]
            return super().fit(*data, epochs=rounds, verbose=0)

    model = watch(Own([keras.Input((4,)), layers.Dense(3)]))
    model.compile("sgd", "mse")
    assert len(model.fit((np.ones((2, 4)), np.ones((2, 3))), rounds=2).history["loss"]) == 2


def test_listeners_stay_while_a_model_is_not_watched() -> None:
    model = watch(keras.Sequential([keras.Input((4,))]))
    news = notifications(model)
    unwatch(model)
    model.add(layers.Dense(3))
    assert news == []
    watch(model).pop()
    assert news == [0]


def test_a_subscription_does_not_keep_a_model_alive() -> None:
    model = Sequential()
    unsubscribe, gone = subscribe(model, print), weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
    unsubscribe()


def test_a_copy_has_a_session_of_its_own() -> None:
    model = Sequential([keras.Input((4,)), layers.Dense(3)])
    news = notifications(model)
    twin = copy.copy(model)
    assert part(twin, Listeners) == {}
    assert len(part(model, Listeners)) == 1
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
