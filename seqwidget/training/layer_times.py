"""Measure the time of each layer in a step of training."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np

from ..activations.extractor import points_of
from ..activations.layer_uses import facts_of, layer_uses
from ..activations.run import Run, last
from ..activations.whole_run import as_tensors
from ..checks import whole_number
from ..editing import fit_guard
from ..errors import ArgumentError, InputError
from ..i18n.messages import Text, message
from ..keras_compat.layer_step import Function, Tensors, compiled, value_of, wait_for, with_gradients
from ..keras_compat.observing import observing
from ..model.layer_kinds import keras_name
from ..model.measured_time import LayerTime, MeasuredTime
from ..model.model_inputs import own_inputs
from ..model.records import Facts, Shape
from ..model.session import part
from ..model.tensor_specs import Structure
from ..model.training_state import trained_weights
from ..model.trial import first_line

_logger = logging.getLogger("seqwidget")
_WARM_UP, _LEAST, _MOST = 2, 5, 50  # calls
_SECONDS = 0.2  # after the fewest calls, no more are made


class _Call(NamedTuple):
    path: str
    operation: keras.Operation
    args: Structure
    outputs: Structure


class _Observed(Run):
    """A run that remembers its last call of a layer."""

    call: _Call | None = None

    def _outputs(self, path: str, operation: keras.Operation, args: Structure, kwargs: Structure) -> Structure:
        outputs = super()._outputs(path, operation, args, kwargs)
        self.call = _Call(path, operation, (args, kwargs), outputs)
        return outputs


def measured_time(model: keras.Model, batch_size: int = 32) -> MeasuredTime:
    """Measure the time of each layer in a step of training, forward and backward.

    Each layer is compiled and run alone, as often as is needed for a median, on what it receives
    when the model gets random values. The sum is not the time of a step: there, the compiler merges
    operations, and the optimizer, the loss and the data take time, too. This takes up to a few
    seconds for each layer, and does not change the model.

    Parameters
    ----------
    model : keras.Model
        A built ``keras.Sequential``, or a Functional model, with inputs of fixed size.
    batch_size : int
        The number of samples in the batch.

    Returns
    -------
    MeasuredTime
        The times. Where one could not be measured, it is ``None``, with the reason.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model, or has a custom ``call``.
    InputError
        If the model is not built, or the size of its input is not fixed.
    ArgumentError
        If ``batch_size`` is not a positive number, or not the one that the model's input fixes.
    UserError
        If the model is in ``fit``.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="first"), layers.Dense(2, name="last")])
    >>> measured = seqwidget.measured_time(model, batch_size=8)
    >>> [layer.path for layer in measured.layers]
    ['first', 'last']
    """
    return last(steps(model, batch_size))


def steps(model: keras.Model, batch_size: int) -> Generator[tuple[int, int], None, MeasuredTime]:
    """Measure in steps, and yield how many layers have run, and how many there are; see `measured_time`."""
    batch_size = whole_number("batch_size", batch_size)
    facts = facts_of(model)
    fit_guard.check_idle(model)
    samples = as_tensors(model, [_random(model, one.shape, one.dtype, batch_size) for one in own_inputs(model)])
    there = layer_uses(model, facts)
    apart = tuple(f"{path}/" for path, place in there.items() if keras_name(place.layer) == "TimeDistributed")
    run = _Observed((path for path in there if not path.startswith(apart)), training=True, seen=lambda *_: None)
    trained, found, calls = trained_weights(model), dict[str, LayerTime](), list[float]()
    jit, eager = bool(model.compiled and model.jit_compile), bool(model.run_eagerly)
    running, scope, gradients_go_back = run.steps(model, samples), keras.StatelessScope(), False
    while True:
        with scope, observing(training=True):
            path = next(running, None)
        if path is None:
            break
        call, run.call = run.call, None
        if call is not None:
            weights = call.operation.trainable_variables if isinstance(call.operation, keras.Layer) else []
            trains = [id(weight) in trained for weight in weights]
            try:
                forward, backward, start = _measure(call, trains, gradients_go_back=gradients_go_back, jit=jit, eager=eager)
                calls.append(start)
                found[call.path] = LayerTime(call.path, forward, backward)
            except Exception as error:  # a layer or its compiler may raise anything
                _logger.debug("%s was not measured", call.path, exc_info=True)
                found[call.path] = LayerTime(call.path, unknown_message=f"{type(error).__name__}: {first_line(error)}")
            gradients_go_back |= any(trains)
        del call
        yield min(len(found), len(there)), len(there)
    times = tuple(_known(path, there, found) for path in points_of(facts))
    measured = MeasuredTime(batch_size, times, statistics.median(calls or [0.0]))
    part(model, LastTimes).of = _identity(facts), measured
    return measured


class LastTimes:
    """The part of a model's session that holds the times that were measured last, and of which layers."""

    of: tuple[object, MeasuredTime] | None = None


def last_times(model: keras.Model, facts: Facts) -> MeasuredTime | None:
    """Return the times that were measured last; ``None`` if none were, or if the model had other layers."""
    identity, measured = part(model, LastTimes).of or (None, None)
    return measured if identity == _identity(facts) else None


def _identity(facts: Facts) -> object:
    return tuple((row.path, row.type, row.output_shape) for row in facts.rows)


def _random(model: keras.Model, shape: Shape | None, dtype: str | None, batch_size: int) -> np.ndarray:
    if shape is None:
        msg = message("{model} is not built, so its layers cannot run; build it or call it first.", model=model.name)
        raise InputError(msg)
    if None in shape[1:] or dtype == "string":
        msg = message(
            "expected a model with a numeric input of fixed size, received {shape}, {dtype}; give it a "
            "keras.Input with all sizes.",
            shape=str(shape),
            dtype=str(dtype),
        )
        raise InputError(msg)
    if shape[0] not in (None, batch_size):
        raise ArgumentError(
            message(
                "batch_size expected {fixed}, which the input of {model!r} fixes, received {received}.",
                fixed=shape[0],
                model=model.name,
                received=batch_size,
            )
        )
    draw, size = np.random.default_rng(0), (batch_size, *(one for one in shape[1:] if one))
    values: np.ndarray
    if keras.backend.is_float_dtype(dtype or "float32"):
        values = draw.normal(size=size)
    else:  # such as the positions of words in a vocabulary
        embeddings = [layer.input_dim for layer in model.layers if isinstance(layer, keras.layers.Embedding)]
        values = draw.integers(0, min(embeddings, default=2), size)
    return values.astype(dtype or "float32")


def _measure(
    call: _Call, trains: Sequence[bool], *, gradients_go_back: bool, jit: bool, eager: bool
) -> tuple[float, float, float]:
    """Return the time of a layer forward and backward, and the time to start such a call, in seconds."""
    layer, leaves = call.operation, keras.tree.flatten(call.args)
    weights = layer.trainable_variables if isinstance(layer, keras.Layer) else []
    variables = [*weights, *(layer.non_trainable_variables if isinstance(layer, keras.Layer) else [])]
    tensors = {at for at, leaf in enumerate(leaves) if keras.ops.is_tensor(leaf)}
    sources = {at for at in tensors if gradients_go_back and _is_float(leaves[at])}
    values = [value_of(variable) for variable in variables]
    of_sources = [value for value, trained in zip(values, trains, strict=False) if trained]
    of_others = [value for at, value in enumerate(values) if at >= len(trains) or not trains[at]]
    first = [*of_sources, *(leaves[at] for at in sorted(sources))]
    others = [*of_others, *(leaves[at] for at in sorted(tensors - sources))]

    def outputs_of(sources_now: Tensors, others_now: Tensors) -> list[Structure]:
        mine, theirs = iter(sources_now), iter(others_now)
        now = [next(mine if at < len(trains) and trains[at] else theirs) for at in range(len(values))]
        given = [next(mine if at in sources else theirs) if at in tensors else leaf for at, leaf in enumerate(leaves)]
        args, kwargs = keras.tree.pack_sequence_as(call.args, given)
        with keras.StatelessScope(state_mapping=list(zip(variables, now, strict=True))):
            outputs = layer(*args, **kwargs)
        return [one for one in keras.tree.flatten(outputs) if _is_float(one)]

    results = [one for one in keras.tree.flatten(call.outputs) if _is_float(one)]
    upstream = [keras.ops.cast(keras.random.normal(one.shape, seed=0), one.dtype) for one in results]

    def nothing(*arguments: Tensors) -> Structure:
        del arguments
        return keras.ops.zeros(())

    def outputs(now: Tensors, more: Tensors, upstream: Tensors) -> Structure:
        del upstream
        return outputs_of(now, more)

    def median(function: Function) -> float:
        return _median(compiled(function, jit=jit, eager=eager), first, others, upstream)

    empty, forward = median(nothing), median(outputs)
    backward = median(with_gradients(outputs_of)) - forward if first and results else 0.0
    return max(0.0, forward - empty), max(0.0, backward), empty


def _is_float(tensor: Structure) -> bool:
    return keras.backend.is_float_dtype(keras.backend.standardize_dtype(tensor.dtype))


def _median(function: Function, *arguments: Tensors) -> float:
    times: list[float] = []
    with observing(training=True):
        for _ in range(_WARM_UP):
            wait_for(function(*arguments))
        end = time.perf_counter() + _SECONDS
        while len(times) < _LEAST or (len(times) < _MOST and time.perf_counter() < end):
            start = time.perf_counter()
            wait_for(function(*arguments))
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def _known(path: str, there: Iterable[str], found: Mapping[str, LayerTime]) -> LayerTime:
    """Return the time of a layer; for a nested model, it is the sum of its layers."""
    if path in found:
        return found[path]
    inside = [found[one] for one in there if one.startswith(f"{path}/") and one in found]
    if not inside:
        holder = next((one for one in found if path.startswith(f"{one}/")), None)
        why: Text = message("measured as a part of {layer}", layer=holder) if holder else message("it did not run")
        return LayerTime(path, unknown_message=why)
    wrong = next((one for one in inside if one.total is None), None)
    if wrong is not None:
        return LayerTime(path, unknown_message=wrong.unknown_message)
    return LayerTime(path, sum(one.forward or 0.0 for one in inside), sum(one.backward or 0.0 for one in inside))
