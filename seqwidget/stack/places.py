"""The places in a model that can be looked at: each layer with its row, and exactly what its cells see of the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from .chain import Call, chain, is_line
from .extractor import Paths, points_of
from .field_rules import not_a_layer, not_a_line, start, through
from .layout import Layout, layout_of
from .receptive_field import Field
from .records import LayerRow, Shapes, Stack


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
    """Give all places of a model with a known output, by the paths that `feature_extractor` takes."""
    calls = chain(model, stack.input_shape)
    linear = isinstance(model, keras.Sequential)
    field = start(stack.input_shape, calls) if linear else Field.unknown(not_a_line(model))
    found: dict[str, tuple[Any, Field]] = {}
    _through(calls, field, "", Paths(), found)
    return {
        path: Place(row, position, *found[path])
        for position, (path, row) in enumerate(points_of(stack).items())
        if path in found
    }


def _through(calls: list[Call], field: Field, prefix: str, paths: Paths, found: dict[str, tuple[Any, Field]]) -> Field:
    for call in calls:
        if not isinstance(call.layer, keras.Layer):
            field = Field.unknown(not_a_layer(call.layer))
            continue
        path = paths.next(f"{prefix}{call.layer.name}")
        if call.output_shape is None:
            field = Field.unknown(call.why)
            continue
        if isinstance(call.layer, keras.Model):
            inner = _inner(call.layer, call.input_shape)
            entered = field if is_line(inner) else Field.unknown(not_a_line(call.layer))
            field = _through(inner, entered, f"{prefix}{call.layer.name}/", paths, found)
        else:
            field = through(field, call.layer, call.input_shape, call.output_shape)
        found[path] = call.layer, field
    return field


def _inner(model: Any, input_shape: Shapes | None) -> list[Call]:
    try:
        return chain(model, input_shape)
    except Exception:  # noqa: BLE001  what does not run by itself is one place, without any inside
        return []
