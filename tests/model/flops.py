"""The oracle for multiply-adds: TensorFlow's own FLOP counter, on the graph that a layer really runs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

from tests.backends import BACKEND, module
from tests.close import as_array

tf = module("tensorflow")

# TensorFlow counts a multiply-add as two floating point operations.
_COUNTED = frozenset({"MatMul", "BatchMatMulV2", "Conv2D", "Conv3D", "DepthwiseConv2dNative"})
_GRADIENTS = frozenset({"Conv2DBackpropInput", "Conv3DBackpropInputV2"})
_LOOPS = frozenset({"While", "StatelessWhile"})
# Operations of any other type that contain a product have one of these in their name.
_PRODUCTS = ("MatMul", "Conv", "Einsum")


def multiply_adds(layer: Any, *shapes: tuple[int, ...], dtype: str = "float32", **arguments: Any) -> tuple[int, Any]:
    """Count the multiply-adds of matrix products and convolutions in one call of ``layer`` on one sample.

    On backends other than TensorFlow, which have no such counter, the test is skipped.

    Returns
    -------
    tuple
        The count; and the shape of the output, a tuple of shapes for several.
    """
    if BACKEND != "tensorflow":
        pytest.skip("the oracle is the counter of TensorFlow")
    # Weights are created outside the trace, without values, because TensorFlow does not have every kernel on every device.
    _call(layer, [keras.KerasTensor((1, *shape), dtype) for shape in shapes], arguments)
    function = tf.function(lambda *inputs: _call(layer, list(inputs), arguments))
    traced = function.get_concrete_function(*[tf.TensorSpec((1, *shape), dtype) for shape in shapes])
    outputs = [tuple(tensor.shape) for tensor in tf.nest.flatten(traced.structured_outputs)]
    total = sum(_count(graph, op) for graph, op in _operations(traced.graph, traced.outputs))
    return total, outputs[0] if len(outputs) == 1 else tuple(outputs)


def _call(layer: Any, inputs: list[Any], arguments: dict[str, Any]) -> Any:
    name = type(layer).__name__
    if len(inputs) == 1 or name in {"MultiHeadAttention", "GroupedQueryAttention"}:
        return layer(*inputs, **arguments)
    return layer(inputs[0], inputs[1:]) if name.endswith("Cell") else layer(inputs)


def _operations(graph: Any, outputs: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Return the operations that the outputs need, even in compiled parts, each with the graph that knows its shapes.

    Keras leaves others in a trace, which TensorFlow then does not run.
    """
    todo, seen = [tensor.op for tensor in outputs], set()
    while todo:
        op = todo.pop()
        if op.name in seen:
            continue
        seen.add(op.name)
        todo += [*(tensor.op for tensor in op.inputs), *op.control_inputs]
        if "PartitionedCall" in op.type:
            inner = graph._get_function(op.get_attr("f").name).graph
            yield from _operations(inner, inner.outputs)
        else:
            yield graph, op


def _count(graph: Any, op: Any) -> int:
    assert op.type not in _LOOPS, "a loop hides how often it runs: unroll it"
    if op.type in _COUNTED:
        ops = module("tensorflow.python.framework.ops")
        flops = ops.get_stats_for_node_def(graph, op.node_def, "flops").value
        assert flops % 2 == 0
        return int(flops) // 2
    if op.type in _GRADIENTS:
        # The counter has no rule for three dimensions. In two dimensions, it divides the size of
        # the output by the strides, which is right only if there is no remainder. The gradient of a
        # convolution has the same products as that convolution: for each output value, one filter.
        _, kernel, outputs = op.inputs
        return math.prod(outputs.shape) * math.prod(kernel.shape[:-1])
    if op.type == "Einsum":
        return _einsum(op)
    assert not any(word in op.type for word in _PRODUCTS), f"{op.type} is not counted"
    return 0


def _einsum(op: Any) -> int:
    """Count an einsum, which TensorFlow's counter ignores: one product for each combination of its letters."""
    equation = op.get_attr("equation").decode().partition("->")[0].split(",")
    sizes: dict[str, int] = {}
    for letters, tensor in zip(equation, op.inputs, strict=True):
        front, _, back = letters.partition("...")
        rest = range(len(front), len(tensor.shape) - len(back))
        names = [*front, *(f"...{axis}" for axis in rest), *back]
        sizes |= dict(zip(names, tensor.shape, strict=True))
    return math.prod(sizes.values())


def by_ones(layer: Any, *shapes: tuple[int, ...]) -> int:
    """Count the products of a linear layer without bias: if each product is 1, the sum of the output is their number."""
    inputs = [np.ones((1, *shape), "float32") for shape in shapes]
    _call(layer, inputs, {})
    for weight in layer.weights:
        weight.assign(np.ones(weight.shape))
    return round(float(as_array(_call(layer, inputs, {}), "float64").sum()))
