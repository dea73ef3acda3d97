"""Receptive fields and ignored pixels agree with the response of the real stack to impulses."""

from __future__ import annotations

import itertools
import math
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from keras import layers

from seqwidget.activations.layer_uses import layer_uses
from seqwidget.inspection.inspect import inspect
from seqwidget.model.calls import Reading
from seqwidget.model.receptive_field_start import start
from seqwidget.model.windows import cropped, window

from .probe import seen, spans


def field_of(stack: list[Any], shape: tuple[int, ...]) -> tuple[tuple[int, ...] | None, tuple[float, ...] | None]:
    row = inspect(keras.Sequential([keras.Input(shape), *stack])).rows[-1]
    return row.receptive_field, row.receptive_field_stride


def check_field(stack: list[Any], shape: tuple[int, ...], data_format: str = "channels_last") -> None:
    """Compare with the probe: the widest receptive field that the border does not cut, and the distance between fields."""
    size, stride = field_of(stack, shape)
    assert size is not None
    parts = seen(stack, shape, data_format)
    rank = len(shape) - 1
    spatial = shape[1:] if data_format == "channels_first" else shape[:-1]
    assert parts.ndim == 2 * rank, "the probe wants cells in space"
    for axis in range(rank):
        middle = [n // 2 for n in parts.shape[:rank]]
        found, widest = [], 0
        cells = parts.shape[axis]
        for cell in range(cells // 4, cells - cells // 4):  # away from the border, where windows are cut
            at = (*middle[:axis], cell, *middle[axis + 1 :])
            if not parts[at].any():
                continue
            low, high = spans(parts[at], rank)[axis]
            if low > 0 and high < spatial[axis] - 1:
                found.append((cell, high))
                widest = max(widest, high - low + 1)
        assert len(found) > 1, "take a larger input"
        assert widest == size[axis]
        assert stride is not None
        # After upsampling, the fields of neighbours are unevenly spaced; over a whole period they are even.
        period = math.prod(_spread(layer) for layer in stack)
        moved = {high - before[1] for (cell, high), before in itertools.product(found, found) if cell - before[0] == period}
        assert moved == {period * stride[axis]}


def _spread(layer: Any) -> int:
    if isinstance(layer, layers.UpSampling1D):
        return layer.size
    if isinstance(layer, layers.UpSampling2D):
        return layer.size[0]
    return layer.strides[0] if "Transpose" in type(layer).__name__ else 1


@pytest.mark.parametrize(
    ("stack", "shape"),
    [
        ([layers.Conv2D(2, 5, strides=2), layers.Conv2D(2, 3), layers.MaxPooling2D(3)], (44, 44, 1)),
        ([layers.Conv2D(2, (3, 5), padding="same"), layers.AveragePooling2D((2, 1))], (20, 24, 1)),
        ([layers.Conv2D(2, 3, dilation_rate=3), layers.Conv2D(1, 3)], (30, 30, 1)),
        ([layers.DepthwiseConv2D(3), layers.SeparableConv2D(2, 3, strides=2)], (30, 30, 2)),
        ([layers.Conv1D(2, 4, padding="causal"), layers.Conv1D(2, 4, padding="causal", dilation_rate=2)], (60, 2)),
        ([layers.Conv1D(2, 3, strides=2), layers.ReLU(), layers.Conv1D(2, 3)], (40, 2)),
        ([layers.Conv3D(1, 2), layers.MaxPooling3D(2)], (12, 12, 12, 1)),
        ([layers.Conv1DTranspose(1, 3, strides=2), layers.Conv1D(1, 2)], (20, 1)),
        ([layers.Conv1DTranspose(1, 2, strides=3)], (20, 1)),
        ([layers.Conv1DTranspose(1, 4, strides=2, padding="same"), layers.Conv1D(1, 3, padding="same")], (20, 1)),
        ([layers.UpSampling1D(2), layers.Conv1D(1, 4)], (20, 1)),
        ([layers.UpSampling1D(2), layers.Conv1D(1, 2, strides=2)], (20, 1)),
        ([layers.Conv1D(1, 3), layers.UpSampling1D(3), layers.Conv1D(1, 5, strides=2)], (30, 1)),
        ([layers.ZeroPadding1D(2), layers.Conv1D(1, 5), layers.Cropping1D((1, 2))], (30, 1)),
        ([layers.Dense(3), layers.Conv1D(2, 3), layers.Dropout(0.5), layers.BatchNormalization()], (20, 2)),
    ],
    ids=lambda value: "-".join(layer.name for layer in value) if isinstance(value, list) else str(value),
)
def test_fields_agree_with_impulses(stack: list[Any], shape: tuple[int, ...]) -> None:
    check_field(stack, shape)


def test_an_encoder_and_decoder_in_two_dimensions() -> None:
    check_field([layers.Conv2D(1, 3, strides=2), layers.UpSampling2D(2), layers.Conv2D(1, 3)], (24, 25, 1))


# Specifications instead of layers: a layer draws a seed when it is created, which Hypothesis must not notice.
SMALL = st.integers(1, 3)
SPECS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("Conv1D"), "kernel_size": st.integers(1, 4), "strides": SMALL, "dilation_rate": SMALL}
        | {"padding": st.sampled_from(["valid", "same", "causal"]), "filters": st.just(1)}
    ).filter(lambda spec: spec["strides"] == 1 or spec["dilation_rate"] == 1),
    st.fixed_dictionaries(
        {"type": st.just("MaxPooling1D"), "pool_size": SMALL, "strides": SMALL, "padding": st.sampled_from(["valid", "same"])}
    ),
    st.fixed_dictionaries({"type": st.just("UpSampling1D"), "size": SMALL}),
    st.fixed_dictionaries(
        {"type": st.just("Conv1DTranspose"), "kernel_size": st.integers(1, 4), "strides": SMALL, "filters": st.just(1)}
        | {"padding": st.sampled_from(["valid", "same"])}
    ),
)


def test_a_cell_between_spread_cells_that_a_window_skips() -> None:
    spread = layers.Conv1DTranspose(1, 1, strides=3)
    check_field([spread, layers.MaxPooling1D(1, strides=2), layers.MaxPooling1D(3, strides=1)], (120, 1))


@settings(max_examples=60)
@given(specs=st.lists(SPECS, min_size=1, max_size=4))
def test_any_stack(specs: list[dict[str, Any]]) -> None:
    stack = [getattr(layers, spec["type"])(**{key: spec[key] for key in spec if key != "type"}) for spec in specs]
    shape = (120, 1)
    size, stride = field_of(stack, shape)
    assume(size is not None and stride is not None and size[0] < 40 and 0.2 < stride[0] < 9)
    check_field(stack, shape)


@pytest.mark.parametrize(
    "head",
    [
        [layers.GlobalMaxPooling2D(), layers.Dense(3)],
        [layers.GlobalAveragePooling2D()],
        [layers.Flatten(), layers.Dense(3)],
        [layers.Flatten(), layers.Dropout(0.5), layers.Dense(3), layers.ReLU(), layers.Dense(2)],
    ],
    ids=lambda head: "-".join(layer.name for layer in head),
)
def test_a_head_depends_on_everything_that_the_convolutions_depend_on(head: list[Any]) -> None:
    stack = [layers.Conv2D(2, 5, strides=2), layers.MaxPooling2D(2), *head]
    size, stride = field_of(stack, (30, 33, 1))
    parts = seen(stack, (30, 33, 1)).reshape(-1, 30, 33)[0]
    assert size == tuple(high - low + 1 for low, high in spans(parts, 2))
    assert stride is None


def test_the_last_step_of_a_recurrent_layer_depends_on_every_step() -> None:
    stack = [layers.Conv1D(2, 3), layers.SimpleRNN(2, activation="linear")]
    size, _ = field_of(stack, (20, 1))
    parts = seen(stack, (20, 1)).reshape(-1, 20)[0]
    assert size == (int(np.flatnonzero(parts)[-1] - np.flatnonzero(parts)[0]) + 1,)


@pytest.mark.parametrize(
    "layer", [layers.Lambda(lambda x: x), layers.LSTM(2, return_sequences=True)], ids=lambda layer: layer.name
)
def test_an_unknown_field_is_not_guessed(layer: Any) -> None:
    assert field_of([layers.Conv1D(2, 3), layer], (12, 1)) == (None, None)
    assert field_of([layers.Conv1D(2, 3), layer, layers.Flatten()], (12, 1)) == (None, None)


def test_a_vector_has_no_field() -> None:
    assert field_of([layers.Dense(3)], (4,)) == (None, None)
    assert start(None, Reading([]))[0].reason


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Conv2D(1, 5, strides=2), (50, 51, 1)),
        (layers.Conv2D(1, 2, strides=3), (11, 12, 1)),
        (layers.Conv2D(1, 3, strides=4, padding="same"), (11, 12, 1)),
        (layers.Conv2D(1, 3, dilation_rate=2), (9, 10, 1)),
        (layers.MaxPooling2D(3), (31, 12, 1)),
        (layers.MaxPooling2D(2, strides=3, padding="same"), (10, 11, 1)),
        (layers.Conv1D(1, 3, strides=2), (10, 1)),
        (layers.Cropping2D(((1, 2), (3, 0))), (9, 9, 1)),
        (layers.Cropping1D((1, 2)), (9, 1)),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_ignored_pixels_have_no_effect(layer: Any, shape: tuple[int, ...]) -> None:
    parts = seen([layer], shape)
    rank = len(shape) - 1
    seen_at_all = parts.any(axis=tuple(range(rank)))
    expected = tuple(
        int((~seen_at_all.any(axis=tuple(other for other in range(rank) if other != axis))).sum()) for axis in range(rank)
    )
    assert cropped(layer, (None, *shape), layer.compute_output_shape((None, *shape))) == expected


@settings(max_examples=40)
@given(
    size=st.integers(6, 20),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 6),
    dilation=st.integers(1, 3),
    padding=st.sampled_from(["valid", "same", "causal"]),
)
def test_ignored_steps_of_any_convolution(size: int, kernel: int, stride: int, dilation: int, padding: str) -> None:
    assume(dilation == 1 or stride == 1)
    assume(padding != "valid" or (kernel - 1) * dilation < size)
    layer = layers.Conv1D(1, kernel, strides=stride, dilation_rate=dilation, padding=padding)
    unseen = int((~seen([layer], (size, 1)).any(axis=0)).sum())
    assert cropped(layer, (None, size, 1), layer.compute_output_shape((None, size, 1))) == (unseen,)


def test_channels_first_has_the_same_windows() -> None:
    first = layers.MaxPooling2D(3, strides=2, data_format="channels_first")
    assert cropped(first, (None, 3, 10, 11), (None, 3, 4, 5)) == (1, 0)
    row = inspect(keras.Sequential([keras.Input((3, 10, 11)), first])).rows[0]
    assert (row.data_format, row.receptive_field, row.receptive_field_stride) == ("channels_first", (3, 3), (2, 2))


def test_windows() -> None:
    view = window(layers.Conv2D(1, (3, 5), strides=(1, 2), padding="same"))
    assert view is not None
    assert (view.kernel, view.strides, view.dilation, view.padding) == ((3, 5), (1, 2), (1, 1), "same")
    assert window(layers.Dense(1)) is None
    assert window(layers.GlobalMaxPooling2D()) is None


def test_a_wrapped_convolution_has_the_window_of_its_layer() -> None:
    assert window(layers.SpectralNormalization(layers.Conv2D(2, 3, strides=2))) == window(layers.Conv2D(2, 3, strides=2))


@pytest.mark.parametrize(
    ("stack", "shape"),
    [
        ([layers.Conv2D(2, 5, strides=2), layers.Conv2D(2, 3), layers.MaxPooling2D(3)], (23, 26, 1)),
        ([layers.Conv2D(2, 3, strides=2, padding="same"), layers.MaxPooling2D(2, padding="same")], (11, 12, 1)),
        ([layers.Conv2D(2, 3, dilation_rate=3), layers.Conv2D(1, 2, dilation_rate=2)], (13, 14, 1)),
        ([layers.Conv2D(2, 2, strides=3)], (11, 12, 1)),
        ([layers.Conv1D(2, 3, padding="causal", dilation_rate=2)], (12, 2)),
        ([layers.Conv1DTranspose(1, 3, strides=2), layers.Conv1D(1, 2)], (10, 1)),
        ([layers.Conv1DTranspose(1, 2, strides=3)], (7, 1)),
        ([layers.Conv1DTranspose(1, 4, strides=2, padding="same")], (9, 1)),
        ([layers.UpSampling1D(3), layers.Conv1D(1, 4, strides=2)], (9, 1)),
        ([layers.ZeroPadding1D(2), layers.Conv1D(1, 3), layers.Cropping1D((1, 2))], (12, 1)),
        ([layers.Conv3D(1, 2), layers.MaxPooling3D(2)], (5, 6, 7, 1)),
        ([layers.ReLU()], (4, 5, 1)),
    ],
    ids=lambda value: "-".join(layer.name for layer in value) if isinstance(value, list) else str(value),
)
def test_the_field_of_each_cell_agrees_with_impulses(stack: list[Any], shape: tuple[int, ...]) -> None:
    check_seen(stack, shape)


@settings(max_examples=60)
@given(specs=st.lists(SPECS, min_size=1, max_size=4), size=st.integers(14, 40))
def test_the_field_of_each_cell_of_any_stack(specs: list[dict[str, Any]], size: int) -> None:
    stack = [getattr(layers, spec["type"])(**{key: spec[key] for key in spec if key != "type"}) for spec in specs]
    try:
        keras.Sequential([keras.Input((size, 1)), *stack])
    except ValueError:
        reject()
    check_seen(stack, (size, 1))


def check_seen(stack: list[Any], shape: tuple[int, ...], data_format: str = "channels_last") -> None:
    """Compare the input positions of every cell with those that the probe finds."""
    parts = seen(stack, shape, data_format)
    rank = len(shape) - 1
    model = keras.Sequential([keras.Input(shape), *stack])
    field = list(layer_uses(model, inspect(model)).values())[-1].field
    assert field is not None
    axes = field.seen(parts.shape[:rank])
    assert axes is not None
    letters = "abcdef"
    cells, positions = letters[:rank], letters[rank : 2 * rank]
    product = np.einsum(",".join(map("".join, zip(cells, positions, strict=True))) + f"->{cells}{positions}", *axes)
    np.testing.assert_array_equal(product, parts)


def test_a_head_depends_on_everything_and_a_flatten_has_no_field() -> None:
    stack = [layers.Conv1D(2, 3, strides=2), layers.Flatten(), layers.Dense(3)]
    model = keras.Sequential([keras.Input((12, 1)), *stack])
    conv, flat, dense = (place.field for place in layer_uses(model, inspect(model)).values())
    assert conv.seen((5,))[0].shape == (5, 12)
    assert flat.seen((10,)) is None
    np.testing.assert_array_equal(dense.seen(())[0][0], seen(stack, (12, 1)).reshape(12))
    unknown = keras.Sequential([keras.Input((None, 1)), layers.Conv1D(2, 3)])
    assert next(iter(layer_uses(unknown, inspect(unknown)).values())).field.seen((5,)) is None


def test_fields_inside_a_nested_model() -> None:
    base = keras.Sequential(
        [keras.Input((20, 1)), layers.Conv1D(2, 3, name="one"), layers.MaxPooling1D(2, name="two")], name="base"
    )
    model = keras.Sequential([keras.Input((20, 1)), base, layers.Conv1D(1, 2, name="top")])
    found = layer_uses(model, inspect(model))
    assert list(found) == ["base", "base/one", "base/two", "top"]
    parts = seen([*base.layers, model.layers[-1]], (20, 1))
    np.testing.assert_array_equal(found["top"].field.seen((8,))[0], parts)
    np.testing.assert_array_equal(found["base/one"].field.seen((18,))[0], seen(base.layers[:1], (20, 1)))
