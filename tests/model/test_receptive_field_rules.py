"""Receptive fields of every layer of Keras agree with the effect of perturbed inputs, and every unknown field has a reason."""

from __future__ import annotations

import functools
import html
import math
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers as L  # noqa: N812  as in the tutorials

from seqwidget.activations.layer_uses import layer_uses
from seqwidget.inspection.inspect import inspect
from tests.backends import BACKEND, module, needs
from tests.close import as_array

from .test_cost import AUGMENTING, FREE, LOOKUPS, MULTIPLYING

STEPS, IMAGE, FIRST, VIDEO = (8, 4), (7, 6, 3), (3, 7, 6), (3, 6, 5, 2)


def conv(filters: int = 2, kernel: int = 3, **options: Any) -> Any:
    return L.Conv1D(filters, kernel, **options)


def image(**options: Any) -> Any:
    return L.Conv2D(2, 3, **options)


def branches() -> keras.Model:
    x = keras.Input((6, 5, 2))
    return keras.Model(x, L.Flatten()(L.Add()([L.Conv2D(2, 3)(x), L.Cropping2D(1)(x)])))


KNOWN: dict[str, tuple[tuple[int, ...], Callable[[], list[Any]]]] = {
    "normalization over steps": (STEPS, lambda: [conv(), L.LayerNormalization(axis=1)]),
    "softmax over steps": (STEPS, lambda: [conv(), L.Softmax(axis=1)]),
    "group normalization": (IMAGE, lambda: [image(), L.GroupNormalization(2)]),
    "unit normalization over space": (STEPS, lambda: [conv(), L.UnitNormalization(axis=(1, 2))]),
    "normalization before the channels are known": (IMAGE, lambda: [L.LayerNormalization(axis=[1, 2, 3]), image()]),
    "softmax along the width": (FIRST, lambda: [image(data_format="channels_first", activation="softmax")]),
    "dense along the width": (FIRST, lambda: [image(data_format="channels_first"), L.Dense(4)]),
    "an activation that is a layer": (STEPS, lambda: [conv(activation=L.Softmax(axis=1))]),
    "einsum over steps": ((6, 5), lambda: [conv(), L.EinsumDense("abc,bd->adc", (3, 2))]),
    "einsum that moves steps": ((6, 5), lambda: [conv(), L.EinsumDense("abc,cd->adb", (3, None))]),
    "reshape with one position more": (STEPS, lambda: [conv(), L.Reshape((6, 2, 1)), L.Conv2D(2, (2, 1))]),
    "reshape of channels": (STEPS, lambda: [conv(4), L.Reshape((6, 2, 2)), L.Conv2D(2, (2, 1))]),
    "reshape to a vector": (IMAGE, lambda: [image(), L.Reshape((-1,)), L.Dense(2)]),
    "an image without channels": ((7, 6), lambda: [L.Reshape((7, 6, 1)), image()]),
    "a vector of steps": ((9,), lambda: [L.Reshape((9, 1)), conv()]),
    "permuted": (STEPS, lambda: [conv(), L.Permute((2, 1)), conv(2, 2)]),
    "permuted channels": (FIRST, lambda: [L.Permute((2, 3, 1)), image()]),
    "permuted space": (IMAGE, lambda: [image(), L.Permute((2, 1, 3)), L.Conv2D(2, (1, 2))]),
    "repeated": (STEPS, lambda: [conv(), L.GlobalAveragePooling1D(), L.RepeatVector(3), conv(1, 2)]),
    "recurrent": (STEPS, lambda: [conv(), L.GRU(2)]),
    "bidirectional": (STEPS, lambda: [conv(), L.Bidirectional(L.LSTM(2, return_sequences=True)), conv(1, 2)]),
    "recurrent over channels": (STEPS, lambda: [L.Permute((2, 1)), L.LSTM(2)]),
    "cells": (STEPS, lambda: [L.RNN([L.LSTMCell(2), L.GRUCell(3)])]),
    "global pool that keeps axes": (
        IMAGE,
        lambda: [L.GlobalAveragePooling2D(keepdims=True), L.UpSampling2D(2, interpolation="bilinear")],
    ),
    "autoencoder": (
        IMAGE,
        lambda: [image(), L.Flatten(), L.Dense(12), L.Reshape((2, 2, 3)), L.Conv2DTranspose(2, 3, strides=2, padding="same")],
    ),
    "transposed with more of it": (STEPS, lambda: [L.Conv1DTranspose(1, 5, strides=3, padding="same", output_padding=2)]),
    "depthwise, strides and dilation": ((12, 11, 2), lambda: [L.DepthwiseConv2D(2, strides=2, dilation_rate=2)]),
    "padding and cropping": (IMAGE, lambda: [L.ZeroPadding2D(((1, 2), (0, 1))), image(), L.Cropping2D(((1, 0), (0, 1)))]),
    "time distributed": (VIDEO, lambda: [L.TimeDistributed(L.Conv2D(2, 3))]),
    "time distributed, channels first": ((4, 3, 6, 5), lambda: [L.TimeDistributed(image(data_format="channels_first"))]),
    "time distributed stack": (
        VIDEO,
        lambda: [L.TimeDistributed(keras.Sequential([keras.Input((6, 5, 2)), L.Conv2D(2, 3), L.Conv2D(2, 2)])), L.Conv3D(2, 2)],
    ),
    "time distributed branches": (VIDEO, lambda: [L.TimeDistributed(branches()), L.Conv1D(2, 2)]),
    "time distributed heads": (VIDEO, lambda: [L.TimeDistributed(L.GlobalMaxPooling2D()), L.LSTM(2)]),
    "time distributed recurrent": ((3, 5, 2), lambda: [L.TimeDistributed(L.LSTM(2)), L.LSTM(2)]),
    "time distributed dense": (STEPS, lambda: [L.TimeDistributed(L.Dense(2)), L.Conv1D(2, 2)]),
    "spectral normalization": (IMAGE, lambda: [L.SpectralNormalization(L.Conv2D(2, 3))]),
    "transposed with no output padding": (
        STEPS,
        lambda: [L.Conv1DTranspose(1, 3, strides=2, padding="same", output_padding=0)],
    ),
    "flatten": (IMAGE, lambda: [image(), L.Flatten()]),
}


def influence(model: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return which input values change which output values, as booleans of shape (outputs…, inputs…)."""
    rng, n, found = np.random.default_rng(1), math.prod(shape), None
    first = shape[-1] > shape[-3] if len(shape) > 2 else False  # channels first, which a CPU supports only in compiled code
    run = module("tensorflow").function(model, jit_compile=True) if first and BACKEND == "tensorflow" else model
    for weight in model.weights:
        weight.assign(rng.uniform(0.1, 0.5, weight.shape))
    for _ in range(4):
        batch = np.repeat(rng.normal(size=(1, n)).astype("float32"), n + 1, 0)
        batch[np.arange(n), np.arange(n)] += rng.uniform(0.5, 4, n)
        y = as_array(run(batch.reshape(n + 1, *shape), training=False), "float64")
        changed = np.abs(y[:n] - y[n:]) > 3e-6 * (1 + np.abs(y[n:]).max())
        found = changed if found is None else found | changed
    assert found is not None
    return np.moveaxis(found.reshape(*shape, *found.shape[1:]), range(len(shape)), range(-len(shape), 0))


def spans(cells: np.ndarray) -> tuple[int, ...]:
    """Return the widest span of any of the cells (cells, inputs…), along each axis of the input."""
    widest = []
    for axis in range(1, cells.ndim):
        seen = cells.any(axis=tuple(other for other in range(1, cells.ndim) if other != axis))
        widest.append(max((int(np.ptp(np.flatnonzero(one))) + 1 for one in seen if one.any()), default=0))
    return tuple(widest)


# On PyTorch, Keras's LayerNormalization runs along the last axes only.
LAST_AXES = {"normalization over steps": pytest.mark.xfail(BACKEND == "torch", reason="Keras cannot run the layer")}


@pytest.mark.parametrize("name", [pytest.param(name, marks=LAST_AXES.get(name, ())) for name in KNOWN])
def test_a_known_field_is_the_input_that_changes_the_output(name: str) -> None:
    shape, stack = KNOWN[name]
    try:
        model = keras.Sequential([keras.Input(shape), *stack()])
    except ValueError as refusal:
        pytest.skip(f"this Keras does not take it: {refusal}")
    facts = inspect(model)
    field = list(layer_uses(model, facts).values())[-1].field
    claimed = facts.rows[-1].receptive_field
    assert claimed is not None
    parts = influence(model, shape)
    rank = parts.ndim - len(shape)
    parts = parts if field.channels is None else parts.any(axis=rank + field.channels)
    lengths = parts.shape[rank:]
    assert spans(parts.reshape(-1, *lengths)) == tuple(map(min, claimed, lengths))
    seen = field.seen(parts.shape[: rank - 1])
    if seen is not None and [len(axis) for axis in seen] == list(parts.shape[: rank - 1]):
        letters = [f"{a}{b}" for a, b in zip("abc", "xyz", strict=True)][: len(seen)]
        product = np.einsum(f"{','.join(letters)}->{'abc'[: len(seen)]}{'xyz'[: len(seen)]}", *seen)
        np.testing.assert_array_equal(product, parts.any(axis=rank - 1))
    elif seen is not None:  # every cell depends on the same input
        whole = functools.reduce(np.multiply.outer, [axis[0] for axis in seen])
        np.testing.assert_array_equal(whole, parts.reshape(-1, *lengths).any(axis=0))


@pytest.mark.parametrize("inner", [lambda: L.LSTM(2), lambda: L.Bidirectional(L.GRU(2)), lambda: L.Dense(2)])
def test_the_features_of_a_wrapped_layer_are_no_positions(inner: Callable[[], Any]) -> None:
    model = keras.Sequential([keras.Input((3, 5, 2)), L.TimeDistributed(inner()), L.TimeDistributed(L.Flatten()), L.LSTM(2)])
    assert [len(row.receptive_field) for row in inspect(model).rows] == [2, 2, 2]


UNKNOWN: dict[str, tuple[tuple[int, ...], list[Any], str]] = {
    "steps that see what was before": (STEPS, [L.LSTM(2, return_sequences=True)], "depends on all steps before it"),
    "an activation of one's own": (STEPS, [conv(activation=lambda x: keras.ops.cumsum(x, 1))], "custom function"),
    "a gate over positions": (FIRST, [image(data_format="channels_first", activation="glu")], "custom function"),
    "lambda": (STEPS, [conv(), L.Lambda(lambda x: x), L.GlobalMaxPooling1D(), L.Dense(2)], "is a custom computation"),
    "positions that are split": (STEPS, [conv(), L.Reshape((4, 3))], "rearranges positions"),
    "positions among channels": ((10, 1), [conv(padding="same"), L.Flatten(), L.Reshape((20, 1)), conv()], "rearranged"),
    "several positions a group": (STEPS, [conv(4), L.Permute((2, 1)), L.Conv1D(4, 1, groups=2)], "not computed"),
    "interpolation": (IMAGE, [L.UpSampling2D(2, interpolation="bilinear")], "not computed through UpSampling2D"),
    "video": (VIDEO, [L.ConvLSTM2D(2, 3)], "not computed through ConvLSTM2D"),
    "a vector": ((4,), [L.Dense(3)], "no spatial axes"),
    "a vector made steps": ((4,), [L.RepeatVector(3), L.LSTM(2)], "no spatial axes"),
    "resizing": (IMAGE, [L.Resizing(4, 4)], "not computed"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_field_has_a_reason(name: str) -> None:
    shape, stack, reason = UNKNOWN[name]
    facts = inspect(keras.Sequential([keras.Input(shape), *stack]))
    assert facts.rows[-1].receptive_field is None
    assert reason in facts.rows[-1].unknown["receptive_field"]
    assert f"no receptive field: {facts.rows[-1].unknown['receptive_field']}" in str(facts)
    assert str(facts.rows[-1].unknown["receptive_field"]) in html.unescape(facts.to_html())


@needs("tensorflow")
def test_text_inputs_have_no_positions() -> None:
    words = L.TextVectorization(vocabulary=["a", "b"], output_sequence_length=16)
    facts = inspect(keras.Sequential([keras.Input((1,), dtype="string"), words, L.Embedding(5, 4), L.Conv1D(8, 5)]))
    assert {row.receptive_field for row in facts.rows} == {None}
    assert not facts.notes


def test_an_embedding_depends_on_each_position_alone() -> None:
    facts = inspect(keras.Sequential([keras.Input((20,)), L.Embedding(5, 4), L.Conv1D(8, 5), L.GlobalMaxPooling1D()]))
    assert [row.receptive_field for row in facts.rows] == [(1,), (5,), (20,)]


COLUMNS = ("output_shape", "params", "trainable_params", "macs", "activation_bytes", "receptive_field", "dtype")
EVERY = [
    *((make, shapes, "float32") for _, make, shapes in (*MULTIPLYING, *FREE) if len(shapes) == 1),
    *((make, shapes, dtype) for name, make, shapes, dtype in LOOKUPS if hasattr(L, name) and len(shapes) == 1),
    *((lambda name=name: getattr(L, name)(*AUGMENTING[name]), [IMAGE], "float32") for name in AUGMENTING if hasattr(L, name)),
]


@pytest.mark.parametrize(("make", "shapes", "dtype"), EVERY)
@pytest.mark.parametrize("fixed", [True, False])
def test_a_dash_always_has_a_reason(make: Any, shapes: Any, dtype: str, fixed: bool) -> None:  # noqa: FBT001
    shape = shapes[0] if fixed else (*(None for _ in shapes[0][:-1]), shapes[0][-1])
    try:
        model = keras.Sequential([keras.Input(shape, dtype=dtype), make(), L.Identity()])
    except Exception:  # noqa: BLE001  Keras does not accept it
        pytest.skip("Keras does not take it")
    for row in inspect(model).rows:
        assert [name for name in COLUMNS if getattr(row, name) is None and not row.unknown.get(name)] == []


# Statements of notes about positions, compared with gradients.

SPEC = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["Conv", "AveragePooling", "DepthwiseConv", "SeparableConv"]),
        "kernel": st.integers(1, 4),
        "strides": st.integers(1, 3),
        "dilation": st.integers(1, 3),
        "padding": st.sampled_from(["valid", "same"]),
    }
)


def made(spec: dict[str, Any], rank: int) -> Any:
    options = {"strides": spec["strides"], "padding": spec["padding"]}
    if spec["kind"] == "AveragePooling":
        return getattr(L, f"AveragePooling{rank}D")(spec["kernel"], **options)
    options["dilation_rate"] = spec["dilation"] if spec["strides"] == 1 else 1
    filters = () if spec["kind"] == "DepthwiseConv" else (2,)
    return getattr(L, f"{spec['kind']}{rank}D")(*filters, spec["kernel"], **options)


def named(text: str, noun: str, size: int) -> set[int]:
    """Return which of ``size`` rows (columns, positions) a sentence says are ignored."""
    if match := re.search(rf"(\d+) of the \d+ {noun}s", text):
        return set(range(-int(match[1]), 0))  # only a number
    if f"every second {noun}" in text or (noun == "column" and "every second row and column" in text):
        return set(range(1, size, 2))
    if match := re.search(rf"the last (\d+) {noun}s", text):
        return set(range(size - int(match[1]), size))
    return {size - 1} if f"the last {noun}" in text or (noun == "column" and "the last row and column" in text) else set()


@settings(max_examples=60)
@given(
    specs=st.lists(SPEC, min_size=1, max_size=4), sizes=st.tuples(st.integers(3, 9), st.integers(3, 9)), rank=st.integers(1, 2)
)
def test_positions_in_notes_are_correct(specs: list[dict[str, Any]], sizes: tuple[int, int], rank: int) -> None:
    shape = (*sizes[:rank], 2)
    try:
        model = keras.Sequential([keras.Input(shape), *(made(spec, rank) for spec in specs)])
    except ValueError:
        return
    if 0 in model.output_shape:
        return  # Keras 3.10 allows a last window that does not fit
    facts = inspect(model)
    x_shape = shape
    everything = {note.row for note in facts.notes if note.key == "field-beyond-input"}
    for position, layer in enumerate(model.layers):
        alone = influence(keras.Sequential([keras.Input(x_shape), layer]), x_shape)
        ignored = ~alone.any(axis=tuple(range(rank + 1))).any(axis=-1)
        texts = [note.text for note in facts.notes if note.row == position and note.key == "cropped-pixels"]
        if ignored.all():  # the whole input is ignored, so the note need not list all axes
            assert texts
            break
        for axis, noun in enumerate(["row", "column"] if rank == 2 else ["position"]):
            size = x_shape[axis]
            true = np.flatnonzero(ignored.all(axis=1 - axis)) if rank == 2 else np.flatnonzero(ignored)
            said = named(texts[0], noun, size) if texts else set()
            assert len(said) == len(true)
            assert min(said, default=0) < 0 or said == set(map(int, true))
        x_shape = tuple(layer.output.shape[1:])
        if position in everything:
            below = keras.Sequential([keras.Input(shape), *model.layers[: position + 1]])
            assert influence(below, shape).any(axis=(rank, -1)).all()


def test_a_corner_gains_positions_after_the_centre_does_not() -> None:
    model = keras.Sequential(
        [keras.Input((32, 32, 1)), *(L.Conv2D(1, 3, padding="same", activation="relu") for _ in range(34))]
    )
    (note,) = inspect(model).notes
    assert (note.key, note.row) == ("field-beyond-input", 30)  # after 31 layers, a corner depends on 1 + 31 positions
