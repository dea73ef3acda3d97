"""Compute the memory of a layer's output."""

from __future__ import annotations

import math

from ..i18n.messages import message
from .operation_cost import UnknownCost
from .operation_cost import product as _product
from .records import Shape, Shapes


def activation_bytes(output_shape: Shapes, dtype: str | tuple[str | None, ...] | None, batch: int | None = None) -> int:
    """Return the memory of a layer's output for one sample, in bytes.

    Parameters
    ----------
    output_shape : tuple
        Shape of the output, including the batch axis; a tuple of shapes for several tensors.
    dtype : str or tuple
        Dtype of the output; a tuple if several tensors have different dtypes.
    batch : int, optional
        Batch size of the layer's input.

    Raises
    ------
    UnknownCost
        If a size is not fixed, if the dtype is unknown or has no fixed size, or if the output has
        no batch axis.
    """
    shapes = each(output_shape)
    bits = 0
    for shape, one in zip(shapes, dtype if isinstance(dtype, tuple) else (dtype,) * len(shapes), strict=True):
        if one not in _BITS:
            raise UnknownCost(NO_DTYPE if one is None else message("{dtype} has no fixed size", dtype=one))
        if not shape or shape[0] not in (None, batch):
            raise UnknownCost(message("the output has no axis for the samples of a batch"))
        if None in shape[1:]:
            raise UnknownCost(message("the output's size along axis {axis} is not fixed", axis=shape.index(None, 1)))
        bits += _product(shape[1:]) * _BITS[one]
    return math.ceil(bits / 8)


NO_DTYPE = message("the dtype of the output is not known")


_BITS = {
    "bool": 8,
    "int4": 4,
    "uint4": 4,
    "bfloat16": 16,
    "float8_e4m3fn": 8,
    "float8_e5m2": 8,
    "complex64": 64,
    "complex128": 128,
    **{f"{sign}int{bits}": bits for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": bits for bits in (16, 32, 64)},
}


def each(shapes: Shapes) -> tuple[Shape, ...]:
    """Return a tuple with the shape of each tensor."""
    return shapes if shapes and isinstance(shapes[0], tuple) else (shapes,)  # type: ignore[return-value]
