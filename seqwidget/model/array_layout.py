"""Arrange a layer's output for display: find its channel axis and its spatial axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import keras
import numpy as np

from .layer_kinds import keras_name, kind

_STEP = 1024
Form: TypeAlias = Literal["maps", "volume", "sequence", "vector", "matrices"]
"""Images; stacks of images; channels over time; plain numbers; attention between positions."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of one sample's output.

    Attributes
    ----------
    form
        What the output consists of.
    channel_axis
        The channel axis of the sample; None if there is only one channel.
    """

    form: Form
    channel_axis: int | None

    def arrange(self, sample: np.ndarray) -> np.ndarray:
        """Return a view of one sample's output with the axes (channels, slices, height, width)."""
        tiles = sample[None] if self.channel_axis is None else np.moveaxis(sample, self.channel_axis, 0)
        channels, *space = tiles.shape
        height, width = [1, 1, *space][-2:]
        return tiles.reshape(channels, -1, height, width)


def layout_of(shape: Sequence[int | None], *, data_format: str | None = None, attention: bool = False) -> Layout:
    """Return the layout of one sample's output, from its shape.

    Parameters
    ----------
    shape
        Shape of the output, without the batch axis.
    data_format
        ``"channels_first"`` if the channel axis comes before the spatial axes.
    attention
        Whether the output comes from an attention layer. If its last two axes have the same size,
        it is then laid out as matrices.
    """
    rank = len(shape)
    if attention and rank > 1 and shape[-1] == shape[-2]:
        return Layout("matrices", 0 if rank > 2 else None)  # (heads, from, to)
    if rank < 2:
        return Layout("vector", 0 if rank else None)
    channel_axis = 0 if data_format == "channels_first" else rank - 1
    return Layout("sequence" if rank == 2 else "maps" if rank == 3 else "volume", channel_axis)


def together(tiles: np.ndarray) -> np.ndarray:
    """Copy an array of shape (channels, …) so that the values of each channel are contiguous.

    The copy is made in blocks that fit into the processor's cache.
    """
    flat = tiles.reshape(len(tiles), -1)
    copy = np.empty(flat.shape, flat.dtype)
    for start in range(0, flat.shape[1], _STEP):
        copy[:, start : start + _STEP] = flat[:, start : start + _STEP]
    return copy.reshape(tiles.shape)


def filters(layer: keras.Layer) -> np.ndarray | None:
    """Return a convolution's kernels as (output channels, input channels, height, width).

    Return None for other layers. A depthwise kernel has one input channel. In a 3D kernel, the
    depth axis is merged into the input channels.
    """
    name = keras_name(layer)
    kernel = getattr(layer, "depthwise_kernel" if name.startswith("Separable") else "kernel", None)
    if kind(layer) != "conv" or not name or kernel is None:
        return None
    array = keras.ops.convert_to_numpy(keras.ops.cast(kernel, "float32"))
    if name.startswith(("Depthwise", "Separable")):
        array = array.reshape(*array.shape[:-2], 1, -1)
    elif name.endswith("Transpose"):
        array = np.swapaxes(array, -1, -2)
    given = array.shape[-1]
    height, width = [1, *array.shape[:-2]][-2:]
    return np.moveaxis(array, (-1, -2), (0, 1)).reshape(given, -1, height, width)
