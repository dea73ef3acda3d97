"""Choose a language and translate messages into it.

Each language except English has a folder in ``seqwidget/locale``, with a gettext catalogue
``LC_MESSAGES/seqwidget.po``. The build compiles it to ``seqwidget.mo``, with all texts, and
``seqwidget.json``, with the texts of the front end and CLDR's separators for numbers. So Babel is
needed by the build only.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import gettext
import json
import math
import pathlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..checks import describe
from ..errors import UserError
from ..printable import line
from .messages import Message, Text

ENGLISH = "en"

_FOLDER = pathlib.Path(__file__).parent.parent / "locale"
_chosen: str | None = None
_static: contextvars.ContextVar[str | None] = contextvars.ContextVar("static_language", default=None)
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


def default_locale() -> str:
    """Return the language of static output, such as saved notebooks: the chosen one, or English."""
    return _static.get() or _chosen or ENGLISH


@contextlib.contextmanager
def static_language(locale: str) -> Iterator[None]:
    """Write static output in a language, for example a picture in the language of the panel that saves it."""
    token = _static.set(locale)
    try:
        yield
    finally:
        _static.reset(token)


def page_locale(page: str) -> str:
    """Return the language for a live panel on a page.

    ``page`` is the language of the page. The chosen language comes first, then that of the page if
    there is a translation, then English.
    """
    return _chosen or (_primary(page) if _primary(page) in available() else ENGLISH)


@functools.cache
def available() -> tuple[str, ...]:
    """Return the codes of all languages that have a compiled catalogue, and of English."""
    return tuple(sorted([ENGLISH, *(path.parent.parent.name for path in _FOLDER.glob("*/LC_MESSAGES/seqwidget.mo"))]))


@dataclass(frozen=True)
class Catalogue:
    """The translations into one language; without any, texts stay in English.

    Attributes
    ----------
    texts
        All translations, by gettext.
    separators
        What replaces English separators in numbers, as a table for ``str.translate``.
    page
        The texts of the front end by English pattern. A text about a number of things has one
        translation for each of CLDR's plural categories.
    """

    texts: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)
    separators: Mapping[int, str] = field(default_factory=dict)
    page: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)

    def translate(self, text: Text) -> str:
        """Return a message in this language; a plain string is returned unchanged."""
        if isinstance(text, str):
            return text
        if text.plural_pattern is not None:  # gettext counts whole things only
            pattern = self.texts.ngettext(text.pattern, text.plural_pattern, math.ceil(text.values["n"]))
        else:
            pattern = self.texts.gettext(text.pattern) if text.pattern else ""
        if not text.values:
            return pattern
        return pattern.format_map({name: self._shown(value) for name, value in text.values.items()})

    def _shown(self, value: Any) -> Any:
        if isinstance(value, Message | str):
            return line(self.translate(value))
        return _Number(value, self.separators) if type(value) in (int, float) else value


class _Number:
    """A number that is formatted with the separators of a language."""

    def __init__(self, value: float, separators: Mapping[int, str]) -> None:
        self._value, self._separators = value, separators

    def __format__(self, form: str) -> str:
        return format(self._value, form).translate(self._separators)


@functools.cache
def catalogue(locale: str) -> Catalogue:
    """Return the catalogue of a language; it is empty for English."""
    if locale not in available() or locale == ENGLISH:
        return Catalogue()
    folder = _FOLDER / locale / "LC_MESSAGES"
    with (folder / "seqwidget.mo").open("rb") as file:
        texts = gettext.GNUTranslations(file)
    extras = json.loads((folder / "seqwidget.json").read_text(encoding="utf-8"))
    return Catalogue(texts, str.maketrans({",": extras["group"], ".": extras["decimal"]}), extras["page"])


def translate(text: Text, locale: str | None = None) -> str:
    """Return a message in a language, by default that of static output.

    A plain string, which is not a message, is returned unchanged.
    """
    if isinstance(text, str):
        return text
    locale = locale or default_locale()
    return str(text) if locale == ENGLISH else catalogue(locale).translate(text)


def translate_all(data: Any, locale: str) -> Any:
    """Return JSON-like data with every message translated."""
    if isinstance(data, Message):
        return translate(data, locale)
    if isinstance(data, Mapping):
        return {key: translate_all(value, locale) for key, value in data.items()}
    return type(data)(translate_all(value, locale) for value in data) if type(data) in (list, tuple) else data


def _primary(code: str) -> str:
    return code.replace("_", "-").split("-")[0].lower()
