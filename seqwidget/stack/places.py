"""The places in a model that can be looked at: each layer with its row, and exactly what its cells see of the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from .chain import Call, chain, is_line
from .extractor import Paths, points_of
from .geometry import Field
from .layout import Layout, layout_of
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
        The receptive field behind it; None where it is not known.
    """

    row: LayerRow
    position: int
    layer: Any
    field: Field | None

    def layout(self, shape: Sequence[int | None]) -> Layout:
        """Tell how to look at one sample's output of this shape."""
        attention = self.row.kind == "attention" or "attention" in f"{self.row.name} {self.row.type}".lower()
        return layout_of(shape, data_format=self.row.data_format, attention=attention)


def places(model: Any, stack: Stack) -> dict[str, Place]:
    """Give all places of a model with a known output, by the paths that `feature_extractor` takes."""
    linear = isinstance(model, keras.Sequential)
    found: dict[str, tuple[Any, Field | None]] = {}
    _through(chain(model, stack.input_shape), Field.start(stack.input_shape) if linear else None, "", Paths(), found)
    return {
        path: Place(row, position, *found[path])
        for position, (path, row) in enumerate(points_of(stack).items())
        if path in found
    }


def _through(
    calls: list[Call], field: Field | None, prefix: str, paths: Paths, found: dict[str, tuple[Any, Field | None]]
) -> Field | None:
    for call in calls:
        if not isinstance(call.layer, keras.Layer):
            field = None
            continue
        path = paths.next(f"{prefix}{call.layer.name}")
        if call.output_shape is None:
            field = None
            continue
        if isinstance(call.layer, keras.Model):
            inner = _inner(call.layer, call.input_shape)
            field = _through(inner, field if is_line(inner) else None, f"{prefix}{call.layer.name}/", paths, found)
        elif field is not None:
            field = field.through(call.layer, call.input_shape, call.output_shape)
        found[path] = call.layer, field
    return field


def _inner(model: Any, input_shape: Shapes | None) -> list[Call]:
    try:
        return chain(model, input_shape)
    except Exception:  # noqa: BLE001  what does not run by itself is one place, without any inside
        return []
