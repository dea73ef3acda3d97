"""Rules for the number of axes of the input, and for their sizes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import keras

from ...i18n.messages import Text, message
from ...model.windows import window
from ..context import Case, unwrapped
from ..fixes import axes, sizes, windows
from ..rank_requirements import needs
from .finding import Finding, count_axes, type_of
from .windows import excess


def channels_first(case: Case) -> Finding | None:
    """Check for an image input with channels first, for a layer that expects channels last."""
    shape = case.input_shape
    view = window(unwrapped(case.layer))
    if len(shape) not in (4, 5) or view is None or getattr(unwrapped(case.layer), "data_format", "") != "channels_last":
        return None
    first, *middle, last = shape[1:]
    # Only shapes that look like images with channels first.
    if first not in (1, 3, 4) or None in shape[1:] or last in (1, 3, 4) or min([*middle, last]) < 8:
        return None
    if excess(case) is None:
        return None
    return Finding(
        message(
            "the input {shape} looks like channels_first data, but {type} expects channels_last and reads a height of {first}.",
            shape=shape,
            type=type_of(case),
            first=first,
        ),
        excess(case) or "",
        windows.for_channels_first(case),
    )


def wrong_rank(case: Case) -> Finding | None:
    """Check for an input with too few or too many axes."""
    need = needs(case.layer)
    if need is None or not case.rank or need.fits(case.rank):
        return None
    gaps = {"type": type_of(case), "need": need.words, "axes": count_axes(case.rank), "shape": case.shape}
    cause = message("{type} needs {need}, but the input has {axes}: {shape}.", **gaps)
    index = axes.taker(case, need)
    if index is not None:  # an earlier layer removed the missing axes
        last = f"{case.layers[index].name} ({type(case.layers[index]).__name__})"
        cause = message("{cause} The last layer with enough axes was {layer}.", cause=cause, layer=last)
    return Finding(cause, moves=axes.for_rank(case, need))


_NOT_FIXED = ("fully-defined", "NoneType", "static input shapes")  # parts of Keras's messages


def size_not_fixed(case: Case) -> Finding | None:
    """Check for a layer that needs a fixed size where the input has None."""
    if not case.rank or None not in case.sizes or not any(sign in case.words for sign in _NOT_FIXED):
        return None
    axis = max(i for i, size in enumerate(case.shape) if size is None)
    return Finding(
        message(
            "{type} needs a fixed size, but axis {axis} of the input has none: {shape}.",
            type=type_of(case),
            axis=axis,
            shape=case.shape,
        ),
        moves=sizes.for_size(case, axis),
    )


def built_for_another(case: Case) -> Finding | None:
    """Check for a layer that was built for another number of channels."""
    wanted = re.search(r"expected axis (-?\d+) of input shape to have value (\d+)", case.words)
    if not case.layer.built or wanted is None or not case.rank:
        return None
    axis, size = map(int, wanted.groups())
    came = case.shape[axis]
    return Finding(
        message(
            "the layer is already built, so the number of channels (features) must be {size}, but "
            "the input has {came}: {shape}.",
            size=size,
            came=came,
            shape=case.shape,
        ),
        message("axis {axis}: {came} ≠ {size}", axis=axis, came=came, size=size),
        sizes.for_channels(case, axis, size),
    )


def wrong_groups(case: Case) -> Finding | None:
    """Check for a number of groups that does not divide the input channels."""
    layer = unwrapped(case.layer)
    groups = getattr(layer, "groups", None)
    if not isinstance(groups, int) or case.rank < 2:  # (batch, channels)
        return None
    axis = layer.axis if hasattr(layer, "axis") else 1 if layer.data_format == "channels_first" else -1
    channels = case.shape[axis]
    if channels is None or groups < 1 or channels % groups == 0:
        return None
    return Finding(
        message(
            "{type} splits the channels into {groups} equal groups, but the input has {channels} channels: {shape}.",
            type=type_of(case),
            groups=groups,
            channels=channels,
            shape=case.shape,
        ),
        message(
            "{channels} channels / {groups} groups = {each:.3g}, not a whole number",
            channels=channels,
            groups=groups,
            each=channels / groups,
        ),
        sizes.for_groups(case, channels, groups),
    )


def wrong_axis(case: Case) -> Finding | None:
    """Check for an axis argument that is out of range for the input."""
    for key in ("axis", "shared_axes"):
        axes = getattr(case.layer, key, None)
        axes = (axes,) if isinstance(axes, int) else tuple(axes or ())
        outside = [axis for axis in axes if isinstance(axis, int) and not -case.rank <= axis < case.rank]
        if outside and case.rank:
            return Finding(
                message(
                    "its {key} {axis} does not exist: the input has {axes}, 0 to {last}: {shape}.",
                    key=key,
                    axis=outside[0],
                    axes=count_axes(case.rank),
                    last=case.rank - 1,
                    shape=case.shape,
                ),
                message("{key} {axis} ≥ {count} axes", key=key, axis=outside[0], count=case.rank)
                if outside[0] >= 0
                else f"{key} {outside[0]} < −{case.rank}",
                sizes.for_axis(case, key),
            )
    return None


def wrong_reshape(case: Case) -> Finding | None:
    """Check for a ``Reshape`` target with another number of elements than the input."""
    if case.name != "Reshape" or not case.rank or None in case.sizes:
        return None
    target, came = tuple(case.layer.target_shape), math.prod(case.sizes)
    rest = math.prod(size for size in target if size != -1)
    if -1 in target:
        sum_: Text = message("{came} / {rest} = {times:.4g}, not a whole number", came=came, rest=rest, times=came / rest)
    else:
        sum_ = f"{_product(target)} ≠ {_product(case.sizes, last=True)}"
    return Finding(
        message(
            "a Reshape keeps the number of values: {target} has {rest}, but the input has {came}: {shape}.",
            target=target,
            rest=message("a multiple of {number}", number=rest) if -1 in target else rest,
            came=came,
            shape=case.shape,
        ),
        sum_,
        sizes.for_reshape(case, target, came),
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


def unmet_input_spec(case: Case) -> Finding | None:
    """Check for an input that violates the ``InputSpec`` of the layer."""
    if not case.rank:
        return None
    wants = next((wants for spec in keras.tree.flatten(case.layer.input_spec) if (wants := _unmet(spec, case))), None)
    if wants is None:
        return None
    need, axis, size = wants
    return Finding(
        message(
            "{type} needs {need}, according to its input_spec, but the input is {shape}.",
            type=type_of(case),
            need=need,
            shape=case.shape,
        ),
        moves=() if axis is None else sizes.for_size_of(case, axis, size),
    )


def _unmet(spec: keras.layers.InputSpec, case: Case) -> tuple[Text, int | None, int] | None:
    """Return the first requirement of a spec that the input does not meet, or None.

    The result has the requirement as text, the axis and the size. For a dtype, the axis is None.
    """
    sizes = dict(getattr(spec, "axes", None) or {})
    shape = getattr(spec, "shape", None)
    if shape is not None and len(shape) == case.rank:
        sizes |= {axis: size for axis, size in enumerate(shape) if axis}
    for axis, size in sizes.items():
        if size is not None and -case.rank <= axis < case.rank and case.shape[axis] not in (size, None):
            return message("a size of {size} along axis {axis}", size=size, axis=axis), axis, size
    dtype = getattr(spec, "dtype", None)
    if dtype is not None and case.tensors[-1].dtype != dtype:
        return message("dtype {dtype}, not {came}", dtype=dtype, came=case.tensors[-1].dtype), None, 0
    return None
