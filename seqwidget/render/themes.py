"""Define the themes of exported pictures: the colours of text, lines and blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

Stripes: TypeAlias = Literal["", "rows", "columns", "grid"]
"""The thin lines on a block, with which a theme tells kinds of layers apart without colours."""


class Paint(NamedTuple):
    """How a block is filled: a colour as ``#rrggbb``, and stripes."""

    color: str
    stripes: Stripes = ""


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a picture, as CSS colours.

    Attributes
    ----------
    ink
        The colour of labels.
    muted
        The colour of all other text.
    background
        The colour behind the picture; empty if the page shows through.
    edge
        The colour of the edges of blocks.
    hatch
        The colour of the hatching of frozen layers.
    paints
        How blocks are filled, by their CSS class. The panel's colours are used for other classes.
    """

    ink: str
    muted: str
    background: str = ""
    edge: str = "#6d747b"
    hatch: str = "#ffffff"
    paints: Mapping[str, Paint] = field(default_factory=dict)


# These colours differ by at least 20 units of CIELAB for people with any kind of colour blindness;
# tests/render/test_themes.py simulates them.
_SAFE = {
    "input": "#e0e0e0",
    "dense": "#8b428a",
    "conv": "#0563ec",
    "pool": "#e78b0c",
    "norm": "#109c49",
    "dropout": "#90b292",
    "shape": "#fac96c",
    "recurrent": "#d01e05",
    "attention": "#cf7ab2",
    "embedding": "#661100",
    "preprocessing": "#7fd4fa",
    "activation": "#b1fa05",
    "model": "#332288",
    "other": "#606060",
}
_WHITE, _LIGHT, _MIDDLE, _DARK, _BLACK = "#ffffff", "#cccccc", "#929292", "#505050", "#1c1c1c"
_GREY = {
    "input": Paint(_WHITE),
    "dense": Paint(_LIGHT),
    "conv": Paint(_MIDDLE),
    "pool": Paint(_DARK),
    "norm": Paint(_WHITE, "rows"),
    "dropout": Paint(_WHITE, "columns"),
    "shape": Paint(_WHITE, "grid"),
    "recurrent": Paint(_MIDDLE, "rows"),
    "attention": Paint(_MIDDLE, "columns"),
    "embedding": Paint(_LIGHT, "columns"),
    "preprocessing": Paint(_LIGHT, "grid"),
    "activation": Paint(_LIGHT, "rows"),
    "model": Paint(_BLACK),
    "other": Paint(_MIDDLE, "grid"),
}
_HEAT = {f"heat-{step}": Paint("#" + 3 * f"{242 - 24 * step:02x}") for step in range(10)}

THEMES: Mapping[str, Theme] = {
    # a file may appear on a white or a dark page: this grey is legible on both
    "any": Theme("#757575", "#757575"),
    "light": Theme("#1f2328", "#59636e", "#ffffff"),
    "dark": Theme("#f0f3f6", "#a9b2bb", "#15191e", edge="#0a0d10"),
    "print": Theme("#000000", "#000000", edge="#000000"),
    "colorblind": Theme(
        "#1f2328", "#59636e", "#ffffff", paints={f"kind-{kind}": Paint(color) for kind, color in _SAFE.items()}
    ),
    "mono": Theme(
        *("#000000", "#000000", "#ffffff", "#000000", "#000000"),
        paints={f"kind-{kind}": paint for kind, paint in _GREY.items()} | _HEAT | {"heat-none": Paint(_WHITE, "grid")},
    ),
}
"""The themes by name. ``any`` and ``print`` have no background."""
