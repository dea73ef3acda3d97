"""Propose edits for a kernel or pool that is larger than its input.

They use padding, a smaller window, less downsampling in earlier layers, or a larger input.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...i18n.messages import message
from ...model.layer_kinds import keras_name, kind
from ...model.records import Shape
from ...model.windows import spatial, window
from ..context import RefusedAdd, attempt, changed, unwrapped
from .common import Candidate, earlier_with, new, taking, with_arguments, without


def frames(refused: RefusedAdd) -> int:
    """Return the number of time axes of the refused layer's input; its window does not cover them."""
    return (refused.name == "TimeDistributed") + keras_name(unwrapped(refused.layer)).startswith("ConvLSTM")


def space(refused: RefusedAdd) -> Shape:
    """Return the sizes that the window of the refused layer covers, and those of other spatial axes."""
    sizes = refused.shape[1 + frames(refused) :]
    return spatial((None, *sizes), getattr(unwrapped(refused.layer), "data_format", None))


def for_window(refused: RefusedAdd) -> Iterator[Candidate]:
    """Yield edits for a window that is larger than its input.

    They come in this order: ``channels_last`` for a layer with channels first, padding, no
    dilation, a smaller window, less downsampling in earlier layers, leaving a pooling layer out,
    and a larger input.
    """
    layer, view = unwrapped(refused.layer), window(unwrapped(refused.layer))
    pool = hasattr(layer, "pool_size")
    if getattr(layer, "data_format", "") == "channels_first":
        yield with_arguments(refused, data_format="channels_last")
    yield with_arguments(refused, padding="same")
    if max(view.dilation) > 1:  # type: ignore[union-attr]
        yield with_arguments(refused, dilation_rate=1)
    smaller = tuple(min(k, n or k) for k, n in zip(view.kernel, space(refused), strict=True))  # type: ignore[union-attr]
    value = smaller[0] if len(set(smaller)) == 1 else smaller
    if not pool:
        yield with_arguments(refused, kernel_size=value)
    elif max(smaller) > 1:
        strides = {"strides": None} if view.strides == view.kernel else {}  # type: ignore[union-attr]
        yield (
            message("give it {arguments}", arguments=f"pool_size={value}"),
            refused.instead(changed(refused.layer, pool_size=value, **strides)),
        )
    yield from _shrinking_less(refused)
    if pool:
        yield message("leave it out: there is little left to pool"), refused.instead()
    yield from larger_input(refused)


def _shrinking_less(refused: RefusedAdd) -> Iterator[Candidate]:
    for index in reversed(range(len(refused.layers))):
        before = refused.layers[index]
        view = window(before)
        if view is None or view.up or refused.layers.index(before) != index:
            continue
        if view.padding == "valid":
            yield earlier_with(refused, index, padding="same")
        if max(view.strides) > 1:
            if kind(before) == "pool":
                yield without(refused, index)
            else:
                yield earlier_with(refused, index, strides=1)


def larger_input(refused: RefusedAdd) -> Iterator[Candidate]:
    """Yield the smallest input on which the model fits, found by bisection.

    The same number of positions is added along each spatial axis, but not along a time axis. Yield
    nothing if a size is not fixed, or if adding 16 times the largest size is not enough.
    """
    *sizes, channels = refused.input_shape[1:]
    time = sizes[: frames(refused)] if len(refused.input_shape) == refused.rank else []
    sizes = sizes[len(time) :]
    if not sizes or None in sizes:
        return

    def fits(more: int) -> bool:
        return attempt(refused, refused.taking(*time, *(size + more for size in sizes), channels)) is not None

    most = max(sizes)
    enough = next((more for n in range(5) if fits(more := most * 2**n)), None)
    if enough is None:
        return
    too_few = 0
    while enough - too_few > 1:
        middle = (enough + too_few) // 2
        too_few, enough = (too_few, middle) if fits(middle) else (middle, enough)
    yield taking(refused, *time, *(size + enough for size in sizes), channels)


def for_cropping(refused: RefusedAdd, sizes: Shape) -> Iterator[Candidate]:
    """Yield edits that crop less than the input, or make the input larger."""
    most = [max((size - 1) // 2, 0) for size in sizes if size is not None]
    for cut in (min(most), min(most) // 2):
        if cut > 0:
            yield with_arguments(refused, cropping=cut)
    yield from larger_input(refused)


def for_channels_first(refused: RefusedAdd) -> Iterator[Candidate]:
    """Yield edits that move the channels to the last axis.

    Changing the layer to ``channels_first`` is no alternative: TensorFlow cannot run such a
    convolution on a CPU.
    """
    first, *rest = refused.input_shape[1:]
    n = len(rest)
    yield message("change the input shape to channels last, {sizes}", sizes=(*rest, first)), refused.taking(*rest, first)
    head = new("Permute", dims=(*range(2, n + 2), 1))
    yield (
        message("add Permute as the first layer, which moves the channels to the end"),
        refused.taking(first, *rest, head=(head,)),
    )
