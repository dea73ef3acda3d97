"""A callback that records what ``fit`` does, and that stops or pauses it on request."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import replace

import keras

from ..editing import fit_guard
from ..editing.events import EpochEnded, FitProgressed, send
from ..editing.sequential import Live
from ..i18n.messages import Text, message
from ..keras_compat.batch_probe import Data, waits_for_steps
from ..model.session import part
from ..model.training_run import NotFinite, RunState, TrainingRun
from . import bad_batch
from .batch_counter import BatchCounter
from .dead_units import Probe
from .epoch_log import EpochLog
from .metric_curves import MetricCurves, numbers
from .run_control import RunControl
from .run_history import RunHistory, end_early
from .run_notes import mismatches, notes, notes_on_layers
from .run_setup import RunSetup, current_rate, differences, switched
from .safe_callback import safe
from .update_ratios import ALWAYS, UpdateRatios, estimated_cost, not_finite

_SHARE = 0.0015  # of the time of fit: at most this part goes into each kind of measurement, and twice as much into sending
_PERIOD = 0.25  # seconds between two events
_WAIT = 0.05  # seconds between two checks during a pause


class TrainingCallback(keras.callbacks.Callback):
    """Record what ``fit`` does: metrics, learning rate, and how much each layer changes.

    A watched ``keras.Sequential`` that is shown in a panel needs no callback: its ``fit`` is
    recorded. This callback does the same for any Keras model, and also works outside notebooks
    and in a ``keras.callbacks.CallbackList`` of your own training loop. It does not change the
    results of ``fit``.

    Parameters
    ----------
    probe : array, optional
        Samples for the share of dead and saturated units, as in `seqwidget.Training`.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    >>> model.compile("sgd", "mse")
    >>> recorded = seqwidget.TrainingCallback()
    >>> history = model.fit(np.zeros((8, 4)), np.zeros((8, 2)), epochs=2, verbose=0, callbacks=[recorded])
    >>> recorded.run.state, recorded.run.epoch
    ('finished', 2)
    """

    def __init__(self, *, probe: object | None = None) -> None:
        super().__init__()
        self._chosen = probe
        self._lock = threading.Lock()
        self._is_recording = False
        self._ended: TrainingRun | None = None

    @property
    def async_safe(self) -> bool:
        """Whether Keras may call `on_train_batch_end` in another thread, as it does without this callback.

        A device can then begin the next step earlier. Where each step ends before the next one in
        any case, this is False, because changing threads would take longer than this callback.
        """
        return not waits_for_steps()

    @property
    def run(self) -> TrainingRun | None:
        """The run that this callback records or has recorded last; ``None`` before ``fit``."""
        return self._snapshot() if self._is_recording else self._ended

    @safe
    def on_train_begin(self, *_: object, **_logs: object) -> None:
        """Start a record, unless another callback records this ``fit``, or it has no epoch."""
        self.end("interrupted")
        model, params = self.model, self.params or {}
        history = part(model, RunHistory)
        end_early(model)
        given = part(model, fit_guard.FitArguments).given
        if history.current is not None or (given.get("initial_epoch") or 0) >= params.get("epochs", math.inf):
            return
        setup, before = RunSetup.of(model), history.setup
        part(model, fit_guard.FitArguments).is_recorded = True
        self._trained, self._control = model, part(model, RunControl)
        self._setup, self._optimizer = setup, model.optimizer
        self._control.forget()
        self.thread = threading.get_ident()
        self._first = TrainingRun(
            history.count + 1,
            tuple(differences(before, setup)) if before else (),
            epochs=params.get("epochs") or 1,
            steps=params.get("steps"),
        )
        self._mismatches = tuple(mismatches(model))
        self._probe = Probe(self._control.probe if self._chosen is None else self._chosen, given)
        # An update of the weights is then not the same as a batch.
        self._has_other_updates = bool(getattr(model.optimizer, "gradient_accumulation_steps", None))
        self._ratios: UpdateRatios | None = None
        self._first_epoch: int | None = None
        self._epoch, self._count = 0, BatchCounter(model, self._first.steps)
        self._curves, self._epochs = MetricCurves(self._count), EpochLog()
        self._found: NotFinite | None = None  # in a thread that must not read weights
        self._bad: Data | None = None
        self._not_finite: NotFinite | None = None
        self._failure: Text = ""
        bad_batch.begin(model)
        last_bad = history.ended[-1].not_finite if history.ended else None
        self._were_weights_bad = bool(last_bad and last_bad.layers and not_finite(model))
        self._start, self._paused = time.perf_counter(), 0.0
        self._pause_start: float | None = None
        self._next = self._next_event = self._cost = self._spent = self._sending = 0.0
        # The first measurement, too, waits until its share of the time allows it, but each run has one in its first epoch.
        self._next_look = self._start + (history.cost or estimated_cost(model)) / _SHARE
        self._look_by: float = self._count.last_execution
        self._is_looking, self._is_recording = False, True
        with history.lock:
            history.count, history.setup, history.current = self._first.number, setup, self
        if fit_guard.busy(model):  # an error or Ctrl-C ends a fit without a call of on_train_end
            fit_guard.when_idle(model, self._end_early)
        self._publish()

    @safe
    def on_epoch_begin(self, epoch: int, *_: object, **_logs: object) -> None:
        """Count the batches from here."""
        if self._is_recording:
            self._epoch = epoch
            with self._lock:
                self._curves.settle()  # in a loop that does not report the ends of epochs
                self._count.begin_epoch(self.model)
            self._look_by = self._count.last_execution if self._spent <= ALWAYS else math.inf
            if self.model.optimizer is not self._optimizer:  # `TrainableCallback` has made another one
                self._optimizer, before, self._setup = self.model.optimizer, self._setup, RunSetup.of(self.model)
                changes = (
                    message("{change} at epoch {epoch}", change=one, epoch=epoch + 1) for one in switched(before, self._setup)
                )
                with self._lock:
                    self._first = replace(self._first, changes_messages=(*self._first.changes_messages, *changes))
            self._first_epoch = epoch if self._first_epoch is None else self._first_epoch

    @safe
    def on_train_batch_begin(self, batch: int, *_: object, **_logs: object) -> None:
        """Take measurements, send progress and apply requests, in the thread of ``fit``."""
        if not self._is_recording:
            return
        done, control = self._count.begin(batch), self._control
        if (
            (control.is_observed and (time.perf_counter() >= self._next or done >= self._look_by))
            or (self._is_looking or self._found is not None)
            or (control.is_paused or control.rate is not None or control.stop_after is not None)
        ):
            self._act(done)

    def _act(self, done: int) -> None:
        control, now = self._control, time.perf_counter()
        is_due = now >= self._next_look or done >= self._look_by
        if self._is_looking or (control.is_observed and done and is_due):
            self._look(now, done)
        if self._found is not None:
            self._look_into_not_finite()
        if control.is_observed and now >= self._next_event:
            self._publish()
        self._next = min(self._next_look, self._next_event)
        if control.is_paused:
            self._pause()
        if control.rate is not None:
            self.model.optimizer.learning_rate, control.rate = control.rate, None
        if control.stop_after == "batch":
            self.model.stop_training = True

    @safe
    def on_train_batch_end(self, batch: int, logs: Mapping[str, object] | None = None) -> None:
        """Record the metrics of a batch; Keras may call this in another thread, and in another order."""
        if not self._is_recording:
            return
        logs = dict(logs or {})  # a copy: other callbacks may change what they get
        is_much = self._curves.add(batch, logs)
        for value in logs.values():
            if type(value) is not float or value - value != 0.0:  # not finite, or not a number of Python
                self._find(batch, numbers(logs))
                break
        if is_much:
            with self._lock:
                self._curves.settle()

    def _find(self, batch: int, values: Mapping[str, float]) -> None:
        """Record the first metrics that are not finite."""
        bad = tuple(name for name, value in values.items() if not math.isfinite(value))
        if not bad:
            return
        with self._lock:
            at = self._count.last_of(self._count.before_epoch, batch)
            if self._not_finite is None and (self._found is None or at < self._found.batch):
                self._bad = bad_batch.batch_of(self._trained, at)
                self._found = NotFinite(self._epoch + 1, at, bad, (), at_once=self._count.at_once)
        if self._control.stops_at_not_finite:
            self._trained.stop_training = True

    def _end_epoch(self, model: keras.Model, *, is_over: bool = True) -> None:
        """Record all batches of an epoch that has ended, or was broken off."""
        self._curves.settle_epoch(model, is_over=is_over)
        done = self._count.done
        if self._ratios is not None:
            self._ratios.end_at(done)
        self._found = bad_batch.not_after(self._found, done)
        self._not_finite = bad_batch.not_after(self._not_finite, done)

    @safe
    def on_epoch_end(self, epoch: int, logs: Mapping[str, object] | None = None) -> None:
        """Record the metrics of an epoch."""
        if not self._is_recording:
            return
        now = time.perf_counter()
        with self._lock:
            self._end_epoch(self.model)
        if self._is_looking:
            self._look(now, self._count.done)
        if self._found is not None:
            self._look_into_not_finite()
        known = {name: float(value) for name, value in (logs or {}).items() if isinstance(value, int | float)}
        rate = current_rate(self.model)
        with self._lock:
            self._epoch = epoch
            if not self.model.stop_training:
                self._count.check(epoch + 1)
            log = {name: value if math.isfinite(value) else None for name, value in known.items()}
            self._epochs.add(self._count.done, log, rate)
        if self._control.is_observed:
            self._ratios = self._ratios or UpdateRatios(self.model)
            self._ratios.count(epoch + 1, _SHARE)
        if self._control.is_observed or self._chosen is not None:
            self._probe.after_epoch(self.model, epoch + 1, now - self._start - self._paused, self._count.done, _SHARE)
        if self._control.stop_after is not None:
            self.model.stop_training = True
        if not isinstance(self.model, Live):  # which sends it itself, even if nothing records its fit
            send(EpochEnded(self.model, epoch, known))
        if self._control.is_observed and now >= self._next_event:
            self._publish()

    @safe
    def on_train_end(self, *_: object, **_logs: object) -> None:
        """End the record."""
        if not self._is_recording:
            return
        is_last = self._first_epoch is None or self._epoch + 1 >= self._first.epochs
        count, steps = self._count, self._count.planned or self._epochs.first_end or 0
        # The epochs of data without a length need not be equally long.
        is_all = count.is_dry or (count.planned is None and not self.model.stop_training)
        is_whole = is_last and (is_all or count.done >= count.before_epoch + steps)
        self.end("finished" if is_whole or self._first_epoch is None else "stopped")

    def end(self, state: RunState) -> None:
        """Keep the record of the run, and stop recording. Do nothing if it has ended."""
        if not self._is_recording:
            return
        with self._lock:
            self._end_epoch(self._trained, is_over=False)
        ended = self._snapshot(state)
        bad_batch.begin(self._trained, is_on=False)
        self._ended, self._is_recording = ended, False
        part(self._trained, RunHistory).add(ended)
        send(FitProgressed(self._trained))

    def _end_early(self) -> None:
        self._failure = part(self._trained, fit_guard.FitArguments).failure
        self.end("failed" if self._failure else "interrupted")

    def drop(self) -> None:
        """Stop recording, and keep nothing."""
        if self._is_recording:
            self._is_recording, self._bad = False, None
            bad_batch.begin(self._trained, is_on=False)
            part(self._trained, RunHistory).current = None

    def _look(self, start: float, batch: int) -> None:
        """Measure the layers: copy the weights before a batch, and compare them with those after it."""
        self._look_by = math.inf
        model = self.model  # JAX: the weights are then those of the last batch
        self._ratios = self._ratios or UpdateRatios(model)
        if self._is_looking:
            self._ratios.finish(batch)
        else:
            self._ratios.start(model)
        now = time.perf_counter()
        self._cost = now - start + (self._cost if self._is_looking else 0.0)
        self._spent += now - start
        history, self._is_looking = part(self._trained, RunHistory), not self._is_looking
        self._next_look = now + min(self._cost, history.cost or estimated_cost(model)) / _SHARE
        if not self._is_looking:
            history.cost = self._cost

    def _look_into_not_finite(self) -> None:
        found, data = self._found, self._bad
        if found is None:
            return
        found = replace(found, were_weights_bad=self._were_weights_bad)
        looked_at = bad_batch.examined(self.model, found, data, found.batch - self._count.before_epoch)
        with self._lock:
            self._not_finite, self._found, self._bad = looked_at, None, None

    def _pause(self) -> None:
        self._pause_start = time.perf_counter()
        self._publish()
        while self._control.is_paused and self._control.stop_after is None:
            time.sleep(_WAIT)
        self._paused += time.perf_counter() - self._pause_start
        self._pause_start = None
        self._publish()

    def _publish(self) -> None:
        start, before = time.perf_counter(), self._sending
        send(FitProgressed(self._trained))
        now = time.perf_counter()
        self._sending = now - start  # the smaller of two: one that other work holds up must not stop the panel for long
        self._next_event = now + max(_PERIOD, min(before, self._sending) / (2 * _SHARE))

    def _snapshot(self, state: RunState | None = None) -> TrainingRun:
        with self._lock:
            self._curves.settle()
            now, epochs = self._pause_start or time.perf_counter(), self._epochs.kept
            run = replace(
                self._first,
                state=state or ("running" if self._pause_start is None else "paused"),
                first_epoch=(self._first_epoch or 0) + 1,
                epoch=self._epoch + 1,
                steps=self._count.steps or self._epochs.first_end,
                batch=self._count.done,
                seconds=now - self._start - self._paused,
                curves=self._curves.curves,
                epoch_numbers=tuple((self._first_epoch or 0) + epoch.position + 1 for epoch in epochs),
                epoch_ends=tuple(epoch.end for epoch in epochs),
                logs=tuple(epoch.log for epoch in epochs),
                learning_rates=tuple(epoch.rate for epoch in epochs),
                layers=self._ratios.layers if self._ratios else (),
                units=self._probe.layers,
                not_finite=self._not_finite,
            )
        of_layers = () if self._has_other_updates else notes_on_layers(run)
        ended = [message("fit ended with {error}", error=self._failure)] if self._failure else []
        found = (*ended, *self._count.notes, *notes(run), *of_layers, *self._mismatches, *self._probe.problems)
        return replace(run, notes_messages=found)
