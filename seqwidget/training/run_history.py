"""The runs of a model that are kept."""

from __future__ import annotations

import threading
from typing import Protocol

import keras

from ..checks import describe
from ..editing import fit_guard
from ..errors import NotAModelError
from ..model.session import part
from ..model.training_run import RunState, TrainingRun
from .run_notes import without_inputs
from .run_setup import RunSetup

_KEPT = 20  # runs of a model
_BYTES = 2**26  # of the bad batches of all these runs


class Recording(Protocol):
    """A callback that records a run."""

    thread: int

    @property
    def run(self) -> TrainingRun | None:
        """The run so far."""

    def end(self, state: RunState) -> None:
        """Keep the record of the run, and stop recording."""


class RunHistory:
    """The part of a model's session that holds its runs, and the setup of the last one."""

    outlives_watching = True

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ended: list[TrainingRun] = []
        self.current: Recording | None = None
        self.setup: RunSetup | None = None
        self.count = 0
        self.cost: float | None = None  # seconds that the last measurement of the layers took

    def __bool__(self) -> bool:
        """Return whether there is anything to keep."""
        return self.count > 0

    def add(self, run: TrainingRun) -> None:
        """Keep a run that has ended, in place of the current one, and drop the oldest if there are too many."""
        with self.lock:
            self.current = None
            self.count, self.ended = max(self.count, run.number), _bounded([*self.ended, run][-_KEPT:])


def _bounded(ended: list[TrainingRun]) -> list[TrainingRun]:
    """Return the runs; if their bad batches together are too large, those of the older runs are left out."""
    size, kept = 0, []
    for run in reversed(ended):
        inputs = run.not_finite.inputs if run.not_finite else None
        size += sum(getattr(leaf, "nbytes", 0) for leaf in keras.tree.flatten(inputs))
        kept.append(run if size <= _BYTES or run is ended[-1] else without_inputs(run))
    return kept[::-1]


def runs(model: keras.Model) -> tuple[TrainingRun, ...]:
    """Return the recorded training runs of a model, the latest last.

    A run is recorded if a panel shows the model, which must be a ``keras.Sequential``, or if
    ``fit`` gets a `TrainingCallback`. The last 20 runs are kept for as long as the model lives. Of
    their batches with the first NaN, at most 64 MB are kept: those of the latest runs.

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
    ended, current = history_of(model)
    return ended if current is None else (*ended, current)


def history_of(model: keras.Model) -> tuple[tuple[TrainingRun, ...], TrainingRun | None]:
    """Return the runs of a model that have ended, and the one under way, as they are at one moment."""
    history = part(model, RunHistory)
    with history.lock:
        return tuple(history.ended), history.current.run if history.current else None


def end_early(model: keras.Model) -> None:
    """End the record of a ``fit`` of this thread that an error or Ctrl-C has ended.

    Call it outside ``fit``: Keras does not notify callbacks in this case.
    """
    current = part(model, RunHistory).current
    if current is not None and current.thread == threading.get_ident() and not fit_guard.busy(model):
        current.end("interrupted")
