"""Build the rows of a model's layers; the layers of a nested model follow its own row."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import keras

from ..i18n.messages import Text, message
from ..keras_compat import compile_state
from ..model import cost, memory, training_state
from ..model.calls import Call, Reading
from ..model.edges import Edge
from ..model.layer_kinds import is_built, kind, window_arguments
from ..model.receptive_field import Field
from ..model.receptive_field_joins import after_join, joins
from ..model.receptive_field_rules import not_a_layer, not_a_line, several_tensors, through
from ..model.records import LayerRow, Shapes
from ..model.row_cache import CachedRow, last_rows
from ..model.settings import settings
from ..model.windows import cropped
from .sums import known_sum, missing


class Context:
    """The data that every row of one model needs.

    This includes the sizes of the weights, which weights train now and in the next training step,
    and the first row of each layer.
    """

    def __init__(self, root: keras.Model, calls: list[Call], batch_size: int) -> None:
        self.root, self.batch_size = root, batch_size
        self.trains = _rule(root, calls)
        self.layers: list[keras.Layer] = []  # the layer of each row, in order
        self.fields: dict[int, Field] = {}  # after each row, by its position
        # Models that are not linear, and whether they run their own code, by position of the row.
        self.unconnected: dict[int | None, tuple[keras.Model, bool]] = {}
        self.graphs: dict[int | None, tuple[Edge, ...]] = {}  # of models that are not linear
        self.weights: list[keras.Variable] = []  # of all layers of the root, layer by layer
        self.next_step = training_state.next_step_of(root)
        self.flags = self.trains if self.next_step is None else self._flags
        self.last_rows, self.cached = last_rows(root), dict[int, CachedRow]()
        self.around: object = None  # what all rows of the root depend on, if it is linear
        self.first_seen: dict[int, int] = {}
        self.sizes: dict[int, int] = {}

    def stale(self, weights: list[keras.Variable]) -> bool | None:
        """Return whether the compiled step trains one of these weights although it is frozen, or the reverse.

        Return None without weights, and for a model that is not compiled.
        """
        if not weights or self.next_step is None:
            return None
        return any(id(weight) in self.next_step.differing for weight in weights)

    def _flags(self, weight: keras.Variable) -> tuple[bool, bool | None]:
        """Return everything that a row of a compiled model shows about a weight."""
        return self.trains(weight), self.stale([weight])

    def count(self, weights: Iterable[keras.Variable]) -> int:
        """Return the sum of the sizes of weights.

        The shape of each weight is read only once, because reading it is slow.
        """
        total = 0
        for weight in weights:
            size = self.sizes.get(id(weight))
            if size is None:
                size = self.sizes[id(weight)] = math.prod(weight.shape)
            total += size
        return total


def _rule(root: keras.Model, calls: list[Call]) -> Callable[[keras.Variable], bool]:
    """Return a function that returns whether a weight trains in a model."""
    if compile_state.trains_by_flag(root):
        return operator.attrgetter("trainable") if root.trainable else lambda _: False
    training = {id(weight) for weight in root.trainable_weights}
    if root.trainable:  # built copies replace unbuilt layers, whose weights the root does not list
        training.update(id(weight) for call in _copied(calls) for weight in call.weights_of.trainable_weights)
    return lambda weight: id(weight) in training


def _copied(calls: Iterable[Call]) -> Iterator[Call]:
    for call in calls:
        if call.weights_of is not call.layer:
            yield call
        if call.inside is not None:
            yield from _copied(call.inside.calls)


class Around(NamedTuple):
    """What all rows of a nested model inherit from the models that contain it.

    ``steps`` are the numbers of time steps for which each of its layers runs, one per time axis.
    """

    depth: int = 0
    prefix: str = ""
    frozen_by: str = ""
    steps: tuple[int | None, ...] = ()


class _Place(NamedTuple):
    """What a row has from its position in the model.

    The data format is that of the last layer so far that has one. ``takes`` are the receptive
    fields of the tensors that the layer takes.
    """

    at: int
    around: Around
    shared_with: int | None
    data_format: str | None
    takes: tuple[Field, ...]
    batch_size: int

    def path(self, layer: keras.Layer) -> str:
        return f"{self.around.prefix}{layer.name}"


def rows_of(
    reading: Reading, context: Context, around: Around, starts: tuple[Field, ...], model: int | None = None
) -> tuple[list[LayerRow], Field]:
    """Return the rows of one model's calls, and the receptive field after them.

    The rows of the models nested in it are included. ``starts`` are the receptive fields of its
    inputs, and ``model`` is the position of its own row.
    """
    rows, positions, data_format = list[LayerRow](), list[int](), None
    own, sources, last = context.root if model is None else context.layers[model], reading.sources(), starts

    def taken(by: int | None) -> tuple[Field, ...]:
        """Return the receptive fields of the tensors that a call takes, or that the model returns if it is None."""
        if reading.line:
            return last
        return tuple(
            starts[number] if source is None else context.fields[positions[source]] for source, number in sources.get(by, ())
        )

    if model is None and reading.line:
        context.around = around, starts, context.batch_size
        leading = context.last_rows.leading(reading.calls, context.flags, context.around)
        for position, (unchanged, its_weights) in enumerate(leading):
            made, context.fields[position] = unchanged.made
            rows += made
            context.weights += its_weights
            context.cached[position] = unchanged
        positions += range(len(leading))
        context.layers += [call.layer for call in reading.calls[: len(leading)]]
        # From the last to the first: the first position of each layer stays.
        context.first_seen.update(zip(map(id, reversed(context.layers)), reversed(positions), strict=True))
        if leading:
            last, data_format = (context.fields[positions[-1]],), leading[-1][0].around.data_format
    for index, call in enumerate(reading.calls[len(positions) :], len(positions)):
        layer = call.layer
        position = len(context.layers)
        positions.append(position)
        context.layers.append(layer)
        shared = context.first_seen.setdefault(id(layer), position)
        data_format = getattr(layer, "data_format", data_format)
        shared_with = None if shared == position else shared
        place = _Place(index, around, shared_with, data_format, taken(index), context.batch_size)
        one = context.last_rows.cached.get(position)
        weights = None if one is None else one.unchanged_weights(call, context.flags, place)
        if one is None or weights is None:
            weights = call.weights_of.weights if isinstance(layer, keras.Layer) else []
            one = CachedRow(call, context.flags, place, _made(call, context, position, place, own))
        context.cached[position] = one
        if around.depth == 0:
            context.weights += weights
        made, context.fields[position] = one.made
        last = (context.fields[position],)
        rows += made
    if not reading.line:
        at: dict[int | None, int | None] = {None: None, **dict(enumerate(positions))}
        context.graphs[model] = tuple(Edge(at[source], at[target], model, n) for source, n, target in reading.links)
    return rows, _only(taken(None), own, own)


def _only(fields: tuple[Field, ...], layer: keras.Operation, model: keras.Model) -> Field:
    """Return the receptive field of the only tensor that a call takes, or that a model returns."""
    if len(fields) != 1:
        return Field.unknown(several_tensors(layer) if fields else not_a_line(model))
    return fields[0]


def _made(call: Call, context: Context, position: int, place: _Place, model: keras.Model) -> tuple[list[LayerRow], Field]:
    """Return the rows of a call and of the layers inside it, and the receptive field after it."""
    layer, inside, fields = call.layer, call.inside, place.takes
    if joins(layer) and fields and call.input_shape is not None and call.output_shape is not None:
        behind = after_join(fields, layer, call.input_shape, call.output_shape)
        return [_row(call, context, place, behind)], behind
    field = _only(fields, layer, model)
    if inside is None:
        behind = _behind(call, field)
        return [_row(call, context, place, behind)], behind
    if not inside.line and call.output_shape is not None and place.shared_with is None:
        context.unconnected[position] = (layer, inside.own_code)
    outer = place.around
    frozen_by = outer.frozen_by or ("" if layer.trainable else layer.name)
    around = Around(outer.depth + 1, f"{place.path(layer)}/", frozen_by, (*outer.steps, *call.steps))
    frames = len(call.steps)  # the first axes, along which each cell sees one position
    starts = (replace(field, follows=field.follows[frames:]),) * inside.inputs
    inner, behind = rows_of(inside, context, around, starts, position)
    if call.output_shape is None:
        behind = _behind(call, field)
    elif not behind.why:
        behind = replace(behind, follows=(*field.follows[:frames], *behind.follows))
    row = _row(call, context, place, behind)
    return [row if inside.own_code else _with_sums(row, inner), *inner], behind


def _behind(call: Call, field: Field) -> Field:
    """Return the receptive field after a layer as a whole."""
    if not isinstance(call.layer, keras.Layer):
        return Field.unknown(not_a_layer(call.layer))
    if call.input_shape is None or call.output_shape is None:
        return Field.unknown(call.why)
    return through(field, call.layer, call.input_shape, call.output_shape)


def _is_image(shape: Shapes | None) -> bool:
    """Return whether a shape has spatial axes.

    It must be the shape of one tensor, with more axes than a batch and features.
    """
    return shape is not None and len(shape) > 2 and not isinstance(shape[0], tuple)


def _row(call: Call, context: Context, place: _Place, field: Field) -> LayerRow:
    layer, before, after = call.layer, call.input_shape, call.output_shape
    is_layer, steps = isinstance(layer, keras.Layer), place.around.steps
    unknown: dict[str, Text] = {}
    params = trainable_params = trains = stale = None
    if not is_layer or is_built(call.weights_of) or (after is not None and call.inside is None):
        # A layer that returns an output without being built has nothing to build.
        weights = call.weights_of.weights if is_layer else []
        training = list(filter(context.trains, weights))
        params, trainable_params = context.count(weights), context.count(training)
        trains = bool(training) if weights else None
        stale = context.stale(weights)
    else:
        unknown["params"] = unknown["trainable_params"] = call.why or message("not built yet")
    macs = activation_bytes = None
    if before is None or after is None:
        why = call.why or message("the shape is not known")
        unknown |= dict.fromkeys(("output_shape", "macs", "activation_bytes", "dtype"), why)
    else:
        macs = _known(lambda: cost.times(cost.call_macs(call), steps), "macs", unknown)
        activation_bytes = _known(lambda: cost.times(_bytes(call), steps), "activation_bytes", unknown)
        if call.dtype is None:
            unknown["dtype"] = memory.NO_DTYPE
    if field.size is None:
        unknown["receptive_field"] = field.reason or message("the shape is not known")
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
        macs=None if macs is None else macs * place.batch_size,
        activation_bytes=None if activation_bytes is None else activation_bytes * place.batch_size,
        training_notes_messages=training_state.about(layer, family, trains=trains, frozen_by=place.around.frozen_by)
        if is_layer
        else (),
        unknown_messages=unknown,
        settings=settings(layer) if is_layer and not call.inside else (),
    )


def _bytes(call: Call) -> int:
    if isinstance(call.layer, keras.Model):
        raise cost.UnknownCost(message("{type} is a custom computation; its cost is unknown", type=_type(call.layer)))
    return memory.activation_bytes(call.output_shape or (), call.dtype, cost.batch(call.input_shape or ()))


def _stepped(shapes: Shapes | None, steps: tuple[int | None, ...]) -> Shapes | None:
    """Insert the time steps for which a layer runs after the batch axis."""
    if not steps or shapes is None:
        return shapes
    if shapes and isinstance(shapes[0], tuple):
        return tuple((*one[:1], *steps, *one[1:]) for one in shapes)
    return (*shapes[:1], *steps, *shapes[1:])


def _known(figure: Callable[[], int], name: str, unknown: dict[str, Text]) -> int | None:
    try:
        return int(figure())  # the sizes may be NumPy integers
    except cost.UnknownCost as reason:
        unknown[name] = reason.args[0]
        return None


def _with_sums(row: LayerRow, inner: list[LayerRow]) -> LayerRow:
    """Return a nested model's row with the summed costs and memory of its own layers."""
    if row.output_shape is None:
        return row
    own = [one for one in inner if one.depth == row.depth + 1]
    unknown = {name: why for name, why in row.unknown_messages.items() if name not in ("macs", "activation_bytes")}
    return replace(
        row,
        macs=known_sum([one.macs for one in own]),
        activation_bytes=known_sum([one.activation_bytes for one in own]),
        unknown_messages={**unknown, **missing(own, ("macs", "activation_bytes"))},
    )


def _type(layer: keras.Layer) -> str:
    return type(layer).__name__
