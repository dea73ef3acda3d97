"""What a person can do in the Summary panel: each question of the browser, and what answers it."""

from __future__ import annotations

from typing import Any

from ..diagnosis.suggestions import suggestions
from ..editing.edits import history, travel
from ..editing.refusals import refused
from ..errors import UserError
from ..i18n.messages import said
from ..inspection.inspect import inspect
from ..lint.silence import silence, unsilence
from ..model.differences import difference
from ..render import formatting
from .requests import Answer


def fix(model: Any, ask: dict[str, Any]) -> Answer:
    """Apply one of the fixes of the present refusal."""
    diagnosis = refused(model)
    if diagnosis is None or ask["layer"] != diagnosis.layer:
        msg = said("this fix belongs to an earlier edit, so nothing was done.")
        raise UserError(msg)
    diagnosis.fixes[ask["index"]].apply()
    return Answer()


def go(model: Any, ask: dict[str, Any]) -> Answer:
    """Go to a step of the history, unless the model has gone on since that was asked for: while a cell runs, acts wait."""
    steps = history(model)
    if ask["position"] != steps.position and ask["seen"] != [steps.position, len(steps)]:  # a second click is no mistake
        msg = said("the model changed before this click arrived, so nothing was done; check the panel and click again.")
        raise UserError(msg)
    travel(model, ask["position"])
    return Answer()


def look(model: Any, ask: dict[str, Any]) -> Answer:
    """Tell what a step was, and what going there would change."""
    steps = history(model)
    step = steps[ask["position"]]
    there = step.stack
    change = difference(inspect(model), there)
    rows = [
        {"name": row.name, "type": row.type, "shape": formatting.shape(row.output_shape)} for row in there.rows if not row.depth
    ]
    return Answer(
        {
            "what": step.what,
            "rows": rows,
            "params": formatting.count(there.totals.params),
            "added": change.added,
            "removed": change.removed,
            "reshaped": [
                f"{path}: {formatting.shape(here)} → {formatting.shape(then)}" for path, here, then in change.reshaped
            ],
        }
    )


def suggest(model: Any, _ask: dict[str, Any]) -> Answer:
    """Give the usual next layers."""
    offers = [{"code": one.code, "shape": formatting.shape(one.output_shape)} for one in suggestions(model)]
    return Answer({"offers": offers})


def add(model: Any, ask: dict[str, Any]) -> Answer:
    """Add one of the layers that were suggested."""
    taken = {layer.name for layer in model.layers}
    chosen = next((one for one in suggestions(model) if one.code == ask["code"]), None)
    if chosen is None:
        msg = said("{layer} does not fit on the model as it is now, so nothing was done.", layer=ask["code"])
        raise UserError(msg)
    model.add(chosen.new.make(taken))
    return Answer()


def code(model: Any, _ask: dict[str, Any]) -> Answer:
    """Give Python that builds the stack."""
    return Answer({"code": inspect(model).to_code()})


def hush(_model: Any, ask: dict[str, Any]) -> Answer:
    """Leave out one kind of notes."""
    silence(ask["key"])
    return Answer()


def unhush(_model: Any, _ask: dict[str, Any]) -> Answer:
    """Show all kinds of notes again."""
    unsilence()
    return Answer()


ACTS = {"fix": fix, "go": go, "look": look, "suggest": suggest, "add": add, "code": code, "silence": hush, "unsilence": unhush}

CHANGES = frozenset({fix, go, add})
"""Those that change the model, which must not happen under a ``fit`` in another thread."""
