"""Compare two stacks, and find what differs between them."""

from __future__ import annotations

import collections
from dataclasses import dataclass

from .records import Facts, Shapes


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two stacks. Layers are identified by their paths.

    Attributes
    ----------
    added
        Layers that only the second stack has.
    removed
        Layers that only the first stack has.
    reshaped
        Layers of both stacks whose output shapes differ: path, first shape, second shape.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    reshaped: tuple[tuple[str, Shapes | None, Shapes | None], ...]


def difference(one: Facts, other: Facts) -> Difference:
    """Compare two stacks. A layer that occurs twice counts twice."""
    here, there = (collections.Counter(row.path for row in stack.rows) for stack in (one, other))
    shapes = {row.path: row.output_shape for row in one.rows}
    return Difference(
        added=tuple((there - here).elements()),
        removed=tuple((here - there).elements()),
        reshaped=tuple(
            (row.path, shapes[row.path], row.output_shape)
            for row in other.rows
            if row.path in shapes and shapes[row.path] != row.output_shape
        ),
    )
