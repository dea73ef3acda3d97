"""Try things out in Keras without side effects on names, seeds and variables."""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Build layers in this context without memory for their weights, and restore names and seeds.

    In a StatelessScope, a weight has a shape and no value. Keras keeps a list of such weights to
    initialise later. For a layer that is thrown away, that would only cost time and memory.
    """
    from keras.src.backend.common import global_state

    # An error can leave name scopes open, so their stack is restored, too.
    names = ("uninitialized_variables", "object_name_uids", "name_scope_stack")
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
    """Create variables with values in this context, even inside `scratch`."""
    from keras.src.backend.common import global_state

    scope = global_state.get_global_attribute("stateless_scope")
    global_state.set_global_attribute("stateless_scope", None)
    try:
        yield
    finally:
        global_state.set_global_attribute("stateless_scope", scope)


def needs_values(error: BaseException) -> bool:
    """Return whether an error says that a layer creates variables from values.

    A stateful RNN is such a layer.
    """
    return "stateless scope" in str(error)
