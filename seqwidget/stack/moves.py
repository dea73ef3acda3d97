"""Edits worth trying for each kind of mistake: this layer, one put before it, an earlier one, the input, in that order.

A move is only an idea. Whether it fits is found out by trying it (`case.attempt`), so a move may be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from .case import Case, changed
from .code import value_code
from .refusal import Edit, New

Move = tuple[str, Edit]


def new(name: str, **config: Any) -> New:
    """Give a Keras layer of these settings."""
    return New(getattr(keras.layers, name), config)


def with_arguments(case: Case, **arguments: Any) -> Move:
    """Change arguments of the refused layer."""
    words = ", ".join(f"{key}={value_code(value)}" for key, value in arguments.items())
    return f"give it {words}", case.instead(changed(case.layer, **arguments))


def earlier_with(case: Case, index: int, **arguments: Any) -> Move:
    """Change arguments of one of the stack's own layers."""
    words = ", ".join(f"{key}={value_code(value)}" for key, value in arguments.items())
    return f"give the earlier {case.layers[index].name} {words}", case.earlier(index, changed(case.layers[index], **arguments))


def without(case: Case, index: int) -> Move:
    """Take one of the stack's own layers out."""
    return f"take the earlier {case.layers[index].name} out", case.earlier(index)


def inserting(case: Case, what: str, *layers: New) -> Move:
    """Put layers between the stack and the refused one."""
    names = " and a ".join(layer.cls.__name__ for layer in layers)
    return f"put a {names}{what} before it", case.before(*layers)


def taking(case: Case, *sizes: int | None) -> Move:
    """Have the model take another input."""
    return f"let the model take {(None, *sizes)[1:]}", case.taking(*sizes)


def global_pool(case: Case) -> Iterator[Move]:
    """Put the global average pooling that fits the axes before the layer, if there is one."""
    if case.rank in (3, 4, 5):
        yield inserting(case, "", new(f"GlobalAveragePooling{case.rank - 2}D"))


def general(case: Case) -> Iterator[Move]:
    """Try what often helps, for a mistake that is not understood."""
    if not case.rank:
        return
    yield inserting(case, "", new("Flatten"))
    yield from global_pool(case)
    if None not in case.sizes:
        yield inserting(case, "", new("Reshape", target_shape=(*case.sizes, 1)))
