"""Trace the cells along one axis of a tensor back to the positions along one axis of the model's input."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

_KEPT = 2**18  # cells times positions


@dataclass(frozen=True, slots=True)
class AxisWindow:
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


NOTHING = AxisWindow(1, 1, 0)


@dataclass(frozen=True, slots=True)
class Axis:
    """How the cells along one axis of a tensor depend on one axis of the model's input.

    With ``whole``, every cell sees all the positions that the cells see together. The ``steps``
    start at the input, or at the last ``join`` of branches.
    """

    length: int | None  # of the input axis
    cells: int | None
    steps: tuple[AxisWindow, ...] = ()
    sizes: tuple[int | None, ...] = ()  # number of positions before each step
    reach: Fraction = Fraction(0)  # distance from the first to the last position that a cell sees
    jump: Fraction = Fraction(1)  # distance between the fields of neighbouring cells
    whole: bool = False
    first: Fraction = Fraction(0)  # first position that the first cell sees, which may be beyond the edge
    # The path to the last step whose padding depends on a size that is not fixed. If there is one, ``first`` is a guess.
    guessed: tuple[Join | AxisWindow, ...] = ()
    join: Join | None = None

    def through(self, step: AxisWindow, cells: int | None) -> Axis:
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
        return replace(self.through(AxisWindow(self.cells or 1, 1, 0), 1), whole=True)

    def seen(self, cells: int) -> np.ndarray | None:
        """Return the input positions that each cell sees, as booleans of shape (cells, positions).

        Return None if the size of an axis on the way is not fixed.
        """
        if not self.fixed:
            return None
        found: dict[int, np.ndarray] = {}
        for join in self.join.unseen() if self.join else ():
            found[id(join)] = join.seen(found)
        return self.seen_through(cells, found)

    def seen_through(self, cells: int, joins: Mapping[int, np.ndarray]) -> np.ndarray:
        """Return the result of `seen`; ``joins`` has what the cells of joins see that have not cached it, by `id`."""
        found = np.eye(cells, dtype=bool)
        for step, size in zip(reversed(self.steps), reversed(self.sizes), strict=True):
            found = step.back(found, size or 0)
        if self.join is None:
            return found
        behind = joins[id(self.join)] if id(self.join) in joins else self.join.known[0]
        return found.astype("float32") @ behind.astype("float32") > 0

    def may_see_all(self, positions: int) -> bool:
        """Return whether each cell's window spans all positions of the input.

        Also return True if the windows differ in size.
        """
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
        """Return the size of the field of one cell; each join is passed once, with all cells that depend on it."""
        waiting: dict[int, tuple[Join | None, frozenset[int]]] = {}

        def trace(axis: Axis, cells: frozenset[int]) -> None:
            for step in reversed(axis.steps):
                cells = step.reached(cells)
            _, others = waiting.get(id(axis.join), (None, frozenset()))
            waiting[id(axis.join)] = axis.join, cells | others

        trace(self, frozenset((cell,)))
        while True:
            join, seen = waiting.pop(max(waiting, key=lambda key: -1 if (one := waiting[key][0]) is None else one.depth))
            if join is None:
                return max(seen) - min(seen) + 1 if seen else 0
            for axis in join.axes:
                trace(axis, seen)


@dataclass(frozen=True, slots=True)
class Join:
    """Branches that are joined: a cell sees all positions that it sees along any of the axes.

    Attributes
    ----------
    axes
        The axis in each branch.
    depth
        Number of joins on the longest path to the input, including this one.
    period, fixed
        As for an `Axis`.
    """

    axes: tuple[Axis, ...]
    depth: int
    period: int
    fixed: bool
    known: list[np.ndarray] = field(default_factory=list, compare=False, repr=False)  # what `seen` returned, if it is small

    @classmethod
    def of(cls, axes: tuple[Axis, ...]) -> Join:
        """Return the join of axes, from what is known about each of them."""
        depth = 1 + max(axis.join.depth if axis.join else 0 for axis in axes)
        return cls(axes, depth, math.lcm(*(axis.period for axis in axes)), all(axis.fixed for axis in axes))

    def unseen(self) -> list[Join]:
        """Return the joins up to this one whose `seen` is not cached, those nearest to the input first."""
        found: dict[int, Join] = {}
        waiting: list[Join | None] = [self]
        while waiting:
            join = waiting.pop()
            if join is not None and not join.known and id(join) not in found:
                found[id(join)] = join
                waiting += (axis.join for axis in join.axes)
        return sorted(found.values(), key=lambda join: join.depth)

    def seen(self, before: Mapping[int, np.ndarray]) -> np.ndarray:
        """Return the input positions that each cell sees; ``before`` has those of earlier joins by `id`."""
        found = np.logical_or.reduce([axis.seen_through(axis.cells or 0, before) for axis in self.axes])
        if found.size <= _KEPT:
            self.known.append(found)
        return found
