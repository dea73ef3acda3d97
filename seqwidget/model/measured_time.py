"""Frozen records of the measured time of layers."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..i18n.messages import Text
from .records import Json, plain, public_repr


@dataclass(frozen=True, slots=True)
class LayerTime:
    """The measured time of one layer in a step of training, in seconds.

    Attributes
    ----------
    path
        The path of the layer, as in `seqwidget.LayerRow`; with ``:2`` for its second use.
    forward
        The time to compute its outputs, in training mode; ``None`` if it is not known.
    backward
        The time to compute the gradients of its weights that train, and of its inputs if a layer
        before it trains; ``None`` if it is not known.
    unknown
        Why they are not known; empty otherwise.
    """

    path: str
    forward: float | None = None
    backward: float | None = None
    unknown_message: Text = ""
    __repr__ = public_repr

    @property
    def total(self) -> float | None:
        """The time forward and backward together, in seconds."""
        return None if self.forward is None or self.backward is None else self.forward + self.backward

    @property
    def unknown(self) -> str:
        """Why the times are not known, in English."""
        return str(self.unknown_message)


@dataclass(frozen=True, slots=True)
class MeasuredTime:
    """The measured time of all layers of a model.

    Attributes
    ----------
    batch_size
        The number of samples in the batch.
    layers
        The layers in order. A nested model has the sum of its layers.
    call
        The time in seconds to start a call, which has been subtracted. Differences that are smaller
        are noise.
    """

    batch_size: int
    layers: tuple[LayerTime, ...] = field(repr=False)
    call: float

    def to_dict(self) -> Json:
        """Return the record as JSON data: a dict with numbers, strings, lists and ``None``."""
        return dict(plain(self))
