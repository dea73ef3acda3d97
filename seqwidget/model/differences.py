"""What differs between two stacks."""

from __future__ import annotations

import collections
from dataclasses import dataclass

from .records import Facts, Shapes


@dataclass(frozen=True, slots=True)
class Difference:
    """What would change on the way from one stack to another, by the layers' paths.

    Attributes
    ----------
    added, removed
        Layers that only the other stack has, and those that only the one has.
    reshaped
        Layers of both whose output has another shape: path, shape in the one, shape in the other.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    reshaped: tuple[tuple[str, Shapes | None, Shapes | None], ...]


def difference(one: Facts, other: Facts) -> Difference:
    """Compare two stacks; a layer that is there twice counts twice."""
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
