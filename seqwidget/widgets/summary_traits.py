"""Compute the traits of a Summary panel from what was read from its model."""

from __future__ import annotations

import collections
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from ..editing.edits import history
from ..editing.refusals import refused
from ..i18n.languages import translate
from ..inspection.stack import Stack
from ..model.connections import flow
from ..model.folds import Fold, collapses, folds
from ..model.records import plain, same
from ..model.refusal import Diagnosis
from ..model.training_state import switches
from ..render.diagram import Diagram, diagram
from ..render.rail import rails
from ..render.text import remarks

# The timeline shows at most _STEPS steps. Its first step moves by _STRIDE at a time, so that most
# edits do not shift the list, and the patch holds only the new step.
_STEPS, _STRIDE = 60, 20


@dataclass(frozen=True)
class PanelState:
    """What a panel last read from its model, and the traits that depend only on that."""

    facts: Stack
    refused: Diagnosis | None
    folds: tuple[Fold, ...]
    options: Mapping[str, Any]
    """How the diagram is drawn; see `draw_stack`."""
    closed: tuple[Fold, ...]
    picture: Diagram
    traits: Mapping[str, Any]


def panel_state(
    facts: Stack, diagnosis: Diagnosis | None, language: str, options: Mapping[str, Any], before: PanelState | None = None
) -> PanelState:
    """Compute the traits of a panel, and reuse the unchanged parts of ``before``.

    If the option ``folded`` is None, the folds are collapsed if they are at first.
    """
    stack = facts.to_page(before.facts if before else None, before.traits["stack"] if before else {}, language)
    found = folds(facts.rows, facts.graphs)
    if options["folded"] is None:
        options = {**options, "folded": bool(found) and collapses(facts.rows, facts.graphs)}
    closed, picture, drawn = draw_stack(facts, found, diagnosis, language, options, before)
    traits = {
        "stack": stack,
        **drawn,
        "folds": [fold.to_page(language) for fold in found],
        "flow": [list(pair) for pair in flow(facts.rows, facts.graphs)],
        "remarks": plain(remarks(facts), language),
        "switches": switches(facts.rows),
        "changed": _news(before.facts, facts) if before else [],
        "edit": before.traits["edit"] + 1 if before else 0,
    }
    return PanelState(facts, diagnosis, found, options, closed, picture, traits)


def draw_stack(
    facts: Stack,
    found: Sequence[Fold],
    diagnosis: Diagnosis | None,
    language: str,
    options: Mapping[str, Any],
    before: PanelState | None,
) -> tuple[tuple[Fold, ...], Diagram, dict[str, Any]]:
    """Return the collapsed folds, the diagram of a stack, and the traits with drawings; what is unchanged is reused."""
    last, data = (before.picture, before.traits["diagram"]) if before else (None, {})
    sizes = {name: options[name] for name in ("size_by", "color_by", "measured")}
    closed = tuple(fold for fold in found if options["folded"] and fold.start not in options["unfolded"])
    picture = diagram(facts, **sizes, folds=closed, refused=diagnosis, before=last)
    if before and before.facts is facts and before.closed == closed:
        beside = before.traits["rails"]
    else:
        beside = plain(rails(facts, closed), language) if facts.graphs else []
    return closed, picture, {"diagram": picture.to_dict_after(last, data, language), "rails": beside}


def edit_traits(model: keras.Model, language: str) -> dict[str, object]:
    """Return the traits about edits in a language: the current refusal, and part of the history."""
    if not isinstance(model, keras.Sequential):
        return {}
    steps, diagnosis = history(model), refused(model)
    first = -(-max(0, min(steps.position - _STEPS // 2, len(steps) - _STEPS)) // _STRIDE) * _STRIDE
    return {
        "refused": diagnosis.to_dict_in(language) if diagnosis else {},
        "form": diagram(diagnosis.form).to_dict(language) if diagnosis and diagnosis.form else {},
        "steps": {
            "first": first,
            "count": len(steps),
            "position": steps.position,
            "what": [translate(step.what_message, language) for step in steps[first : first + _STEPS]],
        },
    }


def _news(before: Stack, after: Stack) -> list[int]:
    """Return the positions of the added rows or, if none was added, of the rows that differ."""
    start = same(before.rows, after.rows)
    old = collections.Counter(row.path for row in before.rows[start:])
    came = []
    for position, row in enumerate(after.rows[start:], start):
        if old[row.path]:
            old[row.path] -= 1
        else:
            came.append(position)
    return came or [i for i, (a, b) in enumerate(zip(before.rows, after.rows, strict=False)) if a is not b and a != b]
