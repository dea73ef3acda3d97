"""`inspect`: everything that is known of a model, as frozen records. The one place that walks a model."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import keras

from . import cost, keras_internals, trainable
from .chain import Call, Reading, call_on_top, own_input, read
from .code import Source
from .errors import CycleError, InputShapeError, NotAModelError
from .field_rules import not_a_layer, not_a_line, not_followed, start, through
from .geometry import cropped
from .kept import Look, last_looks, remember
from .layers import is_built, kind, window_arguments
from .noted import noted
from .received import describe, whole_number
from .receptive_field import Field
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
    ArgumentError
        If ``batch_size`` is not a whole number of at least 1.
    """
    if not isinstance(model, keras.Model):
        msg = f"expected a Keras model such as keras.Sequential, received {describe(model)}; pass the model itself."
        raise NotAModelError(msg)
    if any(keras_internals.holds(layer, model) for layer in model.layers):
        msg = f"inspect expected a model that does not contain itself, received {model.name!r}; take the inner one out."
        raise CycleError(msg)
    batch_size = whole_number("batch_size", batch_size, 1)
    if input_shape is not None and not _is_shape(input_shape):
        example = "sizes without the batch, such as (250, 250, 3) or (784,)"
        msg = f"input_shape expected {example}, received {describe(input_shape)}."
        raise InputShapeError(msg)
    own_shape, dtype = own_input(model)
    batch = own_shape[0] if own_shape and not isinstance(own_shape[0], tuple) else None
    shape: Shapes | None = own_shape if input_shape is None else (batch, *input_shape)
    reading, rows, context = walk(model, shape, batch_size)
    remember(model, context.looks)
    totals, unknown = _totals(rows, context, reading)
    rows, notes = noted(model, rows, context)
    broken = next((joined(": ", (call.layer.name, call.why)) for call in reading.calls if call.misfit), "")
    built = bool(model.built) and not broken and (totals.params is not None or not isinstance(model, keras.Sequential))
    if not built:
        unknown["built"] = broken or (unknown.get("params") if model.built else None) or _why_unbuilt(reading.calls, own_shape)
    return Stack(
        name=model.name,
        rows=tuple(rows),
        totals=totals,
        input_shape=shape,
        input_dtype=dtype,
        built=built,
        broken=bool(broken),
        compiled=bool(model.compiled),
        stale=trainable.sentence(context.step, rows),
        batch_size=batch_size,
        notes=tuple(notes),
        unknown=unknown,
        source=Source.of(model),
    )


def walk(model: Any, shape: Shapes | None, batch_size: int = 1) -> tuple[Reading, list[LayerRow], Context]:
    """Go through a model: what it makes of an input, its rows without notes, and what else was found on the way."""
    reading = read(model, shape)
    context = Context(model, reading.calls, batch_size)
    if not reading.line:
        context.unconnected[None] = (model, reading.own_code)
    field = start(shape, reading.calls) if reading.line else Field.unknown(not_a_line(model))
    frozen_by = "" if model.trainable else model.name
    rows, _ = _rows(reading.calls, context, _Around(frozen_by=frozen_by), field)
    return reading, rows, context


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
    calls = [*read(model).calls, _call_on_top(model, keras_internals.as_layer(layer))]
    context = Context(model, calls, batch_size=1)
    rows, _ = _rows(calls, context, _Around(), start(shape, calls))
    rows, _ = noted(model, rows, context)
    return next(row for row in reversed(rows) if row.depth == 0)


def _call_on_top(model: Any, layer: Any) -> Call:
    keras_internals.check_add(model, layer)
    if isinstance(layer, keras.layers.InputLayer):
        return Call(layer, layer, layer.batch_shape, layer.batch_shape)
    return call_on_top(model, layer)


def _why_unbuilt(calls: list[Call], own_shape: Shapes | None) -> str:
    if not calls:
        return said("it has no layers yet")
    return said("it has not been called or built yet") if own_shape else said("the shape of the input is not known yet")


class Context:
    """What every row of one model needs to know: weights' sizes, what trains and will, and where a layer was seen first."""

    def __init__(self, root: Any, calls: list[Call], batch_size: int) -> None:
        self.root, self.batch_size = root, batch_size
        self.trains = _rule(root, calls)
        self.layers: list[Any] = []  # of each row, in order
        self.fields: dict[int, Field] = {}  # behind each row, by its position
        self.unconnected: dict[int | None, tuple[Any, bool]] = {}  # no lines; whether they run code of their own
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
    """Return what tells of a weight whether it trains in a model."""
    if keras_internals.trains_by_flag(root):
        return operator.attrgetter("trainable") if root.trainable else lambda _: False
    training = {id(weight) for weight in root.trainable_weights}
    if root.trainable:  # copies stand in for layers that are not built, whose weights the root cannot list yet
        training.update(id(weight) for call in _copied(calls) for weight in call.weights_of.trainable_weights)
    return lambda weight: id(weight) in training


def _copied(calls: Iterable[Call]) -> Iterator[Call]:
    for call in calls:
        if call.weights_of is not call.layer:
            yield call
        if call.inside is not None:
            yield from _copied(call.inside.calls)


class _Around(NamedTuple):
    """What the rows of one model have from where it stands; ``steps`` are the time steps that each of its layers runs for."""

    depth: int = 0
    prefix: str = ""
    frozen_by: str = ""
    steps: tuple[int | None, ...] = ()


class _Place(NamedTuple):
    """What a row has from where it stands; the data format is that of the last layer that has one."""

    at: int
    around: _Around
    shared_with: int | None
    data_format: str | None

    def path(self, layer: Any) -> str:
        return f"{self.around.prefix}{layer.name}"


def _rows(calls: list[Call], context: Context, around: _Around, field: Field) -> tuple[list[LayerRow], Field]:
    """Return the rows of one model's calls with those of the models nested in it, and the receptive field behind them."""
    rows: list[LayerRow] = []
    data_format = None
    for index, call in enumerate(calls):
        layer = call.layer
        position = len(context.layers)
        context.layers.append(layer)
        shared = context.first_seen.setdefault(id(layer), position)
        data_format = getattr(layer, "data_format", data_format)
        place = _Place(index, around, None if shared == position else shared, data_format)
        depends_on = (place, field, context.batch_size)
        look = context.last_looks.get(position)
        weights = None if look is None else look.still(call, context.flags, depends_on)
        if look is None or weights is None:
            weights = call.weights_of.weights if isinstance(layer, keras.Layer) else []
            look = Look(call, context.flags, depends_on, _made(call, context, position, place, field))
        context.looks[position] = look
        if around.depth == 0:
            context.weights += weights
        made, field = look.made
        context.fields[position] = field
        rows += made
    return rows, field


def _made(call: Call, context: Context, position: int, place: _Place, field: Field) -> tuple[list[LayerRow], Field]:
    """Return the row of a call, with those of what is inside its layer, and the receptive field behind it."""
    layer, inside = call.layer, call.inside
    if inside is None:
        behind = _behind(call, field)
        return [_row(call, context, place, behind)], behind
    if not inside.line and call.output_shape is not None and place.shared_with is None:
        context.unconnected[position] = (layer, inside.own_code)
    outer = place.around
    frozen_by = outer.frozen_by or ("" if layer.trainable else layer.name)
    around = _Around(outer.depth + 1, f"{place.path(layer)}/", frozen_by, (*outer.steps, *call.steps))
    entered = field if inside.line else Field.unknown(not_a_line(layer))
    inner, behind = _rows(inside.calls, context, around, Field.unknown(not_followed(layer)) if call.steps else entered)
    if call.steps or call.output_shape is None:
        behind = _behind(call, field)
    row = _row(call, context, place, behind)
    return [row if inside.own_code else _with_sums(row, inner), *inner], behind


def _behind(call: Call, field: Field) -> Field:
    """Return the receptive field behind a layer as a whole."""
    if not isinstance(call.layer, keras.Layer):
        return Field.unknown(not_a_layer(call.layer))
    if call.input_shape is None or call.output_shape is None:
        return Field.unknown(call.why)
    return through(field, call.layer, call.input_shape, call.output_shape)


def _is_image(shape: Shapes | None) -> bool:
    """Whether a shape has spatial axes: it is one tensor's, with more than a batch and features."""
    return shape is not None and len(shape) > 2 and not isinstance(shape[0], tuple)  # noqa: PLR2004


def _row(call: Call, context: Context, place: _Place, field: Field) -> LayerRow:
    layer, before, after = call.layer, call.input_shape, call.output_shape
    is_layer, steps = isinstance(layer, keras.Layer), place.around.steps
    unknown: dict[str, str] = {}
    params = trainable_params = trains = stale = None
    if not is_layer or is_built(call.weights_of) or (after is not None and call.inside is None):
        weights = call.weights_of.weights if is_layer else []  # what gives an output without being built has nothing to build
        training = list(filter(context.trains, weights))
        params, trainable_params = context.count(weights), context.count(training)
        trains = bool(training) if weights else None
        stale = context.stale(weights)
    else:
        unknown["params"] = unknown["trainable_params"] = call.why or said("not built yet")
    macs = activation_bytes = None
    if before is None or after is None:
        why = call.why or said("the shape is not known")
        unknown |= dict.fromkeys(("output_shape", "macs", "activation_bytes", "dtype"), why)
    else:
        macs = _known(lambda: cost.times(cost.call_macs(call), steps), "macs", unknown)
        activation_bytes = _known(lambda: cost.times(_bytes(call), steps), "activation_bytes", unknown)
        if call.dtype is None:
            unknown["dtype"] = cost.NO_DTYPE
    if field.size is None:
        unknown["receptive_field"] = field.reason or said("the shape is not known")
    kernel, strides, dilation, padding = window_arguments(layer)
    family = "model" if call.inside else kind(layer) if is_layer else "other"
    return LayerRow(
        index=place.at,
        name=layer.name,
        path=place.path(layer),
        type=_type(layer),
        kind=family,
        depth=place.around.depth,
        input_shape=_stepped(before, steps),
        output_shape=_stepped(after, steps),
        dtype=" + ".join(map(str, call.dtype)) if isinstance(call.dtype, tuple) else call.dtype,
        params=params,
        trainable_params=trainable_params,
        shared_with=place.shared_with,
        trainable=bool(layer.trainable) if is_layer else True,
        trains=trains,
        stale=stale,
        data_format=(place.data_format or "channels_last") if _is_image(after) else None,
        kernel=kernel,
        strides=strides,
        dilation=dilation,
        padding=padding,
        receptive_field=field.size,
        receptive_field_stride=field.stride,
        cropped=cropped(layer, before, after) if is_layer and before and after else None,
        macs=None if macs is None else macs * context.batch_size,
        activation_bytes=None if activation_bytes is None else activation_bytes * context.batch_size,
        training_notes=trainable.about(layer, family, trains=trains, frozen_by=place.around.frozen_by) if is_layer else (),
        unknown=unknown,
    )


def _bytes(call: Call) -> int:
    if isinstance(call.layer, keras.Model):
        raise cost.UnknownCost(said("{type} computes in a way of its own", type=_type(call.layer)))
    return cost.activation_bytes(call.output_shape or (), call.dtype, cost.batch(call.input_shape or ()))


def _stepped(shapes: Shapes | None, steps: tuple[int | None, ...]) -> Shapes | None:
    """Put the time steps that a layer runs for behind the batch."""
    if not steps or shapes is None:
        return shapes
    if shapes and isinstance(shapes[0], tuple):
        return tuple((*one[:1], *steps, *one[1:]) for one in shapes)
    return (*shapes[:1], *steps, *shapes[1:])


def _known(figure: Callable[[], int], name: str, unknown: dict[str, str]) -> int | None:
    try:
        return int(figure())  # of sizes that may be NumPy's
    except cost.UnknownCost as reason:
        unknown[name] = reason.args[0]
        return None


def _with_sums(row: LayerRow, inner: list[LayerRow]) -> LayerRow:
    """Return a nested model's row with its multiply-adds and activation memory: those of its own layers."""
    if row.output_shape is None:
        return row
    own = [one for one in inner if one.depth == row.depth + 1]
    unknown = {name: why for name, why in row.unknown.items() if name not in ("macs", "activation_bytes")}
    return replace(
        row,
        macs=_sum([one.macs for one in own]),
        activation_bytes=_sum([one.activation_bytes for one in own]),
        unknown={**unknown, **_missing(own, ("macs", "activation_bytes"))},
    )


def _missing(rows: list[LayerRow], names: Iterable[str]) -> dict[str, str]:
    """Give the first row's reason for each figure that a sum lacks."""
    lacking = ((name, row) for name in names for row in reversed(rows) if getattr(row, name) is None)
    return {name: joined(": ", (row.path, row.unknown.get(name, said("not known")))) for name, row in lacking}


def _totals(rows: list[LayerRow], context: Context, reading: Reading) -> tuple[Totals, dict[str, str]]:
    """Sum up a stack, every weight once; a sum with an unknown part is unknown, and named after that part."""
    top = [row for row in rows if row.depth == 0]
    params, training = _sum([row.params for row in top]), _sum([row.trainable_params for row in top])
    macs, activation_bytes = _sum([row.macs for row in top]), _sum([row.activation_bytes for row in top])
    weights = {id(weight): weight for weight in (*context.weights, *context.root.weights)}.values()
    if params is not None and len(weights) != len(context.weights):  # rows count a shared one each time
        params, training = context.count(weights), context.count(filter(context.trains, weights))
    unknown = {}
    if reading.own_code:
        macs = activation_bytes = None
        unknown = dict.fromkeys(("macs", "activation_bytes"), said("the model runs code of its own"))
    totals = Totals(
        params=params,
        trainable_params=training,
        non_trainable_params=None if params is None or training is None else params - training,
        macs=macs,
        activation_bytes=activation_bytes,
    )
    lacking = [name for name in ("params", "macs", "activation_bytes") if getattr(totals, name) is None]
    return totals, {**unknown, **_missing(top, lacking)}


def _sum(figures: list[int | None]) -> int | None:
    return None if None in figures else sum(figures)  # type: ignore[arg-type]


def _type(layer: Any) -> str:
    return type(layer).__name__
