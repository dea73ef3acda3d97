"""The oracle for multiply-adds: what TensorFlow's own FLOP counter says of the graph that a layer really runs."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

# TensorFlow counts a multiply-add as two. It has no counter for an einsum, which a product over all its letters tells.
_COUNTED = ("MatMul", "BatchMatMulV2", "Conv2D", "Conv3D", "DepthwiseConv2dNative", "Conv2DBackpropInput")
_LOOPS = ("While", "PartitionedCall")


def multiply_adds(layer: Any, *shapes: tuple[int, ...], dtype: str = "float32") -> int:
    """Count the multiply-adds of matrix products and convolutions in one call of ``layer`` on one sample."""
    call = tf.function(lambda *x: layer(x[0]) if len(x) == 1 else layer(list(x)))
    traced = call.get_concrete_function(*[tf.TensorSpec((1, *shape), dtype) for shape in shapes])
    graph = convert_variables_to_constants_v2(traced).graph
    total = 0.0
    for op in graph.get_operations():
        assert not any(loop in op.type for loop in _LOOPS), f"{op.type} hides what it computes"
        if op.type in _COUNTED:
            total += ops.get_stats_for_node_def(graph, op.node_def, "flops").value / 2
        elif op.type == "Einsum":
            total += _einsum(op)
    assert total == int(total)
    return int(total)


def _einsum(op: Any) -> int:
    equation = op.get_attr("equation").decode().partition("->")[0].split(",")
    sizes = {}
    for letters, tensor in zip(equation, op.inputs, strict=True):
        front, _, back = letters.partition("...")
        rest = range(len(front), len(tensor.shape) - len(back))
        names = [*front, *(f"...{axis}" for axis in rest), *back]
        sizes |= dict(zip(names, tensor.shape, strict=True))
    return math.prod(sizes.values())
