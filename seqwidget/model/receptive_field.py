"""Compute receptive fields: the positions of a model's input that one output cell depends on.

The receptive field is the theoretical one, in inference. Along each spatial axis of the input, it
reaches from the first to the last position, including padding beyond the edge. Each axis of a
tensor is traced back to the input axes that it follows. If it is not known how a layer uses
positions, the field is unknown from that layer on, and the reason is kept. Where branches of a model
are joined, a cell depends on all positions that it depends on through any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import keras
import numpy as np

from ..i18n.messages import Text, message
from .receptive_axis import NOTHING, Axis, AxisWindow
from .records import Shape

_NO_SPATIAL_AXES = message("the input has no spatial axes")


class UnknownField(Exception):  # noqa: N818  not an error: it says why a field is unknown
    """The receptive field after a layer is unknown; the message says why."""


SCRAMBLED = -1  # marks an axis whose cells are not in the order of one input axis


@dataclass(frozen=True, slots=True)
class Field:
    """The receptive field at one point of a model.

    Attributes
    ----------
    axes
        For each axis of the model's input, except the batch: how the cells depend on it.
    channels
        The position in ``axes`` of the channel axis, which is not spatial; None if there is none,
        as before an Embedding.
    follows
        For each axis of the tensor, except the batch: the input axes whose positions its cells
        follow.
    why
        Why the field is unknown; empty if it is known.
    source
        Which of the model's inputs it is a part of.
    """

    axes: tuple[Axis, ...] = ()
    channels: int | None = None
    follows: tuple[tuple[int, ...], ...] = ()
    why: Text = ""
    source: int = 0

    @classmethod
    def unknown(cls, why: Text) -> Field:
        """Return an unknown field, with the reason."""
        return cls(why=why)

    @property
    def reason(self) -> Text:
        """Why there is no receptive field; empty if there is one."""
        return self.why or ("" if self._spatial else _NO_SPATIAL_AXES)

    @property
    def _spatial(self) -> list[Axis]:
        return [axis for at, axis in enumerate(self.axes) if at != self.channels]

    @property
    def live(self) -> set[int]:
        """The spatial axes of the input along which cells see different positions."""
        followed = {at for label in self.follows for at in label}
        return {at for at in followed if at not in (SCRAMBLED, self.channels) and not self.axes[at].whole}

    @property
    def _apart(self) -> set[tuple[int, ...]]:
        """The entries of ``follows`` along which cells see different positions."""
        return {one for one in self.follows if self.live.intersection(one)}

    @property
    def size(self) -> tuple[int, ...] | None:
        """Number of input positions that one cell sees, along each spatial axis of the input.

        None if it is not known.
        """
        return None if self.reason else tuple(axis.size for axis in self._spatial)

    @property
    def stride(self) -> tuple[float, ...] | None:
        """Number of input positions between neighbouring cells' fields, along each spatial axis.

        None if the field is unknown, or if the cells do not have neighbours along each of these
        axes.
        """
        if self.reason or not {(at,) for at in range(len(self.axes)) if at != self.channels}.issubset(self._apart):
            return None
        return tuple(int(a.jump) if a.jump.denominator == 1 else float(a.jump) for a in self._spatial)

    def seen(self, cells: tuple[int, ...], channel_axis: int | None = -1) -> tuple[np.ndarray, ...] | None:
        """Return exactly the input positions that each cell depends on.

        The result has one boolean array of shape (cells, positions) per spatial axis. A cell
        depends on an input position if it depends on its coordinate along every axis; where
        branches of different shapes are joined, some positions at the corners of this region belong
        to no branch. Padding is not counted.

        Parameters
        ----------
        cells
            Sizes of the output's axes, without the batch and the channels.
        channel_axis
            Channel axis of one sample's output; None if there is none.

        Returns
        -------
        tuple or None
            None if the field or a size on the way is unknown, or if the cells are not in the order
            of the input.
        """
        numbers = [at for at in range(len(self.axes)) if at != self.channels]
        space = list(self.follows)
        if space and channel_axis is not None:
            del space[channel_axis]
        in_order = len(cells) == len(space) == len(numbers) and all(
            one == (at,) if at in self.live else not self.live.intersection(one) for at, one in zip(numbers, space, strict=True)
        )
        if self.reason or (self.live and not in_order):
            return None
        counts = [cells[i] if at in self.live else 1 for i, at in enumerate(numbers)]
        axes = [axis.seen(count) for axis, count in zip(self._spatial, counts, strict=True)]
        return None if any(axis is None for axis in axes) else tuple(axes)  # type: ignore[arg-type]

    @property
    def lengths(self) -> tuple[int | None, ...]:
        """Sizes of the input along its spatial axes."""
        return tuple(axis.length for axis in self._spatial)

    @property
    def sees_everything(self) -> bool:
        """Whether there are several cells and each of them sees the whole input.

        Only windows count, not layers that combine all positions.
        """
        spatial = self._spatial
        if self.reason or len(self.live) < len(spatial) or {axis.cells for axis in spatial} <= {1, None}:
            return False
        if any(axis.length is None or not axis.may_see_all(axis.length) for axis in spatial):
            return False
        return all((seen := axis.seen(axis.cells or 0)) is not None and seen.all() for axis in spatial)

    def stepped(self, layer: keras.Layer, steps: Mapping[int, AxisWindow], after: Shape) -> Field:
        """Return the field after the windows of a layer; ``steps`` has the window along each axis of the tensor."""
        axes = list(self.axes)
        for axis, step in steps.items():
            label = self.follows[axis - 1]
            if step == NOTHING or not self.live.intersection(label):
                continue
            if len(label) > 1:
                raise UnknownField(message("{layer} has windows over rearranged positions", layer=layer.name))
            axes[label[0]] = axes[label[0]].through(step, after[axis])
        return replace(self, axes=tuple(axes))

    def mixed(self, layer: keras.Operation, *over: int) -> Field:
        """Return the field after each cell combines all cells along some axes of the tensor."""
        axes = list(self.axes)
        for at in self.live.intersection(at for axis in over for at in self.follows[axis - 1]):
            if axes[at].cells is None:
                raise UnknownField(message("the size of {layer}'s input is not fixed", layer=layer.name))
            axes[at] = axes[at].mixed()
        return replace(self, axes=tuple(axes))

    def renewed(self, axis: int) -> Field:
        """Return the field after an axis of the tensor is replaced by features."""
        return replace(self, follows=tuple(() if at == axis else one for at, one in enumerate(self.follows, 1)))
