"""Changes of trainable flags: made immediately, or pending while the model is in ``fit``.

Each change of a Sequential is a step of its history.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import keras

from ..editing import fit_guard, observers, session
from ..editing.edits import history
from ..editing.flags import Flags, apply_flags, wanted
from ..editing.history import pushed
from ..editing.step import Step
from ..i18n.messages import Text, plural
from ..keras_compat import graph_edit


def ask(model: keras.Model, flags: Flags) -> bool:
    """Freeze or unfreeze layers as `set_flags` does; if the model is in ``fit``, make it pending.

    Parameters
    ----------
    model
        The model that has the layers.
    flags
        The trainable flag to set, by layer.

    Returns
    -------
    bool
        Whether the flags were set immediately.
    """
    with session.lock(model):
        session.settle(model)
        flags = {**session.record(model).pending, **wanted(model, flags)}
        if not fit_guard.busy(model):
            _switch(model, flags)
            return True
        session.change(model, pending=flags)
        fit_guard.when_idle(model, functools.partial(grant, model))
    observers.as_one(model, lambda: None)  # notify observers, because panels show pending changes
    return False


def pending(model: keras.Model) -> Flags:
    """Return the pending flags that differ from the current ones, by layer."""
    return {layer: flag for layer, flag in session.record(model).pending.items() if layer.trainable != flag}


def grant(model: keras.Model) -> None:
    """Set the pending flags."""
    if session.record(model).pending:
        _switch(model, session.record(model).pending)


def _switch(model: keras.Model, flags: Flags) -> None:
    before: dict[Any, bool] = {}
    is_stack = isinstance(model, keras.Sequential)
    if is_stack:
        history(model)

    def after(record: session.Record) -> session.Record:
        record = replace(record, pending={})
        if not before or not is_stack:
            return record
        now = {layer: layer.trainable for layer in before}
        return pushed(record, Step.of(model, _what(now), flags_before=before, flags_after=now))

    session.transact(
        model,
        lambda: before.update(apply_flags(model, flags)),
        after=after,
        restorer=lambda: graph_edit.flags_restorer(model),
    )
    if not is_stack:
        session.forget(model)


def _what(flags: Flags) -> Text:
    changed = [layer for layer in flags if layer.weights and not isinstance(layer, keras.Model)] or list(flags)
    one = changed[0].name
    if len(set(flags.values())) > 1:
        return plural("switch {one}", "switch {n} layers", len(changed), one=one)
    if next(iter(flags.values())):
        return plural("train {one}", "train {n} layers", len(changed), one=one)
    return plural("freeze {one}", "freeze {n} layers", len(changed), one=one)
