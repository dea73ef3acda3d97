"""`inspect`: everything that is known of a model, as frozen records. The one place that walks a model."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import keras

from . import cost, keras_internals, trainable
from .chain import Call, chain, first_line, is_line, own_input, shapes_of, top, trial
from .code import Source
from .errors import CycleError, InputShapeError, NotAModelError
from .geometry import Field, cropped, window
from .kept import Look, last_looks, remember
from .layers import kind
from .noted import noted
from .records import LayerRow, Shape, Shapes, Stack, Totals
from .said import joined, said


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
    CycleError
        If ``model`` contains itself.
    InputShapeError
        If ``input_shape`` is not a tuple of sizes.
    ValueError
        If ``batch_size`` is below 1.
    """
    if not isinstance(model, keras.Model):
        msg = (
            f"expected a Keras model such as keras.Sequential, received {model!r:.60} (of type {type(model).__name__}); "
            "pass the model itself."
        )
        raise NotAModelError(msg)
    if any(keras_internals.holds(layer, model) for layer in model.layers):
        msg = f"inspect expected a model that does not contain itself, received {model.name!r}; take the inner one out."
        raise CycleError(msg)
    if batch_size < 1:
        msg = f"batch_size expected at least 1, received {batch_size}."
        raise ValueError(msg)
    if input_shape is not None and not _is_shape(input_shape):
        msg = f"input_shape expected sizes without the batch, such as (250, 250, 3) or (784,), received {input_shape!r:.60}."
        raise InputShapeError(msg)
    own_shape, dtype = own_input(model)
    shape: Shapes | None = own_shape if input_shape is None else (None, *input_shape)
    calls = chain(model, None if shape == own_shape else shape)
    linear = isinstance(model, keras.Sequential)
    context = _Context(model, calls, batch_size)
    frozen_by = "" if model.trainable else model.name
    field = Field.start(shape) if linear and shape else None
    rows, _ = _rows(calls, context, depth=0, prefix="", frozen_by=frozen_by, field=field)
    remember(model, context.looks)
    totals, unknown = _totals(rows, context)
    rows, notes = noted(model, rows, context.layers)
    broken = next((joined(": ", (call.layer.name, call.why)) for call in calls if call.why and call.input_shape), "")
    built = bool(model.built) and not broken
    if not built:
        unknown["built"] = broken or _why_unbuilt(calls, own_shape)
    return Stack(
        name=model.name,
        rows=tuple(rows),
        totals=totals,
        input_shape=shape,
        input_dtype=dtype,
        built=built,
        compiled=bool(model.compiled),
        stale=trainable.sentence(context.step, rows),
        batch_size=batch_size,
        notes=tuple(notes),
        unknown=unknown,
        source=Source.of(model),
    )


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(size is None or (isinstance(size, int) and size > 0) for size in value)


def row_on_top(model: Any, layer: Any) -> LayerRow:
    """Give the row that a layer would have on top of a Sequential, of which nothing changes.

    Raises
    ------
    Exception
        What Keras raises when the layer does not fit.
    """
    shape, _ = own_input(model)
    calls = [*chain(model), _call_on_top(model, keras_internals.as_layer(layer))]
    context = _Context(model, calls, batch_size=1)
    rows, _ = _rows(calls, context, depth=0, prefix="", frozen_by="", field=Field.start(shape))
    rows, _ = noted(model, rows, context.layers)
    return next(row for row in reversed(rows) if row.depth == 0)


def _call_on_top(model: Any, layer: Any) -> Call:
    keras_internals.check_add(model, layer)
    if isinstance(layer, keras.layers.InputLayer):
        return Call(layer, layer, layer.batch_shape, layer.batch_shape)
    x = top(model)
    if x is None:
        return Call(layer, layer, why=said("not built: the input's shape is not known yet"))
    built, y = trial(layer, x)
    return Call(layer, built, shapes_of(x), shapes_of(y))


def _why_unbuilt(calls: list[Call], own_shape: Shapes | None) -> str:
    if not calls:
        return said("it has no layers yet")
    return said("it has not been called or built yet") if own_shape else said("the shape of the input is not known yet")


class _Context:
    """What every row of one model needs to know: weights' sizes, what trains and will, and where a layer was seen first."""

    def __init__(self, root: Any, calls: list[Call], batch_size: int) -> None:
        self.batch_size = batch_size
        self.trains = _rule(root, calls)
        self.layers: list[Any] = []  # of each row, in order
        self.weights: list[Any] = []  # of all layers of the root, one layer after the other
        self.step = trainable.step(root)
        self.flags = self.trains if self.step is None else self._flags
        self.last_looks, self.looks = last_looks(root), dict[int, Look]()
        self.first_seen: dict[int, int] = {}
        self.sizes: dict[int, int] = {}

    def stale(self, weights: list[Any]) -> bool | None:
        """Whether the compiled step disagrees about any of these; None without weights, and while that is not known."""
        return any(id(weight) in self.step.differing for weight in weights) if weights and self.step is not None else None

    def _flags(self, weight: Any) -> tuple[bool, bool | None]:
        """Give all that a row of a compiled model tells of a weight."""
        return self.trains(weight), self.stale([weight])

    def count(self, weights: Iterable[Any]) -> int:
        """Add up the sizes of weights; each is asked for its shape once, which takes its time."""
        total = 0
        for weight in weights:
            size = self.sizes.get(id(weight))
            if size is None:
                size = self.sizes[id(weight)] = math.prod(weight.shape)
            total += size
        return total


def _rule(root: Any, calls: list[Call]) -> Callable[[Any], bool]:
    """Give what tells of a weight whether it trains in a model."""
    if keras_internals.trains_by_flag(root):
        return operator.attrgetter("trainable") if root.trainable else lambda _: False
    training = {id(weight) for weight in root.trainable_weights}
    if root.trainable:  # copies stand in for layers that are not built, whose weights the root cannot list yet
        training.update(id(w) for call in calls if call.weights_of is not call.layer for w in call.weights_of.trainable_weights)
    return lambda weight: id(weight) in training


def _rows(
    calls: list[Call], context: _Context, depth: int, prefix: str, frozen_by: str, field: Field | None
) -> tuple[list[LayerRow], Field | None]:
    """Give the rows of one model's calls with those of the models nested in it, and the receptive field behind them."""
    rows: list[LayerRow] = []
    data_format = None
    for index, call in enumerate(calls):
        layer = call.layer
        if not isinstance(layer, keras.Layer):
            field = None
            continue
        position = len(context.layers)
        context.layers.append(layer)
        shared = context.first_seen.setdefault(id(layer), position)
        data_format = getattr(layer, "data_format", data_format)
        shared_with = None if shared == position else shared
        around = (index, depth, prefix, shared_with, data_format, frozen_by, field, context.batch_size)
        look = context.last_looks.get(position)
        weights = None if look is None else look.still(call, context.flags, around)
        if look is None or weights is None:
            weights = call.weights_of.weights
            place = _Place(index, depth, f"{prefix}{layer.name}", shared_with, data_format, frozen_by)
            look = Look(call, context.flags, around, _made(call, context, place, field))
        context.looks[position] = look
        if depth == 0:
            context.weights += weights
        made, field = look.made
        rows += made
    return rows, field


def _made(call: Call, context: _Context, place: _Place, field: Field | None) -> tuple[list[LayerRow], Field | None]:
    """Give the row of a call, with those of the models nested in it, and the receptive field behind it."""
    layer = call.layer
    if isinstance(layer, keras.Model):
        inside = place.frozen_by or ("" if layer.trainable else layer.name)
        inner, behind = _nested(call, context, place.depth + 1, f"{place.path}/", inside, field)
        return [_with_sums(_row(call, context, place, behind), inner), *inner], behind
    behind = field.through(layer, call.input_shape, call.output_shape) if field and call.output_shape else None
    return [_row(call, context, place, behind)], behind


class _Place(NamedTuple):
    """What a row has from where it stands; the data format is that of the last layer that has one."""

    at: int
    depth: int
    path: str
    shared_with: int | None
    data_format: str | None
    frozen_by: str


def _nested(
    call: Call, context: _Context, depth: int, prefix: str, frozen_by: str, field: Field | None
) -> tuple[list[LayerRow], Field | None]:
    try:
        calls = chain(call.layer, call.input_shape)
    except Exception as error:  # noqa: BLE001  a nested model that does not run leaves its layers without shapes
        calls = [Call(layer, layer, why=first_line(error)) for layer in call.layer.layers]
    return _rows(calls, context, depth, prefix, frozen_by, field if is_line(calls) else None)


def _is_image(shape: Shapes | None) -> bool:
    """Whether a shape has spatial axes: it is one tensor's, with more than a batch and features."""
    return shape is not None and len(shape) > 2 and not isinstance(shape[0], tuple)  # noqa: PLR2004


def _row(call: Call, context: _Context, place: _Place, field: Field | None) -> LayerRow:
    layer, before, after = call.layer, call.input_shape, call.output_shape
    unknown: dict[str, str] = {}
    params = trainable_params = trains = stale = None
    if call.weights_of.built or after is not None:  # what gives an output without being built has nothing to build
        weights = call.weights_of.weights
        training = list(filter(context.trains, weights))
        params, trainable_params = context.count(weights), context.count(training)
        trains = bool(training) if weights else None
        stale = context.stale(weights)
    else:
        unknown["params"] = unknown["trainable_params"] = call.why or said("not built yet")
    macs = activation_bytes = None
    if before is None or after is None:
        unknown["output_shape"] = unknown["macs"] = unknown["activation_bytes"] = call.why or said("the shape is not known")
    elif not isinstance(layer, keras.Model):
        macs = _known(lambda: cost.macs(call.weights_of, before, after), "macs", unknown)
        activation_bytes = _known(lambda: cost.activation_bytes(after, layer.compute_dtype), "activation_bytes", unknown)
    view = window(layer)
    return LayerRow(
        index=place.at,
        name=layer.name,
        path=place.path,
        type=_type(layer),
        kind=kind(layer),
        depth=place.depth,
        input_shape=before,
        output_shape=after,
        dtype=layer.compute_dtype,
        params=params,
        trainable_params=trainable_params,
        shared_with=place.shared_with,
        trainable=bool(layer.trainable),
        trains=trains,
        stale=stale,
        data_format=(place.data_format or "channels_last") if _is_image(after) else None,
        kernel=view.kernel if view else None,
        strides=view.strides if view else None,
        dilation=view.dilation if view else None,
        padding=view.padding if view else None,
        receptive_field=field.size if field else None,
        receptive_field_stride=field.stride if field else None,
        cropped=cropped(layer, before, after) if before and after else None,
        macs=None if macs is None else macs * context.batch_size,
        activation_bytes=None if activation_bytes is None else activation_bytes * context.batch_size,
        training_notes=trainable.about(layer, kind(layer), trains=trains, frozen_by=place.frozen_by),
        unknown=unknown,
    )


def _known(figure: Callable[[], int], name: str, unknown: dict[str, str]) -> int | None:
    try:
        return int(figure())  # of sizes that may be NumPy's
    except cost.UnknownCost as reason:
        unknown[name] = reason.args[0]
        return None


def _with_sums(row: LayerRow, inner: list[LayerRow]) -> LayerRow:
    """Give a nested model's multiply-adds and activation memory: those of its own layers."""
    own = [one for one in inner if one.depth == row.depth + 1]
    unknown = {**row.unknown, **_missing(own, ("macs", "activation_bytes"))} if row.output_shape else row.unknown
    return replace(
        row,
        macs=_sum([one.macs for one in own]),
        activation_bytes=_sum([one.activation_bytes for one in own]),
        unknown=unknown,
    )


def _missing(rows: list[LayerRow], names: Iterable[str]) -> dict[str, str]:
    """Give the first row's reason for each figure that a sum lacks."""
    lacking = ((name, row) for name in names for row in reversed(rows) if getattr(row, name) is None)
    return {name: joined(": ", (row.path, row.unknown.get(name, said("not known")))) for name, row in lacking}


def _totals(rows: list[LayerRow], context: _Context) -> tuple[Totals, dict[str, str]]:
    """Sum up a stack, every weight once; a sum with an unknown part is unknown, and named after that part."""
    top = [row for row in rows if row.depth == 0]
    params, training = _sum([row.params for row in top]), _sum([row.trainable_params for row in top])
    macs, activation_bytes = _sum([row.macs for row in top]), _sum([row.activation_bytes for row in top])
    if params is not None and len(set(map(id, context.weights))) < len(context.weights):  # rows count a shared one each time
        weights = {id(weight): weight for weight in context.weights}.values()
        params, training = context.count(weights), context.count(filter(context.trains, weights))
    totals = Totals(
        params=params,
        trainable_params=training,
        non_trainable_params=None if params is None or training is None else params - training,
        macs=macs,
        activation_bytes=activation_bytes,
    )
    return totals, _missing(top, [name for name in ("params", "macs", "activation_bytes") if getattr(totals, name) is None])


def _sum(figures: list[int | None]) -> int | None:
    return None if None in figures else sum(figures)  # type: ignore[arg-type]


def _type(layer: Any) -> str:
    return type(layer).__name__
