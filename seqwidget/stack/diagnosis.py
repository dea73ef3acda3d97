"""`diagnose`: why Keras refuses a layer on a stack, and edits that were tried on it and fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import keras

from . import causes, keras_internals
from .case import Case, Tried, attempt
from .chain import first_line
from .code import class_code, input_code, layer_code, stack_code
from .moves import Move
from .refusal import REFUSED, Diagnosis, Edit, Fix, New, Slot

_MOST_FIXES = 6


def diagnose(model: Any, layer: Any, error: BaseException) -> Diagnosis:
    """Tell why Keras refuses a layer, and what would fit. Nothing of the model or the layer changes.

    Parameters
    ----------
    model : keras.Sequential
        The model in the state before the layer was added.
    layer
        What was to be added.
    error
        What Keras raised.
    """
    if hasattr(layer, "_keras_history") and isinstance(layer._keras_history[0], keras.layers.InputLayer):  # noqa: SLF001
        layer = layer._keras_history[0]  # noqa: SLF001  what keras.Input gives stands for its InputLayer, as in add
    with keras_internals.scratch():
        case = Case.of(model, layer, first_line(error))
        finding = causes.find(case)
        is_layer = isinstance(layer, keras.Layer)
        return Diagnosis(
            layer=layer.name if is_layer else f"{layer!r:.60}",
            type=type(layer).__name__,
            input_shape=case.shape if case.tensors else None,
            cause=finding.cause,
            arithmetic=finding.arithmetic,
            fixes=tuple(_fixes(case, finding.moves)),
            words=case.words,
            alternative=finding.alternative,
        )


def _fixes(case: Case, moves: Iterable[Move]) -> Iterator[Fix]:
    seen: list[Edit] = []
    for description, edit in moves:
        tried = None if edit in seen else attempt(case, edit)
        if tried is None:
            continue
        seen.append(edit)
        renewed = f" (the weights of {', '.join(tried.renewed)} start anew)" if tried.renewed else ""
        yield Fix(description + renewed, code(case, tried), tried.output_shape, tried.edit)
        if len(seen) == _MOST_FIXES:
            return


def code(case: Case, tried: Tried) -> str:
    """Give Python that carries an edit out on a model named ``model``."""
    slots = tried.edit.slots
    if tried.edit.input_shape is not None:
        return _rebuilt(case, tried.edit)
    kept = next((i for i, slot in enumerate(slots) if slot != i), len(slots))
    kept = min(kept, len(case.layers))
    gone = len(case.layers) - kept
    again = any(isinstance(slot, int) and slot != REFUSED for slot in slots[kept:])
    lines = ["old = model.layers"] if again else []
    lines += ["model.pop()"] * gone if gone < 3 else [f"for _ in range({gone}):", "    model.pop()"]  # noqa: PLR2004
    lines += [f"model.add({_slot(case, slot)})" for slot in slots[kept:]]
    return "\n".join(lines) or "# nothing to do: leave it out"


def _rebuilt(case: Case, edit: Edit) -> str:
    head = {"batch_shape": edit.input_shape, "dtype": edit.input_dtype or case.tensors[0].dtype}
    again = any(isinstance(slot, int) and slot != REFUSED for slot in edit.slots)
    made = stack_code([input_code(head), *(_slot(case, slot) for slot in edit.slots)])
    return "\n".join([*(["old = model.layers"] if again else []), f"model = {made}"])


def _slot(case: Case, slot: Slot) -> str:
    if not isinstance(slot, New):
        return layer_code(case.layer) if slot == REFUSED else f"old[{slot}]"
    changed: tuple[Any, ...] = (case.layer, *case.layers)
    origin: Any = next((one for one in changed if type(one) is slot.cls and one.name == slot.config.get("name")), None)
    before = slot.config if origin is None else origin.get_config()
    said = {key for key, value in slot.config.items() if value is not None and before.get(key) != value}
    return class_code(slot.cls, slot.config, said)
