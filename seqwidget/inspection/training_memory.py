"""Estimate the memory of a training step from the facts about a model."""

from __future__ import annotations

import contextlib
import math
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import keras

from ..i18n.messages import Text, joined, message
from ..keras_compat import keras_layers, optimizer_slots, scratch
from ..model import memory
from ..model.operation_cost import UnknownCost
from ..model.records import Facts, LayerRow, Shapes
from ..model.training_memory import TrainingMemory, values_per_output
from .rows import Context

Known = tuple[int | None, Text]
"""A number of bytes, or why it is not known."""


@dataclass(frozen=True)
class TrainingMemorySource:
    """The layers and the optimizer that a model had at one moment. A call estimates the memory.

    A stack that is kept must not keep them alive, so they are held by weak references. The memory
    is computed only on request, because an optimizer must be built for it.
    """

    layers: tuple[Callable[[], keras.Layer | None], ...]
    optimizer: Callable[[], keras.optimizers.Optimizer | None] | None
    branched: frozenset[int | None] = frozenset()
    """The positions of the rows of nested models that are not linear; None for the model itself."""

    @classmethod
    def of(cls, context: Context) -> TrainingMemorySource:
        """Return the source of a model that was read."""
        optimizer = context.root.optimizer if context.root.compiled else None
        return cls(
            tuple(map(weakref.ref, context.layers)),
            None if optimizer is None else weakref.ref(optimizer),
            frozenset(context.unconnected),
        )

    def __call__(self, stack: Facts, batch_size: int) -> TrainingMemory:
        """Return the memory for one training step of the stack that has this source."""
        layers = [reference() for reference in self.layers]
        known: dict[str, Known]
        if None in layers:
            gone = message("layers of this stack were deleted")
            known = dict.fromkeys(TrainingMemory.PARTS, (None, gone))
        else:
            weights, why = _weights(stack, layers)
            training = [weight for weight, trains in weights if trains]
            each = {
                "weights": _bytes([weight for weight, _ in weights]),
                "gradients": _bytes(training),
            }
            known = {name: (None if why else size, why) for name, size in each.items()}
            known["optimizer"] = (None, why) if why else self._optimizer(training)
            known["activations"] = known["backward"] = _activations(
                stack, layers, lambda position: position not in self.branched, batch_size
            )
        unknown = {name: reason for name, (size, reason) in known.items() if size is None}
        return TrainingMemory(batch_size, **{name: size for name, (size, _) in known.items()}, unknown_messages=unknown)

    def _optimizer(self, training: list[keras.Variable]) -> Known:
        if self.optimizer is None:
            return None, message("the model is not compiled with an optimizer")
        optimizer = self.optimizer()
        if optimizer is None:
            return None, message("the optimizer of this stack was deleted")
        with contextlib.suppress(Exception):  # an optimizer may raise anything if it is built outside training
            copy = optimizer_slots.unbuilt_copy(optimizer)
            with scratch.scratch():
                copy.build(training)
            return _bytes(copy.variables), ""
        built_for = {id(weight) for weight in optimizer_slots.optimizer_weights(optimizer) or ()}
        if built_for == {id(weight) for weight in training}:
            return _bytes(optimizer.variables), ""
        return None, message("{optimizer} can only be built by a training step", optimizer=type(optimizer).__name__)

    def __reduce__(self) -> tuple[object, ...]:
        return TrainingMemorySource, ((_gone,) if self.layers else (), None)  # another process does not have them


def _gone() -> None:
    return None


def _leaves(rows: Sequence[LayerRow]) -> Iterator[int]:
    """Yield the positions of the rows without nested rows."""
    for position, row in enumerate(rows):
        if position + 1 == len(rows) or rows[position + 1].depth <= row.depth:
            yield position


def _weights(stack: Facts, layers: Sequence[keras.Layer]) -> tuple[list[tuple[keras.Variable, bool]], Text]:
    """Return each weight of a stack once, with whether it trains; if they are not known, return why."""
    if stack.totals.params is None:
        return [], stack.unknown_messages.get("params", message("the model is not built"))
    found: dict[int, tuple[keras.Variable, bool]] = {}
    for position in _leaves(stack.rows):
        row, layer = stack.rows[position], layers[position]
        if row.params:
            could = {id(weight) for weight in keras_layers.could_train(layer) or layer.trainable_weights}
            found |= {id(one): (one, bool(row.trains) and id(one) in could) for one in layer.weights}
    counts = [sum(math.prod(one.shape) for one, trains in found.values() if trains or not only) for only in (False, True)]
    if counts != [stack.totals.params, stack.totals.trainable_params]:
        return [], message("not every weight belongs to one of the layers, or a part of a layer is frozen")
    return list(found.values()), ""


def _bytes(variables: Sequence[keras.Variable]) -> int:
    return sum(memory.activation_bytes((None, *one.shape), keras.backend.standardize_dtype(one.dtype)) for one in variables)


def _activations(stack: Facts, layers: Sequence[keras.Layer], is_line: Callable[[int | None], bool], batch_size: int) -> Known:
    """Return an upper estimate of what the backward pass reads, which ends at the first layer that trains."""
    rows = stack.rows
    start = next((position for position in _leaves(rows) if rows[position].trains or rows[position].params is None), None)
    if start is None:
        return 0, ""
    try:
        total = _of_one_sample(stack.input_shape, stack.input_dtype) * batch_size
        for position in _read_before(rows, start, is_line):
            total += _of_one_sample(rows[position].output_shape, rows[position].dtype) * batch_size
    except UnknownCost as reason:
        return None, reason.args[0]
    for position in _leaves(rows):
        row, layer = rows[position], layers[position]
        if position < start:
            continue
        several = values_per_output(layer, row)
        if row.activation_bytes is None or several is None:
            custom = message("what {type} keeps for the backward pass is not known", type=row.type)
            return None, joined(": ", (row.path, row.unknown_messages.get("activation_bytes", custom)))
        total += math.ceil(several * row.activation_bytes / stack.batch_size * batch_size)
        if layer.compute_dtype != layer.variable_dtype:
            total += _bytes(layer.weights)  # copies in the dtype of the computation
    return total, ""


def _of_one_sample(shape: Shapes | None, dtype: str | None) -> int:
    first = shape[0] if shape else None
    return memory.activation_bytes(shape or (), dtype, None if isinstance(first, tuple) else first)


def _read_before(rows: Sequence[LayerRow], start: int, is_line: Callable[[int | None], bool]) -> Iterator[int]:
    """Yield the positions of the rows before ``start`` whose outputs the rows from there may read.

    In a linear model, that is only the row before the one that is or contains ``start``.
    """
    depth = rows[start].depth
    for level in range(depth + 1):
        above = next((at for at in range(start, -1, -1) if rows[at].depth < level), None)
        holder = next(at for at in range(start, -1, -1) if rows[at].depth <= level)
        before = [at for at in range(0 if above is None else above + 1, holder) if rows[at].depth == level]
        yield from before[-1:] if is_line(above) else before
