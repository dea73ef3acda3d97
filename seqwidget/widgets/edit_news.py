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
from ..keras_compat.inner_layers import every_layer
from ..model.refusal import Diagnosis
from ..render import formatting
from . import schema
from .base import open_of
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
    inner_edit: int = 0
    """The number of the last edit of a model inside this one, if that model has a panel of its own."""

    def is_ahead_of(self, other: _Seen, model: keras.Model) -> bool:
        """Return whether ``redo`` leads from the other step to this one."""
        if self.step is None or not isinstance(model, keras.Sequential):
            return False
        steps = history(model)
        return other.position < self.position < len(steps) and steps[self.position] is self.step


class EditNews(Runs):
    """The traits about the last edit. A panel inherits these traits, and refreshes them with `_read_edit`."""

    last_edit = traitlets.Int().tag(**fact(int))
    """The number of the last edit, counted over all models. A docked panel shows the model with the highest."""
    news = Sentence().tag(**sentences(str))
    """What the last edit changed."""
    toasts = traitlets.Bool(True).tag(**choice(schema.flag))
    """Whether the page says what an edit changed while no panel of the model is in view."""

    _seen: _Seen

    def dock(self) -> None:
        """Dock the panel beside the notebook, in JupyterLab and Notebook 7; other front ends ignore it.

        The docked panel shows this model, until another model with a panel is edited.
        """
        with self.hold_sync():
            self.last_edit, self.news = next(_edits), ""
        self.send({"dock": True})

    def shows_one_of(self, ids: set[int]) -> bool:
        """Return whether the panel shows one of the models with these ids."""
        return id(self._model()) in ids

    def _first_edit(self, model: keras.Model, facts: Stack, refused: Diagnosis | None) -> dict[str, object]:
        """Return the traits of a new panel, which reports what happens from now on."""
        self._seen = self._see(model, facts, refused)
        return {"last_edit": next(_edits)}

    def _read_edit(self, model: keras.Model, facts: Stack, refused: Diagnosis | None) -> None:
        """Set the traits if the model was edited, or if an edit was refused, since the last time."""
        before, self._seen = self._seen, self._see(model, facts, refused)
        if news := _news(before, self._seen, is_undone=before.is_ahead_of(self._seen, model)):
            self.last_edit = next(_edits)
            self.news = news

    def _see(self, model: keras.Model, facts: Stack, refused: Diagnosis | None) -> _Seen:
        if not isinstance(model, keras.Sequential):
            return _Seen(facts, refused, inner_edit=_last_edit_inside(model))
        steps = history(model)
        return _Seen(facts, refused, steps[steps.position], steps.position)


def _last_edit_inside(model: keras.Model) -> int:
    """Return the number of the last edit of the models inside a model that have a panel; 0 if there is none."""
    ids = {id(layer) for layer in every_layer(model) if layer is not model}
    return max((panel.last_edit for panel in open_of(EditNews) if panel.shows_one_of(ids)), default=0)


def _news(before: _Seen, now: _Seen, *, is_undone: bool) -> Text:
    """Return what changed since ``before``; empty if the model was not edited."""
    if now.refused is not None and now.refused is not before.refused:
        return message("{layer} was refused: {cause}", layer=now.refused.layer, cause=now.refused.cause_message)
    if now.step is None:
        is_edited = now.facts.rows != before.facts.rows and now.inner_edit == before.inner_edit
        return message("the model has changed") if is_edited else ""
    if now.step is before.step:
        return ""
    what = now.step.what_message
    if is_undone:
        what = message("back to: {what}", what=what)
    outputs = [row.output_shape for row in now.facts.rows if row.depth == 0]
    if not outputs or outputs[-1] is None:
        return what
    return message("{what} → {shape}", what=what, shape=formatting.cells(outputs[-1]))
