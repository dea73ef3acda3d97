"""Select layers of a stack: by name pattern, by type, from one layer on, up to one layer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..checks import brief, describe
from ..errors import ArgumentError, NoSuchLayerError
from ..i18n.messages import Text, joined, message
from .records import Facts, LayerRow
from .training_state import inner

_LAYER = "a layer: its path, its index in model.layers, or the layer itself"
_MEANT = {
    "pattern": "a regular expression over layer names, or a layer of the model",
    "type": "the name of a class, such as 'Conv2D'",
    "start": _LAYER,
    "end": _LAYER,
}


def select(
    stack: Facts,
    pattern: str | None = None,
    *,
    type: str | None = None,
    start: str | int | None = None,
    end: str | int | None = None,
) -> list[int]:
    """Return the positions in ``stack.rows`` of the selected layers.

    A nested model is selected if it matches ``pattern`` and ``type`` itself, and if all layers
    inside it are in the range from ``start`` to ``end``.

    Parameters
    ----------
    stack
        The model's facts.
    pattern
        A regular expression that must match a whole path, such as ``base/block1_conv1``. If it
        matches no path, it is compared with the layers' names.
    type
        Name of a class, as the table shows it.
    start, end
        The first and the last selected layer: a path, a name, or an index into ``model.layers``.

    Raises
    ------
    NoSuchLayerError
        If no layer is selected, or if no layer of the model has weights.
    ArgumentError
        If an argument does not have the expected type.
    """
    for argument, value in (("pattern", pattern), ("type", type), ("start", start), ("end", end)):
        if not isinstance(value, str | None) and not (isinstance(value, int) and argument in ("start", "end")):
            msg = f"{argument} expected {_MEANT[argument]}, received {describe(value)}."
            raise ArgumentError(msg)
    _expect_weights(stack)
    rows = stack.rows
    first = 0 if start is None else _position(stack, start)
    last = len(rows) - 1 if end is None else _last(rows, _position(stack, end))
    matching = range(len(rows)) if pattern is None else _matching(stack, pattern)
    if type is not None and all(row.type != type for row in rows):
        types = _list(row.type for row in rows)
        raise NoSuchLayerError(
            message(
                "{model!r} has no layer of type {type!r}; its types are {types}.",
                model=stack.name,
                type=brief(type),
                types=types,
            )
        )
    meant = [
        position
        for position in matching
        if first <= position and _last(rows, position) <= last and type in (None, rows[position].type)
    ]
    if not meant:
        raise NoSuchLayerError(message("no layer of {model!r} meets all conditions; use fewer of them.", model=stack.name))
    return meant


def last_with_weights(stack: Facts) -> int:
    """Return the position of the last of the model's own layers that has weights.

    A layer that may get weights when it is built counts, too.
    """
    _expect_weights(stack)
    return [position for position, row in enumerate(stack.rows) if row.depth == 0 and row.params != 0][-1]


def _expect_weights(stack: Facts) -> None:
    if all(row.params == 0 for row in stack.rows):
        raise NoSuchLayerError(
            message(
                "{model!r} has no layer with weights, so there is nothing to train or freeze; add one first.", model=stack.name
            )
        )


def _matching(stack: Facts, pattern: str) -> list[int]:
    try:
        expression = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise NoSuchLayerError(
            message(
                "expected a regular expression for layer names, received {pattern!r}: {error}; "
                "use re.escape for a literal name.",
                pattern=brief(pattern),
                error=str(error),
            )
        ) from None
    for key in ("path", "name"):
        found = [position for position, row in enumerate(stack.rows) if expression.fullmatch(getattr(row, key))]
        if found:
            return found
    raise NoSuchLayerError(
        message(
            "no layer of {model!r} fully matches {pattern!r}; its layers are {layers}.",
            model=stack.name,
            pattern=brief(pattern),
            layers=_list(row.path for row in stack.rows),
        )
    )


def _position(stack: Facts, layer: str | int) -> int:
    if isinstance(layer, int):
        own = [position for position, row in enumerate(stack.rows) if row.depth == 0]
        if -len(own) <= layer < len(own):
            return own[layer]
        msg = message(
            "{model!r} has {count} layers, received the index {index}; use one from {first} to {last}.",
            model=stack.name,
            count=len(own),
            index=layer,
            first=-len(own),
            last=len(own) - 1,
        )
        raise NoSuchLayerError(msg)
    for key in ("path", "name"):
        for position, row in enumerate(stack.rows):
            if getattr(row, key) == layer:
                return position
    raise NoSuchLayerError(
        message(
            "{model!r} has no layer {layer!r}; its layers are {layers}.",
            model=stack.name,
            layer=brief(layer),
            layers=_list(row.path for row in stack.rows),
        )
    )


def _last(rows: Sequence[LayerRow], position: int) -> int:
    return max([position, *inner(rows, position)])


def _list(names: Iterable[str]) -> Text:
    """Return names in one line, each name once, and at most 8 of them."""
    each = list(dict.fromkeys(names))
    return joined(", ", [*each[:8], *([message("… ({count} in all)", count=len(each))] if len(each) > 8 else [])])
