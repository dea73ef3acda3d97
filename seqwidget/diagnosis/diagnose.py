"""Diagnose why Keras refuses a layer, and propose edits of the model that were tried and fit."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import keras

from ..codegen.writer import LAYERS, Writer, class_code, input_code, stack_code, value_code
from ..i18n.messages import Text, message
from ..inspection.inspect import row_on_top
from ..keras_compat import keras_layers, scratch
from ..model.call_graph import read
from ..model.records import LayerRow
from ..model.refusal import REFUSED, Called, Diagnosis, Edit, Fix, New, Slot
from ..model.trial import first_line
from .context import RefusedAdd, attempt, config_of
from .fix_check import functional_facts, run_fix
from .fixes.common import Candidate
from .rules import find
from .rules.finding import Finding, shortened, shown

_MOST_FIXES = 6
_logger = logging.getLogger("seqwidget")


def diagnose(model: keras.Model, layer: keras.Layer, error: BaseException) -> Diagnosis:
    """Return why Keras refuses a layer, and what would fit.

    Neither the model nor the layer changes.

    Parameters
    ----------
    model : keras.Sequential
        The model in the state before the layer was added.
    layer
        The object that Keras refused to add. It may be something other than a layer.
    error : BaseException
        The error that Keras raised.

    Returns
    -------
    Diagnosis
        The cause and the fixes. If the cause is unknown, or the diagnosis itself fails, the cause
        repeats Keras's message.
    """
    layer = keras_layers.as_layer(layer)
    with scratch.scratch():
        try:
            refused = RefusedAdd.of(model, layer, first_line(error))
            finding = find.find(refused)
            return _diagnosis(refused, finding, _fixes(refused, finding.candidates, _code))
        except Exception:  # a bug in a rule must not hide Keras's own error
            _logger.exception("no diagnosis of %r", type(layer).__name__)
            refused = RefusedAdd((), (), layer, first_line(error))
            return _diagnosis(refused, find.not_known(refused), ())


def diagnose_broken(model: keras.Model) -> tuple[int, Diagnosis] | None:
    """Return the first layer of a model that does not fit, and its diagnosis; None if all fit.

    Keras leaves a layer that it refused in the model, and every later edit then fails. The slots of
    the returned edits are positions among all of ``model.layers``, including the layer that does
    not fit and the layers after it.

    Parameters
    ----------
    model : keras.Sequential
        The model. It does not change.

    Returns
    -------
    tuple or None
        The position of the layer in ``model.layers``, and the diagnosis. The first fix removes the
        layer, together with the layers after it if those would not fit.
    """
    with scratch.scratch():
        calls = read(model).calls
        index = next((i for i, call in enumerate(calls) if call.misfit), None)
        if index is None:
            return None
        refused = RefusedAdd.of(model, model.layers[index], str(calls[index].why), below=index)
        whole = replace(refused, layers=tuple(model.layers))
        finding = find.find(refused)
        behind = range(index + 1, len(model.layers))
        out = (message("remove it"), Edit((*refused.kept, *behind)))
        all_out = (message("remove it and the layers after it"), Edit(refused.kept))
        others = ((words, _in_place(edit, index, behind)) for words, edit in finding.candidates)
        return index, _diagnosis(refused, finding, _fixes(whole, (out, all_out, *others), _rebuilt))


def preview(model: keras.Model, layer: keras.Layer) -> LayerRow | Diagnosis:
    """Return the row that a layer would have in a Sequential, or a diagnosis if it does not fit.

    Neither the model nor the layer changes.
    """
    try:
        with scratch.scratch():
            return row_on_top(model, layer)
    except Exception as error:  # noqa: BLE001  every error that Keras raises is diagnosed
        return diagnose(model, layer, error)


def _in_place(edit: Edit, index: int, behind: Iterable[int]) -> Edit:
    """Return an edit extended to the layers after the refused one.

    ``index`` is the position of the refused layer in the model, and ``behind`` are the positions
    of the layers after it.
    """

    def placed(slot: Slot) -> Slot:
        if isinstance(slot, New):
            return replace(slot, weights_of=index) if slot.weights_of == REFUSED else slot
        return index if slot == REFUSED else slot

    return replace(edit, slots=(*map(placed, edit.slots), *behind))


def _diagnosis(refused: RefusedAdd, finding: Finding, fixes: Iterable[Fix]) -> Diagnosis:
    is_layer = keras_layers.is_layer(refused.layer)
    alternative = finding.alternative if run_fix(refused, finding.alternative)[0] else ""
    return Diagnosis(
        layer=refused.layer.name if is_layer else shortened(shown(refused.layer)),
        type=type(refused.layer).__name__,
        input_shape=refused.shape if refused.tensors else None,
        cause_message=finding.cause,
        arithmetic_message=finding.arithmetic,
        fixes=tuple(fixes),
        words=refused.words,
        alternative=alternative,
        form=functional_facts(refused, alternative),
    )


def _fixes(refused: RefusedAdd, candidates: Iterable[Candidate], code: Callable[[RefusedAdd, Edit], str]) -> Iterator[Fix]:
    seen: list[Edit] = []
    for change, edit in candidates:
        tried = None if edit in seen else attempt(refused, edit)
        if tried is None:
            continue
        seen.append(edit)
        text = code(refused, tried.edit)
        if run_fix(refused, text) != (True, tried.output_shape):
            continue
        description: Text = change
        if tried.renewed:
            renewed = ", ".join(tried.renewed)
            description = message("{change} ({layers} is re-initialised)", change=change, layers=renewed)
        yield Fix(description, text, tried.output_shape, tried.edit)
        if len(seen) == _MOST_FIXES:
            return


def _code(refused: RefusedAdd, edit: Edit) -> str:
    """Return Python code that applies an edit to a model named ``model``."""
    slots = edit.slots
    if edit.input_shape is not None:
        return _rebuilt(refused, edit)
    kept = next((i for i, slot in enumerate(slots) if slot != i), len(slots))
    kept = min(kept, len(refused.layers))
    gone = len(refused.layers) - kept
    again = any(_is_old(refused, slot) for slot in slots[kept:])
    weights, added = list(_weights(refused, slots)), [_slot(refused, slot) for slot in slots[kept:]]
    lines = [*_the_layer(added, weights), *(["old = model.layers"] if again or weights else [])]
    lines += ["model.pop()"] * gone if gone < 3 else [f"for _ in range({gone}):", "    model.pop()"]
    lines += [f"model.add({one})" for one in added]
    return "\n".join([*lines, *weights]) or "# nothing to do: leave it out"


def _rebuilt(refused: RefusedAdd, edit: Edit) -> str:
    """Return Python code that builds a new model, reusing the layers that stay."""
    head = {**refused.head, "batch_shape": edit.input_shape or refused.input_shape}
    weights, added = list(_weights(refused, edit.slots)), list(_slots(refused, edit.slots))
    again = weights or any(_is_old(refused, slot) for slot in edit.slots)
    made = stack_code([input_code(head), *added])
    old = ["old = model.layers"] if again else []
    return "\n".join([*_the_layer(added, weights), *old, f"model = {made}", *weights])


def _weights(refused: RefusedAdd, slots: Iterable[Slot]) -> Iterator[str]:
    """Yield the lines of code that copy the old weights into changed layers."""
    for position, slot in enumerate(slots):
        if isinstance(slot, New) and slot.weights_of is not None and refused.at(slot.weights_of).weights:
            source = "layer" if slot.weights_of == REFUSED else f"old[{slot.weights_of}]"
            yield f"model.layers[{position}].set_weights({source}.get_weights())"


def _the_layer(added: Iterable[str], weights: Iterable[str]) -> list[str]:
    """Return a comment that explains the name ``layer``, if the code uses it."""
    used = any(code == "layer" or code.endswith("(layer)") for code in added) or any("(layer.get" in line for line in weights)
    return [f"# layer: {_THE_LAYER}"] if used else []


_THE_LAYER = "what was refused"


def _slots(refused: RefusedAdd, slots: Iterable[Slot]) -> Iterator[str]:
    """Yield the code of each slot; three or more consecutive existing layers become one slice."""
    runs = itertools.groupby(enumerate(slots), lambda one: one[1] - one[0] if isinstance(one[1], int) and one[1] >= 0 else one)
    for _, run in runs:
        kept = [slot for _, slot in run]
        if len(kept) > 2 and isinstance(kept[0], int):  # from three layers on, a slice is shorter
            yield f"*old[{kept[0]}:{kept[-1] + 1}]"  # type: ignore[operator]
        else:
            yield from (_slot(refused, slot) for slot in kept)


def _is_old(refused: RefusedAdd, slot: Slot) -> bool:
    return not isinstance(slot, New) and (slot != REFUSED or refused.layer in refused.layers)


def _slot(refused: RefusedAdd, slot: Slot) -> str:
    if not isinstance(slot, New):
        at = refused.layers.index(refused.layer) if slot == REFUSED and refused.layer in refused.layers else slot
        return _written(refused.layer) if at == REFUSED else f"old[{at}]"
    if isinstance(slot, Called):
        return _called(refused, slot)
    origin = _origin(refused, slot)
    before = slot.config if origin is None else config_of(origin) or {}
    changed = {key for key, value in slot.config.items() if value not in (None, before.get(key))}
    return class_code(slot.cls, slot.config, changed, (refused.layer, *refused.layers))


def _called(refused: RefusedAdd, slot: Called) -> str:
    """Return the code of a call that involves the refused object, which is a function here.

    The function is written by its name, or as ``layer`` if its name is not an identifier.
    """
    name = getattr(refused.layer, "__name__", "")
    name = name if name.isidentifier() else "layer"
    if slot.cls is refused.layer:
        arguments = ", ".join(f"{key}={value_code(value)}" for key, value in slot.config.items())
        return f"keras.applications.{name}({arguments})"
    return f"layers.{slot.cls.__name__}({name})"


def _written(layer: keras.Layer) -> str:
    """Return the code that builds the refused layer.

    Return ``layer`` if the code would need imports other than ``keras.layers``.
    """
    writer = Writer()
    code = writer.layer(layer)
    return "layer" if any(line != LAYERS for line in writer.imports()) else code


def _origin(refused: RefusedAdd, new: New) -> keras.Layer | None:
    """Return the layer that a new one is a changed copy of, or None."""
    same = (one for one in (refused.layer, *refused.layers) if isinstance(one, new.cls))
    return next((one for one in same if one.name == new.config.get("name")), None)
