"""Choose a language and translate messages into it.

Each language except English has a catalogue, ``seqwidget/locale/*.json``. The section ``"page"``
holds the texts of the front end, and ``"kernel"`` all others. The key of a text is its English
pattern. The entry for a message with a count is a pair, for singular and plural. The entry
``"1,234.5"`` shows how the language writes numbers.
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
"""Functions that `language` calls whenever it sets the language."""


def language(code: str | None) -> None:
    """Choose the language of panels, tables and diagnoses for this Python session.

    Code, names, Keras's own messages and the fields of records are not translated.

    Parameters
    ----------
    code : str or None
        The language, ``"en"`` or ``"pt"``. A region is ignored: ``"pt-BR"`` means ``"pt"``. None
        restores the default: live panels use the language of JupyterLab if there is a translation,
        and everything else is in English.

    Returns
    -------
    None

    Raises
    ------
    UserError
        If there is no translation for ``code``.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv")])
    >>> seqwidget.language("pt")
    >>> str(seqwidget.inspect(model)).splitlines()[0]
    'sequential: 1 camada, construído, entrada (None, 8, 8, 3)'
    >>> seqwidget.language(None)
    """
    global _chosen  # noqa: PLW0603  the only option of a session
    if code is not None and (not isinstance(code, str) or _primary(code) not in available()):
        msg = f"expected one of the languages {', '.join(available())}, or None, received {describe(code)}."
        raise UserError(msg)
    _chosen = None if code is None else _primary(code)
    for act in on_choice:
        act()


def spoken(page: str) -> str:
    """Return the language for a live panel on a page.

    ``page`` is the language of the page. The chosen language comes first, then that of the page if
    there is a translation, then English.
    """
    return _chosen or (_primary(page) if _primary(page) in available() else ENGLISH)


def still() -> str:
    """Return the language of static output, such as saved notebooks: the chosen one, or English."""
    return _chosen or ENGLISH


@functools.cache
def available() -> tuple[str, ...]:
    """Return the codes of all available languages."""
    return tuple(sorted([ENGLISH, *(path.stem for path in _FOLDER.glob("*.json"))]))


@functools.cache
def catalogue(code: str) -> Mapping[str, Mapping[str, Entry]]:
    """Return the sections of a language's catalogue; they are empty for English."""
    if code == ENGLISH or code not in available():
        return {"page": {}, "kernel": {}}
    sections: Mapping[str, Mapping[str, Entry]] = json.loads((_FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    return sections


def tell(sentence: str, code: str | None = None) -> str:
    """Translate a message into a language, by default that of static output.

    A plain string, which is not a message, is returned unchanged.
    """
    code = code or still()
    kind = type(sentence)
    if code == ENGLISH or (kind is not Said and kind is not Figure):
        return str(sentence)
    if isinstance(sentence, Said):
        return _told(sentence, code)
    return sentence.translate(_separators(code))


def tell_all(data: Any, code: str) -> Any:
    """Translate every message in JSON-like data."""
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
    """A number that is formatted with the separators of a language."""

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
