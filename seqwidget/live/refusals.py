"""What becomes of an edit that Keras refuses: its diagnosis, until the next edit, and the fixes that can be applied."""

from __future__ import annotations

import dataclasses
import functools
import logging
import weakref
from typing import Any

from ..stack.diagnosis import diagnose
from ..stack.refusal import REFUSED, Diagnosis, Edit, New
from . import keras_edits

_log = logging.getLogger("seqwidget")
_KEY = "_seqwidget_refused"


def refused(model: Any) -> Diagnosis | None:
    """Give the diagnosis of a model's last edit, if Keras refused it."""
    return vars(model).get(_KEY)


def clear(model: Any) -> None:
    """Forget the diagnosis: another edit has begun."""
    vars(model).pop(_KEY, None)


def refuse(model: Any, layer: Any, error: Exception) -> None:
    """Diagnose why ``layer`` was refused: kept with the model, and added to the error as a note."""
    try:
        diagnosis = diagnose(model, layer, error)
    except Exception:  # noqa: BLE001  Keras's own error reaches the user all the same
        _log.exception("seqwidget could not diagnose why %r was refused", layer)
        return
    owner = weakref.ref(model)
    fixes = (dataclasses.replace(fix, run=functools.partial(_apply, owner, layer, fix.description)) for fix in diagnosis.fixes)
    vars(model)[_KEY] = dataclasses.replace(diagnosis, fixes=tuple(fixes))
    error.add_note(str(diagnosis))


def rows_of(model: Any, change: Edit, layer: Any) -> tuple[Any, ...]:
    """Give what a model holds after a change, its InputLayer first; new layers are made here."""
    mine, taken, rows = model.layers, {row.name for row in model.layers}, []
    head = keras_edits.head(model)
    if change.input_shape is not None:
        head = keras_edits.make_input(change.input_shape, change.input_dtype or getattr(head, "dtype", None))
    for slot in change.slots:
        rows.append(slot.make(taken) if isinstance(slot, New) else layer if slot == REFUSED else mine[slot])
        taken.add(rows[-1].name)
    return tuple(rows) if head is None else (head, *rows)


def _apply(owner: weakref.ref[Any], layer: Any, what: str, change: Edit) -> None:
    model = owner()
    if model is not None:
        model._become(f"fix: {what}", rows_of(model, change, layer))  # noqa: SLF001  a part of the live model
