"""Find the connections between the rows of a stack: within each model, and from layer to layer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from .edges import Edge, Graphs
from .records import LayerRow, Shapes


def levels(rows: Sequence[LayerRow]) -> dict[int | None, list[int]]:
    """Return the positions of the rows of each model, by the position of the model's own row."""
    found: dict[int | None, list[int]] = {}
    around: list[int | None] = [None]  # by depth
    for position, row in enumerate(rows):
        del around[row.depth + 1 :]
        found.setdefault(around[-1], []).append(position)
        around.append(position)
    return found


def edges(rows: Sequence[LayerRow], graphs: Graphs) -> tuple[Edge, ...]:
    """Return all edges of a stack, model by model, in the order of the layers that take the tensors."""
    found: list[Edge] = []
    for model, positions in levels(rows).items():
        known = graphs.get(model)
        found += chain(rows, positions, model) if known is None else known
    return tuple(found)


def chain(rows: Sequence[LayerRow], positions: Sequence[int], model: int | None) -> list[Edge]:
    """Return the edges of a model in which each layer takes the output of the layer before it."""
    pairs = itertools.pairwise((None, *positions, None))
    return [
        Edge(source, target, model, tensor)
        for source, target in pairs
        for tensor in range(1 if source is None else _tensors(rows[source].output_shape))
    ]


def _tensors(shapes: Shapes | None) -> int:
    """Return the number of tensors that have the shapes."""
    return len(shapes) if shapes and isinstance(shapes[0], tuple) else 1
