"""Bytes and colours of tiles agree with their values."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from seqwidget.render import colormaps, tile_png, tiles
from seqwidget.render.input_preview import preview

FLOATS = st.floats(-1e6, 1e6, width=32)


def limits(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    flat = maps.reshape(len(maps), -1)
    return flat.min(1).astype("float32"), flat.max(1).astype("float32")


@settings(max_examples=60)
@given(maps=hnp.arrays("float32", st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)), elements=FLOATS))
def test_a_byte_is_the_value_to_within_half_a_step(maps: np.ndarray) -> None:
    low, high = limits(maps)
    codes = tiles.quantise(maps, low, high)
    assert codes.dtype == np.uint8
    assert codes.min() >= 1
    span = (high.astype("float64") - low).reshape(-1, 1, 1)
    back = low.reshape(-1, 1, 1) + (codes - 1.0) / 254 * span
    assert (np.abs(back - maps) <= span / 254 * 0.501 + 1e-30).all()


def test_values_that_are_not_finite_have_their_own_byte() -> None:
    maps = np.array([[[0.0, np.nan], [np.inf, 1.0]]], "float32")
    codes = tiles.quantise(maps, np.float32([0]), np.float32([1]))
    assert codes.tolist() == [[[1, 0], [0, 255]]]


@pytest.mark.parametrize("size", [(8, 8), (9, 7), (123, 50), (1, 300)])
def test_shrinking_takes_the_mean_of_blocks(size: tuple[int, int]) -> None:
    maps = np.random.default_rng(0).random((3, *size)).astype("float32")
    small, factor = tiles.shrink(maps, 4)
    assert factor == -(-max(size) // 4)
    assert max(small.shape[1:]) <= 4
    assert small.shape[1:] == tiles.shrunk(size, 4)[0]
    for row in range(small.shape[1]):
        for column in range(small.shape[2]):
            block = maps[:, row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
            np.testing.assert_allclose(small[:, row, column], block.mean(axis=(1, 2)), rtol=1e-5)
    assert tiles.shrink(maps, 1000)[0] is maps


def test_colour_tables_have_the_ends_and_order_that_people_know() -> None:
    grey = colormaps.table("grey")
    np.testing.assert_array_equal(grey[:, 0], np.arange(256))
    viridis = colormaps.table("viridis")
    assert bytes(viridis[0]).hex() == "440154"
    assert bytes(viridis[255]).hex() == "fde725"
    lightness = viridis @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(lightness) > -0.6).all()
    diverging = colormaps.table("diverging").astype(int)
    assert diverging[128].min() > 240  # zero is white
    assert diverging[0][2] > diverging[0][0]  # negative is blue
    assert diverging[255][0] > diverging[255][2]  # positive is red
    assert not (viridis == colormaps.NOT_FINITE).all(axis=1).any()


@pytest.mark.parametrize("name", colormaps.COLORMAPS)
def test_colours_by_channel_by_layer_and_around_zero(name: str) -> None:
    codes = np.array([[1, 255], [1, 255]], "uint8")
    own = np.float32([-1, 0]), np.float32([3, 1])
    centred = name == colormaps.DIVERGING
    by_channel = tiles.index(codes, own, None, centred=centred)
    by_layer = tiles.index(codes, own, (-1, 3), centred=centred)
    if centred:
        assert by_channel.tolist() == [[85, 255], [128, 255]]
        assert by_layer.tolist() == [[85, 255], [128, 170]]
    else:
        assert by_channel.tolist() == [[0, 255], [0, 255]]
        assert by_layer.tolist() == [[0, 255], [64, 128]]


def test_a_png_shows_each_tile_in_its_colours() -> None:
    codes = np.full((5, 123, 123), 1, "uint8")
    codes[3] = 255
    codes[4, 0, 0] = 0
    own = np.zeros(5, "float32"), np.ones(5, "float32")
    png = tile_png.sheet(codes, own, numbers=list(range(5)), colormap="grey", shown=(0, 1))
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    assert picture[60, 60].tolist() == [0, 0, 0]
    assert picture[60, 3 * 129 + 60].tolist() == [255, 255, 255]
    assert picture[0, 4 * 129].tolist() == list(colormaps.NOT_FINITE)


def test_bars_go_from_zero() -> None:
    png = tile_png.bars(np.float32([-1, 1, 0]), ["a", "b", "c"])
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    blue = [(line[..., 2] - line[..., 0] > 100).sum() for line in np.split(picture, 3)]
    assert abs(blue[0] - blue[1]) <= 12
    assert blue[0] > 500 > blue[2]


@pytest.mark.parametrize("peak", [1, 255])
def test_photographs_keep_their_own_range(peak: int) -> None:
    image = np.zeros((4, 6, 3), "float32")
    image[0, 0] = [peak, peak / 2, 0]
    shown = preview(image, (0, peak), channels_first=False, limit=10)
    assert shown.shape == (4, 6, 3)
    assert shown[0, 0].tolist() == [255, 128, 0]
    first = preview(np.moveaxis(image, -1, 0), (0, peak), channels_first=True, limit=10)
    np.testing.assert_array_equal(first, shown)


def test_other_samples_become_pictures_too() -> None:
    for shape, size in (((9, 2), (2, 9)), ((7,), (1, 7)), ((5, 8, 8, 1), (8, 8)), ((8, 8, 5), (8, 8)), ((40, 40, 1), (10, 10))):
        picture = preview(np.random.default_rng(0).normal(size=shape), (-3, 3), channels_first=False, limit=10)
        assert picture.shape == (*size, 3)
    assert preview(np.array(["word"]), (0, 0), channels_first=False, limit=10) is None
