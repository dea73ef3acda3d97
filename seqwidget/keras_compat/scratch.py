"""Try things out in Keras without side effects on names, seeds and variables."""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Iterator

import keras

from .capabilities import SCRATCH


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Build layers in this context without memory for their weights, and restore names and seeds.

    In a StatelessScope, a weight has a shape and no value. Keras keeps a list of such weights to
    initialise later. For a layer that is thrown away, that would only cost time and memory.
    """
    python_seed = random.getstate()
    try:
        with _without_values() if SCRATCH.works else contextlib.nullcontext():
            yield
    finally:
        random.setstate(python_seed)


@contextlib.contextmanager
def _without_values() -> Iterator[None]:
    from keras.src.backend.common import global_state

    # An error can leave name scopes open, so their stack is restored, too.
    names = ("uninitialized_variables", "object_name_uids", "name_scope_stack")
    kept = {name: copy.copy(global_state.get_global_attribute(name)) for name in names}
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        for name, value in kept.items():
            global_state.set_global_attribute(name, value)


@SCRATCH.probe
def _probe() -> bool:
    seed, made = random.getstate(), []
    for _ in range(2):
        with scratch():
            layer = keras.layers.Dense(1)
            layer.build((None, 1))
            made.append([(weight.path, tuple(weight.shape)) for weight in layer.weights])
    return made[0] == made[1] and len(made[0]) == 2 and random.getstate() == seed


@contextlib.contextmanager
def real_variables() -> Iterator[None]:
    """Create variables with values in this context, even inside `scratch`."""
    if not SCRATCH.works:
        yield
        return
    from keras.src.backend.common import global_state

    # Variables without values that wait in the list would get values at the end of any inner scope.
    names = ("stateless_scope", "uninitialized_variables")
    kept = {name: global_state.get_global_attribute(name) for name in names}
    try:
        for name in names:
            global_state.set_global_attribute(name, None)
        yield
    finally:
        for name, value in kept.items():
            global_state.set_global_attribute(name, value)


def needs_values(error: BaseException) -> bool:
    """Return whether an error says that a layer creates variables from values.

    A stateful RNN is such a layer.
    """
    return "stateless scope" in str(error)
