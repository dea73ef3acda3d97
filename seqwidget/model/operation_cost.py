"""Count the multiply-adds of ``keras.ops`` operations in a Functional model.

The convention is that of `cost`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike

from ..i18n.messages import message
from ..keras_compat.origin import is_from_keras
from .records import Shape, Shapes
from .tensor_specs import Spec, Structure


class UnknownCost(Exception):  # noqa: N818  not an error: it says why a cost is unknown
    """The cost is unknown; the message says why."""


class NotFixedError(Exception):
    """A size that the cost depends on is None."""


def product(sizes: Shape) -> int:
    """Return the product of sizes, or raise `NotFixedError` if one of them is None."""
    if None in sizes:
        raise NotFixedError
    return math.prod(sizes)  # type: ignore[arg-type]


def op_macs(op: keras.Operation, arguments: tuple[tuple[Structure, ...], dict[str, Structure]], output_shape: Shapes) -> int:
    """Return the number of multiply-adds of one operation for one sample.

    Parameters
    ----------
    op : keras.Operation
        The operation.
    arguments
        ``(args, kwargs)`` of the call, with a `Spec` in place of each symbolic tensor.
    output_shape : tuple
        Shape of the output, including the batch axis.

    Raises
    ------
    UnknownCost
        If no formula for the operation is known, if a size that matters is not fixed, or if the
        operation mixes the samples of a batch.
    """
    name = type(op).__name__ if is_from_keras(type(op), "ops") else ""
    if name in _FREE:
        return 0
    formula = _FORMULAS.get(name)
    args, kwargs = arguments
    if formula is None:
        raise UnknownCost(message("{type} is a custom computation; its cost is unknown", type=type(op).__name__))
    bound = inspect.signature(op.call).bind(*args, **kwargs)
    given = [*bound.args, *bound.kwargs.values()]
    batches = {one.shape[:1] for one in given if isinstance(one, Spec)}
    if not output_shape or batches != {tuple(output_shape[:1])}:
        raise UnknownCost(message("{type} mixes the samples of a batch", type=type(op).__name__))
    try:
        return formula(op, [_shape(one) for one in given], output_shape)
    except NotFixedError:
        raise UnknownCost(message("a size that the cost depends on is not fixed")) from None


def _shape(value: Spec | ArrayLike) -> Shape:
    return value.shape if isinstance(value, Spec) else tuple(np.shape(value))


def _matmul(_: keras.Operation, given: list[Shape], y: Shape) -> int:
    return product(y[1:]) * product(given[0][-1:]) if all(given[:2]) else 0  # a scalar only scales


def _tensordot(op: keras.Operation, given: list[Shape], y: Shape) -> int:
    first = given[0]
    axes = range(len(first) - op.axes, len(first)) if isinstance(op.axes, int) else np.atleast_1d(op.axes[0])
    return product(y[1:]) * product(tuple(first[axis] for axis in axes))


def _einsum(op: keras.Operation, given: list[Shape], y: Shape) -> int:
    operands, _, output = op.subscripts.replace(" ", "").partition("->")
    if len(given) == 1:
        return 0
    if len(given) > 2 or not output:  # the backend chooses the order of the products
        raise UnknownCost(message("{type} multiplies more than two tensors", type=type(op).__name__))
    sizes = {}
    for letters, shape in zip(operands.split(","), given, strict=True):
        sizes.update(named(letters, shape))
    batch = next(iter(named(output, y)))
    return product(tuple(size for letter, size in sizes.items() if letter != batch))


def named(letters: str, shape: Shape) -> dict[str, int | None]:
    """Return the size of each axis by its letter in an einsum equation.

    The axes that an ellipsis covers are named ``"...0"``, ``"...1"`` and so on.
    """
    front, _, back = letters.partition("...")
    between = (f"...{axis}" for axis in range(len(shape) - len(front) - len(back)))
    return dict(zip([*front, *between, *back], shape, strict=True))


def _conv(_: keras.Operation, given: list[Shape], y: Shape) -> int:
    return product(y[1:]) * product(given[1][:-1])


def _depthwise(_: keras.Operation, given: list[Shape], y: Shape) -> int:
    return product(y[1:]) * product(given[1][:-2])


def _separable(op: keras.Operation, given: list[Shape], y: Shape) -> int:
    positions = y[2:] if op.data_format == "channels_first" else y[1:-1]
    return product(positions) * (product(given[1]) + product(given[2]))


def _conv_transpose(_: keras.Operation, given: list[Shape], __: Shape) -> int:
    return product(given[0][1:]) * product(given[1][:-1])


def _attention(_: keras.Operation, given: list[Shape], __: Shape) -> int:
    query, key, value = given[:3]  # (batch, positions, heads, features)
    return product(query[1:3]) * product(key[1:2]) * (product(query[-1:]) + product(value[-1:]))


_FORMULAS: dict[str, Callable[[keras.Operation, list[Shape], Any], int]] = {
    **dict.fromkeys(("Matmul", "Dot", "Inner"), _matmul),
    "Tensordot": _tensordot,
    "Einsum": _einsum,
    "Conv": _conv,
    "DepthwiseConv": _depthwise,
    "SeparableConv": _separable,
    "ConvTranspose": _conv_transpose,
    "DotProductAttention": _attention,
}
_MULTIPLY_NOTHING = """
    Abs Absolute Add All AllClose Amax Amin Angle Any Append Arange Arccos Arccosh Arcsin Arcsinh Arctan Arctan2 Arctanh
    Argmax Argmin Argpartition Argsort Array ArraySplit Average Bincount BitwiseAnd BitwiseInvert BitwiseLeftShift
    BitwiseNot BitwiseOr BitwiseRightShift BitwiseXor BroadcastTo Cbrt Ceil Clip Concatenate Conj Conjugate Copy Cos Cosh
    CountNonzero Cumprod Cumsum Deg2rad Diag Diagflat Diagonal Diff Digitize Divide DivideNoNan Dsplit Dstack EmptyLike
    Equal Exp Exp2 ExpandDims Expm1 Fabs Flip Fliplr Flipud Floor FloorDivide Fmax Fmin Fmod Full FullLike Gcd GetItem
    Greater GreaterEqual Heaviside Histogram Hsplit Hstack Hypot Imag Isclose Isfinite IsIn Isinf Isnan Isneginf Isposinf
    Isreal Lcm Ldexp LeftShift Less LessEqual Log Log10 Log1p Log2 Logaddexp Logaddexp2 LogicalAnd LogicalNot LogicalOr
    LogicalXor Max Maximum Mean Median Meshgrid Min Minimum Mod Moveaxis Multiply NanToNum Nanmax Nanmean Nanmin Nanprod
    Nanstd Nansum Nanvar Ndim Negative Nextafter Nonzero NotEqual OnesLike Pad Percentile Power Prod Ptp Quantile Rad2deg
    Ravel Real Reciprocal Repeat Reshape RightShift Roll Rot90 Round SearchSorted Select Sign Signbit Sin Sinc Sinh Size
    Sort Split Sqrt Square Squeeze Stack Std Subtract Sum Swapaxes Take TakeAlongAxis Tan Tanh Tile Trace Transpose Tril
    Triu TrueDivide Trunc Unique Var View Vsplit Vstack Where ZerosLike AdaptiveAveragePool AdaptiveMaxPool AveragePool
    BatchNorm BinaryCrossentropy CategoricalCrossentropy Celu DepthToSpace Elu Gelu Glu HardShrink HardSigmoid HardSilu
    HardTanh LayerNorm LeakyRelu LogSigmoid LogSoftmax MaxPool Moments MultiHot Normalize OneHot Polar RMSNorm Relu Relu6
    Selu Sigmoid Silu SoftShrink Softmax Softplus Softsign SpaceToDepth SparseCategoricalCrossentropy SparsePlus
    SparseSigmoid Sparsemax Squareplus TanhShrink Threshold Cast ConvertToTensor SaturateCast Scatter ScatterUpdate Slice
    SliceUpdate StopGradient Unstack Erf Erfc Erfinv InTopK Logsumexp Rsqrt SegmentMax SegmentMin SegmentProd SegmentSum
    TopK ViewAsComplex ViewAsReal CropImages HSVToRGB PadImages RGBToHSV Resize Rearrange
"""
_FREE = frozenset(_MULTIPLY_NOTHING.split())
