"""Find the connections between the rows of a stack: within each model, and from layer to layer."""

from __future__ import annotations

import itertools
from collections import defaultdict
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
    return tuple(itertools.chain.from_iterable(by_model(rows, graphs).values()))


def by_model(rows: Sequence[LayerRow], graphs: Graphs) -> dict[int | None, Sequence[Edge]]:
    """Return the edges of each model, by the position of the model's own row."""
    return {
        model: graphs[model] if model in graphs else chain(rows, positions, model) for model, positions in levels(rows).items()
    }


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


def branching(rows: Sequence[LayerRow], graphs: Graphs) -> dict[int, tuple[Edge, ...]]:
    """Return the edges to each row that does not simply follow the row before it, by its position.

    The first row of a model follows its input.
    """
    found: dict[int, list[Edge]] = defaultdict(list)
    for edge in itertools.chain.from_iterable(graphs.values()):
        if edge.target is not None:
            found[edge.target].append(edge)
    inner = levels(rows) if graphs else {}
    usual = {row: before for model in graphs for before, row in itertools.pairwise([None, *inner.get(model, ())])}
    return {row: tuple(some) for row, some in found.items() if [(one.source, one.tensor) for one in some] != [(usual[row], 0)]}


def flow(rows: Sequence[LayerRow], graphs: Graphs) -> list[tuple[int, int]]:
    """Return the pairs of rows of which the first feeds the second; empty if the model is a chain.

    Nested models are replaced by their layers, if it is known how these are connected.
    """
    if not graphs:
        return []
    of_model = by_model(rows, graphs)

    def ends(row: int, *, first: bool) -> list[int]:
        inner = [(one.target, one.source) if first else (one.source, one.target) for one in of_model.get(row, ())]
        found = [end for inside, around in inner if around is None and inside is not None for end in ends(inside, first=first)]
        return found or [row]

    pairs = ((one.source, one.target) for some in of_model.values() for one in some)
    linked = ((a, b) for a, b in pairs if a is not None and b is not None)
    return list(dict.fromkeys((x, y) for a, b in linked for x in ends(a, first=False) for y in ends(b, first=True)))
