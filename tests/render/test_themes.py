"""The colours of exported pictures: legible, and distinct for people who are colour-blind or print in black and white."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from seqwidget.model.records import KINDS
from seqwidget.render.picture import _paint
from seqwidget.render.themes import THEMES

# Linear RGB as seen without the cones for red, green or blue (Machado, Oliveira and Fernandes, 2009).
SIGHT = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(color: str) -> NDArray[np.float64]:
    channels = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def lab(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return CIELAB coordinates, for the white of sRGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.clip(to_xyz @ np.clip(light, 0, 1) / [0.9505, 1, 1.089], 1e-6, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def closest(theme: str, sight: str) -> float:
    """Return the smallest distance between the colours of two kinds of layers."""
    colors = [lab(SIGHT[sight] @ linear(_paint(THEMES[theme], f"kind-{kind}").color)) for kind in KINDS]
    return min(float(np.linalg.norm(one - other)) for one, other in itertools.combinations(colors, 2))


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("sight", SIGHT)
def test_kinds_are_distinct_for_the_colour_blind(sight: str) -> None:
    assert closest("colorblind", sight) > 20


def test_the_simulation_finds_what_is_confused() -> None:
    assert closest("light", "deuteranopia") < closest("light", "usual") / 2


def test_mono_has_no_colours_and_no_two_kinds_alike() -> None:
    theme = THEMES["mono"]
    paints = [_paint(theme, f"kind-{kind}") for kind in KINDS]
    assert len(set(paints)) == len(KINDS)
    colors = {*(paint.color for paint in theme.paints.values()), theme.ink, theme.muted, theme.edge, theme.background}
    assert all(color[1:3] == color[3:5] == color[5:] for color in colors)
    assert len({paint.color for paint in paints}) <= 6  # only a few greys can be distinguished
    steps = [int(_paint(theme, f"heat-{step}").color[1:3], 16) for step in range(10)]
    assert steps == sorted(set(steps), reverse=True)


@pytest.mark.parametrize("name", THEMES)
def test_text_is_legible(name: str) -> None:
    theme = THEMES[name]
    for page in [theme.background] if theme.background else ["#ffffff", *(["#121212"] if name == "any" else [])]:
        assert contrast(theme.ink, page) > 4
        assert contrast(theme.muted, page) > 4
