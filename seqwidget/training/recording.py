"""Start and stop recording each ``fit`` of a watched model."""

from __future__ import annotations

import contextlib

import keras

from ..editing import fit_guard
from ..editing.events import FitProgressed, send
from ..i18n.messages import message
from ..model.session import part
from ..model.training_run import TrainingRun
from .callback import SwitchesByEpoch
from .run_history import RunHistory
from .training_callback import TrainingCallback


def record(model: keras.Model) -> None:
    """Record each later ``fit`` of a watched model, and let switches take effect at its epochs."""
    part(model, fit_guard.FitCallbacks).update({one: one for one in (SwitchesByEpoch, TrainingCallback)})
    part(model, fit_guard.FitArguments).on_failure = _record_failure


def _record_failure(model: keras.Model) -> None:
    """Record a ``fit`` that raised an error before it called our callback."""
    arguments, history = part(model, fit_guard.FitArguments), part(model, RunHistory)
    if arguments.is_recorded or history.current is not None:
        return
    with contextlib.suppress(Exception):  # the user's error counts
        epochs = arguments.given.get("epochs", 1)
        note = message("fit ended with {error}", error=arguments.failure)
        last = epochs if isinstance(epochs, int) else 1
        history.add(TrainingRun(history.count + 1, state="failed", epochs=last, notes_messages=(note,)))
        send(FitProgressed(model))


def stop_recording(model: keras.Model) -> None:
    """Undo `record`."""
    part(model, fit_guard.FitCallbacks).clear()
    part(model, fit_guard.FitArguments).on_failure = None
