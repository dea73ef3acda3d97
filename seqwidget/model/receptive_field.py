"""Compute receptive fields: the positions of a model's input that one output cell depends on.

The receptive field is the theoretical one, in inference. Along each spatial axis of the input, it
reaches from the first to the last position, including padding beyond the edge. Each axis of a
tensor is traced back to the input axes that it follows. If it is not known how a layer uses
positions, the field is unknown from that layer on, and the reason is kept. Where branches of a model
are joined, a cell depends on all positions that it depends on through any of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

import keras
import numpy as np

from ..i18n.messages import Text, message
from .records import Shape

_NO_SPATIAL_AXES = message("the input has no spatial axes")
_Cells = TypeVar("_Cells")


class UnknownField(Exception):  # noqa: N818  not an error: it says why a field is unknown
    """The receptive field after a layer is unknown; the message says why."""


@dataclass(frozen=True, slots=True)
class Step:
    """The window of one layer along one axis.

    Output cell ``c`` reads ``reach`` input cells, starting at ``c * stride - before``. With ``up``,
    the roles are swapped: input cell ``c`` contributes to ``reach`` output cells, starting at ``c *
    stride - before``. With a ``dilation`` above 1, only every ``dilation``-th of these cells
    counts.
    """

    reach: int
    stride: int
    before: int
    up: bool = False
    dilation: int = 1

    def back(self, seen: np.ndarray, size: int) -> np.ndarray:
        """Return which of the ``size`` input cells a set of output cells reads.

        Both sets are booleans: ``seen`` has the shape (…, output cells), the result (…, input
        cells).
        """
        found = np.zeros((*seen.shape[:-1], size), bool)
        near = np.arange(size if self.up else seen.shape[-1])
        for tap in range(0, self.reach, self.dilation):
            far = near * self.stride - self.before + tap
            inside = (far >= 0) & (far < (seen.shape[-1] if self.up else size))
            cells, positions = (far[inside], near[inside]) if self.up else (near[inside], far[inside])
            found[..., positions] |= seen[..., cells]
        return found

    def reached(self, cells: frozenset[int]) -> frozenset[int]:
        """Return the input cells that output cells read, also beyond the edges."""
        taps = range(-self.before, self.reach - self.before, self.dilation)
        if self.up:
            return frozenset((far - tap) // self.stride for far in cells for tap in taps if (far - tap) % self.stride == 0)
        return frozenset(near * self.stride + tap for near in cells for tap in taps)


NOTHING = Step(1, 1, 0)


@dataclass(frozen=True, slots=True)
class Axis:
    """How the cells along one axis of a tensor depend on one axis of the model's input.

    With ``whole``, every cell sees all the positions that the cells see together. The ``steps``
    start at the input, or at the last ``join`` of branches.
    """

    length: int | None  # of the input axis
    cells: int | None
    steps: tuple[Step, ...] = ()
    sizes: tuple[int | None, ...] = ()  # number of positions before each step
    reach: Fraction = Fraction(0)  # distance from the first to the last position that a cell sees
    jump: Fraction = Fraction(1)  # distance between the fields of neighbouring cells
    whole: bool = False
    first: Fraction = Fraction(0)  # first position that the first cell sees, maybe beyond the edge
    # The way to the last step whose padding depends on a size that is not fixed, so that ``first`` is a guess.
    guessed: tuple[Join | Step, ...] = ()
    join: Join | None = None

    def through(self, step: Step, cells: int | None) -> Axis:
        """Return the axis after one more window, with ``cells`` cells."""
        steps, sizes = (*self.steps, step), (*self.sizes, self.cells)
        reach, jump = Fraction(step.reach - 1) * self.jump, self.jump * step.stride
        if step.up:
            reach, jump = reach / step.stride, self.jump / step.stride
        first, guessed = self.first - step.before * self.jump, self.guessed
        if self.cells is None and step.stride > 1 and step.before:
            guessed = (*([self.join] if self.join else ()), *steps)
        return replace(
            self, cells=cells, steps=steps, sizes=sizes, reach=self.reach + reach, jump=jump, first=first, guessed=guessed
        )

    def mixed(self) -> Axis:
        """Return the axis with a single cell, which sees what all cells see together."""
        return replace(self.through(Step(self.cells or 1, 1, 0), 1), whole=True)

    def seen(self, cells: int) -> np.ndarray | None:
        """Return the input positions that each cell sees, as booleans of shape (cells, positions).

        Return None if the size of an axis on the way is not fixed.
        """
        if not self.fixed:
            return None
        return self._traced(np.eye(cells, dtype=bool), lambda seen, step, size: step.back(seen, size or 0), np.logical_or)

    def _traced(
        self, cells: _Cells, back: Callable[[_Cells, Step, int | None], _Cells], union: Callable[[_Cells, _Cells], _Cells]
    ) -> _Cells:
        """Return the input positions that some cells see, by ``back`` through each step.

        Each join is passed once, with all cells that depend on it, however many paths lead there.
        """
        waiting: dict[int, tuple[Join | None, _Cells]] = {}

        def trace(axis: Axis, found: _Cells) -> None:
            for step, size in zip(reversed(axis.steps), reversed(axis.sizes), strict=True):
                found = back(found, step, size)
            _, others = waiting.get(id(axis.join), (None, found))
            waiting[id(axis.join)] = axis.join, found if others is found else union(others, found)

        trace(self, cells)
        while True:
            join, found = waiting.pop(max(waiting, key=lambda key: -1 if (one := waiting[key][0]) is None else one.depth))
            if join is None:
                return found
            for axis in join.axes:
                trace(axis, found)

    def may_see_all(self, positions: int) -> bool:
        """Return whether each cell's window spans all positions of the input; always, if the windows differ in size."""
        last = self.first + ((self.cells or 1) - 1) * self.jump
        return self.spread or (last <= 0 and self.first + self.reach >= positions - 1)

    @property
    def fixed(self) -> bool:
        """Whether the sizes of all axes on the way are known."""
        return None not in self.sizes and (self.join is None or self.join.fixed)

    @property
    def spread(self) -> bool:
        """Whether strides spread the cells apart, so that their fields differ in size."""
        return self.period > 1

    @property
    def period(self) -> int:
        """After how many cells the sizes of their fields repeat."""
        return math.prod(step.stride for step in self.steps if step.up) * (self.join.period if self.join else 1)

    @property
    def size(self) -> int:
        """The size of the largest field, in positions."""
        if not self.spread:
            return int(self.reach) + 1
        return max(map(self._seen_by, range(min(self.period, 64))))

    def _seen_by(self, cell: int) -> int:
        seen = self._traced(frozenset((cell,)), lambda cells, step, _: step.reached(cells), frozenset.union)
        return max(seen) - min(seen) + 1 if seen else 0


@dataclass(frozen=True, slots=True)
class Join:
    """Branches that are joined: a cell sees all positions that it sees along any of the axes.

    Attributes
    ----------
    axes
        The axis in each branch.
    depth
        Number of joins on the longest way to the input, with this one.
    period, fixed
        As for an `Axis`.
    """

    axes: tuple[Axis, ...]
    depth: int
    period: int
    fixed: bool

    @classmethod
    def of(cls, axes: tuple[Axis, ...]) -> Join:
        """Return the join of axes, from what is known of each of them."""
        depth = 1 + max(axis.join.depth if axis.join else 0 for axis in axes)
        return cls(axes, depth, math.lcm(*(axis.period for axis in axes)), all(axis.fixed for axis in axes))


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
    """

    axes: tuple[Axis, ...] = ()
    channels: int | None = None
    follows: tuple[tuple[int, ...], ...] = ()
    why: Text = ""

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
        branches of different shape are joined, a position at a corner may be one of no branch.
        Padding is not counted.

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
        seen = [axis.seen(axis.cells or 0) for axis in spatial]
        return all(axis is not None and axis.all() for axis in seen)

    def stepped(self, layer: keras.Layer, steps: Mapping[int, Step], after: Shape) -> Field:
        """Return the field after windows, which are given by the axes of the tensor."""
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
