"""Inspect a model: return everything that is known about it, as frozen records.

This is the only module that walks through a model.
"""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np

from ..checks import describe, whole_number
from ..codegen.source import Source
from ..errors import CycleError, InputShapeError, NotAModelError
from ..i18n.messages import Text, joined, message
from ..keras_compat import inner_layers, keras_graph, keras_layers
from ..keras_compat.origin import is_model_of_any_keras
from ..lint.engine import with_notes
from ..model import training_state
from ..model.call_graph import call_on_top, read
from ..model.calls import Call, Reading
from ..model.model_inputs import own_input, own_inputs
from ..model.receptive_field_start import start
from ..model.records import LayerRow, Shapes
from ..model.row_cache import remember
from .rows import Around, Context, rows_of
from .stack import Stack
from .totals import totals_of
from .training_memory import TrainingMemorySource


def inspect(model: keras.Model, *, input_shape: Shapes | None = None, batch_size: int = 1) -> Stack:
    """Return all facts about a Keras model, layer by layer, without changing the model.

    Shapes are those of the calls in this model, even if a layer is shared with other models or was
    called before.

    Parameters
    ----------
    model : keras.Model
        A ``keras.Sequential``, built or not. A Functional model is shown with its connections, and
        a subclassed one as a list of its layers.
    input_shape : tuple, optional
        Shape of the input to use, without the batch axis: ``(250, 250, 3)``. By default, the
        model's own input shape. Pass it for a model that does not know its input yet, or that takes
        images of any size. For a model with several inputs, a tuple with one shape for each.
    batch_size : int
        Number of samples for which multiply-adds and activation memory (in bytes) are computed.

    Returns
    -------
    Stack
        The facts about the model. A value that is not known is ``None``, with the reason.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model.
    CycleError
        If ``model`` contains itself.
    InputShapeError
        If ``input_shape`` is not a tuple of sizes, or not one for each input of the model.
    ArgumentError
        If ``batch_size`` is not a whole number of at least 1.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv")])
    >>> stack = seqwidget.inspect(model)
    >>> stack.rows[0].output_shape, stack.totals.params, stack.totals.macs
    ((None, 6, 6, 4), 112, 3888)
    """
    if not isinstance(model, keras.Model):
        msg = f"expected a Keras model such as keras.Sequential, received {describe(model)}; pass the model itself."
        if is_model_of_any_keras(model):
            msg = (
                f"expected a model of the Keras that seqwidget uses (backend {keras.backend.backend()!r}), "
                f"received {describe(model)} of another Keras or backend; "
                "restart the kernel, choose one backend, and make the model again."
            )
        raise NotAModelError(msg)
    if any(inner_layers.holds(layer, model) for layer in model.layers if inner_layers.sublayers(layer)):
        msg = f"inspect expected a model that does not contain itself, received {model.name!r}; take the inner one out."
        raise CycleError(msg)
    batch_size = whole_number("batch_size", batch_size)
    several = _are_several(input_shape) and not isinstance(model, keras.Sequential)
    given: list[Any] = [] if input_shape is None else list(input_shape) if several else [input_shape]
    if not all(map(_is_shape, given)):
        example = "sizes without the batch, such as (250, 250, 3) or (784,)"
        msg = f"input_shape expected {example}, received {describe(input_shape)}."
        raise InputShapeError(msg)
    own_shape, dtype = own_input(model)
    first = [one.shape[0] if one.shape else None for one in own_inputs(model)]
    full = tuple((size, *map(_size, one)) for size, one in itertools.zip_longest(first[: len(given)], given))
    shape: Shapes | None = own_shape if input_shape is None else full if several else full[0]
    reading, rows, context = walk(model, shape, batch_size)
    remember(model, context.cached, reading.calls, context.around)
    totals, unknown = totals_of(rows, context, reading)
    rows, notes = with_notes(model, rows, context)
    broken: Text = next((joined(": ", (call.layer.name, call.why)) for call in reading.calls if call.misfit), "")
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
        stale_message=training_state.sentence(context.next_step, rows),
        batch_size=batch_size,
        notes=tuple(notes),
        unknown_messages=unknown,
        graphs=context.graphs,
        source=Source.of(model),
        training=TrainingMemorySource.of(context),
    )


def walk(model: keras.Model, shape: Shapes | None, batch_size: int = 1) -> tuple[Reading, list[LayerRow], Context]:
    """Walk through a model for an input shape.

    Return what was read from the model, its rows without notes, and what else was found.
    """
    reading = read(model, shape)
    context = Context(model, reading.calls, batch_size)
    if not reading.line:
        context.unconnected[None] = (model, reading.own_code)
    field = start(shape, reading)
    frozen_by = "" if model.trainable else model.name
    rows, _ = rows_of(reading, context, Around(frozen_by=frozen_by), field)
    return reading, rows, context


def _are_several(value: object) -> bool:
    """Return whether a value is a tuple of shapes, one for each input of a model."""
    return isinstance(value, tuple | list) and bool(value) and all(isinstance(one, tuple | list) for one in value)


def _size(size: int | None) -> int | None:
    return None if size is None else int(size)


def _is_shape(value: object) -> bool:
    whole = (int, np.integer)  # a bool is an int, but not a size
    return isinstance(value, tuple | list) and all(
        one is None or (isinstance(one, whole) and not isinstance(one, bool) and one > 0) for one in value
    )


def row_on_top(model: keras.Model, layer: keras.Layer) -> LayerRow:
    """Return the row that a layer would have on top of a Sequential, which is not changed.

    Raises
    ------
    Exception
        The error that Keras raises if the layer does not fit.
    """
    shape, _ = own_input(model)
    reading = Reading([*read(model).calls, _call_on_top(model, keras_layers.as_layer(layer))])
    context = Context(model, reading.calls, batch_size=1)
    rows, _ = rows_of(reading, context, Around(), start(shape, reading))
    rows, _ = with_notes(model, rows, context)
    return next(row for row in reversed(rows) if row.depth == 0)


def _call_on_top(model: keras.Model, layer: keras.Layer) -> Call:
    keras_graph.check_add(model, layer)
    if isinstance(layer, keras.layers.InputLayer):
        return Call(layer, layer, layer.batch_shape, layer.batch_shape)
    return call_on_top(model, layer)


def _why_unbuilt(calls: list[Call], own_shape: Shapes | None) -> Text:
    if not calls:
        return message("it has no layers yet")
    return message("it has not been called or built yet") if own_shape else message("the shape of the input is not known yet")
