"""Trying things out in Keras without leaving a trace: names, seeds and variables."""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Build layers inside without memory for their weights, and leave names and seeds as they were.

    Weights made in a StatelessScope have a shape and no value. Keras keeps a list of them to fill in later, which for a
    layer that is thrown away would only cost time and memory.
    """
    from keras.src.backend.common import global_state

    names = ("uninitialized_variables", "object_name_uids", "name_scope_stack")  # of scopes, an error can leave some open
    kept = {name: copy.copy(global_state.get_global_attribute(name)) for name in names}
    python_seed = random.getstate()
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        random.setstate(python_seed)
        for name, value in kept.items():
            global_state.set_global_attribute(name, value)


@contextlib.contextmanager
def real_variables() -> Iterator[None]:
    """Make variables with values inside, also in `scratch`."""
    from keras.src.backend.common import global_state

    scope = global_state.get_global_attribute("stateless_scope")
    global_state.set_global_attribute("stateless_scope", None)
    try:
        yield
    finally:
        global_state.set_global_attribute("stateless_scope", scope)


def needs_values(error: BaseException) -> bool:
    """Return whether an error says that a layer makes variables of values that it has, as a stateful RNN does."""
    return "stateless scope" in str(error)
