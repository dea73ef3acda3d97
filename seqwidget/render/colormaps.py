"""Define the colormaps of activations, with 256 colours each, for live panels and saved images."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..i18n.messages import Text, message


class Colormap(NamedTuple):
    """A colormap: its label, and evenly spaced colours, between which `table` interpolates."""

    label: Text
    colors: str


# The colours of viridis and magma are from matplotlib (CC0), those of RdBu from ColorBrewer.
COLORMAPS = {
    "viridis": Colormap(
        "viridis",
        """
        440154 470d60 48186a 482374 472d7b 453781 424086 3e4989 3b528b 375b8d 33638d 2f6b8e 2c728e 297a8e 26828e 23898e
        21918c 1f978b 1f9f88 21a685 27ad81 31b57b 3dbc74 4cc26c 5cc863 6ece58 81d34d 95d840 aadc32 c0df25 d5e21a eae51a
        fde725""",
    ),
    "magma": Colormap(
        "magma",
        """
        000004 030312 0a0822 130d34 1d1147 29115a 36106b 440f76 51127c 5d177f 6a1c81 762181 832681 902a81 9c2e7f aa337d
        b73779 c23b75 cf4070 db476a e55064 ee5b5e f4695c f9785d fb8761 fd9668 fea571 feb47b fec287 fed194 fde0a1 fceeb0
        fcfdbf""",
    ),
    "grey": Colormap(message("grey"), "000000 ffffff"),
    "diverging": Colormap(
        message("diverging around 0"), "053061 2065ab 4393c3 90c4dd d1e5f0 f7f6f6 fddbc7 f3a481 d6604d b1182b 67001f"
    ),
}
"""The colormaps by name, in the order in which a menu shows them. The first one is the default."""
DIVERGING = "diverging"
"""The colormap whose middle colour stands for zero."""

NOT_FINITE = (255, 0, 255)
"""The RGB colour of NaN and infinite values; no colormap contains it."""


def table(name: str) -> np.ndarray:
    """Return the colours of a colormap, from the lowest value to the highest.

    Parameters
    ----------
    name : str
        One of `COLORMAPS`.

    Returns
    -------
    ndarray
        RGB colours of shape (256, 3) and dtype uint8.
    """
    colors = np.array([list(bytes.fromhex(color)) for color in COLORMAPS[name].colors.split()], "float64")
    at = np.linspace(0, len(colors) - 1, 256)
    channels = [np.interp(at, np.arange(len(colors)), channel) for channel in colors.T]
    return np.stack(channels, axis=1).round().astype("uint8")
