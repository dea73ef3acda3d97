"""A callback that records what ``fit`` does, and that stops or pauses it on request."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import replace

import keras

from ..checks import describe
from ..editing import fit_guard
from ..editing.events import FitProgressed, send
from ..errors import NotAModelError
from ..i18n.messages import Text
from ..model.session import part
from ..model.training_run import Curve, NotFinite, RunState, TrainingRun
from .run_control import RunControl
from .run_notes import mismatches, notes
from .run_setup import RunSetup, current_rate, differences
from .thinned_curve import ThinnedCurve
from .update_ratios import UpdateRatios

_SHARE = 0.02  # of the time of fit: at most this part is spent on measuring, and the same on sending
_PERIOD = 0.25  # seconds between two events
_KEPT = 20  # runs of a model
_WAIT = 0.05  # seconds between two looks during a pause


class Recorded:
    """The part of a model's session that has its runs, and the setup of the last one."""

    def __init__(self) -> None:
        self.ended: list[TrainingRun] = []
        self.current: TrainingCallback | None = None
        self.setup: RunSetup | None = None
        self.count = 0


class TrainingCallback(keras.callbacks.Callback):
    """Record what ``fit`` does: metrics, learning rate, and how much each layer changes.

    A watched ``keras.Sequential`` that is shown in a panel needs no callback: its ``fit`` is
    recorded. This callback does the same for any Keras model, also outside notebooks. It does not
    change the results of ``fit``.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    >>> model.compile("sgd", "mse")
    >>> recorded = seqwidget.TrainingCallback()
    >>> history = model.fit(np.zeros((8, 4)), np.zeros((8, 2)), epochs=2, verbose=0, callbacks=[recorded])
    >>> recorded.run.state, recorded.run.epoch
    ('finished', 2)
    """

    async_safe = True  # Keras may then call on_train_batch_end in another thread, as without this callback

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._is_recording = False
        self._ended: TrainingRun | None = None

    @property
    def run(self) -> TrainingRun | None:
        """The run that this callback records or has recorded last; ``None`` before ``fit``."""
        return self._snapshot() if self._is_recording else self._ended

    def on_train_begin(self, *_logs: object) -> None:
        """Start a record, unless another callback records this ``fit``."""
        model = self.model
        recorded = part(model, Recorded)
        end_early(model)
        if recorded.current is not None:
            return
        setup, before = RunSetup.of(model), recorded.setup
        recorded.count += 1
        recorded.setup, recorded.current = setup, self
        self._trained, self._control = model, part(model, RunControl)
        self._control.forget()
        self.thread = threading.get_ident()
        self._first = TrainingRun(
            recorded.count,
            tuple(differences(before, setup)) if before else (),
            epochs=self.params.get("epochs") or 1,
            steps=self.params.get("steps"),
        )
        self._mismatches = tuple(mismatches(model))
        self._curves: dict[str, ThinnedCurve] = {}
        self._ratios: UpdateRatios | None = None
        self._epoch, self._batch, self._before_epoch = 0, 0, 0
        self._epoch_ends: list[int] = []
        self._logs: list[Mapping[str, float | None]] = []
        self._rates: list[float | None] = []
        self._not_finite: NotFinite | None = None
        self._bad: NotFinite | None = None  # found in another thread, and not looked into yet
        self._start, self._paused = time.perf_counter(), 0.0
        self._next_look = self._next_event = self._cost = 0.0
        self._is_looking = False
        self._is_recording = True
        if fit_guard.busy(model):  # an error or Ctrl-C ends a fit without a call of on_train_end
            fit_guard.when_idle(model, lambda: self.end("interrupted"))
        self._publish()

    def on_epoch_begin(self, epoch: int, *_logs: object) -> None:
        """Count the batches from here."""
        if self._is_recording:
            self._epoch, self._before_epoch = epoch, self._batch

    def on_train_batch_begin(self, batch: int, **_logs: object) -> None:
        """Measure, send and obey between two batches, in the thread of ``fit``."""
        if not self._is_recording:
            return
        control, now, done = self._control, time.perf_counter(), self._before_epoch + batch
        if self._is_looking or (control.is_observed and done and now >= self._next_look):
            self._look(now, done)
        self._look_into_not_finite()
        if control.is_observed and now >= self._next_event:
            self._publish()
        if control.rate is not None:
            self.model.optimizer.learning_rate, control.rate = control.rate, None
        if control.is_paused:
            self._pause()
        if control.stop_after == "batch":
            self.model.stop_training = True

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Record the metrics of a batch; Keras may call this in another thread, and in another order."""
        if not self._is_recording:
            return
        with self._lock:
            at = self._before_epoch + batch + 1
            self._batch = max(self._batch, at)
            for name, value in (logs or {}).items():
                if not isinstance(value, float):
                    continue
                curve = self._curves.get(name)
                if curve is None:
                    curve = self._curves[name] = ThinnedCurve()
                curve.add(at, value)
                if not math.isfinite(value) and self._not_finite is None:
                    bad = tuple(key for key, one in (logs or {}).items() if isinstance(one, float) and not math.isfinite(one))
                    self._not_finite = self._bad = NotFinite(self._epoch + 1, at, bad, ())

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Record the metrics of an epoch."""
        if not self._is_recording:
            return
        if self._is_looking:
            self._look(time.perf_counter(), self._batch)
        self._look_into_not_finite()
        known = {key: float(value) for key, value in (logs or {}).items() if isinstance(value, int | float)}
        with self._lock:
            self._epoch = epoch
            self._epoch_ends.append(self._batch)
            self._logs.append({key: value if math.isfinite(value) else None for key, value in known.items()})
            self._rates.append(current_rate(self.model))
        if self._control.stop_after == "epoch":
            self.model.stop_training = True
        self._publish()

    def on_train_end(self, *_logs: object) -> None:
        """End the record."""
        if self._is_recording:
            is_whole = self._epoch + 1 >= self._first.epochs and self._control.stop_after is None
            self.end("finished" if is_whole else "stopped")

    def end(self, state: RunState) -> None:
        """Keep the record of the run, and stop recording. Do nothing if it has ended."""
        if not self._is_recording:
            return
        recorded = part(self._trained, Recorded)
        self._ended, self._is_recording = self._snapshot(state), False
        if recorded.current is self:
            recorded.current = None
        recorded.ended = [*recorded.ended, self._ended][-_KEPT:]
        send(FitProgressed(self._trained))

    def _look(self, start: float, batch: int) -> None:
        """Measure the layers: copy the weights before a batch, and compare them after it."""
        if self._ratios is None:
            self._ratios = UpdateRatios(self.model)
        if self._is_looking:
            self._ratios.finish(batch)
        else:
            self._ratios.start()
        now = time.perf_counter()
        self._cost = now - start + (self._cost if self._is_looking else 0.0)
        self._next_look = now + self._cost / _SHARE
        self._is_looking = not self._is_looking

    def _look_into_not_finite(self) -> None:
        bad, self._bad = self._bad, None
        if bad is None:
            return
        layers = (self._ratios or UpdateRatios(self.model)).not_finite()
        self._not_finite = replace(bad, layers=layers)
        if self._control.stops_at_not_finite:
            self.model.stop_training = True

    def _pause(self) -> None:
        start = time.perf_counter()
        self._publish()
        while self._control.is_paused and self._control.stop_after is None:
            time.sleep(_WAIT)
        self._paused += time.perf_counter() - start
        self._publish()

    def _publish(self) -> None:
        start = time.perf_counter()
        send(FitProgressed(self._trained))
        now = time.perf_counter()
        self._next_event = now + max(_PERIOD, (now - start) / _SHARE)

    def _snapshot(self, state: RunState | None = None) -> TrainingRun:
        is_paused = self._control.is_paused and self._control.stop_after is None
        with self._lock:
            run = replace(
                self._first,
                state=state or ("paused" if is_paused else "running"),
                epoch=self._epoch + 1,
                steps=self._first.steps or (self._epoch_ends[0] if self._epoch_ends else None),
                batch=self._batch,
                seconds=time.perf_counter() - self._start - self._paused,
                curves=tuple(Curve(name, curve.points) for name, curve in self._curves.items()),
                epoch_ends=tuple(self._epoch_ends),
                logs=tuple(self._logs),
                learning_rates=tuple(self._rates),
                layers=self._ratios.layers if self._ratios else (),
                not_finite=self._not_finite,
            )
        found: tuple[Text, ...] = (*notes(run), *self._mismatches)
        return replace(run, notes_messages=found)


def runs(model: keras.Model) -> tuple[TrainingRun, ...]:
    """Return the recorded training runs of a model, the latest last.

    A run is recorded if a panel shows the model, which must be a ``keras.Sequential``, or if
    ``fit`` gets a `TrainingCallback`. The last 20 are kept for as long as the model lives.

    Parameters
    ----------
    model : keras.Model
        The model.

    Returns
    -------
    tuple of TrainingRun
        The runs. During ``fit``, the last one is what has been recorded so far.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    >>> seqwidget.runs(model)
    ()
    """
    if not isinstance(model, keras.Model):
        msg = f"runs expected a Keras model, received {describe(model)}; pass the model itself."
        raise NotAModelError(msg)
    recorded = part(model, Recorded)
    current = recorded.current and recorded.current.run
    return (*recorded.ended, current) if current else tuple(recorded.ended)


def record(model: keras.Model) -> None:
    """Record each later ``fit`` of a watched model."""
    part(model, fit_guard.FitCallbacks)[TrainingCallback] = TrainingCallback


def record_no_more(model: keras.Model) -> None:
    """Undo `record`."""
    part(model, fit_guard.FitCallbacks).pop(TrainingCallback, None)


def end_early(model: keras.Model) -> None:
    """End the record of a ``fit`` that an error or Ctrl-C has left; call it when no ``fit`` runs in this thread."""
    current = part(model, Recorded).current
    if current is not None and current.thread == threading.get_ident():
        current.end("interrupted")
