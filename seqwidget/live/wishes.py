"""Wishes for what is to train: granted at once, or when ``fit`` lets them in; what is granted is a step of the history."""

from __future__ import annotations

import functools
import weakref
from typing import Any

import keras

from ..stack.said import counted
from . import edits, fitting
from .observe import editing
from .trainable import Flags, apply_flags, wanted

_pending: weakref.WeakKeyDictionary[Any, dict[Any, bool]] = weakref.WeakKeyDictionary()


def ask(model: Any, flags: Flags) -> bool:
    """Do as `trainable.set_flags` does; while the model is in ``fit``, let it wait. Gives whether it was done at once."""
    with fitting.lock:
        _pending.setdefault(model, {}).update(wanted(model, flags))
        done = fitting.when_idle(model, functools.partial(grant, model))
    if not done:
        with editing(model):  # that something waits is news, too
            pass
    return done


def pending(model: Any) -> Flags:
    """Give the flags that wait for the end of ``fit``, or for the next epoch, where they differ from today's."""
    return {layer: flag for layer, flag in _pending.get(model, {}).items() if layer.trainable != flag}


def grant(model: Any) -> None:
    """Set the flags that wait."""
    with fitting.lock, editing(model):
        before = apply_flags(model, _pending.pop(model, {}))
        if before and isinstance(model, keras.Sequential):
            after = {layer: layer.trainable for layer in before}
            edits.record(model, _what(after), before, after)


def _what(flags: Flags) -> str:
    changed = [layer for layer in flags if layer.weights and not isinstance(layer, keras.Model)] or list(flags)
    one = changed[0].name
    if len(set(flags.values())) > 1:
        return counted("switch {one}", "switch {n} layers", len(changed), one=one)
    if next(iter(flags.values())):
        return counted("train {one}", "train {n} layers", len(changed), one=one)
    return counted("freeze {one}", "freeze {n} layers", len(changed), one=one)
