"""Build the candidate edits that the fixes for several kinds of mistake have in common.

A `Candidate` is a candidate edit with a description. It may be wrong: `context.attempt` tries each one,
and only those that fit become fixes. Changes to the refused layer usually come first, then layers
put before it, changes to an earlier layer, and changes to the input shape.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras

from ...codegen.writer import value_code
from ...i18n.messages import N_, Text, message
from ...model.refusal import Edit, New
from ..context import RefusedAdd, changed

Candidate = tuple[Text, Edit]


def new(name: str, **config: object) -> New:
    """Describe a new layer of the Keras class ``name`` with these arguments."""
    return New(getattr(keras.layers, name), config)


def with_arguments(refused: RefusedAdd, **arguments: object) -> Candidate:
    """Return a candidate edit that changes arguments of the refused layer."""
    words = ", ".join(f"{key}={value_code(value)}" for key, value in arguments.items())
    return message("give it {arguments}", arguments=words), refused.instead(changed(refused.layer, **arguments))


def earlier_with(refused: RefusedAdd, index: int, **arguments: object) -> Candidate:
    """Return a candidate edit that changes arguments of an earlier layer."""
    words = ", ".join(f"{key}={value_code(value)}" for key, value in arguments.items())
    what = message("give the earlier {layer} {arguments}", layer=refused.layers[index].name, arguments=words)
    return what, refused.earlier(index, changed(refused.layers[index], **arguments))


def without(refused: RefusedAdd, index: int) -> Candidate:
    """Return a candidate edit that removes an earlier layer."""
    return message("remove the earlier {layer}", layer=refused.layers[index].name), refused.earlier(index)


def inserting(refused: RefusedAdd, what: str, *layers: New, **gaps: object) -> Candidate:
    """Return a candidate edit that puts one or two layers before the refused one.

    ``what`` is the pattern of the description. Its placeholder ``{layers}`` stands for the names
    of the new layers, and ``gaps`` fills the other placeholders.
    """
    first, *others = (layer.cls.__name__ for layer in layers)
    names = message("{first} and {second}", first=first, second=others[0]) if others else first
    return message(what, layers=names, **gaps), refused.before(*layers)


PUT = N_("add {layers} before it")
PUT_UNITS = N_("add {layers} with {units} units before it")


def taking(refused: RefusedAdd, *sizes: int | None) -> Candidate:
    """Return a candidate edit that changes the model's input shape (without batch) to ``sizes``."""
    return message("change the input shape to {sizes}", sizes=sizes), refused.taking(*sizes)


def global_pool(refused: RefusedAdd) -> Iterator[Candidate]:
    """Yield the edit that puts global average pooling before the layer, for 3 to 5 axes."""
    if refused.rank in (3, 4, 5):
        yield inserting(refused, PUT, new(f"GlobalAveragePooling{refused.rank - 2}D"))


def general(refused: RefusedAdd) -> Iterator[Candidate]:
    """Yield edits that often help, for a mistake that no rule recognizes."""
    if not refused.rank:
        return
    yield inserting(refused, PUT, new("Flatten"))
    yield from global_pool(refused)
    if None not in refused.sizes:
        yield inserting(refused, PUT, new("Reshape", target_shape=(*refused.sizes, 1)))
