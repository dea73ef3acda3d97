"""The messages that a page may send: the fields of each request, and checks of trait values.

Every message is checked before it has any effect. An unknown request, field or trait is refused,
and so is a value that does not pass its check.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import UserError
from ..i18n.messages import message
from ..printable import escaped


class RequestError(UserError, ValueError):
    """A message of the page that is not a valid request."""


@dataclass(frozen=True, slots=True)
class Field:
    """The check of one field: ``clean`` returns the value to use, or raises `ValueError`."""

    clean: Callable[[Any], Any]
    required: bool = True


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def whole(low: int, high: int) -> Callable[[Any], int]:
    """Return a check for an int from ``low`` to ``high``, both included. A bool does not pass."""

    def clean(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError
        return value

    return clean


def _pixels(value: Any) -> int:
    """Check a size in pixels, and round it: on a scaled display it may be a fraction."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError
    return whole(1, 2**14)(round(value))


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) <= 3.4e38:  # the range of a float32
        raise ValueError
    return float(value)


def _text(longest: int) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        if type(value) is not str or len(value) > longest:
            raise ValueError
        value.encode()  # raises UnicodeEncodeError, a ValueError, for a lone surrogate
        return value

    return clean


def _items(clean: Callable[[Any], Any], least: int, most: int) -> Callable[[Any], list[Any]]:
    def all_clean(value: Any) -> list[Any]:
        if type(value) not in (list, tuple) or not least <= len(value) <= most:
            raise ValueError
        return [clean(item) for item in value]

    return all_clean


def _tag(value: Any) -> str:
    """Check a language tag, such as ``pt-BR``."""
    if type(value) is not str or not re.fullmatch(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}", value):
        raise ValueError
    return value


def one_of(choices: Container[Any]) -> Callable[[Any], Any]:
    """Return a check for one of several strings."""

    def clean(value: Any) -> Any:
        if type(value) is not str or value not in choices:
            raise ValueError
        return value

    return clean


_MOST = 2**31 - 1
index, offset = whole(0, _MOST), whole(-1, _MOST)
name, flag, language = _text(10_000), _flag, _tag
bounds, names = _items(_number, 2, 2), _items(_text(100), 0, 100)


def _needs(**fields: Callable[[Any], Any]) -> dict[str, Field]:
    return {key: Field(clean) for key, clean in fields.items()}


def _may_have(**fields: Callable[[Any], Any]) -> dict[str, Field]:
    return {key: Field(clean, required=False) for key, clean in fields.items()}


_WHICH = _may_have(path=name, pattern=_text(1_000), type=_text(1_000), start=name, end=name)
_VIEW = _may_have(
    layer=name,
    sample=index,
    slice=index,
    filters=flag,
    limit=_pixels,
    budget=whole(1, 2**24),
    have=index,
    version=index,
    channels=_items(index, 0, 2**21),
    at=_items(index, 4, 4),
)


def _view(*required: str) -> dict[str, Field]:
    return {key: Field(field.clean, key in required) for key, field in _VIEW.items()}


REQUESTS: Mapping[str, Mapping[str, Field]] = {
    "hello": _may_have(version=offset, front_end=flag, attempt=whole(0, 1_000)),
    # the Summary panel
    "fix": _needs(layer=name, index=whole(0, 1_000)),
    "go": _needs(position=index, seen=_items(index, 2, 2)),
    "look": _needs(position=index),
    "suggest": {},
    "add": _needs(code=_text(10_000)),
    "code": {},
    "silence": _needs(key=_text(100)),
    "unsilence": {},
    # switches
    "freeze": _WHICH,
    "unfreeze": _WHICH,
    "train_last_only": {},
    "recompile": {},
    # feature maps
    "maps": _view("layer", "sample", "slice", "filters", "limit", "budget"),
    "tiles": _view("layer", "sample", "slice", "filters", "limit", "version", "channels"),
    "value": _view("layer", "sample", "filters", "version", "at"),
    "field": _view("layer", "version"),
    "photo": _view("sample", "limit"),
    "thumbnails": _view("limit"),
    "health": _view(),
    "array": _view("layer", "sample", "filters"),
}
"""The fields of every request, by the name of the request."""


def request(content: Any, known: Container[str] = REQUESTS) -> dict[str, Any] | None:
    """Check a message, and return it with clean values.

    Parameters
    ----------
    content
        The message: a dict with the name of the request under ``"ask"``, an optional ``"id"``, and
        the fields of the request.
    known
        The names of the requests that this widget answers.

    Returns
    -------
    dict or None
        The request with clean values. None if the message is not a request: not a dict, or without
        ``"ask"``.

    Raises
    ------
    RequestError
        If the request is unknown, or if a field is missing, unknown or invalid.
    """
    if type(content) is not dict or "ask" not in content:
        return None
    what = content["ask"]
    if type(what) is not str or what not in known or what not in REQUESTS:
        msg = message(
            "the page sent an unknown request, {request}, so nothing was done; reload the page.", request=_shown(what)
        )
        raise RequestError(msg)
    fields = REQUESTS[what]
    given = {key: value for key, value in content.items() if key not in ("ask", "id")}
    wrong = [key for key, field in fields.items() if field.required and key not in given]
    clean = {"ask": what, "id": sender(content)}
    for key, value in given.items():
        try:
            clean[key] = fields[key].clean(value)
        except (KeyError, ValueError):
            wrong.append(key)
    if wrong:
        msg = message(
            "the page sent {request} with a wrong or missing {field}, so nothing was done; reload the page.",
            request=_shown(what),
            field=_shown(wrong[0]),
        )
        raise RequestError(msg)
    return clean


def sender(content: Mapping[str, Any]) -> str | None:
    """Return the id of a message, or None if it has no valid id."""
    try:
        return _text(100)(content.get("id"))
    except ValueError:
        return None


def _shown(value: Any) -> str:
    return escaped(f"{value[:40]!r}" if type(value) is str else type(value).__name__)


def settable(clean: Mapping[str, Callable[[Any], Any]], state: Any) -> dict[str, Any]:
    """Return the valid part of a state that the page wants to set.

    Parameters
    ----------
    clean
        The check of each trait that the page may set, by the name of the trait.
    state
        The state that the page sent. All traits that it may not set, and all invalid values, are
        left out.
    """
    found = {}
    for key, value in state.items() if type(state) is dict else ():
        if key in clean:
            try:
                found[key] = clean[key](value)
            except ValueError:
                continue
    return found
