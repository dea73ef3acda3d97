"""Edits of a Sequential that either happen or do not, the steps that they leave, and going back and forth between them."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..stack.keras_internals import READ
from ..stack.said import said
from . import keras_edits, refusals
from .history import Edits, NoStepError, Step
from .observe import editing
from .trainable import Flags, apply_flags

# Kept in the model's own dict, past Keras's tracking of attributes: they go when the model goes, and are never saved.
_HISTORY, _BUILT_INPUT = "_seqwidget_history", "_seqwidget_built_input"


@contextlib.contextmanager
def edit(model: Any, what: str, *incoming: Any) -> Iterator[None]:
    """Do one edit of ``model`` inside: all of it, as one step of its history, or nothing.

    Parameters
    ----------
    model
        A watched Sequential.
    what
        The edit in a few words.
    incoming
        The layers that are to come in, which are to be as they were if the edit fails; the last is the one to diagnose.
    """
    with editing(model) as outermost:
        if not outermost:
            yield
            return
        steps = history(model)
        refusals.clear(model)
        try:
            with keras_edits.all_or_nothing(model, *incoming):
                yield
        except Exception as error:
            if incoming:
                refusals.refuse(model, incoming[-1], error)
            raise
        keras_edits.forget_functions(model)
        steps.push(_step(model, what))


@contextlib.contextmanager
def building(model: Any, input_shape: Any) -> Iterator[None]:
    """Have a first call build the model as a whole or not at all. It is no step: the layers stay the same."""
    with editing(model) as outermost:
        if not outermost:
            yield
            return
        head = keras_edits.head(model)
        try:
            with keras_edits.all_or_nothing(model):
                yield
        except Exception as error:
            if head is None and isinstance(input_shape, tuple | list):
                rows = (keras_edits.make_input(tuple(input_shape), None), *keras_edits.contents(model))
                refusals.explain(keras_edits.stand_in(model, rows, None), error)
            raise
        if head is None:
            vars(model)[_BUILT_INPUT] = keras_edits.head(model)


def history(model: Any) -> Edits:
    """Give the steps of a watched model, which begin with what it is now if it has none yet."""
    state = vars(model)
    if _HISTORY not in state:
        state[_HISTORY] = Edits(_step(model, said("start")))
    return state[_HISTORY]


def record(model: Any, what: str, flags_before: Flags, flags_after: Flags) -> None:
    """Note as a step of a model's history that layers were switched between trained and frozen."""
    refusals.clear(model)
    history(model).push(replace(_step(model, what), flags_before=flags_before, flags_after=flags_after))


def travel(model: Any, position: int) -> Step:
    """Go to another step of a model's history: its layers come back, with their weights, and what trained then."""
    steps = history(model)
    if not 0 <= position < len(steps):
        msg = said(
            "expected a step from 0 to {last} of model {name!r}, received {position}; see model.edits.",
            last=len(steps) - 1,
            name=model.name,
            position=position,
        )
        raise NoStepError(msg)
    step = steps[position]
    with editing(model), keras_edits.all_or_nothing(model, *step.layers):
        layers = step.layers
        built_input = vars(model).get(_BUILT_INPUT)
        if (
            layers
            and built_input is not None
            and keras_edits.head(model) is built_input
            and not keras_edits.is_input(layers[0])
        ):
            layers = (built_input, *layers)  # the input's shape was learnt after that step, and holds for its layers too
        refusals.clear(model)
        if layers != keras_edits.contents(model):
            keras_edits.replace(model, layers, step.end)
            keras_edits.forget_functions(model)
        for flags in filter(None, steps.flags_between(steps.position, position)):
            apply_flags(model, flags)
        steps.position = position
    return step


def forget(model: Any) -> None:
    """Drop all that is kept about a model that is not watched any more."""
    refusals.clear(model)
    for name in (_HISTORY, _BUILT_INPUT, READ):
        vars(model).pop(name, None)


def _step(model: Any, what: str) -> Step:
    return Step(what, keras_edits.contents(model), keras_edits.tail(model), weakref.ref(model))
