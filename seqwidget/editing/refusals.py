"""Edits that Keras refuses: their diagnosis, which is kept until the next edit, and its fixes."""

from __future__ import annotations

import functools
import logging
import weakref
from dataclasses import replace

import keras

from ..diagnosis.diagnose import diagnose, diagnose_broken
from ..errors import UserError
from ..i18n.messages import Text, message
from ..keras_compat import graph_edit, inner_layers
from ..model.refusal import REFUSED, Diagnosis, Edit, New, Slot
from . import transaction

_logger = logging.getLogger("seqwidget")


def refused(model: keras.Model) -> Diagnosis | None:
    """Return the diagnosis of a model's last edit if Keras refused it, else None."""
    return transaction.record(model).refused


def refuse(model: keras.Model, layer: keras.Layer, error: Exception) -> None:
    """Diagnose why ``layer`` was refused. Store the diagnosis, and add a note to the error."""
    try:
        # A model that was already broken refuses every layer, so that cause comes first.
        broken = diagnose_broken(model)
        diagnosis = diagnose(model, layer, error) if broken is None else broken[1]
    except Exception:  # the user gets Keras's error in any case
        _logger.exception("seqwidget could not diagnose why %r was refused", layer)
        return
    _keep(model, diagnosis, layer)
    error.add_note(str(diagnosis))


def find_broken(model: keras.Model) -> None:
    """Diagnose a layer that Keras refused but left in the model before the model was watched."""
    if graph_edit.tail(model) is None and (broken := diagnose_broken(model)) is not None:
        _keep(model, broken[1], None)


def explain(model: keras.Model, error: Exception) -> None:
    """Add a note to an error that says why the layers of ``model`` do not fit together.

    The fixes have no code, because there is no model to apply them to.
    """
    try:
        broken = diagnose_broken(model)
    except Exception:  # the user gets Keras's error in any case
        _logger.exception("seqwidget could not diagnose %r", model.name)
        return
    if broken is not None:
        error.add_note(str(replace(broken[1], fixes=tuple(replace(fix, code="") for fix in broken[1].fixes))))


def _keep(model: keras.Model, diagnosis: Diagnosis, layer: keras.Layer) -> None:
    owner = weakref.ref(model)
    fixes = (replace(fix, run=functools.partial(_apply, owner, layer, fix.description_message)) for fix in diagnosis.fixes)
    transaction.change(model, refused=replace(diagnosis, fixes=tuple(fixes)))


def _apply(owner: weakref.ref[keras.Model], layer: keras.Layer, what: Text, change: Edit) -> None:
    model = owner()
    present = refused(model) if model is not None else None
    if present is None or not any(fix.edit is change for fix in present.fixes):
        msg = message("this fix belongs to an earlier edit, so nothing was done.")
        raise UserError(msg)
    rows = _rows(model, change, layer)
    mine = {REFUSED: layer, **dict(enumerate(model.layers))}  # type: ignore[union-attr]
    made = rows[len(rows) - len(change.slots) :]
    pairs = [(new, mine[slot.weights_of]) for new, slot in zip(made, change.slots, strict=True) if _keeps(slot)]  # type: ignore[index, union-attr]
    model._become(message("fix: {what}", what=what), rows, pairs)  # type: ignore[union-attr]  # noqa: SLF001  our own method


def _keeps(slot: Slot) -> bool:
    return isinstance(slot, New) and slot.weights_of is not None


def _rows(model: keras.Model, change: Edit, layer: keras.Layer) -> tuple[keras.Layer, ...]:
    """Create the new layers of a change. Return all layers after it, with the InputLayer first."""
    mine, taken, rows = model.layers, {row.name for row in model.layers}, []
    head = inner_layers.input_layer(model)
    if change.input_shape is not None:
        head = graph_edit.make_input(change.input_shape, head)
    for slot in change.slots:
        rows.append(slot.make(taken) if isinstance(slot, New) else layer if slot == REFUSED else mine[slot])
        taken.add(rows[-1].name)
    return tuple(rows) if head is None else (head, *rows)
