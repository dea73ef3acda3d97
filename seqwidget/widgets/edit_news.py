"""The traits that tell what the last edit of a model changed, and which model was edited last."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import keras
import traitlets

from ..editing.edits import history
from ..editing.step import Step
from ..i18n.messages import Text, message
from ..inspection.stack import Stack
from ..model.refusal import Diagnosis
from ..render import formatting
from . import schema
from .runs import Runs
from .traits import Sentence, choice, fact, sentences

_edits = itertools.count(1)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a panel last reported: the facts, the refusal and, for a Sequential, the step and its position."""

    facts: Stack
    refused: Diagnosis | None
    step: Step | None = None
    position: int = 0


class EditNews(Runs):
    """The traits about the last edit. A panel inherits these traits, and refreshes them with `_read_edit`."""

    last_edit = traitlets.Int().tag(**fact(int))
    """The number of the last edit among the edits of all models. A docked panel shows the model with the highest."""
    news = Sentence().tag(**sentences(str))
    """What the last edit changed."""
    toasts = traitlets.Bool(True).tag(**choice(schema.flag))
    """Whether the page says what an edit changed while no panel of the model is in view."""

    _seen: _Seen | None = None

    def dock(self) -> None:
        """Dock the panel beside the notebook, in JupyterLab and Notebook 7; other front ends ignore it.

        The docked panel shows this model, until another model with a panel is edited.
        """
        self.last_edit = next(_edits)
        self.send({"dock": True})

    def _read_edit(self, model: keras.Model, facts: Stack, refused: Diagnosis | None) -> None:
        """Set the traits if the model was edited, or if an edit was refused, since the last time."""
        before, now, is_undone = self._seen, _Seen(facts, refused), False
        if isinstance(model, keras.Sequential):
            steps = history(model)
            now = _Seen(facts, refused, steps[steps.position], steps.position)
            if before is not None and now.position < before.position < len(steps):
                is_undone = steps[before.position] is before.step
        self._seen = now
        news = _news(before, now, is_undone=is_undone) if before else ""
        if before is None or news:
            self.last_edit = next(_edits)
            self.news = news


def _news(before: _Seen, now: _Seen, *, is_undone: bool) -> Text:
    """Return what changed since ``before``; empty if the model was not edited."""
    if now.refused is not None and now.refused is not before.refused:
        return message("{layer} was refused: {cause}", layer=now.refused.layer, cause=now.refused.cause_message)
    if now.step is None:
        return message("the model has changed") if now.facts != before.facts else ""
    if now.step is before.step:
        return ""
    what = now.step.what_message
    if is_undone:
        what = message("back to: {what}", what=what)
    outputs = [row.output_shape for row in now.facts.rows if row.depth == 0]
    if not outputs or outputs[-1] is None:
        return what
    return message("{what} → {shape}", what=what, shape=formatting.cells(outputs[-1]))
