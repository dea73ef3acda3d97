"""Index the layers of a model that have a known output, with their rows and receptive fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras

from ..errors import NotAModelError
from ..inspection.inspect import inspect, walk
from ..inspection.stack import Stack
from ..model.array_layout import Layout, layout_of
from ..model.receptive_field import Field
from ..model.records import LayerRow
from .extractor import points_of


@dataclass(frozen=True, slots=True)
class LayerUse:
    """One use of a layer in a model.

    Attributes
    ----------
    row
        The row with the facts about the layer.
    position
        The position of that row in the stack.
    layer
        The layer itself.
    field
        The receptive field of the layer's output.
    """

    row: LayerRow
    position: int
    layer: keras.Layer
    field: Field

    def layout(self, shape: Sequence[int | None]) -> Layout:
        """Return how to display one sample's output of this shape (without batch)."""
        attention = self.row.kind == "attention" or "attention" in f"{self.row.name} {self.row.type}".lower()
        return layout_of(shape, data_format=self.row.data_format, attention=attention)


def layer_uses(model: keras.Model, stack: Stack) -> dict[str, LayerUse]:
    """Return the layers of a model with a known output, by the paths of `feature_extractor`."""
    _, _, found = walk(model, stack.input_shape)
    return {
        path: LayerUse(row, position, found.layers[position], found.fields[position])
        for position, (path, row) in enumerate(points_of(stack).items())
        if row.output_shape is not None
    }


def facts_of(model: keras.Model) -> Stack:
    """Return the facts about a model whose layers can be run one by one.

    Raises
    ------
    NotAModelError
        If it is not a Keras model, or has a custom ``call``.
    """
    facts = inspect(model)
    if isinstance(model, keras.Sequential) and facts.input_shape is None and not facts.rows:
        msg = f"expected a model with an input or layers, received {model.name!r}, which has none; add them first."
        raise NotAModelError(msg)
    if not isinstance(model, keras.Sequential) and facts.input_shape is None:
        what = f"{model.name!r} ({type(model).__name__}), which overrides call"
        msg = f"expected a keras.Sequential or a Functional model, received {what}."
        raise NotAModelError(msg)
    return facts
