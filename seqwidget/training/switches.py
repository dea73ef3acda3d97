"""Freeze and unfreeze layers that are selected by name pattern, by type, or as a range."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import keras

from ..editing import flags
from ..errors import NoSuchLayerError
from ..inspection.inspect import inspect
from ..inspection.stack import Stack
from ..model.call_graph import held
from ..model.layer_kinds import shows_inside
from ..model.selection import last_with_weights, select
from . import pending_changes

Bound: TypeAlias = str | int | keras.Layer
"""A layer: its path or name, its index in ``model.layers``, or the layer itself."""


def switch(
    model: keras.Model,
    pattern: str | keras.Layer | None = None,
    *,
    on: bool,
    type: str | None = None,
    start: Bound | None = None,
    end: Bound | None = None,
) -> bool:
    """Unfreeze or freeze the layers that `seqwidget.model.selection.select` selects.

    Parameters
    ----------
    model
        The model that has the layers.
    pattern, type, start, end
        As in `select`; ``pattern``, ``start`` and ``end`` may also be layers.
    on
        Whether to unfreeze the layers.

    Returns
    -------
    bool
        Whether it was done immediately. If the model is in ``fit``, the change is pending.
    """
    facts = inspect(model)
    if isinstance(pattern, keras.Layer):
        pattern = re.escape(_path(model, pattern))
    start, end = (_path(model, one) if isinstance(one, keras.Layer) else one for one in (start, end))
    meant = select(facts, pattern, type=type, start=start, end=end)
    return pending_changes.ask(model, dict.fromkeys(_layers(model, facts, meant), on))


def train_last_only(model: keras.Model) -> bool:
    """Unfreeze the last layer that has weights, and freeze all others; return as `switch` does."""
    facts = inspect(model)
    last = last_with_weights(facts)
    frozen = [position for position, row in enumerate(facts.rows) if row.depth == 0 and position != last]
    flags = dict.fromkeys(_layers(model, facts, frozen), False)
    return pending_changes.ask(model, flags | dict.fromkeys(_layers(model, facts, [last]), True))


def by_path(model: keras.Model, flags: flags.Flags) -> dict[str, bool]:
    """Return the flags of a model's layers, by the path of the layer."""
    return {path: flags[layer] for path, layer in paths(model) if layer in flags}


def _layers(model: keras.Model, facts: Stack, positions: Iterable[int]) -> list[keras.Layer]:
    by_path = dict(paths(model))
    wanted = [facts.rows[position].path for position in positions]
    # Operations of a Functional graph have rows, but they are not layers and have no switch.
    return [by_path[path] for path in wanted if path in by_path]


def _path(model: keras.Model, layer: keras.Layer) -> str:
    for path, one in paths(model):
        if one is layer:
            return path
    msg = f"the layer {layer.name!r} ({type(layer).__name__}) is not in {model.name!r}; pass one of its own layers, or a name."
    raise NoSuchLayerError(msg)


def paths(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """Yield the path and the layer for each layer of a model, including those inside nested models."""
    for layer in held(model):
        yield f"{prefix}{layer.name}", layer
        if shows_inside(layer):
            yield from paths(layer, f"{prefix}{layer.name}/")
