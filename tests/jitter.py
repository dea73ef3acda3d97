"""A pytest plugin that simulates another processor: every matrix product and convolution gets a random error in its last bit.

Two runs of one layer then differ, as they do between machines, thread counts and versions of a library, and a test that
compares two runs to the last bit fails. ``make test-jitter`` uses it. TensorFlow only.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras.src.backend.tensorflow import nn, numpy
from numpy.random import default_rng

_DICE = default_rng()  # its own generator: two runs in a test may share a seed
_PRODUCTS = {
    nn: ("conv", "depthwise_conv", "separable_conv", "conv_transpose"),
    numpy: ("matmul", "tensordot", "einsum", "dot"),
}


def _jittered(product: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(product)
    def off_by_a_bit(*args: Any, **kwargs: Any) -> Any:
        y = product(*args, **kwargs)
        if not tf.is_tensor(y) or y.dtype != tf.float32:
            return y
        seed = _DICE.integers(2**31, size=2)  # constant within a traced function, but different in the next one
        steps = tf.floor(tf.random.stateless_uniform(tf.shape(y), seed, -1, 2))
        return y + tf.stop_gradient(y * steps * 2.0**-23)

    return off_by_a_bit


for _module, _names in _PRODUCTS.items():
    for _name in _names:
        setattr(_module, _name, _jittered(getattr(_module, _name)))
