"""Detect whether a model has changed, by a fingerprint of its layers and weights."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, replace

import keras

from ..keras_compat.held_values import unsure
from ..keras_compat.weight_digest import WeightDigest, digests
from .call_graph import read


@dataclass(frozen=True)
class Fingerprint:
    """What identifies the state of a model: two are equal if layers and weights are the same.

    Attributes
    ----------
    layers
        Weak references to the layers, in the order of their calls.
    weights
        The digests of all weights.
    """

    layers: tuple[weakref.ref[keras.Layer], ...]
    weights: tuple[WeightDigest, ...]

    @classmethod
    def of(cls, model: keras.Model, before: Fingerprint | None = None) -> Fingerprint:
        """Return the fingerprint of a model; with an earlier one, only weights that may have changed are read."""
        layers = tuple(weakref.ref(call.layer) for call in read(model).calls)
        return cls(layers, digests(model.weights, before.weights if before else ()))

    def released(self) -> Fingerprint:
        """Return the fingerprint without the data that only make the next one faster, and may hold earlier values."""
        return replace(self, weights=tuple(replace(one, is_unchanged=unsure) for one in self.weights))
