"""Propose edits for sizes that do not fit: channels, groups, an axis argument, a target shape."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from ...i18n.messages import N_, message
from ...model.refusal import REFUSED, Edit
from ..context import RefusedAdd, config_of, fresh, unwrapped
from .common import PUT, PUT_UNITS, Candidate, earlier_with, inserting, new, taking, with_arguments


def for_size(refused: RefusedAdd, axis: int) -> Iterator[Candidate]:
    """Yield edits that fix a size which the input leaves open, or remove its axis."""
    if refused.name == "BatchNormalization" and axis != refused.rank - 1:
        yield with_arguments(refused, axis=-1)
    for index in reversed(range(len(refused.layers))):
        rank = len(refused.shape_before(index)) - 2
        if type(refused.layers[index]).__name__ == "Flatten" and rank in (1, 2, 3):
            pool = new(f"GlobalAveragePooling{rank}D")
            gaps = {"layer": pool.cls.__name__, "earlier": refused.layers[index].name}
            yield message("use {layer} instead of the earlier {earlier}", **gaps), refused.earlier(index, pool)
    spatial = len(refused.input_shape) - 2
    for size in (32, 8):
        yield taking(
            refused, *(n or (size if i < spatial else 3 if spatial else size) for i, n in enumerate(refused.input_shape[1:]))
        )


def for_batch(refused: RefusedAdd) -> Iterator[Candidate]:
    """Yield edits that fix the batch size, or make the layer stateless."""
    shape = (_BATCH, *refused.input_shape[1:])
    code = f"keras.Input(batch_shape={shape})"
    yield message("fix the batch size at {size}: {code}", size=_BATCH, code=code), Edit((*refused.kept, REFUSED), shape)
    yield with_arguments(refused, stateful=False)


_BATCH = 32  # the default of Keras's fit


def for_size_of(refused: RefusedAdd, axis: int, size: int) -> Iterator[Candidate]:
    """Yield edits that change the size along one axis.

    The last axis can be changed by a layer. Another axis can be changed only in the input shape of
    the model, and only if there are no earlier layers.
    """
    if axis in (-1, refused.rank - 1):
        yield from _giving(refused, size)
    elif not refused.layers:
        at = axis % refused.rank
        yield taking(refused, *(size if i == at else n for i, n in enumerate(refused.input_shape) if i))


def for_channels(refused: RefusedAdd, axis: int, size: int) -> Iterator[Candidate]:
    """Yield edits that re-initialise a built layer, or change its input channels."""
    what = message("create a new layer with the same settings: its weights are re-initialised and not shared")
    yield what, refused.instead(fresh(refused.layer))
    if axis in (-1, refused.rank - 1):
        yield from _giving(refused, size)


def _giving(refused: RefusedAdd, size: int) -> Iterator[Candidate]:
    """Yield edits that change the number of channels to ``size``.

    They put a layer before the refused one, and then change an earlier layer, or the input shape if
    no earlier layer sets the number of channels.
    """
    rank = refused.rank - 2
    if rank in (1, 2, 3):
        conv = new(f"Conv{rank}D", filters=size, kernel_size=1)
        what = N_("add {layers} of {kernel} with {channels} filters before it")
        yield inserting(refused, what, conv, kernel="×".join("1" * rank), channels=size)
    if rank == 0:
        yield inserting(refused, PUT_UNITS, new("Dense", units=size), units=size)
    for index in reversed(range(len(refused.layers))):
        for key in ("filters", "units"):
            if key in (config_of(unwrapped(refused.layers[index])) or ()):
                yield earlier_with(refused, index, **{key: size})
                return
    yield taking(refused, *refused.input_shape[1:-1], size)


def for_groups(refused: RefusedAdd, channels: int, groups: int) -> Iterator[Candidate]:
    """Yield edits that change ``groups`` to a divisor of the channels, or make the channels a multiple."""
    filters = getattr(unwrapped(refused.layer), "filters", 0)
    both = [n for n in range(1, channels + 1) if channels % n == 0 and filters % n == 0]
    for count in sorted(both, key=lambda n: (abs(n - groups), -n))[:2]:
        yield with_arguments(refused, groups=count)
    yield from _giving(refused, math.ceil(channels / groups) * groups)


def for_axis(refused: RefusedAdd, key: str) -> Iterator[Candidate]:
    """Yield edits that use the last axis, where features usually are, or another existing axis."""
    if key == "axis":
        yield with_arguments(refused, axis=-1)
    for axis in range(1, refused.rank):
        if refused.shape[axis] is not None and refused.name != "RMSNormalization":  # it supports only the last axis
            yield with_arguments(refused, **{key: axis if key == "axis" else [axis]})


def for_reshape(refused: RefusedAdd, target: tuple[int, ...], came: int) -> Iterator[Candidate]:
    """Yield target shapes with as many elements as the input, or edits that change the input."""
    for shorter in (target[1:], *((*target[:i], -1, *target[i + 1 :]) for i in range(len(target)))):
        held = math.prod(size for size in shorter if size != -1)
        if shorter and (held == came if -1 not in shorter else came % held == 0):
            yield with_arguments(refused, target_shape=tuple(came // held if size == -1 else size for size in shorter))
    if len(target) == 2:  # the most nearly square shape
        rows = max(n for n in range(1, math.isqrt(came) + 1) if came % n == 0)
        yield with_arguments(refused, target_shape=(rows, came // rows))
    if -1 in target:
        yield with_arguments(refused, target_shape=(-1, *(1 for _ in target[1:])))
    wanted = math.prod(size for size in target if size != -1)
    wanted = math.ceil(came / wanted) * wanted if -1 in target else wanted
    if refused.rank == 2:  # a vector
        yield inserting(refused, PUT_UNITS, new("Dense", units=wanted), units=wanted)
        yield from itertools.islice((candidate for candidate in _giving(refused, wanted)), 1, None)
    else:
        yield inserting(refused, PUT, new("Flatten"), new("Dense", units=wanted))
    if not refused.layers:
        yield taking(refused, *(size for size in target if size != -1))
