"""Define `Edge`: a tensor that a layer takes from another layer of the same model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor that a layer of a model takes from another layer of the same model.

    Attributes
    ----------
    source
        Position in `Stack.rows` of the layer that returns the tensor; ``None`` if it is an input of
        the model.
    target
        Position in `Stack.rows` of the layer that takes it; ``None`` if it is an output of the
        model.
    model
        Position in `Stack.rows` of the nested model whose layers are connected; ``None`` for the
        model itself.
    tensor
        Which output of the source it is, or which input of the model, counted from 0.
    """

    source: int | None
    target: int | None
    model: int | None = None
    tensor: int = 0


Graphs: TypeAlias = Mapping[int | None, tuple[Edge, ...]]
"""The edges of each model that is not a chain, by the position of its row; ``None`` is the whole model.

A model whose connections are not known has no edges here.
"""
