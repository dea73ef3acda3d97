"""Rules for the number of axes of the input, and for their sizes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import keras

from ...i18n.messages import Text, message
from ...model.windows import window
from ..context import RefusedAdd, unwrapped
from ..fixes import axes, sizes, windows
from ..rank_requirements import needs
from .finding import Finding, count_axes, type_of
from .windows import excess


def channels_first(refused: RefusedAdd) -> Finding | None:
    """Check for an image input with channels first, for a layer that expects channels last."""
    shape = refused.input_shape
    view = window(unwrapped(refused.layer))
    if len(shape) not in (4, 5) or view is None or getattr(unwrapped(refused.layer), "data_format", "") != "channels_last":
        return None
    first, *middle, last = shape[1:]
    # Only shapes that look like images with channels first.
    if first not in (1, 3, 4) or None in shape[1:] or last in (1, 3, 4) or min([*middle, last]) < 8:
        return None
    if excess(refused) is None:
        return None
    return Finding(
        message(
            "the input {shape} looks like channels_first data, but {type} expects channels_last and reads a height of {first}.",
            shape=shape,
            type=type_of(refused),
            first=first,
        ),
        excess(refused) or "",
        windows.for_channels_first(refused),
    )


def wrong_rank(refused: RefusedAdd) -> Finding | None:
    """Check for an input with too few or too many axes."""
    need = needs(refused.layer)
    if need is None or not refused.rank or need.fits(refused.rank):
        return None
    gaps = {"type": type_of(refused), "need": need.words, "axes": count_axes(refused.rank), "shape": refused.shape}
    cause = message("{type} needs {need}, but the input has {axes}: {shape}.", **gaps)
    index = axes.taker(refused, need)
    if index is not None:  # an earlier layer removed the missing axes
        last = f"{refused.layers[index].name} ({type(refused.layers[index]).__name__})"
        cause = message("{cause} The last layer with enough axes was {layer}.", cause=cause, layer=last)
    return Finding(cause, candidates=axes.for_rank(refused, need))


_NOT_FIXED = ("fully-defined", "NoneType", "static input shapes")  # parts of Keras's messages


def size_not_fixed(refused: RefusedAdd) -> Finding | None:
    """Check for a layer that needs a fixed size where the input has None."""
    if not refused.rank or None not in refused.sizes or not any(sign in refused.words for sign in _NOT_FIXED):
        return None
    axis = max(i for i, size in enumerate(refused.shape) if size is None)
    return Finding(
        message(
            "{type} needs a fixed size, but axis {axis} of the input has none: {shape}.",
            type=type_of(refused),
            axis=axis,
            shape=refused.shape,
        ),
        candidates=sizes.for_size(refused, axis),
    )


def built_for_another(refused: RefusedAdd) -> Finding | None:
    """Check for a layer that was built for another number of channels."""
    wanted = re.search(r"expected axis (-?\d+) of input shape to have value (\d+)", refused.words)
    if not refused.layer.built or wanted is None or not refused.rank:
        return None
    axis, size = map(int, wanted.groups())
    came = refused.shape[axis]
    return Finding(
        message(
            "the layer is already built, so the number of channels (features) must be {size}, but "
            "the input has {came}: {shape}.",
            size=size,
            came=came,
            shape=refused.shape,
        ),
        message("axis {axis}: {came} ≠ {size}", axis=axis, came=came, size=size),
        sizes.for_channels(refused, axis, size),
    )


def wrong_groups(refused: RefusedAdd) -> Finding | None:
    """Check for a number of groups that does not divide the input channels."""
    layer = unwrapped(refused.layer)
    groups = getattr(layer, "groups", None)
    if not isinstance(groups, int) or refused.rank < 2:  # (batch, channels)
        return None
    axis = layer.axis if hasattr(layer, "axis") else 1 if layer.data_format == "channels_first" else -1
    channels = refused.shape[axis]
    if channels is None or groups < 1 or channels % groups == 0:
        return None
    return Finding(
        message(
            "{type} splits the channels into {groups} equal groups, but the input has {channels} channels: {shape}.",
            type=type_of(refused),
            groups=groups,
            channels=channels,
            shape=refused.shape,
        ),
        message(
            "{channels} channels / {groups} groups = {each:.3g}, not a whole number",
            channels=channels,
            groups=groups,
            each=channels / groups,
        ),
        sizes.for_groups(refused, channels, groups),
    )


def wrong_axis(refused: RefusedAdd) -> Finding | None:
    """Check for an axis argument that is out of range for the input."""
    for key in ("axis", "shared_axes"):
        axes = getattr(refused.layer, key, None)
        axes = (axes,) if isinstance(axes, int) else tuple(axes or ())
        outside = [axis for axis in axes if isinstance(axis, int) and not -refused.rank <= axis < refused.rank]
        if outside and refused.rank:
            return Finding(
                message(
                    "its {key} {axis} does not exist: the input has {axes}, 0 to {last}: {shape}.",
                    key=key,
                    axis=outside[0],
                    axes=count_axes(refused.rank),
                    last=refused.rank - 1,
                    shape=refused.shape,
                ),
                message("{key} {axis} ≥ {count} axes", key=key, axis=outside[0], count=refused.rank)
                if outside[0] >= 0
                else f"{key} {outside[0]} < −{refused.rank}",
                sizes.for_axis(refused, key),
            )
    return None


def wrong_reshape(refused: RefusedAdd) -> Finding | None:
    """Check for a ``Reshape`` target whose number of elements differs from that of the input."""
    if refused.name != "Reshape" or not refused.rank or None in refused.sizes:
        return None
    target, came = tuple(refused.layer.target_shape), math.prod(refused.sizes)
    rest = math.prod(size for size in target if size != -1)
    if -1 in target:
        sum_: Text = message("{came} / {rest} = {times:.4g}, not a whole number", came=came, rest=rest, times=came / rest)
    else:
        sum_ = f"{_product(target)} ≠ {_product(refused.sizes, last=True)}"
    return Finding(
        message(
            "a Reshape keeps the number of values: {target} has {rest}, but the input has {came}: {shape}.",
            target=target,
            rest=message("a multiple of {number}", number=rest) if -1 in target else rest,
            came=came,
            shape=refused.shape,
        ),
        sum_,
        sizes.for_reshape(refused, target, came),
    )


def _product(sizes: Iterable[int], *, last: bool = False) -> str:
    """Return a product as text, such as ``4 · 6 = 24``; a single size stays as it is.

    With ``last``, the text is for the right side of a comparison: ``24 = 4 · 6``.
    """
    factors = tuple(sizes)
    parts = [" · ".join(map(str, factors)) or "1"]
    if len(factors) > 1:
        parts.append(str(math.prod(factors)))
    return " = ".join(reversed(parts) if last else parts)


def unmet_input_spec(refused: RefusedAdd) -> Finding | None:
    """Check for an input that violates the ``InputSpec`` of the layer."""
    if not refused.rank:
        return None
    wants = next((wants for spec in keras.tree.flatten(refused.layer.input_spec) if (wants := _unmet(spec, refused))), None)
    if wants is None:
        return None
    need, axis, size = wants
    return Finding(
        message(
            "{type} needs {need}, according to its input_spec, but the input is {shape}.",
            type=type_of(refused),
            need=need,
            shape=refused.shape,
        ),
        candidates=() if axis is None else sizes.for_size_of(refused, axis, size),
    )


def _unmet(spec: keras.layers.InputSpec, refused: RefusedAdd) -> tuple[Text, int | None, int] | None:
    """Return the first requirement of a spec that the input does not meet, or None.

    The result consists of the requirement as text, the axis and the size. For a dtype, the axis is
    None.
    """
    sizes = dict(getattr(spec, "axes", None) or {})
    shape = getattr(spec, "shape", None)
    if shape is not None and len(shape) == refused.rank:
        sizes |= {axis: size for axis, size in enumerate(shape) if axis}
    for axis, size in sizes.items():
        if size is not None and -refused.rank <= axis < refused.rank and refused.shape[axis] not in (size, None):
            return message("a size of {size} along axis {axis}", size=size, axis=axis), axis, size
    dtype = getattr(spec, "dtype", None)
    if dtype is not None and refused.tensors[-1].dtype != dtype:
        return message("dtype {dtype}, not {came}", dtype=dtype, came=refused.tensors[-1].dtype), None, 0
    return None
