"""Why a layer does not fit: a rule a kind of mistake, each of which checks that the mistake is really there."""

from __future__ import annotations

import math
import re
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from . import alternatives, moves, moves_axes, moves_instead, moves_sizes, moves_windows
from .case import Case, unwrapped
from .chain import chain
from .geometry import spatial, window
from .moves import Move
from .needs import needs
from .said import counted, joined, phrase, said


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


def _short(text: str) -> str:
    """Return a text as a part of a sentence: in one line, and not too long."""
    return f"{' '.join(text.split()):.60}"


def not_known(case: Case) -> Finding:
    """Say honestly that the mistake is not understood."""
    ideas = moves.general(case) if isinstance(case.layer, keras.Layer) else ()
    return Finding(said("seqwidget does not know this mistake; Keras says: {words}", words=case.words), moves=ideas)


def _locked(case: Case) -> Finding | None:
    if not case.locked:
        return None
    return Finding(
        said("the model is locked, as quantize leaves it, and takes no more layers; add all layers first, and quantize last.")
    )


def _not_a_layer(case: Case) -> Finding | None:
    thing = case.layer
    if isinstance(thing, keras.Layer):
        return None
    if isinstance(thing, type):
        what = said("{name} is the class; a layer is made by calling it, as in {name}(...).", name=thing.__name__)
    elif isinstance(thing, keras.KerasTensor):
        what = said("a layer's output came, not the layer: in a stack a layer is given without calling it on anything.")
    elif isinstance(thing, list | tuple):
        what = said("a {type} of {count} came; add takes one layer at a time.", type=type(thing).__name__, count=len(thing))
    elif isinstance(thing, keras.optimizers.Optimizer):
        what = said("an optimizer came; it goes to model.compile(optimizer=...).")
    elif isinstance(thing, types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        what = said("{name} is a function, not a layer.", name=_short(thing.__name__))
    elif thing is None:
        what = said("None came: perhaps the result of a function that returns nothing, such as another add.")
    else:
        what = said("{thing} of type {type} came.", thing=_short(repr(thing)), type=type(thing).__name__)
    return Finding(said("a stack is made of layers, and {what}", what=what), moves=moves_instead.for_no_layer(case))


def _second_input(case: Case) -> Finding | None:
    if not isinstance(case.layer, keras.layers.InputLayer):
        return None
    given, has = tuple(case.layer.batch_shape), case.input_shape or said("none yet")
    return Finding(
        said(
            "a stack has one input, at its head, and this one has {has}; a second, {given}, has no place on top.",
            has=has,
            given=given,
        ),
        moves=moves_instead.for_second_input(case, given),
    )


def _same_name(case: Case) -> Finding | None:
    twin = next((i for i, one in enumerate(case.layers) if one.name == case.layer.name and one is not case.layer), None)
    if twin is None:
        return None
    return Finding(
        said(
            "the stack has a layer named {name!r} at position {position}, and names in a model must differ.",
            name=case.layer.name,
            position=twin,
        ),
        moves=moves_instead.for_same_name(case),
    )


def _several_came(case: Case) -> Finding | None:
    if not case.several:
        return None
    giver = case.layers[-1]
    return Finding(
        said(
            "it needs one tensor, and {layer} gives {count}: {shapes}.",
            layer=giver.name,
            count=len(case.shape),
            shapes=", ".join(map(str, case.shape)),
        ),
        moves=moves_instead.for_several(case),
        alternative=alternatives.first_of_several(case),
    )


_SEVERAL = {
    "Dot": said("two tensors, to multiply"),
    "Attention": said("a query and a value"),
    "AdditiveAttention": said("a query and a value"),
    "MultiHeadAttention": said("a query and a value"),
    "GroupedQueryAttention": said("a query and a value"),
}
_MERGE = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")


def _wants_several(case: Case) -> Finding | None:
    if case.name in _MERGE or case.name in _SEVERAL:
        what = _SEVERAL.get(case.name, said("a list of tensors, to merge into one"))
        return Finding(
            said(
                "{type} needs {what}, and in a stack each layer gets the one tensor of the layer before it.",
                type=_type(case),
                what=what,
            ),
            alternative=alternatives.with_branch(case),
        )
    if case.name.endswith("Cell") or case.name == "StackedRNNCells":
        return Finding(
            said(
                "{type} is one step of a recurrent layer and needs a state besides its input; an RNN runs it over the steps.",
                type=_type(case),
            ),
            moves=moves_instead.for_cell(case),
        )
    if isinstance(case.layer, keras.Model) and len(getattr(case.layer, "inputs", None) or [0]) > 1:
        return Finding(
            said(
                "the model {name!r} needs {count} inputs, "
                "and in a stack each layer gets the one tensor of the layer before it.",
                name=case.layer.name,
                count=len(case.layer.inputs),
            ),
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
        said(
            "the model {name!r} was made for {wanted}, and {came} came.", name=case.layer.name, wanted=wanted, came=case.shape
        ),
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
        cause=said("inside it, {layer} does not fit: {cause}", layer=inner.layer.name, cause=finding.cause),
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
        said(
            "the model takes {shape}, which looks like channels first, and {type} looks for the channels at the end: "
            "it takes the {first} for a height.",
            shape=shape,
            type=_type(case),
            first=first,
        ),
        _too_big(case) or "",
        moves_windows.for_channels_first(case),
    )


def _rank(case: Case) -> Finding | None:
    need = needs(case.layer)
    if need is None or not case.rank or need.fits(case.rank):
        return None
    gaps = {"type": _type(case), "need": need.words, "axes": _axes(case.rank), "shape": case.shape}
    cause = said("{type} needs {need}, and what came has {axes}: {shape}.", **gaps)
    index = moves_axes.taker(case, need)
    if index is not None:  # the layer that took away the axes that are missing
        last = f"{case.layers[index].name} ({type(case.layers[index]).__name__})"
        cause = said("{cause} Up to {layer} there were enough.", cause=cause, layer=last)
    return Finding(cause, moves=moves_axes.for_rank(case, need))


_NOT_FIXED = ("fully-defined", "NoneType", "static input shapes")  # in what Keras says


def _size_not_fixed(case: Case) -> Finding | None:
    if not case.rank or None not in case.sizes or not any(sign in case.words for sign in _NOT_FIXED):
        return None
    axis = max(i for i, size in enumerate(case.shape) if size is None)
    return Finding(
        said(
            "{type} is made for a fixed size, and the size along axis {axis} of what came is not fixed: {shape}.",
            type=_type(case),
            axis=axis,
            shape=case.shape,
        ),
        moves=moves_sizes.for_size(case, axis),
    )


def _built_for_another(case: Case) -> Finding | None:
    wanted = re.search(r"expected axis (-?\d+) of input shape to have value (\d+)", case.words)
    if not case.layer.built or wanted is None or not case.rank:
        return None
    axis, size = map(int, wanted.groups())
    came = case.shape[axis]
    return Finding(
        said(
            "its weights were made for {size} channels (features), where it was used before, and {came} came: {shape}.",
            size=size,
            came=came,
            shape=case.shape,
        ),
        said("axis {axis}: {came} ≠ {size}", axis=axis, came=came, size=size),
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
        said(
            "{type} splits the channels into {groups} equal groups, and {channels} came: {shape}.",
            type=_type(case),
            groups=groups,
            channels=channels,
            shape=case.shape,
        ),
        said(
            "{channels} channels / {groups} groups = {each:.3g}, not a whole number",
            channels=channels,
            groups=groups,
            each=channels / groups,
        ),
        moves_sizes.for_groups(case, channels, groups),
    )


def _window(case: Case) -> Finding | None:
    arithmetic = _too_big(case)
    if arithmetic is None:
        return None
    view = window(unwrapped(case.layer))
    size = "×".join(map(str, view.kernel))  # type: ignore[union-attr]
    gaps = {"size": _dilated(view, size), "came": "×".join(map(str, _spatial(case))), "shape": case.shape}
    cause = (
        said("its pool of {size} needs at least as many positions, and {came} came: {shape}.", **gaps)
        if _pools(case)
        else said("its kernel of {size} needs at least as many positions, and {came} came: {shape}.", **gaps)
    )
    return Finding(cause, arithmetic, moves_windows.for_window(case))


def _dilated(view: Any, size: str) -> str:
    if max(view.dilation) == 1:
        return size
    reach = "×".join(str((k - 1) * d + 1) for k, d in zip(view.kernel, view.dilation, strict=True))
    return said("{size} (dilated, so {reach})", size=size, reach=reach)


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
            if "×" in sizes:
                what = phrase("a {sizes} pool on {on}") if _pools(case) else phrase("a {sizes} kernel on {on}")
            else:
                what = phrase("a pool of {sizes} on {on}") if _pools(case) else phrase("a kernel of {sizes} on {on}")
            view_ = said(what, sizes=sizes, on=on)
            if dilation > 1:
                sum_ = f"({kernel} − 1) · {dilation} + 1 = {reach}"
                view_ = said("{what}, spread over {sum}", what=view_, sum=sum_)
            return joined(": ", (view_, f"({size} − {reach}) / {stride} + 1 < 1"))
    return None


def _pools(case: Case) -> bool:
    return hasattr(unwrapped(case.layer), "pool_size")


def _cropping(case: Case) -> Finding | None:
    if not case.name.startswith("Cropping"):
        return None
    layer = case.layer
    cuts = (layer.cropping,) if case.name.endswith("1D") else layer.cropping
    sizes = spatial(case.shape, getattr(layer, "data_format", None))
    for (start, end), size in zip(cuts, sizes, strict=True):
        if size is not None and start + end >= size:
            return Finding(
                said(
                    "it cuts {start} + {end} positions off an axis that has {size}: {shape}.",
                    start=start,
                    end=end,
                    size=size,
                    shape=case.shape,
                ),
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
                said(
                    "its {key} {axis} is not there: what came has {axes}, 0 to {last}: {shape}.",
                    key=key,
                    axis=outside[0],
                    axes=_axes(case.rank),
                    last=case.rank - 1,
                    shape=case.shape,
                ),
                said("{key} {axis} ≥ {count} axes", key=key, axis=outside[0], count=case.rank)
                if outside[0] >= 0
                else f"{key} {outside[0]} < −{case.rank}",
                moves_sizes.for_axis(case, key),
            )
    return None


def _reshape(case: Case) -> Finding | None:
    if case.name != "Reshape" or not case.rank or None in case.sizes:
        return None
    target, came = tuple(case.layer.target_shape), math.prod(case.sizes)
    rest = math.prod(size for size in target if size != -1)
    if -1 in target:
        sum_: str = said("{came} / {rest} = {times:.4g}, not a whole number", came=came, rest=rest, times=came / rest)
    else:
        sum_ = f"{_product(target)} ≠ {_product(case.sizes, last=True)}"
    return Finding(
        said(
            "a Reshape keeps every number, and {target} holds {rest} where {came} came: {shape}.",
            target=target,
            rest=said("a multiple of {number}", number=rest) if -1 in target else rest,
            came=came,
            shape=case.shape,
        ),
        sum_,
        moves_sizes.for_reshape(case, target, came),
    )


def _product(sizes: Iterable[int], *, last: bool = False) -> str:
    """Write how many numbers there are: the factors and what they make, or one size as it is."""
    factors = tuple(sizes)
    parts = [" · ".join(map(str, factors)) or "1"]
    if len(factors) > 1:
        parts.append(str(math.prod(factors)))
    return " = ".join(reversed(parts) if last else parts)


def _stateful(case: Case) -> Finding | None:
    if not case.rank or case.shape[0] is not None or not getattr(unwrapped(case.layer), "stateful", False):
        return None
    return Finding(
        said(
            "{type} is stateful: it keeps a state for each sample of the batch, and the batch size is not fixed: {shape}.",
            type=_type(case),
            shape=case.shape,
        ),
        moves=moves_sizes.for_batch(case),
    )


def _spec(case: Case) -> Finding | None:
    """Read what a layer says itself that it needs: its InputSpec."""
    if not case.rank:
        return None
    wants = next((wants for spec in keras.tree.flatten(case.layer.input_spec) if (wants := _unmet(spec, case))), None)
    if wants is None:
        return None
    need, axis, size = wants
    return Finding(
        said("{type} needs {need}, as its input_spec says, and {shape} came.", type=_type(case), need=need, shape=case.shape),
        moves=() if axis is None else moves_sizes.for_size_of(case, axis, size),
    )


def _unmet(spec: Any, case: Case) -> tuple[str, int | None, int] | None:
    """Return what of a spec the input does not meet, with the axis and the size where it is one size."""
    sizes = dict(getattr(spec, "axes", None) or {})
    shape = getattr(spec, "shape", None)
    if shape is not None and len(shape) == case.rank:
        sizes |= {axis: size for axis, size in enumerate(shape) if axis}
    for axis, size in sizes.items():
        if size is not None and -case.rank <= axis < case.rank and case.shape[axis] not in (size, None):
            return said("a size of {size} along axis {axis}", size=size, axis=axis), axis, size
    dtype = getattr(spec, "dtype", None)
    if dtype is not None and case.tensors[-1].dtype != dtype:
        return said("dtype {dtype}, not {came}", dtype=dtype, came=case.tensors[-1].dtype), None, 0
    return None


def _type(case: Case) -> str:
    name = type(case.layer).__name__
    inner = unwrapped(case.layer) if isinstance(case.layer, keras.Layer) else case.layer
    return name if inner is case.layer else said("{wrapper} of {type}", wrapper=name, type=type(inner).__name__)


def _axes(rank: int) -> str:
    return counted("{n} axis", "{n} axes", rank)


_Rule = Callable[[Case], Finding | None]
_BEFORE_ANY_SHAPE: tuple[_Rule, ...] = (_not_a_layer,)
_RULES: tuple[_Rule, ...] = (
    _locked,
    *(_second_input, _same_name, _wants_several, _several_came, _other_model_input, _inside),
    *(_channels_first, _rank, _stateful, _size_not_fixed),
    *(_built_for_another, _groups, _window, _cropping, _axis, _reshape, _spec),
)
