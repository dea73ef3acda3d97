"""What trains, and what the compiled step makes of it: the flag of a layer is a wish, not the fact.

Measured on Keras 3.10 and 3.15:

- A traced TensorFlow step goes on with the weights that it was traced for, whatever the flags say since.
- A TensorFlow step that is not traced (eager, or compiled and not run yet) honours what was frozen, and raises for what was
  unfrozen when the optimizer was built without it.
- A JAX step raises as soon as the weights are not those that the optimizer was built for.
- An optimizer that is not built yet takes the weights that train when it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from ..i18n.messages import counted, phrase, said
from ..keras_compat import keras_layers, keras_training, scratch
from .memory import activation_bytes
from .records import LayerRow

IGNORED, RAISES = said("will ignore it"), said("will raise an error")


@dataclass(frozen=True, slots=True)
class Step:
    """What the next training step of a compiled model will do.

    Attributes
    ----------
    differing
        The ids of the weights that it treats in another way than the flags ask for.
    gone
        Whether it goes on training weights that the model no longer has.
    outcome
        What the next ``fit`` makes of the difference: `IGNORED` or `RAISES`.
    """

    differing: frozenset[int] = frozenset()
    gone: bool = False
    outcome: str = IGNORED


def step(model: Any) -> Step | None:
    """Compare what a model's compiled step trains with what is to be trained today; None for a model without a step."""
    if not model.compiled:
        return None
    known = keras_training.optimizer_weights(model.optimizer)
    if known is None:
        return Step()
    today = {id(weight) for weight in model.trainable_weights}
    built_for = {id(weight) for weight in known}
    owned = {id(weight) for weight in model.weights}
    if keras.backend.backend() == "jax":
        differing = today ^ built_for
        return Step(frozenset(differing), bool(built_for - owned), RAISES)
    traced = keras_training.traced_weights(model)
    trained = built_for if traced is None else {id(weight) for weight in traced}
    tried_in_vain = not trained <= built_for  # tracing raised, and will be tried again
    if model.run_eagerly or model.train_function is None or keras.backend.backend() != "tensorflow" or tried_in_vain:
        return Step(frozenset(today - built_for), outcome=RAISES)
    return Step(frozenset(today ^ trained), bool(trained - owned), IGNORED)


def sentence(next_step: Step | None, rows: Iterable[LayerRow]) -> str:
    """Say in one line what has changed since ``compile`` and what ``fit`` makes of it; nothing where they agree."""
    if next_step is None:
        return ""
    rows = list(rows)
    changed = [row for position, row in enumerate(rows) if row.stale and row.shared_with is None and not inner(rows, position)]
    if changed:
        one, many = "{n} layer changed since compile: fit {outcome}", phrase("{n} layers changed since compile: fit {outcome}")
        return counted(one, many, len(changed), outcome=next_step.outcome)
    if next_step.gone:
        return said("layers were removed since compile: fit {outcome}", outcome=next_step.outcome)
    return ""


def inner(rows: Sequence[LayerRow], position: int) -> list[int]:
    """Give the positions of all rows that are nested in the row at ``position``."""
    end = position + 1
    while end < len(rows) and rows[end].depth > rows[position].depth:
        end += 1
    return list(range(position + 1, end))


def switches(rows: Sequence[LayerRow]) -> list[str]:
    """Give for each row how its switch stands.

    Returns
    -------
    list
        ``"on"`` and ``"off"`` tell whether a layer trains, ``"mixed"`` that some of a nested model's layers do; empty where
        there are no weights. A layer that is not built yet goes by its flag.
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


def about(layer: Any, kind: str, *, trains: bool | None, frozen_by: str) -> tuple[str, ...]:
    """Say of a layer what its flag does not: who overrules it, and what frozen means for this kind of layer.

    Parameters
    ----------
    layer, kind
        The layer, and its family.
    trains
        Whether any weight of it trains.
    frozen_by
        The name of a frozen model around it, if there is one.
    """
    if layer.trainable and not frozen_by:
        return ()
    sentences = []
    if layer.trainable and trains is not None:
        sentences.append(
            said("trains although {model}, which contains it, is frozen: its own flag was set later", model=frozen_by)
            if trains
            else said("does not train, whatever its own flag says: {model}, which contains it, is frozen", model=frozen_by)
        )
    if isinstance(layer, keras.layers.BatchNormalization):
        sentences.append(
            said("its moving statistics still change in fit, because its own flag is trainable")
            if layer.trainable
            else said("runs in inference mode also in fit: its moving statistics do not change")
        )
    if kind == "dropout":
        sentences.append(said("still drops units in fit: it has no weights to freeze"))
    return tuple(sentences)


def slot_bytes(model: Any) -> dict[int, int] | None:
    """Give the bytes that the optimizer keeps for each weight while it trains, by the ``id`` of the weight.

    Weights that are frozen are reckoned as if they trained: that is what freezing them saves.

    Returns
    -------
    dict or None
        None where it cannot be known: without an optimizer, or with one that only a training step builds.
    """
    optimizer = model.optimizer if model.compiled else None
    if optimizer is None:
        return None
    try:
        looked_at = keras_training.unbuilt_copy(optimizer)
        with scratch.scratch():
            looked_at.build(keras_layers.could_train(model))
    except Exception:  # noqa: BLE001  an optimizer may raise anything when it is not built as part of training
        looked_at = optimizer
    found = keras_training.slots(looked_at)
    return {key: sum(map(_bytes, of_weight.values())) for key, of_weight in found.items()} if found else None


def _bytes(variable: Any) -> int:
    return activation_bytes((None, *variable.shape), keras.backend.standardize_dtype(variable.dtype))


def slot_memory(model: Any) -> dict[str, int] | None:
    """Give the bytes of optimizer slots for the weights that ``"train"``, and those that freezing the others ``"saves"``."""
    each = slot_bytes(model)
    if each is None:
        return None
    training = {id(weight) for weight in model.trainable_weights}
    train = sum(size for key, size in each.items() if key in training)
    return {"train": train, "saves": sum(each.values()) - train}
