"""Find the connections between the rows of a stack: within each model, and from layer to layer."""

from __future__ import annotations

import itertools
import operator
from collections import defaultdict
from collections.abc import Sequence

from .edges import Edge, Graphs
from .records import LayerRow, Shapes


def levels(rows: Sequence[LayerRow]) -> dict[int | None, list[int]]:
    """Return the positions of the rows of each model, by the position of the model's own row."""
    if rows and not any(map(operator.attrgetter("depth"), rows)):
        return {None: list(range(len(rows)))}
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

    Nested models are replaced by their layers, if it is known how these are connected. For a nested
    model with several inputs or outputs, only the layers that take or return a tensor are
    connected.
    """
    if not graphs:
        return []
    of_model = by_model(rows, graphs)
    edges = [edge for some in of_model.values() for edge in some]
    into: dict[int | None, list[Edge]] = defaultdict(list)
    for edge in edges:
        into[edge.target].append(edge)

    def takers(edge: Edge, row: int) -> list[int]:
        inner = [(one, one.target) for one in of_model.get(row, ()) if one.source is None and one.target is not None]
        given, at = into[row], into[row].index(edge)
        known = len(given) == len({one.tensor for one, _ in inner})
        return [end for one, inside in inner if not known or one.tensor == at for end in takers(one, inside)] or [row]

    def givers(edge: Edge, row: int) -> list[int]:
        inner = [(one, one.source) for one in of_model.get(row, ()) if one.target is None and one.source is not None]
        known = len(inner) == _tensors(rows[row].output_shape)
        some = inner[edge.tensor : edge.tensor + 1] if known else inner
        return [end for one, inside in some for end in givers(one, inside)] or [row]

    linked = ((edge, edge.source, edge.target) for edge in edges)
    pairs = (
        (x, y) for edge, a, b in linked if a is not None and b is not None for x in givers(edge, a) for y in takers(edge, b)
    )
    return list(dict.fromkeys(pairs))
