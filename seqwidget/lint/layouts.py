"""Write notes on the layout of weights on several devices: what one device holds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras

from ..i18n.messages import Text, joined, message, number
from ..model.records import LayerRow, Note
from ..model.weight_layout import WeightLayout, has_several_devices, weight_layout
from .notes import note


def of_layouts(model: keras.Model, rows: Sequence[LayerRow], layers: Sequence[keras.Layer]) -> list[Note]:
    """Return a note on the model and, if any weight is split, a note on each layer with weights.

    Return nothing if the weights are on one device.
    """
    if not has_several_devices():
        return []
    found: dict[int, dict[str, WeightLayout]] = {}
    once: dict[int, WeightLayout] = {}  # layers can share weights
    for position, (row, layer) in enumerate(zip(rows, layers, strict=True)):
        if row.kind == "model" or not isinstance(layer, keras.Layer):
            continue
        for weight in layer.weights:
            if layout := weight_layout(weight):
                found.setdefault(position, {})[weight.path.rpartition(f"{layer.name}/")[2]] = layout
                once[id(weight)] = layout
    if not found:
        return []
    notes = [_note(None, _of_model(model, list(once.values())))]
    if any(layout.split for layout in once.values()):
        notes += [_note(position, _of_layer(layouts)) for position, layouts in found.items()]
    return notes


def _note(row: int | None, sentence: Text) -> Note:
    return note("layout", row, sentence=sentence)


def _of_model(model: keras.Model, layouts: Sequence[WeightLayout]) -> Text:
    devices, held, params = _sums(layouts)
    if held == params:
        return message(
            "Each of {n} devices holds all {params} parameters of {name}.", n=devices, params=params, name=model.name
        )
    return message(
        "Each of {n} devices holds {held} of the {params} parameters of {name}.",
        n=devices,
        held=held,
        params=params,
        name=model.name,
    )


def _of_layer(layouts: dict[str, WeightLayout]) -> Text:
    devices, held, params = _sums(list(layouts.values()))
    weights = joined("; ", [_of_weight(name, layout) for name, layout in layouts.items()])
    return message(
        "each of {n} devices holds {held} of {params} parameters: {weights}",
        n=devices,
        held=held,
        params=params,
        weights=weights,
    )


def _of_weight(name: str, layout: WeightLayout) -> Text:
    whole, held = _times(layout.shape), _times(layout.held)
    if not layout.split:
        return message("all of {weight} {size}", weight=name, size=whole)
    if not layout.axes:
        return message("{part} of {weight} {size}", part=held, weight=name, size=whole)
    return message(
        "{part} of {weight} {size}, split over {axes}",
        part=held,
        weight=name,
        size=whole,
        axes=", ".join(layout.axes),
    )


def _sums(layouts: Sequence[WeightLayout]) -> tuple[int, Text, Text]:
    """Return the number of devices, the parameters that one of them holds, and all parameters."""
    held, params = sum(one.held_params for one in layouts), sum(math.prod(one.shape) for one in layouts)
    return max(one.devices for one in layouts), number("{n:,}", held), number("{n:,}", params)


def _times(sizes: Sequence[int]) -> str:
    return "×".join(map(str, sizes)) or "1"
