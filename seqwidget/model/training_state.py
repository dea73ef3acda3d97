"""Compare which weights should train with which weights the compiled training step really trains.

A layer's ``trainable`` flag does not always take effect. Measured on Keras 3.10 and 3.15:

- A traced TensorFlow step continues with the weights that it was traced for, even if flags have
  changed since.
- A TensorFlow step that is not traced (eager, or compiled and not run yet) respects frozen weights.
  It raises an error for an unfrozen weight if the optimizer was built without it.
- A JAX step raises an error as soon as the trainable weights are not those that the optimizer was
  built for.
- An optimizer that is not built yet uses the weights that are trainable when it is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import keras

from ..i18n.messages import Message, Text, message, plural
from ..keras_compat import compile_state, keras_layers, optimizer_slots, scratch
from .memory import activation_bytes
from .records import LayerRow

Switch: TypeAlias = Literal["on", "off", "mixed", ""]
"""The state of a switch. ``"mixed"``: only some layers of a nested model train. Empty: no weights."""

IGNORED, RAISES = message("will ignore this until the next compile"), message("will raise an error")


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the next training step of a compiled model will do.

    Attributes
    ----------
    differing
        The ids of the weights that the step treats differently from the ``trainable`` flags.
    gone
        Whether the step still trains weights that the model no longer has.
    outcome
        What the next ``fit`` does about the difference: `IGNORED` or `RAISES`.
    """

    differing: frozenset[int] = frozenset()
    gone: bool = False
    outcome: Message = IGNORED


def next_step_of(model: keras.Model) -> NextStep | None:
    """Compare the weights that a model's compiled step trains with those that are trainable now.

    Return None for a model that is not compiled, and if it is not known what its step trains.
    """
    if not model.compiled:
        return None
    known = optimizer_slots.optimizer_weights(model.optimizer)
    if known is None and not optimizer_slots.are_known() and getattr(model.optimizer, "built", False):
        known = compile_state.traced_weights(model)
        if known is None:
            return None
    if known is None:
        return NextStep()
    today = {id(weight) for weight in model.trainable_weights}
    built_for = {id(weight) for weight in known}
    owned = {id(weight) for weight in model.weights}
    if keras.backend.backend() == "jax":
        differing = today ^ built_for
        return NextStep(frozenset(differing), bool(built_for - owned), RAISES)
    traced = compile_state.traced_weights(model)
    trained = built_for if traced is None else {id(weight) for weight in traced}
    tried_in_vain = not trained <= built_for  # tracing failed and will be tried again
    if model.run_eagerly or model.train_function is None or keras.backend.backend() != "tensorflow" or tried_in_vain:
        return NextStep(frozenset(today - built_for), outcome=RAISES)
    return NextStep(frozenset(today ^ trained), bool(trained - owned), IGNORED)


def trained_weights(model: keras.Model) -> frozenset[int]:
    """Return the ``id`` of each weight that ``fit`` trains, whatever the flags say now."""
    today, next_step = frozenset(id(weight) for weight in model.trainable_weights), next_step_of(model)
    return today ^ next_step.differing if next_step is not None and next_step.outcome is IGNORED else today


def sentence(next_step: NextStep | None, rows: Iterable[LayerRow]) -> Text:
    """Return one line on what has changed since ``compile`` and what ``fit`` does about it.

    The line is empty if nothing has changed.
    """
    if next_step is None:
        return ""
    rows = list(rows)
    changed = [row for position, row in enumerate(rows) if row.stale and row.shared_with is None and not inner(rows, position)]
    if changed:
        return plural(
            "{n} layer changed since compile: fit {outcome}",
            "{n} layers changed since compile: fit {outcome}",
            len(changed),
            outcome=next_step.outcome,
        )
    if next_step.gone:
        return message("layers were removed since compile: fit {outcome}", outcome=next_step.outcome)
    return ""


def inner(rows: Sequence[LayerRow], position: int) -> list[int]:
    """Return the positions of all rows that are nested in the row at ``position``."""
    end = position + 1
    while end < len(rows) and rows[end].depth > rows[position].depth:
        end += 1
    return list(range(position + 1, end))


def switches(rows: Sequence[LayerRow]) -> list[str]:
    """Return the state of the trainable switch of each row.

    Returns
    -------
    list
        ``"on"`` or ``"off"``, whether a layer trains; ``"mixed"`` if only some layers of a nested
        model train; empty without weights. For a layer that is not built yet, its flag counts.
    """
    return [
        _switch({_state(rows[one]) for one in inner(rows, position)}) if row.kind == "model" else _SWITCH[_state(row)]
        for position, row in enumerate(rows)
    ]


def _state(row: LayerRow) -> bool | None:
    if row.params == 0 or row.kind == "model":
        return None
    return row.trainable if row.params is None else row.trains


def _switch(states: set[bool | None]) -> str:
    states = states - {None}
    return "mixed" if len(states) > 1 else _SWITCH[states.pop() if states else None]


_SWITCH = {None: "", True: "on", False: "off"}


def about(layer: keras.Layer, kind: str, *, trains: bool | None, frozen_by: str) -> tuple[Message, ...]:
    """Return what a layer's ``trainable`` flag does not show.

    This includes whether a frozen model that contains the layer overrides the flag, and what freezing means for
    this kind of layer.

    Parameters
    ----------
    layer
        The layer.
    kind
        Family of the layer.
    trains
        Whether any weight of the layer trains.
    frozen_by
        Name of a frozen model around the layer; empty if there is none.
    """
    if layer.trainable and not frozen_by:
        return ()
    sentences = []
    if layer.trainable and trains is not None:
        sentences.append(
            message("trains although {model}, which contains it, is frozen: its own flag was set later", model=frozen_by)
            if trains
            else message("does not train, whatever its own flag says: {model}, which contains it, is frozen", model=frozen_by)
        )
    if isinstance(layer, keras.layers.BatchNormalization):
        sentences.append(
            message("its moving statistics still change in fit, because its own flag is trainable")
            if layer.trainable
            else message("runs in inference mode even in fit: its moving statistics do not change")
        )
    if kind == "dropout":
        sentences.append(message("still drops units in fit: it has no weights to freeze"))
    return tuple(sentences)


def slot_bytes(model: keras.Model) -> dict[int, int] | None:
    """Return the optimizer's memory for each weight in bytes, by the ``id`` of the weight.

    Frozen weights are counted as if they trained, because this is the memory that freezing saves.

    Returns
    -------
    dict or None
        None if it cannot be known: the model has no optimizer, its optimizer can only be built by
        a training step, or it keeps its variables differently from Keras's own optimizers.
    """
    optimizer = model.optimizer if model.compiled else None
    weights = keras_layers.could_train(model)
    if optimizer is None or weights is None or not optimizer_slots.are_known():
        return None
    try:
        looked_at = optimizer_slots.unbuilt_copy(optimizer)
        with scratch.scratch():
            looked_at.build(weights)
    except Exception:  # noqa: BLE001  an optimizer may raise anything if it is built outside training
        looked_at = optimizer
    if optimizer_slots.has_other_arrays(looked_at):
        return None
    found = optimizer_slots.slots(looked_at)
    return {key: sum(map(_bytes, of_weight.values())) for key, of_weight in found.items()} if found else None


def _bytes(variable: keras.Variable) -> int:
    return activation_bytes((None, *variable.shape), keras.backend.standardize_dtype(variable.dtype))


def slot_memory(model: keras.Model) -> dict[str, int] | None:
    """Return the memory of the optimizer in bytes, or None if it is not known.

    ``"train"`` is the memory for the weights that train. ``"saves"`` is the memory that freezing
    the other weights saves.
    """
    each = slot_bytes(model)
    if each is None:
        return None
    training = {id(weight) for weight in model.trainable_weights}
    train = sum(size for key, size in each.items() if key in training)
    return {"train": train, "saves": sum(each.values()) - train}
