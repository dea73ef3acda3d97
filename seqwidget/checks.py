"""Check the arguments of public functions, and describe any object briefly for an error message."""

from __future__ import annotations

import contextlib
import math
import operator
import os
import pathlib
from collections.abc import Iterable
from typing import Any, SupportsIndex

from .errors import ArgumentError

_LONG, _FEW = 60, 8
_PLAIN = (bool, int, float, complex, str, bytes)
_CONTAINERS = (list, tuple, dict, set, frozenset)


def describe(value: Any) -> str:
    """Return a short description of any object: its value if it is short, else its type and shape.

    The description has one line. Objects whose ``repr`` or attributes raise errors are safe.
    """
    kind = type(value)
    if value is None or kind in _PLAIN:
        return _short(repr(value))
    if kind in _CONTAINERS:
        inside = [*value, *value.values()] if kind is dict else value
        if len(value) <= _FEW and all(one is None or type(one) in _PLAIN for one in inside):
            return _short(repr(value)) if value else f"an empty {kind.__name__}"
        return f"{kind.__name__} of {len(value)}"
    return _object(value, _printable(kind.__name__))


def _object(value: object, kind: str) -> str:
    if isinstance(value, type):
        return f"the class {_printable(value.__name__)}"
    shape = attribute(value, "shape")
    if shape is not None and not callable(shape):
        with contextlib.suppress(Exception):  # a tensor of unknown rank, or not a shape
            sizes = tuple(shape)
            return f"{kind} of shape {_short(str(sizes))}" if sizes else f"{kind} {_short(str(value))}"
        return f"{kind} of unknown shape"
    named = attribute(value, "__name__" if callable(value) else "name")
    return f"{kind} {_short(repr(named))}" if isinstance(named, str) else f"an object of type {kind}"


def attribute(value: object, name: str) -> Any:
    """Return an attribute, or None if it does not exist or reading it raises an error."""
    with contextlib.suppress(Exception):  # reading an attribute may run any code
        return getattr(value, name, None)
    return None


def whole_number(argument: str, value: SupportsIndex) -> int:
    """Return an argument as an int of at least 1; NumPy integers are accepted.

    Raises
    ------
    ArgumentError
        If it is anything else.
    """
    number = 0
    with contextlib.suppress(Exception):  # arrays raise errors of many types
        number = operator.index(value)
    if number < 1:
        msg = f"{argument} expected a whole number of at least 1, received {describe(value)}."
        raise ArgumentError(msg)
    return number


def byte_count(argument: str, value: float | SupportsIndex) -> int:
    """Return an argument as a number of bytes; floats such as 5e8 are accepted.

    Raises
    ------
    ArgumentError
        If it is not a finite number, or negative.
    """
    number = math.nan
    with contextlib.suppress(Exception):  # arrays raise errors of many types
        number = float(value) if isinstance(value, int | float) or hasattr(type(value), "__index__") else math.nan
    if not 0 <= number < math.inf:
        msg = f"{argument} expected a number of bytes, such as 500e6, received {describe(value)}."
        raise ArgumentError(msg)
    return int(number)


def flag(argument: str, value: object) -> bool:
    """Return an argument as a bool; integers and NumPy booleans are accepted.

    Raises
    ------
    ArgumentError
        If it is anything else.
    """
    if not isinstance(value, int) and type(value).__name__ not in ("bool", "bool_"):  # bool_: NumPy
        msg = f"{argument} expected True or False, received {describe(value)}."
        raise ArgumentError(msg)
    return bool(value)


def names(argument: str, value: Iterable[object]) -> list[str]:
    """Return an iterable argument as a list of strings; items are converted with ``str``.

    Raises
    ------
    ArgumentError
        If it is a string, bytes or a dict, or not iterable.
    """
    if not isinstance(value, str | bytes | dict) and (hasattr(type(value), "__iter__") or hasattr(type(value), "__getitem__")):
        with contextlib.suppress(Exception):  # not iterable, so not a list
            return [str(name) for name in value]
    msg = f"{argument} expected a list of names, received {describe(value)}."
    raise ArgumentError(msg)


def path_of(argument: str, value: str | os.PathLike[str]) -> pathlib.Path:
    """Return an argument as a path.

    Raises
    ------
    ArgumentError
        If it is not a string or a path, or contains a NUL character.
    """
    if not isinstance(value, str | os.PathLike) or (isinstance(value, str) and "\0" in value):
        msg = f"{argument} expected the path of a file, received {describe(value)}."
        raise ArgumentError(msg)
    return pathlib.Path(value)


def brief(text: str) -> str:
    """Return a text, cut to at most 60 characters to fit in a message."""
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"


def _short(text: str) -> str:
    return brief(_printable(text))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in text)
