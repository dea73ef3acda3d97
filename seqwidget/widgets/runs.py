"""The traits and requests about training runs, of every panel that shows them."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeAlias

import keras
import traitlets

from ..errors import UserError
from ..i18n.messages import message
from ..model.records import plain
from ..model.session import part
from ..model.training_run import TrainingRun
from ..training.run_control import RunControl
from ..training.run_history import history_of
from ..training.run_setup import has_fixed_rate
from . import schema
from .records import Empty
from .requests import Answer, Handler, RequestData
from .switches import Switches
from .traits import choice, fact

Act: TypeAlias = Callable[[keras.Model, RunControl, RequestData], None]


class Runs(Switches):
    """The traits of training runs. A panel inherits these traits, and refreshes them with `_read_runs`."""

    ended: traitlets.List[dict[str, Any]] = traitlets.List().tag(**fact(list[TrainingRun]))
    """The runs that have ended."""
    current = traitlets.Dict().tag(**fact(TrainingRun | Empty))
    """The run that is under way; empty if there is none."""
    can_set_rate = traitlets.Bool().tag(**fact(bool))
    """Whether the learning rate is a number, which can be changed, and not a schedule."""
    stops_at_not_finite = traitlets.Bool().tag(**choice(schema.flag))

    _model: weakref.ref[keras.Model]

    def __init__(self, **values: object) -> None:
        self._reading = threading.RLock()
        self._ended: tuple[TrainingRun, ...] = ()  # the records of the trait `ended`
        super().__init__(**values)
        self.serve({name: self._control(act) for name, act in _ACTS.items()})

    @property
    def _answers_during_cells(self) -> bool:
        return bool(self.current)

    def _read_runs(self) -> bool:
        """Read the runs again, and return whether one has ended since the last time."""
        model = self._model()
        if model is None:
            return False
        with self._reading:  # fit and a request from the page may be in different threads
            before, known = self._ended, {run["number"]: run for run in self.ended}
            ended, current = history_of(model)
            same = {run.number for run in ended if any(run is one for one in before)} & known.keys()
            self._ended = ended
            with self.hold_sync():
                self.ended = [known[run.number] if run.number in same else plain(run, self.language) for run in ended]
                self.current = plain(current, self.language) if current else {}
                self.can_set_rate = model.compiled and has_fixed_rate(model)
                self.stops_at_not_finite = part(model, RunControl).stops_at_not_finite
        return [run.number for run in ended] != list(known)

    @traitlets.observe("stops_at_not_finite")
    def _stop_at_not_finite(self, _change: object) -> None:
        model = self._model()
        if model is not None:
            part(model, RunControl).stops_at_not_finite = self.stops_at_not_finite

    def _control(self, act: Act) -> Handler:
        """Return the handler of a request that is about the run under way."""

        def handle(request: RequestData) -> Answer:
            model = self._model()
            if model is None or history_of(model)[1] is None:
                msg = message("fit has ended, so nothing was done.")
                raise UserError(msg)
            act(model, part(model, RunControl), request)
            self._read_runs()
            return Answer()

        return handle


def _stop(_model: keras.Model, control: RunControl, request: RequestData) -> None:
    control.stop_after = request["after"]


def _pause(_model: keras.Model, control: RunControl, request: RequestData) -> None:
    control.is_paused = request["pause"]


def _set_rate(model: keras.Model, control: RunControl, request: RequestData) -> None:
    if not has_fixed_rate(model):
        msg = message("the learning rate of {model} follows a schedule, so it was not changed.", model=model.name)
        raise UserError(msg)
    control.rate = request["rate"]


_ACTS: dict[str, Act] = {"stop_fit": _stop, "pause_fit": _pause, "set_learning_rate": _set_rate}
