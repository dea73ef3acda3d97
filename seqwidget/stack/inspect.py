"""`inspect`: everything that is known of a model, as frozen records. The one place that walks a model."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import keras

from . import cost
from .chain import Call, chain, first_line, own_input
from .errors import NotAModelError
from .geometry import Field, cropped, window
from .layers import kind
from .records import LayerRow, Shape, Shapes, Stack, Totals

_NOT_LINEAR = (
    "{name} is a {type} model, not a linear stack: its layers are listed in the order in which Keras runs them, "
    "and the connections between them are not shown."
)


def inspect(model: Any, *, input_shape: Shape | None = None, batch_size: int = 1) -> Stack:
    """Tell what a Keras model is, layer by layer, without changing anything about it.

    Shapes are those of this model's own chain, also where a layer is shared with other models or was used before.

    Parameters
    ----------
    model : keras.Model
        A ``keras.Sequential``, built or not. A Functional or subclassed model is shown as far as it is a list of layers.
    input_shape : tuple, optional
        An input to reckon with, without the batch: ``(250, 250, 3)``. By default the model's own; give it for a model
        that does not know its input yet, or that takes images of any size.
    batch_size : int
        Number of samples that multiply-adds and activation memory are for.

    Returns
    -------
    Stack
        What is not known is ``None``, with the reason.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model.
    ValueError
        If ``batch_size`` is below 1.
    """
    if not isinstance(model, keras.Model):
        msg = (
            f"expected a Keras model such as keras.Sequential, received {model!r:.60} (of type {type(model).__name__}); "
            "pass the model itself."
        )
        raise NotAModelError(msg)
    if batch_size < 1:
        msg = f"batch_size expected at least 1, received {batch_size}."
        raise ValueError(msg)
    own_shape, dtype = own_input(model)
    shape: Shapes | None = own_shape if input_shape is None else (None, *input_shape)
    calls = chain(model, None if shape == own_shape else shape)
    linear = isinstance(model, keras.Sequential)
    context = _Context(model, calls, batch_size)
    rows, _ = _rows(calls, context, depth=0, prefix="", field=Field.start(shape) if linear and shape else None)
    totals, unknown = _totals(model, calls, rows, context)
    broken = next((f"{call.layer.name}: {call.why}" for call in calls if call.why and call.input_shape), "")
    built = bool(model.built) and not broken
    if not built:
        unknown["built"] = broken or "the shape of the input is not known yet"
    return Stack(
        name=model.name,
        rows=tuple(rows),
        totals=totals,
        input_shape=shape,
        input_dtype=dtype,
        built=built,
        compiled=bool(model.compiled),
        batch_size=batch_size,
        notes=() if linear else (_NOT_LINEAR.format(name=model.name, type=_type(model)),),
        unknown=unknown,
    )


class _Context:
    """What every row of one model needs to know: the root's training weights, and where a layer was seen first."""

    def __init__(self, root: Any, calls: list[Call], batch_size: int) -> None:
        self.batch_size = batch_size
        self.training = {id(weight) for weight in root.trainable_weights}
        if root.trainable:  # copies stand in for layers that are not built, whose weights the root cannot list yet
            self.training.update(id(w) for call in calls if call.weights_of is not call.layer for w in call.weights_of.trainable_weights)
        self.position = 0
        self.first_seen: dict[int, int] = {}


def _rows(
    calls: list[Call], context: _Context, depth: int, prefix: str, field: Field | None
) -> tuple[list[LayerRow], Field | None]:
    """Give the rows of one model's calls with those of the models nested in it, and the receptive field behind them."""
    rows: list[LayerRow] = []
    data_format = None
    for index, call in enumerate(calls):
        if not isinstance(call.layer, keras.Layer):
            field = None
            continue
        position, context.position = context.position, context.position + 1
        shared = context.first_seen.setdefault(id(call.layer), position)
        path = f"{prefix}{call.layer.name}"
        row = _row(call, context, index, depth, path, None if shared == position else shared)
        if isinstance(call.layer, keras.Model):
            inner, field = _nested(call, context, depth + 1, f"{path}/", field)
            row = replace(row, **_sums(inner, depth + 1))
        else:
            inner = []
            field = field.through(call.layer, call.input_shape, call.output_shape) if field and call.output_shape else None
        data_format = getattr(call.layer, "data_format", data_format)
        if _is_image(row.output_shape):
            row = replace(row, data_format=data_format or "channels_last")
        if field is not None:
            row = replace(row, receptive_field=field.size, receptive_field_stride=field.stride)
        rows += [row, *inner]
    return rows, field


def _nested(call: Call, context: _Context, depth: int, prefix: str, field: Field | None) -> tuple[list[LayerRow], Field | None]:
    try:
        calls = chain(call.layer, call.input_shape)
    except Exception as error:  # noqa: BLE001  a nested model that does not run leaves its layers without shapes
        calls = [Call(layer, layer, why=first_line(error)) for layer in call.layer.layers]
    return _rows(calls, context, depth, prefix, field if _is_line(calls) else None)


def _is_image(shape: Shapes | None) -> bool:
    """Whether a shape has spatial axes: it is one tensor's, with more than a batch and features."""
    return shape is not None and len(shape) > 2 and not isinstance(shape[0], tuple)  # noqa: PLR2004


def _is_line(calls: list[Call]) -> bool:
    """Whether each call takes just what the one before it gave."""
    return all(a.output_shape is not None and a.output_shape == b.input_shape for a, b in itertools.pairwise(calls))


def _row(call: Call, context: _Context, index: int, depth: int, path: str, shared_with: int | None) -> LayerRow:
    layer, unknown = call.layer, {}
    params = trainable_params = trains = None
    if call.weights_of.built:
        weights = call.weights_of.weights
        training = [weight for weight in weights if id(weight) in context.training]
        params, trainable_params = _count(weights), _count(training)
        trains = bool(training) if weights else None
    else:
        unknown["params"] = unknown["trainable_params"] = call.why or "not built yet"
    if call.output_shape is None:
        unknown["output_shape"] = call.why or "not known"
    figures: dict[str, int | None] = {}
    for name, figure in (
        ("macs", lambda: 0 if isinstance(layer, keras.Model) else cost.macs(layer, call.input_shape, call.output_shape)),
        ("activation_bytes", lambda: cost.activation_bytes(call.output_shape, layer.compute_dtype)),
    ):
        figures[name] = None
        if call.output_shape is None:
            unknown[name] = call.why
            continue
        try:
            figures[name] = figure() * context.batch_size
        except cost.UnknownCost as reason:
            unknown[name] = str(reason)
    view = window(layer)
    return LayerRow(
        index=index,
        name=layer.name,
        path=path,
        type=_type(layer),
        kind=kind(layer),
        depth=depth,
        input_shape=call.input_shape,
        output_shape=call.output_shape,
        dtype=layer.compute_dtype,
        params=params,
        trainable_params=trainable_params,
        shared_with=shared_with,
        trainable=bool(layer.trainable),
        trains=trains,
        stale=None,
        data_format=None,
        kernel=view and view.kernel,
        strides=view and view.strides,
        dilation=view and view.dilation,
        padding=view and view.padding,
        receptive_field=None,
        receptive_field_stride=None,
        cropped=cropped(layer, call.input_shape, call.output_shape) if call.output_shape else None,
        unknown=unknown,
        **figures,
    )


def _sums(inner: list[LayerRow], depth: int) -> dict[str, int | None]:
    """Give a nested model's multiply-adds and activation memory: those of its own layers."""
    own = [row for row in inner if row.depth == depth]
    return {name: _sum(getattr(row, name) for row in own) for name in ("macs", "activation_bytes")}


def _totals(model: Any, calls: list[Call], rows: list[LayerRow], context: _Context) -> tuple[Totals, dict[str, str]]:
    """Sum up a stack, every weight once; a sum with an unknown part is unknown, and named after that part."""
    top = [row for row in rows if row.depth == 0]
    unknown = {
        name: f"{row.path}: {row.unknown.get(name, 'not known')}"
        for name in ("params", "macs", "activation_bytes")
        for row in reversed(top)
        if getattr(row, name) is None
    }
    weights = {id(w): w for call in calls for w in call.weights_of.weights} if "params" not in unknown else {}
    params = None if "params" in unknown else _count(weights.values())
    training = None if params is None else _count(w for w in weights.values() if id(w) in context.training)
    return Totals(
        params=params,
        trainable_params=training,
        non_trainable_params=None if params is None or training is None else params - training,
        macs=_sum(row.macs for row in top),
        activation_bytes=_sum(row.activation_bytes for row in top),
    ), unknown


def _count(weights: Iterable[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)


def _sum(figures: Iterable[int | None]) -> int | None:
    total = 0
    for figure in figures:
        if figure is None:
            return None
        total += figure
    return total


def _type(layer: Any) -> str:
    return type(layer).__name__
