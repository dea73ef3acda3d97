"""Each note appears where it should, and never on the models that Keras's own documentation builds as Sequential."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.errors import UserError
from seqwidget.inspection.inspect import inspect
from seqwidget.lint.notes import WORDS
from seqwidget.lint.silence import silence, unsilence
from tests.close import as_array

L = layers


@pytest.fixture(autouse=True)
def nothing_silenced() -> Iterator[None]:
    yield
    unsilence()


def keys(shape: tuple[int | None, ...], *stack: Any) -> list[tuple[str, int | None]]:
    return [(note.key, note.row) for note in inspect(keras.Sequential([keras.Input(shape), *stack])).notes]


TRUE: dict[str, tuple[tuple[int | None, ...], Any, list[tuple[str, int | None]]]] = {
    "a stride that leaves pixels out": ((10, 9, 1), lambda: [L.Conv2D(2, 3, strides=2)], [("cropped-pixels", 0)]),
    "a pool that does": ((7, 2), lambda: [L.MaxPooling1D(2)], [("cropped-pixels", 0)]),
    "padding takes them in": ((10, 9, 1), lambda: [L.Conv2D(2, 3, strides=2, padding="same")], []),
    "cropping on purpose": ((9, 9, 1), lambda: [L.Cropping2D(1)], []),
    "beyond the input, but not from the corners": (
        (8, 8, 1),
        lambda: [L.Conv2D(2, 5, padding="same", activation="relu"), L.Conv2D(2, 5, padding="same", activation="relu")],
        [],
    ),
    "from the corners, said once": (
        (4, 4, 1),
        lambda: [L.Conv2D(2, 5, padding="same", activation="relu") for _ in range(4)],
        [("field-beyond-input", 1)],
    ),
    "along one axis of two": (
        (4, 40, 1),
        lambda: [L.Conv2D(2, 5, padding="same", activation="relu") for _ in range(4)],
        [],
    ),
    "a single cell": ((5, 5, 1), lambda: [L.Conv2D(2, 5, activation="relu"), L.Conv2D(2, 3, padding="same")], []),
    "strides in every second place": ((8, 7, 1), lambda: [L.Conv2D(2, 1, strides=2)], [("cropped-pixels", 0)]),
    "as far as the input": ((9, 9, 1), lambda: [L.Conv2D(2, 5, padding="same", activation="relu"), L.Conv2D(1, 5)], []),
    "channels first": (
        (5, 3, 2),
        lambda: [L.Conv2D(2, 5, padding="same", data_format="channels_first")],
        [("field-beyond-input", 0)],
    ),
    "linear twice": ((4,), lambda: [L.Dense(3), L.Dense(2)], [("two-linear-layers", 1)]),
    "linear convolutions": ((8, 8, 1), lambda: [L.Conv2D(2, 3), L.Conv2D(2, 3, activation="relu")], [("two-linear-layers", 1)]),
    "an activation between": ((4,), lambda: [L.Dense(3), L.ReLU(), L.Dense(2)], []),
    "an activation inside": ((4,), lambda: [L.Dense(3, activation="tanh"), L.Dense(2)], []),
    "linear by name": ((4,), lambda: [L.Dense(3, activation="linear"), L.Dense(2)], [("two-linear-layers", 1)]),
    "bias before norm": ((4,), lambda: [L.Dense(3), L.BatchNormalization(), L.ReLU()], [("bias-before-norm", 0)]),
    "no bias before norm": ((4,), lambda: [L.Dense(3, use_bias=False), L.BatchNormalization()], []),
    "an activation before norm": ((4,), lambda: [L.Dense(3, activation="relu"), L.BatchNormalization()], []),
    "a norm over another axis": ((4, 5), lambda: [L.Dense(3), L.BatchNormalization(axis=1)], []),
    "depthwise": ((8, 8, 2), lambda: [L.DepthwiseConv2D(3), L.BatchNormalization()], [("bias-before-norm", 0)]),
    "layer norm keeps a bias": ((4,), lambda: [L.Dense(3), L.LayerNormalization()], []),
    "softmax over one": ((4,), lambda: [L.Dense(1, activation="softmax")], [("softmax-over-one", 0)]),
    "a Softmax over one": ((4,), lambda: [L.Dense(1), L.Softmax()], [("softmax-over-one", 1)]),
    "softmax over an axis of many": ((4, 1), lambda: [L.Softmax(axis=1)], []),
    "softmax over two": ((4,), lambda: [L.Dense(2, activation="softmax")], []),
    "sigmoid": ((4,), lambda: [L.Dense(1, activation="sigmoid")], []),
    "pool after global pool": (
        (8, 8, 2),
        lambda: [L.GlobalAveragePooling2D(keepdims=True), L.MaxPooling2D(2, padding="same")],
        [("pool-after-global", 1)],
    ),
    "global pool twice": (
        (8, 2),
        lambda: [L.GlobalMaxPooling1D(keepdims=True), L.GlobalMaxPooling1D()],
        [("pool-after-global", 1)],
    ),
    "dropout behind the output": (
        (4,),
        lambda: [L.Dense(3, activation="softmax"), L.Dropout(0.5)],
        [("dropout-at-the-end", 1)],
    ),
    "dropout for the moment": ((4,), lambda: [L.Dense(3, activation="relu"), L.Dropout(0.5)], []),
    "most parameters": (
        (32, 32, 3),
        lambda: [L.Conv2D(8, 3, activation="relu"), L.Flatten(), L.Dense(64, activation="relu"), L.Dense(2)],
        [("most-parameters", 2)],
    ),
    "an embedding first": ((9,), lambda: [L.Embedding(50_000, 8), L.GlobalAveragePooling1D(), L.Dense(3)], []),
    "a first layer on wide data": (
        (5000,),
        lambda: [L.Dense(8, activation="relu"), L.Dense(8, activation="relu"), L.Dense(1)],
        [],
    ),
    "embedding on floats": ((4,), lambda: [L.Dense(3), L.Embedding(10, 2)], [("embedding-on-floats", 1)]),
    "embedding on what was hashed": ((4,), lambda: [L.Discretization([0.0]), L.Embedding(10, 2)], []),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUE)
def test_each_note_appears_where_expected(name: str) -> None:
    shape, make, expected = TRUE[name]
    assert sorted(keys(shape, *make())) == sorted(expected)


def test_every_note_is_tested() -> None:
    assert {key for _, _, expected in TRUE.values() for key, _ in expected} | {
        "not-a-stack",
        "own-code",
        "layout",
    } == WORDS.keys()


def test_the_facts_behind_the_notes() -> None:
    """What the notes say is true, checked with real numbers."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(64, 4)).astype("float32")
    one = keras.Sequential([keras.Input((4,)), L.Dense(1, activation="softmax")])
    with pytest.warns(UserWarning, match="always return the value 1"):
        assert np.allclose(as_array(one(x)), 1)
    plain = keras.Sequential([keras.Input((4,)), L.Dense(3), L.BatchNormalization()])
    before = as_array(plain(x, training=True))
    plain.layers[0].bias.assign([5.0, -7.0, 11.0])
    assert np.allclose(as_array(plain(x, training=True)), before, atol=1e-4)
    twice = keras.Sequential([keras.Input((4,)), L.Dense(3), L.Dense(2)])
    kernel = np.asarray(twice.layers[0].kernel) @ np.asarray(twice.layers[1].kernel)
    assert np.allclose(as_array(twice(x)), x @ kernel, atol=1e-5)


def test_dropout_last_is_certain_once_compiled() -> None:
    model = keras.Sequential([keras.Input((4,)), L.Dense(3), L.Dropout(0.5)])
    assert inspect(model).notes == ()
    model.compile("sgd", "mse")
    assert [note.key for note in inspect(model).notes] == ["dropout-at-the-end"]


def test_notes_inside_nested_stacks_and_not_across_branches() -> None:
    inner = keras.Sequential([keras.Input((4,)), L.Dense(3), L.Dense(2)], name="inner")
    assert keys((4,), inner, L.ReLU()) == [("two-linear-layers", 2)]
    x = keras.Input((4,))
    branched = keras.Model(x, L.Add()([L.Dense(3)(x), L.Dense(3)(x)]))
    assert [note.key for note in inspect(branched).notes] == ["not-a-stack"]
    assert keys((4,), branched) == [("not-a-stack", 0)]


def test_a_functional_chain_has_the_notes_of_a_stack() -> None:
    stack = keras.Sequential([keras.Input((250, 250, 3)), L.Conv2D(4, 5, strides=2), L.Flatten(), L.Dense(2), L.Dense(3)])
    x = keras.Input((250, 250, 3))
    chain = keras.Model(x, L.Dense(3)(L.Dense(2)(L.Flatten()(L.Conv2D(4, 5, strides=2)(x)))))
    notes = [[(note.key, note.row) for note in inspect(model).notes] for model in (stack, chain)]
    assert notes[0] == notes[1]
    assert len(notes[0]) > 1


def test_a_note_is_on_its_row_and_in_the_text() -> None:
    stack = inspect(keras.Sequential([keras.Input((4,)), L.Dense(3, name="first"), L.Dense(2, name="second")]))
    (note,) = stack.notes
    assert stack.rows[1].notes == (note,)
    assert str(note) == note.text == "first and this layer are linear, with no activation between them"
    assert note.why
    assert "second: first and this layer are linear, with" in str(stack)
    plain = stack.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["notes"] == [{"key": note.key, "row": 1, "text": note.text, "why": note.why}]


def test_silence() -> None:
    stack = [L.Dense(1), L.Dense(1, activation="softmax")]
    silence("two-linear-layers")
    assert keys((4,), *stack) == [("softmax-over-one", 1)]
    silence("two-linear-layers", "softmax-over-one")
    assert keys((4,), *stack) == []
    unsilence("softmax-over-one")
    assert keys((4,), *stack) == [("softmax-over-one", 1)]
    unsilence()
    assert len(keys((4,), *stack)) == 2
    with pytest.raises(UserError, match=r"^expected keys of notes, received 'nagging'; keys: cropped-pixels, ") as caught:
        silence("softmax-over-one", "nagging")
    assert "\n" not in str(caught.value)
    assert len(keys((4,), *stack)) == 2
    with pytest.raises(UserError, match="received 'nagging'"):
        unsilence("nagging")
