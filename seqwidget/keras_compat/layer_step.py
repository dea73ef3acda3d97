"""Run one layer as a part of a training step: its outputs, and the gradients that go back through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import keras

Structure: TypeAlias = Any
"""Tensors of the backend, or nested structures of them."""
Tensors: TypeAlias = Sequence[Structure]
Function: TypeAlias = Callable[[Tensors, Tensors, Tensors], Structure]
"""Takes the tensors to differentiate with respect to, other tensors, and the gradients of the outputs."""


def value_of(variable: keras.Variable) -> Structure:
    """Return the value of a variable as a tensor."""
    if keras.backend.backend() != "tensorflow":
        return variable.value
    import tensorflow as tf

    return tf.convert_to_tensor(variable.value)  # which Keras leaves as a variable


def compiled(function: Function, *, jit: bool, eager: bool) -> Function:
    """Return a function compiled as ``fit`` compiles its step: with XLA for ``jit``, on TensorFlow otherwise as a graph."""
    backend = keras.backend.backend()
    if eager or backend not in ("tensorflow", "jax"):
        return function
    if backend == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, jit_compile=jit)


def with_gradients(outputs_of: Callable[[Tensors, Tensors], list[Structure]]) -> Function:
    """Return a function that computes outputs, and the gradients with respect to its first tensors."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        def step(sources: Tensors, others: Tensors, upstream: Tensors) -> Structure:
            outputs, back = jax.vjp(lambda tensors: outputs_of(tensors, others), list(sources))
            return outputs, back(list(upstream))

    elif backend == "torch":
        import torch

        def step(sources: Tensors, others: Tensors, upstream: Tensors) -> Structure:
            with torch.enable_grad():
                leaves = [source.detach().requires_grad_() for source in sources]
                outputs = outputs_of(leaves, others)
                through = [at for at, one in enumerate(outputs) if one.requires_grad]
                ends, above = [outputs[at] for at in through], [upstream[at] for at in through]
                return outputs, torch.autograd.grad(ends, leaves, above, allow_unused=True)

    else:
        import tensorflow as tf

        def step(sources: Tensors, others: Tensors, upstream: Tensors) -> Structure:
            with tf.GradientTape() as tape:
                tape.watch(sources)
                outputs = outputs_of(sources, others)
            return outputs, [one for one in tape.gradient(outputs, sources, upstream) if one is not None]

    return step


def wait_for(result: Structure) -> None:
    """Wait until a result has been computed: an accelerator computes it while Python continues."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        jax.block_until_ready(result)
    elif backend == "torch":
        import torch

        if torch.cuda.is_available():
            torch.cuda.synchronize()
    elif backend == "tensorflow":
        import tensorflow as tf

        tf.test.experimental.sync_devices()
