"""Compute receptive fields where branches of a model are joined: a cell sees what it sees through any branch.

This is exact if neighbouring cells are equally far apart in all branches; otherwise the field is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import keras

from ..i18n.messages import Message, message
from ..keras_compat.origin import is_from_keras
from .layer_kinds import keras_name
from .receptive_axis import Axis, Join
from .receptive_field import Field, UnknownField
from .receptive_field_rules import several_tensors
from .records import Shape, Shapes

_ELEMENTWISE = frozenset({"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"})
_OPERATIONS = frozenset({"Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum"})


def joins(operation: keras.Operation) -> bool:
    """Return whether a layer or an operation joins tensors cell by cell, or along an axis."""
    if isinstance(operation, keras.Layer):
        return keras_name(operation) in {*_ELEMENTWISE, "Concatenate"}
    return is_from_keras(type(operation), "ops") and type(operation).__name__ in {*_OPERATIONS, "Concatenate"}


def after_join(fields: Sequence[Field], operation: keras.Operation, before: Shapes, after: Shapes) -> Field:
    """Return the receptive field after a layer or an operation that `joins` tensors.

    Parameters
    ----------
    fields
        The field of each tensor, in the order of their shapes.
    operation
        The layer or operation.
    before, after
        Shapes of the tensors, or of the only one, and of the output, including the batch axis.
    """
    unknown = next((field for field in fields if field.why), None)
    if unknown is not None:
        return unknown
    if len({field.source for field in fields}) > 1:
        return Field.unknown(message("{layer} joins several inputs of the model", layer=operation.name))
    shapes: list[Shape] = [shape for shape in before if isinstance(shape, tuple)] or [before]  # type: ignore[list-item]
    if len(fields) == 1:  # the same tensor several times, or with constants
        fields = [*fields] * len(shapes)
    if len(fields) != len(shapes) or {*map(len, shapes)} != {len(after)}:
        return Field.unknown(several_tensors(operation))
    size: Shape = after  # type: ignore[assignment]
    try:
        along = operation.axis % len(after) if type(operation).__name__ == "Concatenate" else None
        aligned = [_aligned(field, operation, shape, size, along) for field, shape in zip(fields, shapes, strict=True)]
        axes = tuple(_axis(at, aligned, operation) for at in range(len(aligned[0].axes)))
    except UnknownField as reason:
        return Field.unknown(reason.args[0])
    live = set[int]().union(*(field.live for field in aligned))
    follows = (next(filter(live.intersection, labels), ()) for labels in zip(*(one.follows for one in aligned), strict=True))
    return replace(aligned[0], axes=axes, follows=tuple(follows))


def _aligned(field: Field, operation: keras.Operation, shape: Shape, after: Shape, along: int | None) -> Field:
    """Return the field of a tensor that is repeated along axes of size 1, to the shape of the output."""
    if along == 0 or (along is not None and field.live.intersection(field.follows[along - 1])):
        raise UnknownField(message("{layer} concatenates positions", layer=operation.name))
    repeated = (at for at in range(1, len(after)) if at != along and shape[at] == 1 != after[at])
    return field.mixed(operation, *repeated)


def _axis(at: int, fields: Sequence[Field], operation: keras.Operation) -> Axis:
    """Return how the cells of the output depend on an axis of the input."""
    first = fields[0].axes[at]
    if at == fields[0].channels or all(field.axes[at] == first and at not in field.live for field in fields):
        return first
    moving = [field for field in fields if at in field.live]
    places = [[place for place, label in enumerate(field.follows) if at in label] for field in moving]
    labels = [[field.follows[place] for place in some] for field, some in zip(moving, places, strict=True)]
    if any(place != places[0] for place in places) or any(label != [(at,)] for label in labels):
        raise UnknownField(_unaligned(operation))
    moved, fixed = [field.axes[at] for field in moving], [field.axes[at] for field in fields if at not in field.live]
    if not fixed:
        return _union(moved, operation)
    whole = replace(_union(fixed, operation), whole=True)
    if not all(map(_within, moved, [whole] * len(moved))):
        raise UnknownField(_unaligned(operation))
    return whole


def _union(axes: Sequence[Axis], operation: keras.Operation) -> Axis:
    """Return the axis whose cells see what the cells of some axes see."""
    one = axes[0]
    if all(axis == one for axis in axes):
        return one
    if any(axis.jump != one.jump for axis in axes) and not one.whole:
        why = message("{layer} joins branches whose receptive fields have different strides", layer=operation.name)
        raise UnknownField(why)
    if any(axis.guessed != one.guessed for axis in axes):
        raise UnknownField(message("the size of {layer}'s input is not fixed", layer=operation.name))
    first, last = min(axis.first for axis in axes), max(axis.first + axis.reach for axis in axes)
    return replace(one, steps=(), sizes=(), reach=last - first, first=first, join=Join.of(tuple(axes)))


def _within(axis: Axis, whole: Axis) -> bool:
    """Return whether the cells of ``whole`` see every position that the cells of ``axis`` see."""
    seen, everything = axis.seen(axis.cells or 0), whole.seen(1)
    return seen is not None and everything is not None and bool((everything | ~seen).all())


def _unaligned(operation: keras.Operation) -> Message:
    return message("{layer} joins positions that are not aligned", layer=operation.name)
