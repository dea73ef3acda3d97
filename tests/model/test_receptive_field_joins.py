"""Receptive fields after joins agree with gradients, for random branching models, and with published numbers."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as L  # noqa: N812  as in the tutorials
from keras import ops

from seqwidget.activations.layer_uses import layer_uses
from seqwidget.inspection.inspect import inspect
from tests.backends import module, needs

HEIGHT, WIDTH = 24, 6
JOINS = (L.Add, L.Concatenate, L.Average, L.Multiply)


def gradients(model: keras.Model, layer: keras.Layer) -> np.ndarray:
    """Return which input positions have a gradient in each cell of a layer, as booleans of shape (cells…, height, width).

    All weights and inputs are positive, so that no two gradients cancel out.
    """
    tf, rng = module("tensorflow"), np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(rng.uniform(0.5, 1, weight.shape))
    part = keras.Model(model.input, layer.output)
    cells = part.output_shape[1:3]
    x = tf.constant(rng.uniform(0.5, 1, (cells[0] * cells[1], *model.input_shape[1:])), "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        of_cells = tf.reshape(tf.reduce_sum(part(x), -1), (len(x), -1))
        total = tf.reduce_sum(tf.linalg.diag_part(of_cells))  # the sum contains only cell n of the output for sample n
    return np.asarray(tape.gradient(total, x)).any(axis=-1).reshape(*cells, *model.input_shape[1:3])


def conv(kernel: int = 3, **options: Any) -> Any:
    return L.Conv2D(2, kernel, **options)


def branching(rng: Random) -> keras.Model:
    """Return a model of a stem and one or two blocks, in each of which two or three branches of the same size are joined."""
    x = entry = keras.Input((HEIGHT, WIDTH, 2))
    x = conv(rng.randint(1, 3), padding=rng.choice(["same", "valid"]))(x)
    for _ in range(rng.randint(1, 2)):
        strides = rng.randint(1, 2)
        branches = [_branch(rng, x, strides) for _ in range(rng.randint(2, 3))]
        if strides == 1 and rng.random() < 0.5:
            branches[0] = x
        x = conv(1)(rng.choice(JOINS[:3])()(branches))
    return keras.Model(entry, x)


def _branch(rng: Random, x: Any, strides: int) -> Any:
    kind = rng.choice(["conv", "pool", "two", "dilated", "down and up", "squeeze"][: 3 if strides > 1 else 6])
    if kind == "dilated":
        return conv(2, dilation_rate=rng.randint(2, 3), padding="same")(x)
    if kind == "pool":
        return L.AveragePooling2D(rng.randint(2, 3), strides, padding="same")(x)
    if kind == "two":
        return conv(rng.randint(1, 5), strides=strides, padding="same")(conv(2, padding="same")(x))
    if kind == "down and up" and not any(size % 2 for size in x.shape[1:3]):
        half = conv(strides=2, padding="same")(x)
        return L.Conv2DTranspose(2, rng.randint(2, 3), strides=2, padding="same")(half)
    if kind == "squeeze":
        return L.Multiply()([x, conv(1)(L.GlobalAveragePooling2D(keepdims=True)(x))])
    return conv(rng.randint(1, 4), strides=strides, padding="same")(x)


def u_net(size: int | None = HEIGHT) -> keras.Model:
    x = entry = keras.Input((size, size and 8, 2))
    one = conv(3, padding="same")(x)
    two = conv(3, padding="same")(L.AveragePooling2D(2)(one))
    low = conv(2, padding="same")(L.AveragePooling2D(2)(two))
    two = L.Concatenate()([conv(2, padding="same")(L.UpSampling2D(2)(low)), two])
    return keras.Model(entry, L.Concatenate(name="last")([L.Conv2DTranspose(2, 2, strides=2, padding="same")(two), one]))


def span(seen: np.ndarray) -> int:
    return int(np.ptp(np.flatnonzero(seen))) + 1


@needs("tensorflow")
@pytest.mark.parametrize("seed", range(11))
def test_a_field_after_a_join_is_the_input_that_has_a_gradient(seed: int) -> None:
    model = branching(Random(seed)) if seed else u_net()
    joins = [place for place in layer_uses(model, inspect(model)).values() if isinstance(place.layer, JOINS)]
    assert joins
    for place in joins:
        parts, claimed = gradients(model, place.layer), place.row.receptive_field
        assert claimed is not None
        seen = place.field.seen(parts.shape[:2])
        assert seen is not None
        tall, wide = (np.broadcast_to(one, (cells, one.shape[1])) for one, cells in zip(seen, parts.shape[:2], strict=True))
        np.testing.assert_array_equal(tall, parts.any(axis=(1, 3)))
        np.testing.assert_array_equal(wide, parts.any(axis=(0, 2)))
        middle = len(tall) // 2
        if claimed[0] < HEIGHT // 2:  # so that these cells see no edge
            assert max(map(span, tall[middle - 2 : middle + 2])) == claimed[0]
        assert max(map(span, wide)) <= claimed[1]


@needs("tensorflow")
@pytest.mark.parametrize("seed", range(1, 5))
def test_a_field_before_inputs_are_joined_is_the_part_of_its_input_that_has_a_gradient(seed: int) -> None:
    parts = [branching(Random(seed)), branching(Random(-seed))]
    x = L.Concatenate(name="both")([L.GlobalAveragePooling2D()(part.output) for part in parts])
    model = keras.Model([part.input for part in parts], x)
    uses = layer_uses(model, inspect(model))
    assert uses["both"].row.unknown["receptive_field"] == "both joins several inputs of the model"
    for number, part in enumerate(parts):
        joins = [layer for layer in part.layers if isinstance(layer, JOINS)]
        assert joins
        for layer in joins:
            parts_seen, field = gradients(part, layer), uses[layer.name].field
            seen = field.seen(parts_seen.shape[:2])
            assert seen is not None
            assert field.source == number
            for one, axis in zip(seen, (0, 1), strict=True):
                expected = parts_seen.any(axis=(1 - axis, 3 - axis))
                np.testing.assert_array_equal(np.broadcast_to(one, expected.shape), expected)


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_each_input_has_positions_of_its_own_kind(names: str) -> None:
    image, text = keras.Input((8, 8, 3), name=names[0]), keras.Input((9,), dtype="int32", name=names[1])
    pixels = L.Conv2D(2, 3, name="pixels")(image)
    words = L.Conv1D(2, 4, name="words")(L.Embedding(5, 3, name="vectors")(text))
    model = keras.Model(dict(zip(names, (image, text), strict=True)), [pixels, words])
    fields = {row.name: row.receptive_field for row in inspect(model).rows}
    assert (fields["pixels"], fields["vectors"], fields["words"]) == ((3, 3), (1,), (4,))


def join(*branches: Callable[[Any], Any], size: tuple[int | None, int | None] = (12, 12), by: Any = None) -> keras.Model:
    x = keras.Input((*size, 2))
    return keras.Model(x, (by or L.Add(name="last"))([branch(x) for branch in branches]))


def same(kernel: int, **options: Any) -> Any:
    return conv(kernel, padding="same", **options)


HALF, OPEN = {"strides": 2}, (None, None)
KNOWN: dict[str, tuple[Callable[[], keras.Model], tuple[int, int]]] = {
    "sizes that are not fixed": (lambda: join(same(3), same(4), size=OPEN), (4, 4)),
    "side by side": (lambda: join(L.Cropping2D(((2, 0), (0, 2))), L.Cropping2D(((0, 2), (1, 1))), size=OPEN), (3, 2)),
    "the same strides from the same input": (lambda: join(same(3), lambda x: same(5)(x) * 2, size=OPEN), (5, 5)),
    "operations": (
        lambda: join(same(5), same(1), by=lambda xs: ops.concatenate([xs[0] + xs[1] - 1.0, xs[0]], axis=-1)),
        (5, 5),
    ),
    "one tensor twice": (lambda: join(same(5), by=lambda xs: L.Multiply()([xs[0], xs[0]])), (5, 5)),
    "vectors": (lambda: join(*[lambda x: L.Dense(3)(L.Flatten()(conv(3)(x)))] * 2), (12, 12)),
    "a row and a column": (lambda: join(conv((1, 12)), conv((12, 1))), (12, 12)),
}
UNKNOWN: dict[str, tuple[Callable[[], keras.Model], str]] = {
    "strides": (
        lambda: join(same(3, **HALF), conv(7)),
        "last joins branches whose receptive fields have different strides",
    ),
    "order": (lambda: join(same(3), L.Permute((2, 1, 3))), "last joins positions that are not aligned"),
    "positions": (lambda: join(same(3), same(3), by=L.Concatenate(1, name="last")), "last concatenates positions"),
    "samples": (lambda: join(same(3), same(3), by=L.Concatenate(0, name="last")), "last concatenates positions"),
    "guessed padding": (
        lambda: join(lambda x: L.UpSampling2D()(same(3, **HALF)(x)), same(1), size=OPEN),
        "the size of last's input is not fixed",
    ),
    "a product": (lambda: join(L.Flatten(), L.Flatten(), by=L.Dot(1, name="last")), "last takes or returns several tensors"),
    "what no other cell sees": (
        lambda: join(same(3), lambda x: L.GlobalAveragePooling2D(keepdims=True)(L.Cropping2D(2)(x))),
        "last joins positions that are not aligned",
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_else_is_known(name: str) -> None:
    build, size = KNOWN[name]
    assert inspect(build()).rows[-1].receptive_field == size


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_field_has_a_reason(name: str) -> None:
    build, reason = UNKNOWN[name]
    row = inspect(build()).rows[-1]
    assert row.receptive_field is None
    assert row.unknown["receptive_field"] == reason


def test_rows_after_a_join_are_kept_while_nothing_changes() -> None:
    model = u_net()
    rows = inspect(model).rows
    assert all(map(lambda a, b: a is b, rows, inspect(model).rows))


def test_channels_first_is_known_from_a_layer_after_a_join() -> None:
    x = keras.Input((3, 12, 14))
    model = keras.Model(x, L.Conv2D(2, 5, data_format="channels_first")(L.Add()([x, L.ReLU()(x)])))
    assert inspect(model).rows[-1].receptive_field == (5, 5)
