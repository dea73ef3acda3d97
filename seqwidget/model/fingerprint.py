"""Detect whether a model has changed, by a fingerprint of its layers and weights."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import keras

from ..keras_compat.weight_digest import digest, is_untouched
from .call_graph import read


@dataclass(frozen=True)
class Fingerprint:
    """What identifies the state of a model: two are equal if layers and weights are the same.

    Attributes
    ----------
    layers
        Weak references to the layers, in the order of their calls.
    weights
        A digest of the values of all weights.
    is_untouched
        A fast check: it returns True only if the weights are certainly still the same.
    """

    layers: tuple[weakref.ref[keras.Layer], ...]
    weights: bytes
    is_untouched: Callable[[Iterable[keras.Variable]], bool] = field(compare=False, repr=False)

    @classmethod
    def of(cls, model: keras.Model, before: Fingerprint | None = None) -> Fingerprint:
        """Return the fingerprint of a model; with an earlier one of it, that may be faster."""
        layers = tuple(weakref.ref(call.layer) for call in read(model).calls)
        if before is not None and before.is_untouched(model.weights):
            return cls(layers, before.weights, before.is_untouched)
        untouched = is_untouched(model.weights)
        return cls(layers, digest(model.weights), untouched)
