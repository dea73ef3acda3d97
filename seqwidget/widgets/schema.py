"""The messages that a page may send: the fields of each request, and checks of trait values.

The build writes the requests, with the types of their fields and answers, to
``js/src/generated/requests.ts``, so that the page cannot send a field that is not declared here.

Every message is checked before it has any effect. An unknown request, field or trait is refused,
and so is a value that does not pass its check.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from types import GenericAlias, UnionType
from typing import Any

from ..errors import UserError
from ..i18n.messages import Text, message
from ..printable import escaped
from ..render.picture_options import LAYOUTS, THEME_NAMES
from ..render.scales import LIVE_COLOR_BY, SIZE_BY
from . import records


class RequestError(UserError, ValueError):
    """A message from the page that is not a valid request."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check of a value that the page sends.

    Attributes
    ----------
    type
        The type of the values that pass.
    clean
        Return the value to use, or raise `ValueError`.
    labels
        The values that pass, with the text that a menu shows for each; empty for other checks.
    """

    type: type | GenericAlias
    clean: Callable[[object], Any]
    labels: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a request, and whether the request needs it."""

    check: Check
    required: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """A request: its fields by name, and the record that the answer contains."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    answer: type | UnionType = records.Empty


def _flag(value: object) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def whole(low: int, high: int) -> Check:
    """Return a check for an int from ``low`` to ``high``, both included. A bool does not pass."""

    def clean(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError
        return value

    return Check(int, clean)


def _pixels(value: Any) -> int:
    """Check a size in pixels, and round it: on a scaled display it may be a fraction."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError
    return whole(1, 2**14).clean(round(value))


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) <= 3.4e38:  # the range of a float32
        raise ValueError
    return float(value)


def _above_zero(value: Any) -> float:
    number = _number(value)
    if number <= 0:
        raise ValueError
    return number


def _text(longest: int) -> Check:
    def clean(value: object) -> str:
        if type(value) is not str or len(value) > longest:
            raise ValueError
        value.encode()  # raises UnicodeEncodeError, a ValueError, for a lone surrogate
        return value

    return Check(str, clean)


def _items(check: Check, least: int, most: int) -> Check:
    def all_clean(value: Any) -> list[Any]:
        if type(value) not in (list, tuple) or not least <= len(value) <= most:
            raise ValueError
        return [check.clean(item) for item in value]

    items = (check.type,) * least if least == most else (check.type, ...)
    return Check(GenericAlias(tuple, items), all_clean)


def _tag(value: object) -> str:
    """Check a language tag, such as ``pt-BR``."""
    if type(value) is not str or not re.fullmatch(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}", value):
        raise ValueError
    return value


def one_of(choices: Container[str]) -> Check:
    """Return a check for one of several strings. They may be the keys of a mapping to labels."""

    def clean(value: object) -> str:
        if type(value) is not str or value not in choices:
            raise ValueError
        return value

    return Check(str, clean, choices if isinstance(choices, Mapping) else {})


_MOST = 2**31 - 1
index, offset = whole(0, _MOST), whole(-1, _MOST)
name, flag, language = _text(10_000), Check(bool, _flag), Check(str, _tag)
_POSITIVE = Check(float, _above_zero)
bounds, names, positions = _items(Check(float, _number), 2, 2), _items(_text(100), 0, 100), _items(index, 0, 1000)


def _needs(**fields: Check) -> dict[str, Field]:
    return {key: Field(check) for key, check in fields.items()}


def _may_have(**fields: Check) -> dict[str, Field]:
    return {key: Field(check, required=False) for key, check in fields.items()}


_WHICH = _may_have(path=name, pattern=_text(1_000), type=_text(1_000), start=name, end=name)
_PICTURE = {
    **_needs(size_by=one_of(SIZE_BY), color_by=one_of(LIVE_COLOR_BY), folded=flag),
    **_may_have(unfolded=positions, theme=one_of(THEME_NAMES), layout=one_of(LAYOUTS), width=_text(40), preset=_text(20_000)),
}
_VIEW = _needs(
    layer=name,
    sample=index,
    slice=index,
    filters=flag,
    limit=Check(float, _pixels),
    budget=whole(1, 2**24),
    version=index,
    channels=_items(index, 0, 2**21),
    at=_items(index, 4, 4),
    run=index,
    epoch=index,
)


def _view(*fields: str) -> dict[str, Field]:
    return {key: _VIEW[key] for key in fields}


REQUESTS: Mapping[str, Request] = {
    "hello": Request(_may_have(version=offset, front_end=flag, start=name), records.Greeting),
    "stop": Request(),
    # the Summary panel
    "fix": Request(_needs(layer=name, index=whole(0, 1_000))),
    "go": Request(_needs(position=index, seen=_items(index, 2, 2))),
    "look": Request(_needs(position=index), records.StepPreview),
    "suggest": Request(answer=records.Suggestions),
    "add": Request(_needs(code=_text(10_000))),
    "code": Request(answer=records.Code),
    "picture": Request(_PICTURE, records.Drawing),
    "preset": Request(_PICTURE, records.Preset),
    "silence": Request(_needs(key=_text(100))),
    "unsilence": Request(),
    # switches
    "freeze": Request(_WHICH, records.Code),
    "unfreeze": Request(_WHICH, records.Code),
    "train_last_only": Request(answer=records.Code),
    "recompile": Request(answer=records.Code),
    # the Training panel
    "training_memory": Request(_needs(batch_size=whole(1, 2**20)), records.StepMemory),
    "measure_time": Request(_needs(batch_size=whole(1, 2**20))),
    "stop_fit": Request(_needs(after=one_of(("batch", "epoch")))),
    "pause_fit": Request(_needs(pause=flag)),
    "set_learning_rate": Request(_needs(rate=_POSITIVE)),
    # feature maps
    "maps": Request(
        {**_view("layer", "sample", "slice", "filters", "limit", "budget"), **_may_have(have=index)},
        records.LayerMaps | records.SameMaps,
    ),
    "epoch_maps": Request(_view("layer", "sample", "slice", "filters", "run", "epoch"), records.LayerMaps),
    "tiles": Request(_view("layer", "sample", "slice", "filters", "limit", "version", "channels"), records.Tiles),
    "value": Request(_view("layer", "sample", "filters", "version", "at")),
    "field": Request(_view("layer", "version"), records.ReceptiveFields),
    "photo": Request(_view("sample", "limit")),
    "thumbnails": Request(_view("limit")),
    "health": Request(_may_have(dataset=flag), records.Health),
    "array": Request(_view("layer", "sample", "filters")),
}
"""The requests by name."""


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
    fields = REQUESTS[what].fields
    given = {key: value for key, value in content.items() if key not in ("ask", "id")}
    wrong = [key for key, each in fields.items() if each.required and key not in given]
    clean = {"ask": what, "id": sender(content)}
    for key, value in given.items():
        try:
            clean[key] = fields[key].check.clean(value)
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
        return _text(100).clean(content.get("id"))
    except ValueError:
        return None


def _shown(value: object) -> str:
    return escaped(f"{value[:40]!r}" if type(value) is str else type(value).__name__)


def settable(checks: Mapping[str, Check], state: object) -> dict[str, object]:
    """Return the valid part of a state that the page wants to set.

    Parameters
    ----------
    checks
        The check of each trait that the page may set, by the name of the trait.
    state
        The state that the page sent. All traits that it may not set, and all invalid values, are
        left out.
    """
    found = {}
    for key, value in state.items() if type(state) is dict else ():
        if key in checks:
            try:
                found[key] = checks[key].clean(value)
            except ValueError:
                continue
    return found
