"""Edits worth trying for each kind of mistake: this layer, one put before it, an earlier one, the input, in that order.

A move is only an idea. Whether it fits is found out by trying it (`case.attempt`), so a move may be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from ...codegen.writer import value_code
from ...i18n.messages import phrase, said
from ...model.refusal import Edit, New
from ..context import Case, changed

Move = tuple[str, Edit]


def new(name: str, **config: Any) -> New:
    """Give a Keras layer of these settings."""
    return New(getattr(keras.layers, name), config)


def with_arguments(case: Case, **arguments: Any) -> Move:
    """Change arguments of the refused layer."""
    words = ", ".join(f"{key}={value_code(value)}" for key, value in arguments.items())
    return said("give it {arguments}", arguments=words), case.instead(changed(case.layer, **arguments))


def earlier_with(case: Case, index: int, **arguments: Any) -> Move:
    """Change arguments of one of the stack's own layers."""
    words = ", ".join(f"{key}={value_code(value)}" for key, value in arguments.items())
    what = said("give the earlier {layer} {arguments}", layer=case.layers[index].name, arguments=words)
    return what, case.earlier(index, changed(case.layers[index], **arguments))


def without(case: Case, index: int) -> Move:
    """Take one of the stack's own layers out."""
    return said("remove the earlier {layer}", layer=case.layers[index].name), case.earlier(index)


def inserting(case: Case, what: str, *layers: New, **gaps: Any) -> Move:
    """Put layers between the stack and the refused one; ``what`` says so of ``{layers}``, and of other gaps."""
    first, *others = (layer.cls.__name__ for layer in layers)
    names = said("{first} and a {second}", first=first, second=others[0]) if others else first
    return said(what, layers=names, **gaps), case.before(*layers)


PUT = phrase("add a {layers} before it")
PUT_UNITS = phrase("add a {layers} of {units} units before it")


def taking(case: Case, *sizes: int | None) -> Move:
    """Have the model take another input."""
    return said("let the model take {sizes}", sizes=sizes), case.taking(*sizes)


def global_pool(case: Case) -> Iterator[Move]:
    """Put the global average pooling that fits the axes before the layer, if there is one."""
    if case.rank in (3, 4, 5):
        yield inserting(case, PUT, new(f"GlobalAveragePooling{case.rank - 2}D"))


def general(case: Case) -> Iterator[Move]:
    """Try what often helps, for a mistake that is not understood."""
    if not case.rank:
        return
    yield inserting(case, PUT, new("Flatten"))
    yield from global_pool(case)
    if None not in case.sizes:
        yield inserting(case, PUT, new("Reshape", target_shape=(*case.sizes, 1)))
