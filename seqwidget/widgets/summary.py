"""The Summary panel: a live layer table and shape diagram of one model."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import keras
import traitlets

from ..editing import fit_guard
from ..editing.events import EpochEnded, Event, FitProgressed, subscribe
from ..editing.refusals import refused
from ..editing.sequential import Live
from ..editing.transaction import settle
from ..editing.watching import unwatch, watch
from ..errors import UserError
from ..i18n.messages import message
from ..inspection.inspect import inspect
from ..keras_compat.inner_layers import sublayers
from ..lint.silence import silenced
from ..model.folds import Fold
from ..model.measured_time import MeasuredTime
from ..model.records import Facts, plain
from ..model.refusal import Diagnosis
from ..model.session import part
from ..render.columns import COLUMNS
from ..render.diagram import Diagram
from ..render.picture_options import LAYOUTS, THEME_NAMES
from ..render.rail import Rail
from ..render.scales import LIVE_COLOR_BY, SIZE_BY
from ..training.layer_times import last_times
from ..training.recording import record, stop_recording
from ..training.run_control import RunControl
from ..training.run_history import end_early
from . import schema
from .base import could_not_read, open_of
from .commands import ACTS, CHANGES, MEASURED, measure_time, measured
from .edit_news import EditNews
from .idle import Work, soon
from .records import Empty, Steps
from .requests import Answer, RequestData
from .requests import Steps as RequestSteps
from .show import show, stand_in
from .summary_traits import draw_stack, edit_traits, panel_state
from .switches import SWITCHES
from .traits import Sentence, choice, fact, sentences
from .watcher import watch as watch_again


class Summary(EditNews):
    """A live layer table and shape diagram of a model.

    The panel updates after every ``add`` and ``pop``, even while a cell runs, and after all other
    changes at the end of the cell. A model has one summary: a second call returns the same widget,
    which can be shown in many places. As soon as ``fit``
    runs, the panel has a second tab with what `seqwidget.Training` shows.

    Parameters
    ----------
    model : keras.Model
        The model. A ``keras.Sequential`` is watched as with `seqwidget.watch`; any other model is
        read again at the end of each cell. The widget does not keep the model alive.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv")])
    >>> panel = seqwidget.Summary(model)
    >>> panel.close()
    """

    component = traitlets.Unicode("summary").tag(sync=True)

    stack = traitlets.Dict().tag(**fact(Facts))
    diagram = traitlets.Dict().tag(**fact(Diagram))
    folds: traitlets.List[dict[str, object]] = traitlets.List().tag(**fact(list[Fold]))
    rails: traitlets.List[dict[str, object] | None] = traitlets.List().tag(**fact(list[Rail | None]))
    flow: traitlets.List[list[int]] = traitlets.List().tag(**fact(list[tuple[int, int]]))
    remarks: traitlets.List[str] = traitlets.List().tag(**fact(list[str]))
    changed: traitlets.List[int] = traitlets.List().tag(**fact(list[int]))
    edit = traitlets.Int().tag(**fact(int))
    refused = traitlets.Dict().tag(**fact(Diagnosis | Empty))
    form = traitlets.Dict().tag(**fact(Diagram | Empty))
    """The diagram of the functional model that could contain a refused layer; empty without one."""
    steps = traitlets.Dict().tag(**fact(Steps | Empty))
    silent: traitlets.List[str] = traitlets.List().tag(**fact(list[str]))
    times = traitlets.Dict().tag(**fact(MeasuredTime | Empty))
    """The times of the rows that were measured last; empty if none were measured, or if the model had other layers."""
    gone = Sentence().tag(**sentences(str))
    error = Sentence().tag(**sentences(str))
    size_by = traitlets.Enum(tuple(SIZE_BY), "shape").tag(**choice(schema.one_of(SIZE_BY)))
    color_by = traitlets.Enum(tuple(LIVE_COLOR_BY), "kind").tag(**choice(schema.one_of(LIVE_COLOR_BY)))
    theme = traitlets.Enum(tuple(THEME_NAMES), "any").tag(**choice(schema.one_of(THEME_NAMES)))
    arrangement = traitlets.Enum(tuple(LAYOUTS), "wrapped").tag(**choice(schema.one_of(LAYOUTS)))
    folded = traitlets.Bool().tag(**choice(schema.flag))
    unfolded = traitlets.List(traitlets.Int()).tag(**choice(schema.positions))
    """The first rows of the folds that are open while the others are collapsed."""
    selected = traitlets.Int(-1).tag(**choice(schema.offset))
    hovered = traitlets.Int(-1).tag(**choice(schema.offset))
    hidden_columns = traitlets.List(traitlets.Unicode(), [column.id for column in COLUMNS if column.hidden]).tag(
        **choice(schema.names)
    )

    shows_runs: ClassVar = True

    def __new__(cls, model: keras.Model) -> Summary:  # noqa: D102, PYI034  one panel per model and kind
        known = _panels(model).get(cls)
        if known is not None:
            return known
        panel = super().__new__(cls)
        panel._kind = cls  # not type(panel): traitlets changes the class when traits are added
        return panel

    def __init__(self, model: keras.Model) -> None:
        if _panels(model).get(self._kind) is self:
            return
        facts = inspect(model)
        self._stamp, self.is_due = _stamp(model), False
        self._adopts = not isinstance(model, Live)
        self._model = weakref.ref(model, self._lose)
        part(model, Panels)[self._kind] = self
        if isinstance(model, keras.Sequential):
            watch(model)
            record(model)
        self._panel = panel_state(facts, refused(model), self.language, {**self._options(), "folded": None})
        folded = self._panel.options["folded"]
        first = {**edit_traits(model, self.language), **self._first_edit(model, facts, self._panel.refused)}
        super().__init__(folded=folded, **self._panel.traits, **first, silent=silenced())
        self._unsubscribe = subscribe(model, self._hear)
        self._read_switches(model, facts.stale_message)
        self.read_times()
        if self.shows_runs:
            part(model, RunControl).is_observed = True
            self._read_runs()
        watch_again(_refresh_again)
        self.serve({name: functools.partial(self._act, act) for name, act in {**ACTS, **SWITCHES}.items()})
        self.serve({"measure_time": self._measure_time})

    def _hear(self, event: Event) -> None:
        if isinstance(event, FitProgressed):
            if self.shows_runs:
                self._read_runs()
        elif not isinstance(event, EpochEnded):  # it changes weights, which this panel does not show
            self.refresh()

    def refresh(self) -> None:
        """Read the model again, and send all changes to the views."""
        model = self._model()
        if model is None:
            return
        try:
            settle(model)
            facts, diagnosis = inspect(model), refused(model)
            self._read_switches(model, facts.stale_message)
            self.error = ""
        except Exception as error:  # noqa: BLE001  a view shows its error; it must not stop a cell
            self.error = could_not_read(error)
            return
        before = self._panel
        with self.hold_sync():
            if (facts, diagnosis) != (before.facts, before.refused):
                self._panel = panel_state(facts, diagnosis, self.language, self._options(), before)
            self._publish({**self._panel.traits, **edit_traits(model, self.language), "silent": silenced()})
            self._read_edit(model, facts, diagnosis)
            self.read_times()
            if self.shows_runs:
                self._read_runs()

    def _publish(self, traits: Mapping[str, object]) -> None:
        """Set traits; after an interrupt, the next refresh sets the rest from `_panel`."""
        for name, value in traits.items():
            self.set_trait(name, value)

    def look_if_due(self) -> None:
        """Refresh the panel if a cell may have changed its model since the last time."""
        if self.is_due:
            self.is_due = False
            self.refresh()

    def refresh_if_changed(self) -> bool:
        """Read the model again if a cheap check of its state and flags finds a change; return whether it did.

        This is called at the end of a cell, so a ``fit`` of a model that is not watched has ended, too.
        """
        model = self._model()
        if model is not None:
            end_early(model)
        changed = model is not None and self._stamp != (now := _stamp(model))
        if changed:
            self._stamp = now
            self.refresh()
        return changed

    def _translate_again(self) -> None:
        self._panel = panel_state(self._panel.facts, self._panel.refused, self.language, self._options())
        self._publish({**self._panel.traits, **edit_traits(self._model(), self.language)})
        self.read_times()
        if self.shows_runs:
            self.ended = []
            self._read_runs()

    @traitlets.observe("size_by", "color_by", "folded", "unfolded")
    def _draw(self, _change: object) -> None:
        state, options = self._panel, self._options()
        if options == state.options:
            return  # for example when the traits get their first values
        closed, picture, drawn = draw_stack(state.facts, state.folds, state.refused, self.language, options, state)
        self._panel = replace(state, options=options, closed=closed, picture=picture, traits={**state.traits, **drawn})
        self._publish(drawn)

    def _options(self) -> dict[str, Any]:
        values = measured(self._model(), self._panel.facts, self.color_by) if self.color_by in MEASURED else {}
        chosen = {name: getattr(self, name) for name in ("size_by", "color_by", "folded", "unfolded")}
        return {**chosen, "measured": values}

    def _read_runs(self) -> bool:
        if self.color_by == "update_ratio":
            self._draw(None)
        return super()._read_runs()

    def _act(self, act: Callable[[keras.Model, RequestData], Answer], question: RequestData) -> Answer:
        model = self._model()
        if model is None:
            raise UserError(self.gone)
        if act in CHANGES:
            fit_guard.check_idle(model)
        try:
            return act(model, {**question, "language": self.language})
        finally:
            refresh_all()  # the panels of models that contain this one show it too
            self.look_if_due()

    def _measure_time(self, question: RequestData) -> RequestSteps:
        model = self._model()
        if model is None:
            raise UserError(self.gone)
        answer = yield from measure_time(model, question)
        for panel in _panels(model).values():
            panel.read_times()
        return answer

    def read_times(self) -> None:
        """Show the times that were measured last."""
        model = self._model()
        found = last_times(model, self._panel.facts) if model is not None else None
        self.times = plain(found, self.language) if found else {}
        if self.color_by == "measured_time":
            self._draw(None)

    def _lose(self, _reference: object) -> None:
        self.gone = message("the model was deleted")

    def close(self) -> None:
        """Remove the widget from all places where it is shown, and stop following the model."""
        model = getattr(self, "_model", lambda: None)()
        panels = _panels(model)
        getattr(self, "_unsubscribe", lambda: None)()
        if panels.get(self._kind) is self:
            del panels[self._kind]
            for other in panels.values():
                other._adopts |= self._adopts  # noqa: SLF001  the last panel to close calls unwatch
            if not any(other.shows_runs for other in panels.values()):
                part(model, RunControl).end_watching()
            if not panels:
                stop_recording(model)
            if self._adopts and not panels:
                unwatch(model)
        super().close()

    def show(self) -> None:
        """Show the panel below the running cell; in a terminal, print the plain table."""
        show(self)

    def _ipython_display_(self) -> None:
        show(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, object], dict[str, object]] | None:
        found = super()._repr_mimebundle_(**kwargs)
        if found is None:
            return None
        self.look_if_due()
        data, metadata = found
        return {**data, **self._static_bundle()}, metadata

    def _static_bundle(self) -> dict[str, str]:
        """Return the output to show where there is no kernel: the static panel and the plain table."""
        return {"text/html": stand_in(self._panel.facts.to_html(), self.number), "text/plain": repr(self)}

    def __repr__(self) -> str:
        self.look_if_due()
        return "\n".join(map(str, filter(None, (self._panel.facts, self._panel.refused))))


def _stamp(model: keras.Model) -> tuple[object, ...]:
    """Return a cheap fingerprint of the state and the trainable flags of a model."""
    layers = [model]
    for layer in layers:
        layers += sublayers(layer)
    functions = (id(getattr(model, "optimizer", None)), id(getattr(model, "train_function", None)))
    return (model.name, model.built, model.compiled, *functions, *((id(layer), layer.trainable) for layer in layers))


class Panels(dict[type, Summary]):
    """The part of a model's session that holds its panels, by their class."""


def _panels(model: keras.Model) -> dict[type, Summary]:
    return part(model, Panels) if isinstance(model, keras.Model) else {}


def _refresh_again() -> bool:
    """Refresh the panels whose model has changed, and return whether any panel exists."""
    for panel in _all():
        panel.refresh_if_changed()
    return bool(_all())


def refresh_all() -> None:
    """Refresh every panel: at once if a cheap check finds a change, the others when idle.

    A cell usually changes few models. Reading every model that is shown would delay the next cell.
    """
    for panel in _all():
        panel.is_due = not panel.refresh_if_changed()
    soon(Work(_read_due()).start)


def _read_due() -> Generator[None, None, None]:
    for panel in _all():
        panel.look_if_due()
        yield


def close_all() -> None:
    """Close every panel."""
    for panel in _all():
        panel.close()


def _all() -> list[Summary]:
    return open_of(Summary)
