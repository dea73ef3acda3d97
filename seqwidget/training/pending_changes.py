"""Changes to trainable flags: made immediately, or pending while the model is in ``fit``.

Each change of a Sequential is a step of its history.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import keras

from ..editing import events, fit_guard, transaction
from ..editing.edits import history
from ..editing.flags import Flags, apply_flags, wanted
from ..editing.history import pushed
from ..editing.step import Step
from ..i18n.messages import Text, plural
from ..keras_compat import restore


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
    with transaction.lock(model):
        transaction.settle(model)
        flags = {**transaction.record(model).pending, **wanted(model, flags)}
        if not fit_guard.busy(model):
            _switch(model, flags)
            return True
        transaction.change(model, pending=flags)
        fit_guard.when_idle(model, functools.partial(apply_pending, model))
    events.send(events.FlagsPending(model, flags))
    return False


def pending(model: keras.Model) -> Flags:
    """Return the pending flags that differ from the current ones, by layer."""
    return {layer: flag for layer, flag in transaction.record(model).pending.items() if layer.trainable != flag}


def apply_pending(model: keras.Model) -> None:
    """Set the pending flags."""
    if transaction.record(model).pending:
        _switch(model, transaction.record(model).pending)


def _switch(model: keras.Model, flags: Flags) -> None:
    before: dict[keras.Layer, bool] = {}
    is_stack = isinstance(model, keras.Sequential)
    if is_stack:
        history(model)

    def after(record: transaction.Record) -> transaction.Record:
        record = replace(record, pending={})
        if not before or not is_stack:
            return record
        now = {layer: layer.trainable for layer in before}
        return pushed(record, Step.of(model, _what(now), flags_before=before, flags_after=now))

    transaction.transact(
        model,
        lambda: before.update(apply_flags(model, flags)),
        after=after,
        restorer=lambda: restore.flags_restorer(model),
    )


def _what(flags: Flags) -> Text:
    changed = [layer for layer in flags if layer.weights and not isinstance(layer, keras.Model)] or list(flags)
    one = changed[0].name
    if len(set(flags.values())) > 1:
        return plural("train or freeze {one}", "train or freeze {n} layers", len(changed), one=one)
    if next(iter(flags.values())):
        return plural("train {one}", "train {n} layers", len(changed), one=one)
    return plural("freeze {one}", "freeze {n} layers", len(changed), one=one)
