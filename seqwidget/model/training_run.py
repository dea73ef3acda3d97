"""Frozen records of a training run: what one call of ``fit`` has done so far.

A value that is not finite is ``None``, as JSON has no NaN; `TrainingRun.not_finite` says when the
first one appeared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..i18n.messages import Text
from .records import Json, plain, public_repr

RunState: TypeAlias = Literal["running", "paused", "finished", "stopped", "failed", "interrupted"]
"""The state of a run; see `TrainingRun.state`."""

BatchPart: TypeAlias = Literal["inputs", "targets", "sample weights"]
"""A part of a batch."""

CurvePoint: TypeAlias = tuple[int, float | None, float | None, float | None]
"""The last batch that a point of a curve stands for; the lowest, highest and last value."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A metric over the batches of a run.

    Attributes
    ----------
    name
        The name of the metric, as in the logs that ``fit`` passes to callbacks.
    points
        For each point the number of the last batch that it stands for, counted from 1 over the
        whole run, and the lowest, highest and last value. Keras reports the mean since the epoch
        began. In a long run a point stands for many batches, so that memory stays bounded.
    """

    name: str
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True, slots=True)
class WeightHistogram:
    """The distribution of a layer's weights after an epoch.

    Attributes
    ----------
    epoch
        The number of the epoch.
    low, high
        The lowest and the highest finite weight.
    counts
        The numbers of weights in bins of equal width from ``low`` to ``high``.
    """

    epoch: int
    low: float
    high: float
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LayerUpdates:
    """How much training changes the weights of a layer.

    Attributes
    ----------
    path
        The path of the layer, as in `seqwidget.LayerRow`.
    type
        The name of the layer's class.
    trains
        Whether ``fit`` trains any weight of the layer.
    batches
        The number of the batch after which each measurement was made.
    ratios
        The norm of the change over one batch, or over the batches of one execution, divided by the
        norm of the weights before it; ``None`` if the weights were all zero or not finite. Exactly
        0 if no weight has changed.
    norm
        The norm of the weights at the last measurement; ``None`` if it is not finite.
    histograms
        The distribution of the weights after some of the epochs, at most 16.
    """

    path: str
    type: str
    trains: bool
    batches: tuple[int, ...]
    ratios: tuple[float | None, ...]
    norm: float | None
    histograms: tuple[WeightHistogram, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerUnits:
    """The share of a layer's units that are dead or saturated, on a few samples.

    A unit is a channel of the layer's output. Updates hardly reach the weights of such units, but
    some of them are normal: look for shares that grow.

    Attributes
    ----------
    path
        The path of the layer, as in `seqwidget.LayerRow`.
    type
        The name of the layer's class.
    epochs
        The number of the epoch after which each measurement was made.
    dead
        The fraction of units that are never above zero; empty if the activation is not a ReLU.
    saturated
        The fraction of units with at least 95 % of their values at a bound; empty if the activation
        has no bounds.
    """

    path: str
    type: str
    epochs: tuple[int, ...]
    dead: tuple[float, ...]
    saturated: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NotFinite:
    """The first value of a run that was NaN or infinite.

    Attributes
    ----------
    epoch
        The epoch, counted from 1.
    batch
        The batch of the whole run, counted from 1. With ``steps_per_execution``, the last batch of
        the execution, because Keras reports no metrics of the others.
    metrics
        The names of the metrics that were not finite.
    layers
        The paths of the layers with weights that were not finite, when the weights were read after
        this batch; empty if all were finite.
    at_once
        The number of batches of that execution.
    were_weights_bad
        Whether such weights are known from before the run: those of an earlier run that became NaN
        or infinite.
    data
        The parts of this batch that are known to have NaN or infinite values. TensorFlow's training
        step reports only the inputs.
    output
        If the inputs and all weights were finite: the path of the first layer with an output that
        was not, when the model ran on the batch in inference mode after this step; empty if all
        outputs were finite. ``None`` if that is not known.
    inputs
        The inputs of this batch, for `seqwidget.FeatureMaps`; ``None`` if they are not known. They
        are kept if a panel showed the model when its training step was made. Unless ``fit`` gets
        arrays and ``shuffle=False``, they are not kept with ``steps_per_execution``, nor on
        TensorFlow if XLA compiles the step, or if it runs on an accelerator or on several devices.
    """

    epoch: int
    batch: int
    metrics: tuple[str, ...]
    layers: tuple[str, ...]
    at_once: int = 1
    were_weights_bad: bool = False
    data: tuple[BatchPart, ...] = ()
    output: str | None = None
    unknown_message: Text = ""
    inputs: object | None = field(default=None, repr=False, compare=False, metadata={"internal": True})
    __repr__ = public_repr

    @property
    def unknown(self) -> str:
        """Why this batch is not known, in English; empty if it is."""
        return str(self.unknown_message)


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What one call of ``fit`` has done so far.

    Attributes
    ----------
    number
        The number of the run among those of its model, counted from 1.
    changes
        What has changed since the previous run, such as ``"+ dense (Dense)"``.
    state
        ``"running"``, ``"paused"``, ``"finished"``, ``"stopped"`` before its last epoch by a
        callback or by a button, ``"failed"`` by an error, or ``"interrupted"`` by Ctrl-C. If the
        model is not watched, an error counts as an interrupt.
    epochs
        The number of the last epoch that ``fit`` was asked for.
    first_epoch
        The number of the first epoch: 1, unless ``fit`` got an ``initial_epoch``.
    epoch
        The number of the current epoch, counted from 1.
    steps
        The number of batches in an epoch; ``None`` before ``fit`` knows it. With
        ``steps_per_execution``, Keras trains on whole executions, so that it may be more than
        ``steps_per_epoch``.
    batch
        The number of batches since the run began.
    seconds
        The time since the run began, without pauses.
    curves
        The metrics of the batches.
    epoch_numbers
        The numbers of the epochs that have ended and that the next three fields are for. After 500
        epochs only every second one is kept, then every fourth, and so on; and always the last.
    epoch_ends
        The number of the last batch of each epoch.
    logs
        The metrics of each epoch, with those of the validation data, as ``fit`` reports them.
    learning_rates
        The learning rate at the end of each epoch; ``None`` if the optimizer does not have one.
    layers
        How much each layer with weights changes. Empty unless a Training panel was open during the run.
    units
        The share of dead and saturated units of layers, on the samples that were chosen with
        ``probe`` or on the first validation batch.
    not_finite
        The first value that was NaN or infinite.
    notes
        Sentences about problems of the run, each with its evidence.
    """

    number: int
    changes_messages: tuple[Text, ...] = ()
    state: RunState = "running"
    epochs: int = 1
    first_epoch: int = 1
    epoch: int = 1
    steps: int | None = None
    batch: int = 0
    seconds: float = 0.0
    curves: tuple[Curve, ...] = field(default=(), repr=False)
    epoch_numbers: tuple[int, ...] = field(default=(), repr=False)
    epoch_ends: tuple[int, ...] = field(default=(), repr=False)
    logs: tuple[Mapping[str, float | None], ...] = field(default=(), repr=False)
    learning_rates: tuple[float | None, ...] = field(default=(), repr=False)
    layers: tuple[LayerUpdates, ...] = field(default=(), repr=False)
    units: tuple[LayerUnits, ...] = field(default=(), repr=False)
    not_finite: NotFinite | None = None
    notes_messages: tuple[Text, ...] = ()
    __repr__ = public_repr

    @property
    def epochs_done(self) -> int:
        """The number of epochs that have ended."""
        return self.epoch_numbers[-1] - self.first_epoch + 1 if self.epoch_numbers else 0

    @property
    def changes(self) -> tuple[str, ...]:
        """What has changed since the previous run, in English."""
        return tuple(map(str, self.changes_messages))

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about problems of the run, in English."""
        return tuple(map(str, self.notes_messages))

    def to_dict(self) -> Json:
        """Return the record as JSON data: dicts, lists, strings, numbers, bools and ``None``."""
        return dict(plain(self))
