"""Build the candidate edits that the fixes for several kinds of mistake have in common.

A `Move` is a candidate edit with a description. It may be wrong: `context.attempt` tries each one,
and only those that fit become fixes. Changes to the refused layer usually come first, then layers
put before it, changes to an earlier layer, and changes to the input shape.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras

from ...codegen.writer import value_code
from ...i18n.messages import N_, Text, message
from ...model.refusal import Edit, New
from ..context import Case, changed

Move = tuple[Text, Edit]


def new(name: str, **config: object) -> New:
    """Describe a new layer of the Keras class ``name`` with these arguments."""
    return New(getattr(keras.layers, name), config)


def with_arguments(case: Case, **arguments: object) -> Move:
    """Return a candidate edit that changes arguments of the refused layer."""
    words = ", ".join(f"{key}={value_code(value)}" for key, value in arguments.items())
    return message("give it {arguments}", arguments=words), case.instead(changed(case.layer, **arguments))


def earlier_with(case: Case, index: int, **arguments: object) -> Move:
    """Return a candidate edit that changes arguments of an earlier layer."""
    words = ", ".join(f"{key}={value_code(value)}" for key, value in arguments.items())
    what = message("give the earlier {layer} {arguments}", layer=case.layers[index].name, arguments=words)
    return what, case.earlier(index, changed(case.layers[index], **arguments))


def without(case: Case, index: int) -> Move:
    """Return a candidate edit that removes an earlier layer."""
    return message("remove the earlier {layer}", layer=case.layers[index].name), case.earlier(index)


def inserting(case: Case, what: str, *layers: New, **gaps: object) -> Move:
    """Return a candidate edit that puts one or two layers before the refused one.

    ``what`` is the pattern of the description. Its placeholder ``{layers}`` stands for the names
    of the new layers, and ``gaps`` fills the other placeholders.
    """
    first, *others = (layer.cls.__name__ for layer in layers)
    names = message("{first} and a {second}", first=first, second=others[0]) if others else first
    return message(what, layers=names, **gaps), case.before(*layers)


PUT = N_("add a {layers} before it")
PUT_UNITS = N_("add a {layers} of {units} units before it")


def taking(case: Case, *sizes: int | None) -> Move:
    """Return a candidate edit that changes the model's input shape (without batch) to ``sizes``."""
    return message("change the input shape to {sizes}", sizes=sizes), case.taking(*sizes)


def global_pool(case: Case) -> Iterator[Move]:
    """Yield the edit that puts global average pooling before the layer, for 3 to 5 axes."""
    if case.rank in (3, 4, 5):
        yield inserting(case, PUT, new(f"GlobalAveragePooling{case.rank - 2}D"))


def general(case: Case) -> Iterator[Move]:
    """Yield edits that often help, for a mistake that no rule recognizes."""
    if not case.rank:
        return
    yield inserting(case, PUT, new("Flatten"))
    yield from global_pool(case)
    if None not in case.sizes:
        yield inserting(case, PUT, new("Reshape", target_shape=(*case.sizes, 1)))
