"""Windows: kernel, strides, padding, the pixels that a layer never looks at, and receptive fields.

The receptive field is the theoretical one: the input positions that one output cell depends on, counted along each spatial axis
from the first to the last, over the padding too where it reaches beyond the edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from .layers import keras_name, kind
from .records import Shape, Shapes


@dataclass(frozen=True, slots=True)
class Window:
    """How a layer's output cells look at its input; one number a spatial axis. ``up`` means strides spread cells apart."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str
    up: bool = False

    def __post_init__(self) -> None:
        for name in ("kernel", "strides", "dilation"):
            object.__setattr__(self, name, tuple(map(int, getattr(self, name))))  # NumPy's integers are no JSON


def window(layer: Any) -> Window | None:
    """Give the window of a convolution or pooling layer, else None."""
    name = keras_name(layer)
    if name in ("TimeDistributed", "SpectralNormalization"):
        return window(layer.layer)
    if kind(layer) == "conv" and name:
        rank = len(layer.kernel_size)
        return Window(
            layer.kernel_size,
            _each(layer.strides, rank),
            _each(layer.dilation_rate, rank),
            layer.padding,
            name.endswith("Transpose"),
        )
    if kind(layer) == "pool" and hasattr(layer, "pool_size"):
        rank = int(name[-2]) if name else len(layer.pool_size)
        return Window(_each(layer.pool_size, rank), _each(layer.strides, rank), (1,) * rank, layer.padding)
    return None


def _each(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)


def spatial(shape: Shape, data_format: str | None) -> Shape:
    """Give the sizes of a shape's spatial axes: all but the batch and the channels."""
    return shape[2:] if data_format == "channels_first" else shape[1:-1]


def cropped(layer: Any, input_shape: Shapes, output_shape: Shapes) -> tuple[int, ...] | None:
    """Count the positions along each spatial axis of a layer's input that no output cell sees.

    Returns
    -------
    tuple or None
        ``None`` for layers without a window, and where a size is not fixed.
    """
    name, data_format = keras_name(layer), getattr(layer, "data_format", None)
    if name.startswith("Cropping"):
        cuts = layer.cropping if name != "Cropping1D" else (layer.cropping,)
        return tuple(sum(cut) for cut in cuts)
    view = window(layer)
    if view is None or view.up or name == "TimeDistributed":
        return None
    before, after = spatial(input_shape, data_format), spatial(output_shape, data_format)  # type: ignore[arg-type]
    if None in before or None in after:
        return None
    axes = zip(before, after, view.kernel, view.strides, view.dilation, strict=True)
    return tuple(_unseen(n, cells, k, s, d, view.padding) for n, cells, k, s, d in axes)


@lru_cache(4096)
def _unseen(size: int, cells: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    start = -_pad_before(size, cells, (kernel - 1) * dilation + 1, stride, padding)
    if dilation == 1 and stride <= kernel:
        return max(0, size - (start + (cells - 1) * stride + kernel))
    seen = {start + cell * stride + tap * dilation for cell in range(cells) for tap in range(kernel)}
    return size - len(seen.intersection(range(size)))


def _pad_before(size: int | None, cells: int | None, reach: int, stride: int, padding: str) -> int:
    """Give how far the first window lies before the first position; the rule for "same" is TensorFlow's."""
    if padding == "causal":
        return reach - 1
    if padding != "same":
        return 0
    if size is None or cells is None:
        return (reach - 1) // 2
    return max((cells - 1) * stride + reach - size, 0) // 2


@dataclass(frozen=True, slots=True)
class _Step:
    """One layer's window along one axis: output cell c looks at the ``reach`` cells from c·stride − before on.

    With ``up`` it is the other way round: an input cell is looked at by so many output cells. With a ``dilation`` it looks at
    every so many of them only.
    """

    reach: int
    stride: int
    before: int
    up: bool = False
    dilation: int = 1

    def back(self, seen: np.ndarray[Any, Any], size: int) -> np.ndarray[Any, Any]:
        """Turn which output cells somebody sees, (…, cells), into which of the ``size`` input cells that comes to."""
        found = np.zeros((*seen.shape[:-1], size), bool)
        near = np.arange(size if self.up else seen.shape[-1])
        for tap in range(0, self.reach, self.dilation):
            far = near * self.stride - self.before + tap
            inside = (far >= 0) & (far < (seen.shape[-1] if self.up else size))
            cells, positions = (far[inside], near[inside]) if self.up else (near[inside], far[inside])
            found[..., positions] |= seen[..., cells]
        return found


@dataclass(frozen=True, slots=True)
class _Axis:
    steps: tuple[_Step, ...] = ()
    sizes: tuple[int | None, ...] = ()  # the positions in front of each step
    reach: Fraction = Fraction(0)  # from the first to the last position that a cell sees
    jump: Fraction = Fraction(1)  # between the fields of two neighbouring cells

    def through(self, step: _Step, size: int | None) -> _Axis:
        steps, sizes = (*self.steps, step), (*self.sizes, size)
        span = Fraction(step.reach - 1) * self.jump
        if step.up:
            return _Axis(steps, sizes, self.reach + span / step.stride, self.jump / step.stride)
        return _Axis(steps, sizes, self.reach + span, self.jump * step.stride)

    def seen(self, cells: int) -> np.ndarray[Any, Any] | None:
        seen = np.eye(cells, dtype=bool)
        for step, size in zip(reversed(self.steps), reversed(self.sizes), strict=True):
            if size is None:
                return None
            seen = step.back(seen, size)
        return seen

    @property
    def size(self) -> int:
        if not any(step.up and step.stride > 1 for step in self.steps):
            return int(self.reach) + 1
        # Spread cells see fields of different sizes; the largest counts.
        period = min(math.prod(step.stride for step in self.steps if step.up), 64)
        return max(self._seen_by(cell) for cell in range(period))

    def _seen_by(self, cell: int) -> int:
        seen = {cell}
        for step in reversed(self.steps):
            taps = range(-step.before, step.reach - step.before, step.dilation)
            if step.up:
                seen = {(far - tap) // step.stride for far in seen for tap in taps if (far - tap) % step.stride == 0}
            else:
                seen = {near * step.stride + tap for near in seen for tap in taps}
        return max(seen) - min(seen) + 1 if seen else 0


@dataclass(frozen=True, slots=True)
class Field:
    """The receptive field at one point of a stack, on the spatial axes of the model's input.

    Attributes
    ----------
    axes
        ``None`` while the layers so far have no spatial axis.
    cells
        The number of cells along each axis that the next mixing layer will see at once: behind a Flatten.
    whole
        Whether the spatial axes are used up: every cell sees the same field.
    """

    axes: tuple[_Axis, ...] | None = None
    cells: Shape | None = None
    whole: bool = False

    @classmethod
    def start(cls, input_shape: Shapes | None) -> Field | None:
        """Begin at a model's input of this shape, batch first."""
        if not input_shape or isinstance(input_shape[0], tuple):
            return None
        rank = len(input_shape) - 2
        return cls((_Axis(),) * rank if rank > 0 else None)

    @property
    def size(self) -> tuple[int, ...] | None:
        """Input positions that one cell sees, along each axis."""
        return tuple(axis.size for axis in self.axes) if self.axes else None

    @property
    def stride(self) -> tuple[float, ...] | None:
        """Input positions between the fields of neighbouring cells; None where every cell sees the same."""
        if not self.axes or self.whole:
            return None
        return tuple(int(a.jump) if a.jump.denominator == 1 else float(a.jump) for a in self.axes)

    def seen(self, cells: tuple[int, ...]) -> tuple[np.ndarray[Any, Any], ...] | None:
        """Give exactly which input positions each cell depends on: booleans (cells, positions), one array an axis.

        A cell sees an input position when it sees its place along each axis. Padding is no position.

        Parameters
        ----------
        cells
            The sizes of the output's spatial axes; they do not count where every cell sees the same.

        Returns
        -------
        tuple or None
            None where a size on the way is not fixed, and for cells that a Flatten has put in a row.
        """
        if self.axes is None or self.cells is not None:
            return None
        counts = (1,) * len(self.axes) if self.whole else cells
        axes = [axis.seen(count) for axis, count in zip(self.axes, counts, strict=True)]
        return None if any(axis is None for axis in axes) else tuple(axes)  # type: ignore[arg-type]

    def through(self, layer: Any, input_shape: Any, output_shape: Any) -> Field | None:  # noqa: PLR0911  a case a line
        """Go through one layer; None where what a cell sees is not known."""
        name = keras_name(layer)
        if name == "Embedding" and self.axes is None and len(input_shape) == 2:  # noqa: PLR2004  (batch, time)
            return Field((_Axis(),))
        if self.axes is None:
            return self if name else None
        if name in _CELLWISE or _mixes_channels_only(layer, name, len(input_shape)):
            return self
        if self.whole or self.cells is not None:
            return self._mixed(self.cells) if name in _MIXING else None
        if name == "Flatten":
            return replace(self, cells=spatial(input_shape, layer.data_format))
        if name in _LAST_STEP and not layer.return_sequences:
            return self._mixed(input_shape[1:2])
        if name.startswith("Global"):
            return self._mixed(spatial(input_shape, layer.data_format))
        steps = _steps(layer, name, input_shape, output_shape)
        return None if steps is None else self._stepped(steps, spatial(input_shape, getattr(layer, "data_format", None)))

    def _mixed(self, cells: Shape | None) -> Field | None:
        if cells is None:
            return self
        if None in cells:
            return None
        steps = [_Step(size, 1, 0) for size in cells]  # type: ignore[arg-type]
        return replace(self._stepped(steps, cells), whole=True)

    def _stepped(self, steps: list[_Step], sizes: Shape) -> Field:
        return Field(tuple(axis.through(step, size) for axis, step, size in zip(self.axes or (), steps, sizes, strict=True)))


# Each output cell depends on the same cell of the input only, in inference (which is when augmentation stands still).
_CELLWISE = frozenset(
    {
        *("Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Identity", "Masking", "BatchNormalization", "Rescaling"),
        *("Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "ActivityRegularization"),
        *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "RandomBrightness", "RandomContrast"),
        *("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomHue", "RandomSaturation"),
    }
)
_MIXING = frozenset({"Dense"})
_LAST_STEP = frozenset({"SimpleRNN", "LSTM", "GRU"})


def _mixes_channels_only(layer: Any, name: str, rank: int) -> bool:
    if name == "Dense":
        return rank > 2  # noqa: PLR2004  (batch, …, features)
    if name in {"LayerNormalization", "RMSNormalization", "UnitNormalization", "Softmax", "Normalization"}:
        axis = layer.axis if isinstance(layer.axis, tuple | list) else (layer.axis,)
        return all(a in (-1, rank - 1) for a in axis)
    return False


def _steps(layer: Any, name: str, input_shape: Any, output_shape: Any) -> list[_Step] | None:
    data_format = getattr(layer, "data_format", None)
    view = window(layer)
    if view is not None and name != "TimeDistributed":
        sizes, cells = spatial(input_shape, data_format), spatial(output_shape, data_format)
        return [
            _window_step(*axis, view.padding, up=view.up)
            for axis in zip(sizes, cells, view.kernel, view.strides, view.dilation, strict=True)
        ]
    if name.startswith("UpSampling") and getattr(layer, "interpolation", "nearest") == "nearest":
        return [_Step(n, n, 0, up=True) for n in _each(layer.size, int(name[-2]))]
    if name.startswith(("ZeroPadding", "Cropping")):
        edges = layer.padding if name.startswith("Zero") else layer.cropping
        sign = 1 if name.startswith("Zero") else -1
        return [_Step(1, 1, sign * edge[0]) for edge in ([edges] if name.endswith("1D") else edges)]
    return None


def _window_step(
    size: int | None, cells: int | None, kernel: int, stride: int, dilation: int, padding: str, *, up: bool
) -> _Step:
    reach = (kernel - 1) * dilation + 1
    if up:
        return _Step(reach, stride, max(reach - stride, 0) // 2 if padding == "same" else 0, up=True, dilation=dilation)
    return _Step(reach, stride, _pad_before(size, cells, reach, stride, padding), dilation=dilation)
