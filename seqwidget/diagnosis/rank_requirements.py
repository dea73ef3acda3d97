"""Find how many axes a layer needs its input to have."""

from __future__ import annotations

import re
from dataclasses import dataclass

import keras

from ..i18n.messages import Text, joined, message, plural
from ..keras_compat.origin import is_from_keras
from ..model.layer_kinds import wrapped

_BATCH, _TIME, _STEPS, _FEATURES = message("batch"), message("time"), message("steps"), message("features")
_POSITIONS, _CHANNELS = message("positions"), message("channels")
_SPATIAL = (message("depth"), message("height"), message("width"))


@dataclass(frozen=True)
class Needs:
    """The number of axes that a layer needs, including the batch axis.

    Attributes
    ----------
    rank
        The number of axes; the minimum if ``more`` is set.
    axes
        The names of the axes; empty if they are unknown.
    more
        Whether more axes than ``rank`` are allowed.
    most
        The maximum number of axes if ``more`` is set; None for no maximum.
    """

    rank: int
    axes: tuple[Text, ...] = ()
    more: bool = False
    most: int | None = None

    def fits(self, rank: int) -> bool:
        """Return whether a tensor with ``rank`` axes meets the requirement."""
        return self.rank <= rank <= (self.most or rank) if self.more else rank == self.rank

    @property
    def words(self) -> Text:
        """The requirement as text, such as ``4 axes (batch, height, width, channels)``."""
        if not self.axes:
            return self._of_a_spec
        axes = joined(", ", self.axes)
        if self.more:
            return message("{count} axes or more ({axes})", count=self.rank, axes=axes)
        return message("{count} axes ({axes})", count=self.rank, axes=axes)

    @property
    def _of_a_spec(self) -> Text:
        if not self.more:
            return plural("{n} axis, including the batch", "{n} axes, including the batch", self.rank)
        if self.most is None:
            return plural("{n} or more axes, including the batch", "{n} or more axes, including the batch", self.rank)
        return message("{least} to {most} axes, including the batch", least=self.rank, most=self.most)


def needs(layer: keras.Layer) -> Needs | None:
    """Return how many axes a layer needs, or None if this is unknown.

    The class of the layer decides; for other classes, its ``InputSpec``.
    """
    known = _by_kind(layer)
    return known or _by_spec(layer.input_spec)


def _by_spec(spec: keras.layers.InputSpec | None) -> Needs | None:
    if spec is None or isinstance(spec, list | tuple | dict):  # specs of several tensors
        return None
    ndim = spec.ndim if spec.shape is None else len(spec.shape)
    if ndim is not None:
        return Needs(ndim)
    if spec.min_ndim is None and spec.max_ndim is None:
        return None
    return Needs(spec.min_ndim or 1, more=True, most=spec.max_ndim)


def _by_kind(layer: keras.Layer) -> Needs | None:  # noqa: PLR0911  one return for each kind of layer
    name = next((c.__name__ for c in type(layer).__mro__ if c.__module__.startswith("keras.")), "")
    if name == "TimeDistributed":
        inner = needs(wrapped(layer))
        if inner is None or inner.more or inner.rank == 2:  # (batch, features)
            return Needs(3, (_BATCH, _TIME, _FEATURES), more=True)
        return Needs(inner.rank + 1, (_BATCH, _TIME, *inner.axes[1:]))
    if name in ("Bidirectional", "SpectralNormalization"):
        return needs(wrapped(layer))
    dimensions = re.search(r"(\d)D(Transpose)?$", name)
    if dimensions:
        n = int(dimensions[1])
        if name.startswith("ConvLSTM"):
            return Needs(n + 3, (_BATCH, _TIME, *(_SPATIAL[-n:] if n > 1 else (_POSITIONS,)), _CHANNELS))
        return Needs(n + 2, (_BATCH, *(_SPATIAL[-n:] if n > 1 else (_STEPS,)), _CHANNELS))
    known = next((_PLAIN[cls.__name__] for cls in type(layer).__mro__ if cls.__name__ in _PLAIN and is_from_keras(cls)), None)
    if known is not None:
        return known
    if name == "Permute":
        return Needs(len(layer.dims) + 1, (message("batch and the {count} axes that it permutes", count=len(layer.dims)),))
    if name == "EinsumDense" and "..." not in layer.equation:
        letters = re.split(r",", layer.equation)[0]
        return Needs(len(letters), tuple(letters))
    return None


_SEQUENCE = Needs(3, (_BATCH, _STEPS, _FEATURES))
_PLAIN = {
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN"), _SEQUENCE),
    "RepeatVector": Needs(2, (_BATCH, _FEATURES)),
    "Dense": Needs(2, (_BATCH, _FEATURES), more=True),
    "BaseImagePreprocessingLayer": Needs(4, (_BATCH, *_SPATIAL[-2:], _CHANNELS)),
}
