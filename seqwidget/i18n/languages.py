"""The languages that sentences can be told in. A catalogue a language, ``seqwidget/locale/*.json``; English needs none.

A catalogue has a section ``"page"`` for what the front end says itself and one, ``"kernel"``, for the rest. A text is known by
its English pattern; what is counted has a pair, for one and for several. The entry ``"1,234.5"`` shows how numbers are written.
"""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from ..checks import describe
from ..errors import UserError
from .messages import Figure, Said

ENGLISH = "en"
Entry = str | list[str]

_FOLDER = pathlib.Path(__file__).parent.parent / "locale"
_chosen: str | None = None
on_choice: list[Callable[[], None]] = []
"""Called when another language is chosen."""


def language(code: str | None) -> None:
    """Choose the language of panels, tables and diagnoses, in this Python session.

    Code, names and what Keras says stay as they are, and so do the fields of records.

    Parameters
    ----------
    code : str or None
        The language, ``"en"`` or ``"pt"``; a region is passed over: ``"pt-BR"`` is ``"pt"``. None for the default: live
        panels speak JupyterLab's language if there is a translation, and everything else is English.

    Raises
    ------
    UserError
        If there is no translation.
    """
    global _chosen  # noqa: PLW0603  the one option
    if code is not None and (not isinstance(code, str) or _primary(code) not in available()):
        msg = f"expected one of the languages {', '.join(available())}, or None, received {describe(code)}."
        raise UserError(msg)
    _chosen = None if code is None else _primary(code)
    for act in on_choice:
        act()


def spoken(page: str) -> str:
    """Give the language of a live panel in a page of such a language: the chosen one, else the page's, else English."""
    return _chosen or (_primary(page) if _primary(page) in available() else ENGLISH)


def still() -> str:
    """Give the language of what is written once, and into notebooks: English unless another one is chosen."""
    return _chosen or ENGLISH


@functools.cache
def available() -> tuple[str, ...]:
    """Give the codes of all languages."""
    return tuple(sorted([ENGLISH, *(path.stem for path in _FOLDER.glob("*.json"))]))


@functools.cache
def catalogue(code: str) -> Mapping[str, Mapping[str, Entry]]:
    """Give the sections of a language's catalogue."""
    if code == ENGLISH or code not in available():
        return {"page": {}, "kernel": {}}
    sections: Mapping[str, Mapping[str, Entry]] = json.loads((_FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    return sections


def tell(sentence: str, code: str | None = None) -> str:
    """Tell a sentence in a language, by default that of what is written once; what nobody said stays as it is."""
    code = code or still()
    kind = type(sentence)
    if code == ENGLISH or (kind is not Said and kind is not Figure):
        return str(sentence)
    if isinstance(sentence, Said):
        return _told(sentence, code)
    return sentence.translate(_separators(code))


def tell_all(data: Any, code: str) -> Any:
    """Tell every sentence in what is to become JSON."""
    if isinstance(data, str):
        return tell(data, code)
    if isinstance(data, Mapping):
        return {key: tell_all(value, code) for key, value in data.items()}
    return type(data)(tell_all(value, code) for value in data) if type(data) in (list, tuple) else data


def _told(sentence: Said, code: str) -> str:
    known = _entries(code).get(sentence.pattern, sentence.pattern)
    pattern = known if isinstance(known, str) else known[sentence.gaps["n"] != 1]
    return pattern.format_map({name: _filling(gap, code) for name, gap in sentence.gaps.items()}) if sentence.gaps else pattern


def _filling(gap: Any, code: str) -> Any:
    if isinstance(gap, str):
        return tell(gap, code)
    return _Number(gap, code) if type(gap) in (int, float) else gap


class _Number:
    """A number that is written as another language does, whatever format the pattern asks for."""

    def __init__(self, value: float, code: str) -> None:
        self._value, self._code = value, code

    def __format__(self, form: str) -> str:
        return format(self._value, form).translate(_separators(self._code))


@functools.cache
def _entries(code: str) -> Mapping[str, Entry]:
    return {text: entry for section in catalogue(code).values() for text, entry in section.items()}


@functools.cache
def _separators(code: str) -> dict[int, str]:
    shown = str(catalogue(code)["page"].get("1,234.5", "1,234.5"))
    return str.maketrans({",": shown[1], ".": shown[-2]})


def _primary(code: str) -> str:
    return code.replace("_", "-").split("-")[0].lower()
