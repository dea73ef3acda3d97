"""Propose edits for an input with too many or too few axes.

They use a similar layer for another rank, reshape the input, keep axes that an earlier layer
removed, or change the input shape of the model.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator

import keras

from ...i18n.messages import N_, message
from ...model.layer_kinds import kind
from ...model.refusal import New
from ..context import RefusedAdd, converted, fresh, unwrapped
from ..rank_requirements import Needs
from .common import PUT, Candidate, earlier_with, global_pool, inserting, new, taking, with_arguments, without


def taker(refused: RefusedAdd, need: Needs) -> int | None:
    """Return the position of the last layer that removed axes which are needed now, or None."""
    ranks = [len(refused.shape_before(i)) for i in range(len(refused.tensors))]
    found = [i for i in range(len(refused.layers)) if need.fits(ranks[i]) and ranks[i + 1] < ranks[i]]
    return found[-1] if found else None


def for_rank(refused: RefusedAdd, need: Needs) -> Iterator[Candidate]:
    """Yield edits for a layer that receives the wrong number of axes.

    Similar layers come first, then ``return_sequences`` of a recurrent layer, reshaping the input,
    removing the earlier layer that dropped an axis, leaving a pooling layer out, and last another
    input shape.
    """
    yield from _siblings(refused)
    yield from _sequences(refused, need)
    yield from _reshaped(refused, need)
    index = taker(refused, need)
    if index is not None:
        yield without(refused, index)
    if kind(refused.layer) == "pool" and refused.rank == 2:  # (batch, features)
        yield message("leave it out: there is nothing left to pool"), refused.instead()
    if not refused.layers and refused.rank < need.rank:
        yield from (taking(refused, *target) for target in itertools.islice(_targets(refused, need.rank - 1), 1))


def _siblings(refused: RefusedAdd) -> Iterator[Candidate]:
    inner, wraps = unwrapped(refused.layer), unwrapped(refused.layer) is not refused.layer
    name = type(inner).__name__
    if refused.name == "Permute":
        front = [dim for dim in refused.layer.dims if dim < refused.rank]
        yield with_arguments(refused, dims=(*front, *(d for d in range(1, refused.rank) if d not in front)))
    if refused.name == "TimeDistributed":
        yield (
            message("use the {layer} itself: there is no time axis to distribute it over", layer=name),
            refused.instead(fresh(inner)),
        )
    match = re.search(r"(\d)D", name)
    if match and not wraps:
        spatial = refused.rank - (3 if name.startswith("ConvLSTM") else 2)
        sibling = converted(inner, name.replace(match[0], f"{spatial}D"))
        if sibling is not None:
            what = message("use {layer}, which takes {count} axes", layer=sibling.cls.__name__, count=refused.rank)
            yield what, refused.instead(sibling)
    if name.startswith("SpatialDropout") and refused.rank == 2:  # (batch, features)
        yield message("use Dropout, which takes vectors"), refused.instead(New(keras.layers.Dropout, {"rate": inner.rate}))
    if name.startswith("ConvLSTM"):
        plain = converted(inner, f"Conv{refused.rank - 2}D")
        if plain is not None:
            yield message("use {layer}: there is no time axis", layer=plain.cls.__name__), refused.instead(plain)


def _reshaped(refused: RefusedAdd, need: Needs) -> Iterator[Candidate]:
    if need.fits(2) and refused.rank > 2:  # the layer takes vectors
        yield inserting(refused, PUT, new("Flatten"))
        yield from global_pool(refused)
    if need.rank == 3 and refused.rank == 2 and (kind(refused.layer) == "recurrent" or refused.name == "TimeDistributed"):
        yield inserting(
            refused,
            N_("add {layers} before it, which repeats the vector at each step"),
            new("RepeatVector", n=_steps(refused)),
        )
    for target in itertools.islice(_targets(refused, need.rank - 1), 2):
        what = N_("add {layers} to {shape} before it")
        yield inserting(refused, what, new("Reshape", target_shape=target), shape=target)


def _steps(refused: RefusedAdd) -> int:
    """Return the number of time steps in the model's input, or 10 if it is not known."""
    steps = refused.input_shape[1] if len(refused.input_shape) == 3 else None  # (batch, steps, features)
    return steps or 10


def _targets(refused: RefusedAdd, axes: int) -> Iterator[tuple[int, ...]]:
    """Yield the usual target shapes with ``axes`` axes, without the batch, for the same values.

    Yield nothing if a size of the input is not fixed.
    """
    sizes, have = refused.sizes, refused.rank - 1
    if None in sizes:
        return
    if have == 0:
        yield (1,) * axes
    elif have + 1 == axes:
        channels_last = have == 3 and sizes[-1] in (1, 3, 4)  # a colour or grey image
        yield from [] if channels_last else [(*sizes, 1)]
        yield from [] if axes == 3 else [(1, *sizes)]
    elif axes == 2 and have > axes:  # a sequence
        yield (math.prod(sizes[:-1]), sizes[-1])
        yield (sizes[0], math.prod(sizes[1:]))
    elif axes == 3 and have == 1:  # an image
        yield from _as_image(sizes[0])
    elif have < axes:
        yield from [(1, *sizes, 1)] if have == axes - 2 else []
        yield (*(1,) * (axes - have), *sizes)


def _as_image(numbers: int) -> Iterator[tuple[int, int, int]]:
    square = False
    for channels in (1, 3, 4, 8, 16, 32, 64, 128, 256, 512):
        side = math.isqrt(numbers // channels)
        if side > 1 and side * side * channels == numbers:
            square = True
            yield (side, side, channels)
    if not square:
        yield (1, 1, numbers)


def _sequences(refused: RefusedAdd, need: Needs) -> Iterator[Candidate]:
    """Yield edits that change ``return_sequences`` of an earlier recurrent layer."""
    index = taker(refused, need)
    if index is not None and hasattr(unwrapped(refused.layers[index]), "return_sequences"):
        yield earlier_with(refused, index, return_sequences=True)
    if index is None and refused.layers and getattr(unwrapped(refused.layers[-1]), "return_sequences", False):
        yield earlier_with(refused, len(refused.layers) - 1, return_sequences=False)
