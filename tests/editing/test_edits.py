"""Edits succeed or change nothing; undo and redo; after any sequence, the model is what Keras would have built."""

from __future__ import annotations

import gc
import os
import pathlib
import re
import weakref
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from keras import layers

import seqwidget
from seqwidget.editing.sequential import Sequential
from seqwidget.editing.watching import unwatch, watch
from seqwidget.errors import CycleError, NoStepError
from seqwidget.model.refusal import Diagnosis
from tests.backends import module, only_on
from tests.close import as_array, assert_close
from tests.inspection.test_inspect import fingerprint

from .sequences import SEQUENCES, ModelUnderTest, snapshot

EXAMPLES = int(os.environ.get("SEQWIDGET_FUZZ", "40"))


def drive(sequence: Any) -> None:
    kind, adopted, known_input, edits = sequence
    one = ModelUnderTest(kind, adopted=adopted, known_input=known_input)
    for verb, what in edits:
        one.act(verb, what)


MASKS = pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask")  # a warning, not a refusal


@MASKS
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(sequence=SEQUENCES)
def test_any_sequence_of_edits_gives_the_model_that_keras_builds(sequence: Any) -> None:
    drive(sequence)


STACK = {
    "conv": lambda: [layers.Conv2D(4, 3, name="a"), layers.MaxPooling2D(2, name="b"), layers.Flatten(name="c")],
    "wrapped": lambda: [layers.Reshape((3, 27), name="r"), layers.Bidirectional(layers.LSTM(2), name="w")],
}


def make(kind: str = "new", *rows: Any) -> Any:
    if kind == "adopted":
        return watch(keras.Sequential([keras.Input((9, 9, 1)), *rows], name="m"))
    return Sequential([keras.Input((9, 9, 1)), *rows], name="m")


BAD: dict[str, Any] = {
    "a window too large": lambda: layers.Conv2D(1, 20, name="bad"),
    "no image": lambda: layers.LSTM(3, name="bad"),
    "wrong size": lambda: layers.Reshape((7, 7), name="bad"),
    "too many inputs": lambda: layers.MultiHeadAttention(2, 2, name="bad"),
    "the same name": lambda: layers.ReLU(name="a"),
    "a second input": lambda: keras.Input((3,)),
    "no layer": lambda: "a string",
    "nothing": lambda: None,
}


@pytest.mark.parametrize("kind", ["new", "adopted"])
@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("state", ["built", "fitted"])
def test_a_refused_layer_leaves_no_trace(kind: str, bad: str, state: str) -> None:
    model = make(kind, layers.Conv2D(4, 3, name="a"), layers.Dropout(0.5))
    if state == "fitted":
        model.compile("adam", "mse")
        model.fit(np.ones((2, 9, 9, 1)), np.ones((2, 7, 7, 4)), verbose=0)
    plain = keras.Sequential([keras.Input((9, 9, 1)), layers.Conv2D(4, 3, name="a"), layers.Dropout(0.5)], name="m")
    layer = BAD[bad]()
    before, whole = snapshot(model), fingerprint(model)
    with pytest.raises(Exception) as ours:  # noqa: PT011  compared with Keras's own below
        model.add(layer)
    assert snapshot(model) == before
    assert fingerprint(model) == whole
    assert not getattr(layer, "built", False) or not layer.weights
    with pytest.raises(type(ours.value)) as theirs:
        plain.add(BAD[bad]())
    said = [re.sub(r"_tensor_\d+", "", str(one.value)) for one in (ours, theirs)]
    assert said[0] == said[1]
    model.add(layers.Flatten())
    assert model.output_shape == (None, 196)
    assert np.isfinite(model.predict(np.ones((1, 9, 9, 1)), verbose=0)).all()


@pytest.mark.parametrize(
    "behind", [lambda: layers.LSTM(2), lambda: layers.GRU(2), layers.BatchNormalization, layers.GlobalAveragePooling1D]
)
def test_a_mask_is_not_an_input(behind: Any) -> None:
    def grown(model: Any) -> Any:
        for layer in (keras.Input((4,), dtype="int32"), layers.Embedding(9, 3, mask_zero=True, name="e"), behind()):
            model.add(layer)
        return model

    ours, theirs = (seqwidget.inspect(grown(one)).rows[-1] for one in (Sequential(), keras.Sequential()))
    assert ours.input_shape == theirs.input_shape == (None, 4, 3)
    assert (ours.output_shape, ours.macs) == (theirs.output_shape, theirs.macs)


class Through(layers.Layer):
    """A layer that returns its input tensor itself, which Keras takes for a cycle."""

    def call(self, x: Any) -> Any:
        return x

    def compute_output_spec(self, x: Any) -> Any:
        return x


@pytest.mark.parametrize("depth", [0, 1])
def test_a_layer_that_returns_its_input_is_refused_as_by_keras(depth: int) -> None:
    def rows() -> list[Any]:
        return [keras.Input((4,)), *(layers.Dense(3, name="dense") for _ in range(depth))]

    with pytest.raises(ValueError, match=r"part of a cycle|not connected"):
        keras.Sequential(rows()).add(Through())
    model = Sequential(rows())
    before = snapshot(model)
    with pytest.raises(ValueError, match=r"part of a cycle|not connected"):
        model.add(Through(name="through"))
    assert snapshot(model) == before
    model.add(layers.Dense(2, name="last"))
    assert seqwidget.inspect(model).rows[-1].output_shape == model.output_shape == (None, 2)


def test_a_refused_layer_can_still_be_used_where_it_fits() -> None:
    model = make("new", layers.Conv2D(4, 3))
    layer = layers.Conv2D(2, 9, name="late")
    with pytest.raises(ValueError, match="negative"):
        model.add(layer)
    assert (layer.built, layer.weights) == (False, [])
    other = Sequential([keras.Input((9, 9, 1)), layer])
    assert other.output_shape == (None, 1, 1, 2)


@pytest.mark.parametrize("kind", ["new", "adopted"])
def test_what_pop_does_at_the_end(kind: str) -> None:
    model = make(kind, layers.Conv2D(4, 3, name="a"))
    assert model.pop().name == "a"
    assert (model.layers, model.built) == ([], False)
    assert isinstance(model.pop(), layers.InputLayer)
    with pytest.raises(IndexError, match=r"^pop expected a model with at least one layer, received 'm', which is empty"):
        model.pop()
    model.add(layers.Dense(3))
    assert model.pop().units == 3
    assert model.layers == []
    model.undo()
    model.add(layers.Dense(2))
    assert model(np.ones((2, 4))).shape == (2, 2)


@pytest.mark.parametrize("rows", STACK)
def test_undo_and_redo_bring_back_the_layers_with_their_weights(rows: str) -> None:
    model = make()
    for layer in STACK[rows]():
        model.add(layer)
    x = np.random.default_rng(0).random((2, 9, 9, 1)).astype("float32")
    mine, y = list(model.layers), as_array(model(x))
    while model.layers:
        model.undo()
    assert model.edits.position == 0
    for _ in mine:
        model.redo()
    assert model.layers == mine
    assert_close(model(x), y)
    with pytest.raises(NoStepError, match=r"^nothing to redo: model 'm' is in the last step"):
        model.redo()


def test_an_edit_after_undo_discards_the_undone_steps() -> None:
    model = make("new", layers.Flatten())
    model.add(layers.Dense(3, name="three"))
    model.undo()
    model.add(layers.Dense(2, name="two"))
    assert [step.what for step in model.edits] == ["start", "add two (Dense)"]
    assert repr(model.edits) == "  0 start\n→ 1 add two (Dense)"


def test_a_step_can_be_shown_without_going_there() -> None:
    model = make("new", layers.Conv2D(4, 3, name="a"))
    model.add(layers.Flatten(name="b"))
    model.pop()
    whole, before = fingerprint(model), snapshot(model)
    assert [[row.name for row in step.stack.rows] for step in model.edits] == [["a"], ["a", "b"], ["a"]]
    assert model.edits[1].stack.rows[1].output_shape == (None, 196)
    assert snapshot(model) == before
    assert fingerprint(model) == whole


def test_undo_after_a_first_call_keeps_the_input_shape() -> None:
    model = Sequential([layers.Dense(3)])
    model.add(layers.Dense(2))
    model(np.ones((2, 4)))
    model.undo()
    assert model.output_shape == (2, 3)
    assert model(np.ones((2, 4))).shape == (2, 3)


def test_switches_are_undone_and_redone_together_with_edits() -> None:
    model = make("new", layers.Conv2D(4, 3, name="a"), layers.Flatten(name="b"))
    switches = seqwidget.Trainable(model).freeze("a")
    model.add(layers.Dense(3, name="c"))
    switches.unfreeze("a")
    assert [step.what for step in model.edits] == ["start", "freeze a", "add c (Dense)", "train a"]
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 9, 9, 1)), np.ones((2, 3)), verbose=0)
    step = model.train_function
    seen = []
    for _ in range(3):
        model.undo()
        seen.append(([layer.name for layer in model.layers], model.layers[0].trainable))
        assert (model.train_function is step) == (len(seen) == 1)  # a flag alone is no reason to trace again
    assert seen == [(["a", "b", "c"], False), (["a", "b"], False), (["a", "b"], True)]
    for _ in range(3):
        model.redo()
    assert ([layer.name for layer in model.layers], model.layers[0].trainable) == (["a", "b", "c"], True)
    switches.close()


@pytest.mark.parametrize("adopted", [False, True])
def test_history_is_the_attribute_of_keras(adopted: bool) -> None:  # noqa: FBT001
    model = make("adopted" if adopted else "new", layers.Flatten(), layers.Dense(2))
    plain = keras.Sequential([keras.Input((9, 9, 1)), layers.Flatten(), layers.Dense(2)], name="m")
    assert hasattr(model, "history") == hasattr(plain, "history") == ("history" in dir(model))
    model.compile("sgd", "mse")
    recorded = model.fit(np.ones((2, 9, 9, 1)), np.ones((2, 2)), epochs=2, verbose=0)
    assert model.history is recorded
    assert type(recorded) is keras.callbacks.History
    model.add(layers.ReLU())
    assert model.history is recorded
    own = keras.callbacks.History()
    assert model.fit(np.ones((2, 9, 9, 1)), np.ones((2, 2)), callbacks=[own], verbose=0) is own is model.history


@pytest.mark.parametrize("edit", ["add", "pop", "undo"])
def test_fit_trains_the_stack_as_it_is_after_an_edit(edit: str) -> None:
    keras.utils.set_random_seed(1)
    model = Sequential([keras.Input((4,)), layers.Dense(3)])
    if edit != "add":
        model.add(layers.ReLU())
    x, y = np.ones((8, 4), "float32"), -np.ones((8, 3), "float32")
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    optimizer = model.optimizer
    {"add": lambda: model.add(layers.ReLU()), "pop": model.pop, "undo": model.undo}[edit]()
    assert model.optimizer is optimizer
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    twin.compile("sgd", "mse")
    assert model.evaluate(x, y, verbose=0) == pytest.approx(twin.evaluate(x, y, verbose=0))
    assert_close(model.predict(x, verbose=0), twin.predict(x, verbose=0))
    assert model.fit(x, y, verbose=0).history["loss"] == pytest.approx(twin.fit(x, y, verbose=0).history["loss"])
    assert_close(model.get_weights()[0], twin.get_weights()[0])


def test_a_first_call_that_fails_leaves_the_model_unbuilt() -> None:
    model = Sequential([layers.Conv2D(2, 3), layers.Conv2D(2, 9), layers.Dense(1)])
    before = snapshot(model)
    with pytest.raises(ValueError, match="negative"):
        model(np.ones((1, 8, 8, 1)))
    assert snapshot(model) == before
    assert model(np.ones((1, 20, 20, 3))).shape == (1, 10, 10, 1)


def test_weights_have_the_paths_that_keras_gives_them() -> None:
    paths = []
    for cls in (keras.Sequential, Sequential):
        keras.utils.clear_session(free_memory=False)  # automatic names start from the beginning again
        model = cls(name="m")
        for layer in [keras.Input((9, 9, 1)), *STACK["wrapped"](), layers.Dense(1, name="d")]:
            model.add(layer)
        paths.append([weight.path for weight in model.weights])
    assert paths[0] == paths[1]


@only_on("tensorflow")
def test_a_checkpoint_of_keras_opens_in_ours_and_the_other_way_round(tmp_path: pathlib.Path) -> None:
    ours, plain = Sequential(name="m"), keras.Sequential(name="m")
    for model in (ours, plain):
        for layer in [keras.Input((9, 9, 1)), *STACK["conv"](), layers.Dense(1, name="d")]:
            model.add(layer)
    x, tf = np.ones((1, 9, 9, 1), "float32"), module("tensorflow")
    for saved, loaded in ((ours, plain), (plain, ours)):
        saved.set_weights([np.random.default_rng(2).random(w.shape) for w in saved.get_weights()])
        path = tf.train.Checkpoint(saved).save(str(tmp_path / "c"))
        tf.train.Checkpoint(loaded).restore(path).expect_partial().assert_existing_objects_matched()
        assert_close(loaded(x), saved(x))


def test_layers_that_nobody_can_reach_are_freed() -> None:
    model = make("new", layers.Flatten())
    model.compile("sgd", "mse")
    refused, undone = layers.Conv2D(1, 3), layers.Dense(3)
    with pytest.raises(ValueError, match="incompatible"):
        model.add(refused)
    model.add(undone)
    model.fit(np.ones((2, 9, 9, 1)), np.ones((2, 3)), verbose=0)
    references = [weakref.ref(refused), weakref.ref(undone)]
    model.undo()
    del refused, undone
    gc.collect()
    assert references[1]() is not None  # redo can still restore it
    model.add(layers.Dense(2))
    gc.collect()
    assert [reference() for reference in references] == [None, None]


def test_a_long_history_forgets_its_oldest_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqwidget.editing.history.LIMIT", 4)
    model = make("new", layers.Flatten())
    old = weakref.ref(model.layers[0])
    model.pop()
    for _ in range(4):
        model.add(layers.ReLU())
        model.pop()
    gc.collect()
    assert old() is None
    assert len(model.edits) == 4
    model.undo()
    assert len(model.layers) == 1


class Doubling(keras.Sequential):
    """A user's subclass that overrides add and pop."""

    def add(self, layer: Any, rebuild: bool = True) -> None:  # noqa: FBT001, FBT002  Keras's signature
        super().add(layer, rebuild=rebuild)
        if isinstance(layer, layers.Dense):
            super().add(layers.ReLU())

    def pop(self, rebuild: bool = True) -> Any:  # noqa: FBT001, FBT002  as above
        super().pop(rebuild=rebuild)
        return super().pop(rebuild=rebuild)


def test_a_subclass_keeps_its_own_add_and_pop_as_one_step() -> None:
    model = watch(Doubling([keras.Input((4,)), layers.Dense(3)]))
    model.add(layers.Dense(2))
    assert [type(layer).__name__ for layer in model.layers] == ["Dense", "ReLU"] * 2
    assert len(model.edits) == 2
    model.pop()
    assert [type(layer).__name__ for layer in model.layers] == ["Dense", "ReLU"]
    model.undo()
    assert model.output_shape == (None, 2)


def test_unwatching_drops_the_steps() -> None:
    model = watch(keras.Sequential([keras.Input((4,)), layers.Dense(3)]))
    model.add(layers.Dense(2))
    unwatch(model)
    assert not [key for key in vars(model) if key.startswith("_seqwidget")]
    assert model.output_shape == (None, 2)
    assert model.predict(np.ones((1, 4)), verbose=0).shape == (1, 2)
    assert not hasattr(model, "edits")


def test_a_model_cannot_be_a_part_of_itself() -> None:
    for head in ([], [keras.Input((4,))]):
        model = Sequential(head, name="m")
        around = Sequential([model, layers.Dense(3)])
        before = snapshot(model)
        for whole in (model, around, layers.TimeDistributed(around)):
            with pytest.raises(CycleError, match=r"^add expected a layer that does not contain 'm' itself") as caught:
                model.add(whole)
            assert "\n" not in str(caught.value)
        assert snapshot(model) == before
        assert isinstance(model.preview(around), Diagnosis)
        model.add(layers.Dense(2))
    plain = keras.Sequential()
    plain.add(plain)
    with pytest.raises(CycleError, match="does not contain itself"):
        seqwidget.inspect(plain)


def test_two_models_of_a_class_are_of_one_class_while_they_are_watched() -> None:
    ours = [watch(Doubling([keras.Input((4,)), layers.Dense(3)])) for _ in range(2)]
    assert type(ours[0]) is type(ours[1])
    assert ours[0].__class__ is Doubling

    class Local(keras.Sequential):
        pass

    gone = weakref.ref(type(watch(Local())))
    del Local
    gc.collect()
    assert gone() is None
