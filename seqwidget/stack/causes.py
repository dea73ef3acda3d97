"""Why a layer does not fit: a rule a kind of mistake, each of which checks that the mistake is really there."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from . import alternatives, moves, moves_axes, moves_instead, moves_sizes, moves_windows
from .case import Case, unwrapped
from .chain import chain
from .geometry import spatial, window
from .moves import Move
from .needs import Needs, needs


@dataclass(frozen=True)
class Finding:
    """What is wrong, the sum that shows it, the edits worth trying, and the form in which the layer has a place."""

    cause: str
    arithmetic: str = ""
    moves: Iterable[Move] = field(default=())
    alternative: str = ""


def find(case: Case) -> Finding:
    """Give the first rule's finding, or honest ignorance."""
    for rule in _RULES if isinstance(case.layer, keras.Layer) else _BEFORE_ANY_SHAPE:
        finding = rule(case)
        if finding is not None:
            return finding
    return not_known(case)


def not_known(case: Case) -> Finding:
    """Say honestly that the mistake is not understood."""
    ideas = moves.general(case) if isinstance(case.layer, keras.Layer) else ()
    return Finding(f"seqwidget does not know this mistake; Keras says: {case.words}", moves=ideas)


def _not_a_layer(case: Case) -> Finding | None:
    thing = case.layer
    if isinstance(thing, keras.Layer):
        return None
    if isinstance(thing, type):
        what = f"{thing.__name__} is the class; a layer is made by calling it, as in {thing.__name__}(...)."
    elif isinstance(thing, keras.KerasTensor):
        what = "a layer's output came, not the layer: in a stack a layer is given without calling it on anything."
    elif isinstance(thing, list | tuple):
        what = f"a {type(thing).__name__} of {len(thing)} came; add takes one layer at a time."
    elif isinstance(thing, keras.optimizers.Optimizer):
        what = "an optimizer came; it goes to model.compile(optimizer=...)."
    elif thing is None:
        what = "None came: perhaps the result of a function that returns nothing, such as another add."
    else:
        what = f"{thing!r:.60} of type {type(thing).__name__} came."
    return Finding(f"a stack is made of layers, and {what}", moves=moves_instead.for_no_layer(case))


def _second_input(case: Case) -> Finding | None:
    if not isinstance(case.layer, keras.layers.InputLayer):
        return None
    given, has = tuple(case.layer.batch_shape), case.input_shape or "none yet"
    return Finding(
        f"a stack has one input, at its head, and this one has {has}; a second, {given}, has no place on top.",
        moves=moves_instead.for_second_input(case, given),
    )


def _same_name(case: Case) -> Finding | None:
    twin = next((i for i, one in enumerate(case.layers) if one.name == case.layer.name and one is not case.layer), None)
    if twin is None:
        return None
    return Finding(
        f"the stack has a layer named {case.layer.name!r} at position {twin}, and names in a model must differ.",
        moves=moves_instead.for_same_name(case),
    )


def _several_came(case: Case) -> Finding | None:
    if not case.several:
        return None
    giver = case.layers[-1]
    return Finding(
        f"it needs one tensor, and {giver.name} gives {len(case.shape)}: {', '.join(map(str, case.shape))}.",
        moves=moves_instead.for_several(case),
        alternative=alternatives.first_of_several(case),
    )


_SEVERAL = {
    "Dot": "two tensors, to multiply",
    "Attention": "a query and a value",
    "AdditiveAttention": "a query and a value",
    "MultiHeadAttention": "a query and a value",
    "GroupedQueryAttention": "a query and a value",
}
_MERGE = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")


def _wants_several(case: Case) -> Finding | None:
    if case.name in _MERGE or case.name in _SEVERAL:
        what = _SEVERAL.get(case.name, "a list of tensors, to merge into one")
        return Finding(
            f"{_type(case)} needs {what}, and in a stack each layer gets the one tensor of the layer before it.",
            alternative=alternatives.with_branch(case),
        )
    if case.name.endswith("Cell") or case.name == "StackedRNNCells":
        return Finding(
            f"{_type(case)} is one step of a recurrent layer and needs a state besides its input; "
            "an RNN runs it over the steps.",
            moves=moves_instead.for_cell(case),
        )
    if isinstance(case.layer, keras.Model) and len(getattr(case.layer, "inputs", None) or [0]) > 1:
        return Finding(
            f"the model {case.layer.name!r} needs {len(case.layer.inputs)} inputs, "
            "and in a stack each layer gets the one tensor of the layer before it.",
            alternative=alternatives.with_inputs(case),
        )
    return None


def _other_model_input(case: Case) -> Finding | None:
    if not isinstance(case.layer, keras.Model) or not getattr(case.layer, "inputs", None):
        return None
    wanted = tuple(case.layer.inputs[0].shape)
    if len(wanted) == case.rank and all(w in (None, came) for w, came in zip(wanted[1:], case.sizes, strict=True)):
        return None
    return Finding(
        f"the model {case.layer.name!r} was made for {wanted}, and {case.shape} came.",
        moves=moves_instead.for_model(case, wanted),
    )


def _inside(case: Case) -> Finding | None:
    """Look into a nested stack for the layer that does not fit there."""
    if not isinstance(case.layer, keras.Sequential) or not case.rank:
        return None
    calls = chain(case.layer, case.shape)
    bad = next((i for i, call in enumerate(calls) if call.why and call.input_shape), None)
    if bad is None:
        return None
    inner = Case.through(case.layer.layers[:bad], case.tensors[-1], calls[bad].layer, calls[bad].why)
    finding = find(inner)
    return replace(
        finding,
        cause=f"inside it, {inner.layer.name} does not fit: {finding.cause}",
        moves=moves_instead.for_inside(case, inner, finding.moves),
    )


def _channels_first(case: Case) -> Finding | None:
    shape = case.input_shape
    view = window(unwrapped(case.layer))
    if len(shape) not in (4, 5) or view is None or getattr(unwrapped(case.layer), "data_format", "") != "channels_last":
        return None
    first, *middle, last = shape[1:]
    if first not in (1, 3, 4) or None in shape[1:] or last in (1, 3, 4) or min([*middle, last]) < 8:  # noqa: PLR2004  an image
        return None
    if _too_big(case) is None:
        return None
    return Finding(
        f"the model takes {shape}, which looks like channels first, and {_type(case)} looks for the channels at the end: "
        f"it takes the {first} for a height.",
        _too_big(case) or "",
        moves_windows.for_channels_first(case),
    )


def _rank(case: Case) -> Finding | None:
    need = needs(case.layer)
    if need is None or not case.rank or need.fits(case.rank):
        return None
    taker = _taker(case, need)
    return Finding(
        f"{_type(case)} needs {need.words}, and what came has {_axes(case.rank)}: {case.shape}.{taker}",
        moves=moves_axes.for_rank(case, need),
    )


def _taker(case: Case, need: Needs) -> str:
    """Name the layer that took away the axes that are missing."""
    index = moves_axes.taker(case, need)
    if index is None:
        return ""
    return f" Up to {case.layers[index].name} ({type(case.layers[index]).__name__}) there were enough."


_NOT_FIXED = ("fully-defined", "NoneType", "static input shapes")  # in what Keras says


def _size_not_fixed(case: Case) -> Finding | None:
    if not case.rank or None not in case.sizes or not any(sign in case.words for sign in _NOT_FIXED):
        return None
    axis = max(i for i, size in enumerate(case.shape) if size is None)
    return Finding(
        f"{_type(case)} is made for a fixed size, and the size along axis {axis} of what came is not fixed: {case.shape}.",
        moves=moves_sizes.for_size(case, axis),
    )


def _built_for_another(case: Case) -> Finding | None:
    wanted = re.search(r"expected axis (-?\d+) of input shape to have value (\d+)", case.words)
    if not case.layer.built or wanted is None or not case.rank:
        return None
    axis, size = map(int, wanted.groups())
    came = case.shape[axis]
    return Finding(
        f"its weights were made for {size} channels (features), where it was used before, and {came} came: {case.shape}.",
        f"axis {axis}: {came} ≠ {size}",
        moves_sizes.for_channels(case, axis, size),
    )


def _groups(case: Case) -> Finding | None:
    layer = unwrapped(case.layer)
    groups = getattr(layer, "groups", None)
    if not isinstance(groups, int) or case.rank < 2:  # noqa: PLR2004  (batch, channels)
        return None
    axis = layer.axis if hasattr(layer, "axis") else 1 if layer.data_format == "channels_first" else -1
    channels = case.shape[axis]
    if channels is None or groups < 1 or channels % groups == 0:
        return None
    return Finding(
        f"{_type(case)} splits the channels into {groups} equal groups, and {channels} came: {case.shape}.",
        f"{channels} channels / {groups} groups = {channels / groups:.3g}, not a whole number",
        moves_sizes.for_groups(case, channels, groups),
    )


def _window(case: Case) -> Finding | None:
    arithmetic = _too_big(case)
    if arithmetic is None:
        return None
    view = window(unwrapped(case.layer))
    size = "×".join(map(str, _spatial(case)))
    return Finding(
        f"its {_word(case)} of {'×'.join(map(str, view.kernel))}{_dilated(view)} needs at least as many positions, "  # type: ignore[union-attr]
        f"and {size} came: {case.shape}.",
        arithmetic,
        moves_windows.for_window(case),
    )


def _dilated(view: Any) -> str:
    return (
        f" (dilated, so {'×'.join(str((k - 1) * d + 1) for k, d in zip(view.kernel, view.dilation, strict=True))})"
        if max(view.dilation) > 1
        else ""
    )


def _spatial(case: Case) -> Any:
    layer = unwrapped(case.layer)
    sizes = case.shape[1:] if layer is case.layer or case.name != "TimeDistributed" else case.shape[2:]
    return spatial((None, *sizes), getattr(layer, "data_format", None))


def _too_big(case: Case) -> str | None:
    """Give the sum of the first axis on which a window does not fit."""
    view = window(unwrapped(case.layer))
    if view is None or view.up or view.padding != "valid" or len(_spatial(case)) != len(view.kernel):
        return None
    for size, kernel, stride, dilation in zip(_spatial(case), view.kernel, view.strides, view.dilation, strict=True):
        reach = (kernel - 1) * dilation + 1
        if size is not None and size < reach:
            on = "×".join(map(str, _spatial(case)))
            sizes = "×".join(map(str, view.kernel))
            what = f"a {sizes} {_word(case)} on {on}" if "×" in sizes else f"a {_word(case)} of {sizes} on {on}"
            spread = f", spread over ({kernel} − 1) · {dilation} + 1 = {reach}" if dilation > 1 else ""
            return f"{what}{spread}: ({size} − {reach}) / {stride} + 1 < 1"
    return None


def _word(case: Case) -> str:
    return "pool" if hasattr(unwrapped(case.layer), "pool_size") else "kernel"


def _cropping(case: Case) -> Finding | None:
    if not case.name.startswith("Cropping"):
        return None
    layer = case.layer
    cuts = (layer.cropping,) if case.name.endswith("1D") else layer.cropping
    sizes = spatial(case.shape, getattr(layer, "data_format", None))
    for (start, end), size in zip(cuts, sizes, strict=True):
        if size is not None and start + end >= size:
            return Finding(
                f"it cuts {start} + {end} positions off an axis that has {size}: {case.shape}.",
                f"{size} − {start} − {end} = {size - start - end} < 1".replace("-", "−"),
                moves_windows.for_cropping(case, sizes),
            )
    return None


def _axis(case: Case) -> Finding | None:
    for key in ("axis", "shared_axes"):
        axes = getattr(case.layer, key, None)
        axes = (axes,) if isinstance(axes, int) else tuple(axes or ())
        outside = [axis for axis in axes if isinstance(axis, int) and not -case.rank <= axis < case.rank]
        if outside and case.rank:
            return Finding(
                f"its {key} {outside[0]} is not there: what came has {_axes(case.rank)}, 0 to {case.rank - 1}: {case.shape}.",
                f"{key} {outside[0]} ≥ {case.rank} axes" if outside[0] >= 0 else f"{key} {outside[0]} < −{case.rank}",
                moves_sizes.for_axis(case, key),
            )
    return None


def _reshape(case: Case) -> Finding | None:
    if case.name != "Reshape" or not case.rank or None in case.sizes:
        return None
    target, came = tuple(case.layer.target_shape), math.prod(case.sizes)
    rest = math.prod(size for size in target if size != -1)
    words = " · ".join(map(str, target))
    if -1 in target:
        sum_ = f"{came} / {rest} = {came / rest:.4g}, not a whole number"
    else:
        sum_ = f"{words} = {rest} ≠ {came} = {' · '.join(map(str, case.sizes))}"
    return Finding(
        f"a Reshape keeps every number, and {target} holds {'a multiple of ' if -1 in target else ''}{rest} "
        f"where {came} came: {case.shape}.",
        sum_,
        moves_sizes.for_reshape(case, target, came),
    )


def _type(case: Case) -> str:
    name = type(case.layer).__name__
    inner = unwrapped(case.layer) if isinstance(case.layer, keras.Layer) else case.layer
    return name if inner is case.layer else f"{name} of {type(inner).__name__}"


def _axes(rank: int) -> str:
    return f"{rank} axes" if rank > 1 else "1 axis"


_Rule = Callable[[Case], Finding | None]
_BEFORE_ANY_SHAPE: tuple[_Rule, ...] = (_not_a_layer,)
_RULES: tuple[_Rule, ...] = (
    *(_second_input, _same_name, _wants_several, _several_came, _other_model_input, _inside),
    *(_channels_first, _rank, _size_not_fixed),
    *(_built_for_another, _groups, _window, _cropping, _axis, _reshape),
)
