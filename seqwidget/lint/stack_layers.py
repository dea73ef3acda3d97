"""List a model's layers in linear order, each with the layers before and after it."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass

import keras

from ..model.connections import levels
from ..model.layer_kinds import keras_name
from ..model.records import LayerRow


@dataclass(frozen=True)
class StackLayer:
    """One layer in a linear stack, with the layers before it and the layer after it.

    In ``before``, the nearest layer comes last. ``name`` is the Keras class whose computation the
    layer runs. ``shared`` is whether the layer occurs more than once in the model.
    """

    row: LayerRow
    layer: keras.Layer
    name: str
    before: tuple[StackLayer, ...]
    after: keras.Layer | None
    compiled: bool
    shared: bool

    @property
    def nearest(self) -> StackLayer | None:
        """The layer directly before this one, or None."""
        return self.before[-1] if self.before else None


def stack_layers(
    rows: Sequence[LayerRow], layers: Sequence[keras.Layer], branching: Container[int | None], start: int, *, compiled: bool
) -> Iterator[tuple[int, StackLayer]]:
    """Yield the row position and the `StackLayer` of each layer in a linear stack.

    The models at the rows in ``branching`` are not linear; None is the model itself. Layers before
    the row at ``start`` are left out, except the last one before it in each stack.
    """
    lines = [line for model, line in levels(rows).items() if model not in branching]
    again = {row.shared_with for row in rows}
    for line in lines:
        first = max(0, bisect.bisect_left(line, start) - 1)
        looked_at = line[max(0, first - _LOOKED_BACK) :]
        before: tuple[StackLayer, ...] = ()
        for position, following in itertools.zip_longest(looked_at, looked_at[1:]):
            after = None if following is None else layers[following]
            layer = layers[position]
            shared = position in again or rows[position].shared_with is not None
            stacked = StackLayer(rows[position], layer, keras_name(layer), before, after, compiled, shared)
            before = (*before[-_LOOKED_BACK:], stacked)
            if position >= line[first]:
                yield position, stacked


# Number of layers that a rule looks back, for example from a pool to an earlier global pool.
_LOOKED_BACK = 4
