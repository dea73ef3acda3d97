"""The places in a model that can be looked at: each layer with its row, and exactly what its cells see of the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..inspection.inspect import walk
from ..inspection.stack import Stack
from ..model.array_layout import Layout, layout_of
from ..model.receptive_field import Field
from ..model.records import LayerRow
from .extractor import points_of


@dataclass(frozen=True, slots=True)
class Place:
    """One use of a layer in a model.

    Attributes
    ----------
    row
        What is known of it.
    position
        The position of that row in the stack.
    layer
        The layer itself.
    field
        The receptive field behind it.
    """

    row: LayerRow
    position: int
    layer: Any
    field: Field

    def layout(self, shape: Sequence[int | None]) -> Layout:
        """Tell how to look at one sample's output of this shape."""
        attention = self.row.kind == "attention" or "attention" in f"{self.row.name} {self.row.type}".lower()
        return layout_of(shape, data_format=self.row.data_format, attention=attention)


def places(model: Any, stack: Stack) -> dict[str, Place]:
    """Return all places of a model with a known output, by the paths that `feature_extractor` takes."""
    _, _, found = walk(model, stack.input_shape)
    return {
        path: Place(row, position, found.layers[position], found.fields[position])
        for position, (path, row) in enumerate(points_of(stack).items())
        if row.output_shape is not None
    }
