"""The Training panel: what ``fit`` is doing, live."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import keras
import traitlets

from ..editing.events import Event, FitProgressed
from ..errors import UserError
from ..i18n.messages import message
from ..model.records import plain
from ..model.session import part
from ..model.training_run import TrainingRun
from ..render.training_run import report, report_html
from ..training.run_control import RunControl
from ..training.run_setup import has_fixed_rate
from ..training.training_callback import end_early, history_of, runs
from . import schema
from .records import Empty
from .requests import Answer, Handler, RequestData
from .show import stand_in, update_static
from .summary import Panels, Summary
from .traits import choice, fact

Act: TypeAlias = Callable[[keras.Model, RunControl, RequestData], None]


class Training(Summary):
    """A live panel of the training runs of a model: curves, and how much each layer changes.

    While the panel is open, it shows each ``fit`` of a ``keras.Sequential`` as it runs. For any
    other model, pass a `seqwidget.TrainingCallback` to ``fit``. The panel can stop and pause
    ``fit`` and set the learning rate, if the kernel handles widget messages while a cell is running.

    Parameters
    ----------
    model : keras.Model
        The model. As in `seqwidget.Summary`, a ``keras.Sequential`` is watched. A model has one
        Training panel.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    >>> model.compile("sgd", "mse")
    >>> panel = seqwidget.Training(model)
    >>> history = model.fit(np.zeros((8, 4)), np.zeros((8, 2)), epochs=2, verbose=0)
    >>> [(run.state, run.epoch) for run in seqwidget.runs(model)]
    [('finished', 2)]
    >>> panel.close()
    """

    component = traitlets.Unicode("training").tag(sync=True)

    ended: traitlets.List[dict[str, Any]] = traitlets.List().tag(**fact(list[TrainingRun]))
    """The runs that have ended."""
    current = traitlets.Dict().tag(**fact(TrainingRun | Empty))
    """The run that is under way; empty if there is none."""
    can_set_rate = traitlets.Bool().tag(**fact(bool))
    """Whether the learning rate is a number, which can be changed, and not a schedule."""
    stops_at_not_finite = traitlets.Bool().tag(**choice(schema.flag))

    def __init__(self, model: keras.Model) -> None:
        is_new = not hasattr(self, "_look")
        self._reading = threading.RLock()
        super().__init__(model)
        if is_new:
            part(model, RunControl).is_observed = True
            self._read_runs()
            self.serve({name: self._control(act) for name, act in _ACTS.items()})

    def _send(self, msg: object, buffers: Sequence[memoryview] | None = None) -> None:
        super()._send(msg, buffers)
        if self.current and self.comm is not None:
            # JupyterLab sends its requests to a thread of their own, but ipykernel passes them to the
            # thread that wrote last. That is the thread of fit, which cannot answer before its end.
            self.comm.__dict__.pop("_reply_subshell_id", None)

    def _hear(self, event: Event) -> None:
        if isinstance(event, FitProgressed):
            self._read_runs()
        else:
            super()._hear(event)

    def refresh(self) -> None:
        """Read the model and its runs again, and send all changes to the views."""
        super().refresh()
        self._read_runs()

    def refresh_if_changed(self) -> bool:
        """Read the model again if a cheap check finds a change; return whether it did.

        This is called at the end of a cell, so a ``fit`` of a model that is not watched has ended, too.
        """
        model = self._model()
        if model is not None:
            end_early(model)
        return super().refresh_if_changed()

    def _read_runs(self) -> None:
        model = self._model()
        if model is None:
            return
        with self._reading:  # fit and a request of the page may be in different threads
            known = {run["number"]: run for run in self.ended}
            ended, current = history_of(model)
            with self.hold_sync():
                self.ended = [known.get(run.number) or plain(run, self.language) for run in ended]
                self.current = plain(current, self.language) if current else {}
                self.can_set_rate = model.compiled and has_fixed_rate(model)
        if self.twin_ids and [run.number for run in ended] != list(known):
            update_static(self, self._static_bundle())

    def _translate_again(self) -> None:
        super()._translate_again()
        self.ended = []
        self._read_runs()

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

    def close(self) -> None:
        """Remove the widget from all places where it is shown, and stop measuring."""
        model = getattr(self, "_model", lambda: None)()
        if model is not None and part(model, Panels).get(self._kind) is self:
            control = part(model, RunControl)
            control.is_observed = control.stops_at_not_finite = control.is_paused = False
        super().close()

    def _static_bundle(self) -> dict[str, str]:
        model = self._model()
        found = runs(model) if model is not None else ()
        return {"text/html": stand_in(report_html(self._look.facts.name, found), self.number), "text/plain": repr(self)}

    def __repr__(self) -> str:
        model = self._model()
        return report(self._look.facts.name, runs(model) if model is not None else ())


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
