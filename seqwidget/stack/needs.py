"""How many axes a layer needs in what comes in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .layers import wrapped

_SPATIAL = {1: "steps", 2: "height, width", 3: "depth, height, width"}


@dataclass(frozen=True)
class Needs:
    """A number of axes, with the batch, and what they are; with ``more`` there may be further ones."""

    rank: int
    axes: str
    more: bool = False

    def fits(self, rank: int) -> bool:
        """Whether a tensor of so many axes will do."""
        return rank >= self.rank if self.more else rank == self.rank

    @property
    def words(self) -> str:
        """Say it: ``4 axes (batch, height, width, channels)``."""
        return f"{self.rank} axes{' or more' if self.more else ''} ({self.axes})"


def needs(layer: Any) -> Needs | None:  # noqa: PLR0911  a kind of layer a line
    """Tell how many axes a layer needs; None where that is not known."""
    name = next((c.__name__ for c in type(layer).__mro__ if c.__module__.startswith("keras.")), "")
    if name == "TimeDistributed":
        inner = needs(wrapped(layer))
        if inner is None or inner.more or inner.rank == 2:  # noqa: PLR2004  (batch, features)
            return Needs(3, "batch, time, features", more=True)
        return Needs(inner.rank + 1, inner.axes.replace("batch", "batch, time", 1))
    if name in ("Bidirectional", "SpectralNormalization"):
        return needs(wrapped(layer))
    dimensions = re.search(r"(\d)D(Transpose)?$", name)
    if dimensions:
        n = int(dimensions[1])
        if name.startswith("ConvLSTM"):
            return Needs(n + 3, f"batch, time, {_SPATIAL[n].replace('steps', 'positions')}, channels")
        return Needs(n + 2, f"batch, {_SPATIAL[n]}, channels")
    if name in _PLAIN:
        return _PLAIN[name]
    if name == "Permute":
        return Needs(len(layer.dims) + 1, f"batch and the {len(layer.dims)} that it puts in order")
    if name == "EinsumDense" and "..." not in layer.equation:
        letters = re.split(r",", layer.equation)[0]
        return Needs(len(letters), ", ".join(letters))
    return None


_SEQUENCE = Needs(3, "batch, steps, features")
_PLAIN = {
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN"), _SEQUENCE),
    "RepeatVector": Needs(2, "batch, features"),
    "Dense": Needs(2, "batch, features", more=True),
}
