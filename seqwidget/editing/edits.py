"""Edits of a Sequential: each succeeds or changes nothing, and is a step that can be undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import keras

from ..errors import NoStepError
from ..i18n.messages import Text, message
from ..keras_compat import graph_edit, inner_layers, restore
from ..model import session
from . import events, fit_guard, refusals, transaction
from .flags import apply_flags
from .history import Edits, flags_between, free_dropped, pushed
from .step import Step


def edit(model: keras.Model, what: Text, act: Callable[[], object], *incoming: keras.Layer) -> None:
    """Run ``act`` as one edit of a model and one step of its history. If it fails, nothing changes.

    Parameters
    ----------
    model
        A watched Sequential.
    what
        A short description of the edit.
    act
        The function that does the edit.
    incoming
        The layers that the edit adds. If the edit fails, they are restored as well, and the last of
        them is diagnosed.
    """
    __tracebackhide__ = True
    if events.is_edited(model):
        act()
        return

    def change() -> None:
        __tracebackhide__ = True
        act()
        _forget_functions(model)

    def failed(error: Exception) -> None:
        if incoming:
            refusals.refuse(model, incoming[-1], error)

    before = transaction.record(model)
    transaction.transact(
        model,
        change,
        after=lambda record: pushed(record, Step.of(model, what)),
        restorer=lambda: _restorer(model, *incoming),
        failed=failed,
    )
    free_dropped(before, transaction.record(model))


def building(model: keras.Model, input_shape: object, build: Callable[[], object]) -> None:
    """Run the build of a model's first call: the model is built completely or not at all.

    This is not a step of the history, because the layers stay the same.
    """
    __tracebackhide__ = True
    if events.is_edited(model):
        build()
        return
    head = inner_layers.input_layer(model)

    def failed(error: Exception) -> None:
        if head is None and isinstance(input_shape, tuple | list):
            rows = (graph_edit.make_input(tuple(input_shape), None), *inner_layers.contents(model))
            refusals.explain(graph_edit.stand_in(model, rows, None), error)

    transaction.transact(
        model,
        build,
        after=lambda record: record if head is not None else replace(record, built_input=inner_layers.input_layer(model)),
        restorer=lambda: restore.restorer(model),
        failed=failed,
    )


def history(model: keras.Model) -> Edits:
    """Return the steps of a watched model. If it has none, its current state becomes the first."""
    transaction.settle(model)
    with transaction.lock(model):
        _begin(model)
    return Edits(model)


def step_at(model: keras.Model, position: int) -> Step:
    """Return a step of a model's history.

    Raises
    ------
    NoStepError
        If there is no such step.
    """
    steps = history(model)
    if not 0 <= position < len(steps):
        msg = message(
            "expected a step from 0 to {last} of model {name!r}, received {position}; see model.edits.",
            last=len(steps) - 1,
            name=model.name,
            position=position,
        )
        raise NoStepError(msg)
    return steps[position]


def travel(model: keras.Model, position: int) -> Step:
    """Go to another step of a model's history.

    The layers of that step are restored, with their weights. Changes of trainable flags between the
    two steps are undone or redone.

    Raises
    ------
    NoStepError
        If there is no such step.
    """
    step = step_at(model, position)

    def go() -> None:
        record = transaction.record(model)
        layers = step.layers
        built_input = record.built_input
        kept = built_input is not None and inner_layers.input_layer(model) is built_input
        if kept and layers and not inner_layers.is_input(layers[0]):
            # A first call gave the model its input after that step; it fits those layers too.
            layers = (built_input, *layers)
        if layers != inner_layers.contents(model):
            graph_edit.replace(model, layers, step.end)
            _forget_functions(model)
        for flags in filter(None, flags_between(record.steps, record.position, position)):
            apply_flags(model, flags)

    transaction.transact(
        model,
        go,
        after=lambda record: replace(record, position=position, refused=None),
        restorer=lambda: _restorer(model, *step.layers, flags=True),
    )
    return step


def travel_by(model: keras.Model, by: int, verb: str) -> Step:
    """Go ``by`` steps forward, or back if ``by`` is negative.

    Raises
    ------
    NoStepError
        If there is no such step.
    """
    with transaction.lock(model):
        steps = history(model)
        position = steps.position + by
        if not 0 <= position < len(steps):
            msg = f"nothing to {verb}: model {model.name!r} is in the {'first' if by < 0 else 'last'} step; see model.edits."
            raise NoStepError(msg)
        return travel(model, position)


def forget(model: keras.Model) -> None:
    """End the session of a model that is no longer watched. Its listeners and its training runs stay."""
    session.end(model)


def _begin(model: keras.Model) -> None:
    if not transaction.record(model).steps:
        transaction.change(model, steps=(Step.of(model, message("start")),))


def _forget_functions(model: keras.Model) -> None:
    """Make the next ``fit`` trace the current layers.

    If a callback edits the model during ``fit``, that ``fit`` continues with its trace, as in
    Keras.
    """
    fit_guard.when_idle(model, lambda: graph_edit.forget_functions(model))


def _restorer(model: keras.Model, *incoming: keras.Layer, flags: bool = False) -> Callable[[], None]:
    """Return a function that undoes an edit.

    Raise an error if the model is in ``fit`` in another thread, because the edit would break it.
    """
    fit_guard.check_idle(model, is_own_allowed=True)
    _begin(model)
    return restore.restorer(model, *incoming, flags=flags)
