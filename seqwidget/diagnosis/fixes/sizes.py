"""Propose edits for sizes that do not fit: channels, groups, an axis argument, a target shape."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from ...i18n.messages import N_, message
from ...model.refusal import REFUSED, Edit
from ..context import Case, config_of, fresh, unwrapped
from .common import PUT, PUT_UNITS, Move, earlier_with, inserting, new, taking, with_arguments


def for_size(case: Case, axis: int) -> Iterator[Move]:
    """Yield edits that fix a size which the input leaves open, or remove its axis."""
    if case.name == "BatchNormalization" and axis != case.rank - 1:
        yield with_arguments(case, axis=-1)
    for index in reversed(range(len(case.layers))):
        rank = len(case.shape_before(index)) - 2
        if type(case.layers[index]).__name__ == "Flatten" and rank in (1, 2, 3):
            pool = new(f"GlobalAveragePooling{rank}D")
            gaps = {"layer": pool.cls.__name__, "earlier": case.layers[index].name}
            yield message("use {layer} instead of the earlier {earlier}", **gaps), case.earlier(index, pool)
    spatial = len(case.input_shape) - 2
    for size in (32, 8):
        yield taking(
            case, *(n or (size if i < spatial else 3 if spatial else size) for i, n in enumerate(case.input_shape[1:]))
        )


def for_batch(case: Case) -> Iterator[Move]:
    """Yield edits that fix the batch size, or make the layer stateless."""
    shape = (_BATCH, *case.input_shape[1:])
    code = f"keras.Input(batch_shape={shape})"
    yield message("fix the batch size at {size}: {code}", size=_BATCH, code=code), Edit((*case.kept, REFUSED), shape)
    yield with_arguments(case, stateful=False)


_BATCH = 32  # the default of Keras's fit


def for_size_of(case: Case, axis: int, size: int) -> Iterator[Move]:
    """Yield edits that change the size along one axis.

    The last axis can be changed by a layer. Another axis can be changed only in the input shape of
    the model, and only if there are no earlier layers.
    """
    if axis in (-1, case.rank - 1):
        yield from _giving(case, size)
    elif not case.layers:
        at = axis % case.rank
        yield taking(case, *(size if i == at else n for i, n in enumerate(case.input_shape) if i))


def for_channels(case: Case, axis: int, size: int) -> Iterator[Move]:
    """Yield edits that re-initialise a built layer, or change its input channels."""
    what = message("create a new layer with the same settings: its weights are re-initialised and not shared")
    yield what, case.instead(fresh(case.layer))
    if axis in (-1, case.rank - 1):
        yield from _giving(case, size)


def _giving(case: Case, size: int) -> Iterator[Move]:
    """Yield edits that change the number of channels to ``size``.

    They put a layer before the refused one, and then change an earlier layer, or the input shape if
    no earlier layer sets the number of channels.
    """
    rank = case.rank - 2
    if rank in (1, 2, 3):
        conv = new(f"Conv{rank}D", filters=size, kernel_size=1)
        what = N_("add a {layers} of {kernel} with {channels} filters before it")
        yield inserting(case, what, conv, kernel="×".join("1" * rank), channels=size)
    if rank == 0:
        yield inserting(case, PUT_UNITS, new("Dense", units=size), units=size)
    for index in reversed(range(len(case.layers))):
        for key in ("filters", "units"):
            if key in (config_of(unwrapped(case.layers[index])) or ()):
                yield earlier_with(case, index, **{key: size})
                return
    yield taking(case, *case.input_shape[1:-1], size)


def for_groups(case: Case, channels: int, groups: int) -> Iterator[Move]:
    """Yield edits that change ``groups`` to a divisor of the channels, or make the channels a multiple."""
    filters = getattr(unwrapped(case.layer), "filters", 0)
    both = [n for n in range(1, channels + 1) if channels % n == 0 and filters % n == 0]
    for count in sorted(both, key=lambda n: (abs(n - groups), -n))[:2]:
        yield with_arguments(case, groups=count)
    yield from _giving(case, math.ceil(channels / groups) * groups)


def for_axis(case: Case, key: str) -> Iterator[Move]:
    """Yield edits that use the last axis, where features usually are, or another existing axis."""
    if key == "axis":
        yield with_arguments(case, axis=-1)
    for axis in range(1, case.rank):
        if case.shape[axis] is not None and case.name != "RMSNormalization":  # it supports only the last axis
            yield with_arguments(case, **{key: axis if key == "axis" else [axis]})


def for_reshape(case: Case, target: tuple[int, ...], came: int) -> Iterator[Move]:
    """Yield target shapes with as many elements as the input, or edits that change the input."""
    for shorter in (target[1:], *((*target[:i], -1, *target[i + 1 :]) for i in range(len(target)))):
        held = math.prod(size for size in shorter if size != -1)
        if shorter and (held == came if -1 not in shorter else came % held == 0):
            yield with_arguments(case, target_shape=tuple(came // held if size == -1 else size for size in shorter))
    if len(target) == 2:  # the most nearly square shape
        rows = max(n for n in range(1, math.isqrt(came) + 1) if came % n == 0)
        yield with_arguments(case, target_shape=(rows, came // rows))
    if -1 in target:
        yield with_arguments(case, target_shape=(-1, *(1 for _ in target[1:])))
    wanted = math.prod(size for size in target if size != -1)
    wanted = math.ceil(came / wanted) * wanted if -1 in target else wanted
    if case.rank == 2:  # a vector
        yield inserting(case, PUT_UNITS, new("Dense", units=wanted), units=wanted)
        yield from itertools.islice((move for move in _giving(case, wanted)), 1, None)
    else:
        yield inserting(case, PUT, new("Flatten"), new("Dense", units=wanted))
    if not case.layers:
        yield taking(case, *(size for size in target if size != -1))
