"""Describe the windows of layers, and find the input positions that a layer ignores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import keras

from .layer_kinds import keras_name, kind, wrapped
from .records import Shape, Shapes


@dataclass(frozen=True, slots=True)
class Window:
    """The window through which a layer's output cells see its input, one number per spatial axis.

    ``up`` means that strides spread the cells apart, as in a transposed convolution.
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str
    up: bool = False

    def __post_init__(self) -> None:
        for name in ("kernel", "strides", "dilation"):
            # NumPy integers are not JSON data.
            object.__setattr__(self, name, tuple(map(int, getattr(self, name))))


def window(layer: keras.Layer) -> Window | None:
    """Return the window of a convolution or pooling layer; None for other layers."""
    name = keras_name(layer)
    if name in ("TimeDistributed", "SpectralNormalization", "Bidirectional"):
        return window(wrapped(layer))
    if (kind(layer) == "conv" and name) or name.startswith("ConvLSTM"):
        rank = len(layer.kernel_size)
        return Window(
            layer.kernel_size,
            each(layer.strides, rank),
            each(layer.dilation_rate, rank),
            layer.padding,
            name.endswith("Transpose"),
        )
    if kind(layer) == "pool" and hasattr(layer, "pool_size"):
        rank = int(name[-2]) if name else len(layer.pool_size)
        return Window(each(layer.pool_size, rank), each(layer.strides, rank), (1,) * rank, layer.padding)
    return None


def each(value: int | Iterable[int], rank: int) -> tuple[int, ...]:
    """Return one number for each of ``rank`` axes."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def spatial(shape: Shape, data_format: str | None) -> Shape:
    """Return the sizes of the spatial axes of a shape: all except the batch and the channels."""
    return shape[2:] if data_format == "channels_first" else shape[1:-1]


def space_of(layer: keras.Layer, rank: int) -> range:
    """Return the spatial axes of a layer's tensor with ``rank`` axes, including the batch axis."""
    return range(2, rank) if getattr(layer, "data_format", None) == "channels_first" else range(1, rank - 1)


def ignored(layer: keras.Layer, input_shape: Shapes, output_shape: Shapes) -> tuple[tuple[int, tuple[int, ...]], ...] | None:
    """Return the input positions that no output cell depends on, along each spatial axis.

    Each frame of a video counts as a separate input.

    Returns
    -------
    tuple or None
        For each axis, its size and these positions. ``None`` for a layer without a window, and if a
        size is not fixed.
    """
    name, shapes = keras_name(layer), (input_shape, output_shape)
    if name in ("TimeDistributed", "SpectralNormalization", "Bidirectional"):
        frame = name == "TimeDistributed"
        return ignored(wrapped(layer), *((None, *shape[2:]) if frame else shape for shape in shapes))
    if any(isinstance(size, tuple) for shape in shapes for size in shape):
        return None
    view = window(layer)
    if name.startswith("Cropping"):
        sizes = [input_shape[axis] for axis in space_of(layer, len(input_shape))]
        cuts = [layer.cropping] if len(sizes) == 1 else layer.cropping
        axes = [(n, (*range(a), *range(n - b, n))) for n, (a, b) in zip(sizes, cuts, strict=True) if n]  # type: ignore[arg-type]
        return tuple(axes) if len(axes) == len(sizes) else None  # type: ignore[arg-type]
    if not name or view is None or view.up:
        return None
    before, after = (spatial(shape, layer.data_format)[-len(view.kernel) :] for shape in shapes)  # type: ignore[arg-type]
    windows = zip(before, after, view.kernel, view.strides, view.dilation, strict=True)
    found = [(n, _unseen(n, cells, k, s, d, view.padding)) for n, cells, k, s, d in windows if n and cells]
    return tuple(found) if len(found) == len(view.kernel) else None


def cropped(layer: keras.Layer, input_shape: Shapes, output_shape: Shapes) -> tuple[int, ...] | None:
    """Return the number of positions that `ignored` returns, along each spatial axis."""
    found = ignored(layer, input_shape, output_shape)
    return None if found is None else tuple(len(positions) for _, positions in found)


@lru_cache(4096)
def _unseen(size: int, cells: int, kernel: int, stride: int, dilation: int, padding: str) -> tuple[int, ...]:
    start = -leading_padding(size, cells, (kernel - 1) * dilation + 1, stride, padding)
    if dilation == 1 and stride <= kernel:
        return tuple(range(max(0, start + (cells - 1) * stride + kernel), size))
    seen = {start + cell * stride + tap * dilation for cell in range(cells) for tap in range(kernel)}
    return tuple(at for at in range(size) if at not in seen)


def leading_padding(size: int | None, cells: int | None, reach: int, stride: int, padding: str) -> int:
    """Return the distance from the start of the first window to the first position.

    For "same" padding, this is TensorFlow's rule.
    """
    if padding == "causal":
        return reach - 1
    if padding != "same":
        return 0
    if size is None or cells is None:
        return (reach - 1) // 2
    return max((cells - 1) * stride + reach - size, 0) // 2
