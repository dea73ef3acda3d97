"""Compute sums over the rows of a model."""

from __future__ import annotations

import keras

from ..i18n.messages import Text, message
from ..keras_compat.inner_layers import sublayers
from ..keras_compat.keras_layers import own_weights
from ..model.calls import Reading
from ..model.records import LayerRow, Totals
from .rows import Context
from .sums import known_sum, missing


def totals_of(rows: list[LayerRow], context: Context, reading: Reading) -> tuple[Totals, dict[str, Text]]:
    """Return the sums over a stack, and the reasons for those that are unknown.

    Every weight counts once. A sum with an unknown part is unknown, and its reason names that part.
    """
    top = [row for row in rows if row.depth == 0]
    params, training = known_sum([row.params for row in top]), known_sum([row.trainable_params for row in top])
    macs, activation_bytes = known_sum([row.macs for row in top]), known_sum([row.activation_bytes for row in top])
    weights = {id(weight): weight for weight in (*context.weights, *_others(context))}.values()
    # The rows count a shared weight each time.
    if params is not None and len(weights) != len(context.weights):
        params, training = context.count(weights), context.count(filter(context.trains, weights))
    unknown: dict[str, Text] = {}
    if reading.own_code:
        macs = activation_bytes = None
        unknown = dict.fromkeys(("macs", "activation_bytes"), message("the model overrides call"))
    totals = Totals(
        params=params,
        trainable_params=training,
        non_trainable_params=None if params is None or training is None else params - training,
        macs=macs,
        activation_bytes=activation_bytes,
    )
    lacking = [name for name in ("params", "macs", "activation_bytes") if getattr(totals, name) is None]
    return totals, {**unknown, **missing(top, lacking)}


def _others(context: Context) -> list[keras.Variable]:
    """Return the weights of the model itself, and those of layers without a row."""
    inside = [layer for layer in sublayers(context.root) if id(layer) not in context.first_seen]
    return [*own_weights(context.root), *(weight for layer in inside for weight in layer.weights)]
