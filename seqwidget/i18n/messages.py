"""Build messages: English texts that are formatted, and translated, only where they are displayed.

The code that builds a message is independent of the language, and a message is not a string, so
that nobody displays it without choosing a language: ``str(message)`` is English, and
`seqwidget.i18n.languages.translate` is any other language.

Public fields are plain English strings. A record stores its sentences in fields whose names end in
``_message`` or ``_messages``. The property without this ending returns them in English, and so does
``to_dict``. Everything that is drawn for people is translated from the messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..printable import line


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """An English text with values, which may be messages themselves.

    Attributes
    ----------
    pattern
        The English text, with named placeholders in braces. It is the key in catalogues.
    values
        The values of the placeholders, by name. In plain strings, characters that cannot be
        printed become spaces.
    plural_pattern
        The English text for any number ``n`` but 1; ``None`` for a text that is not about a number
        of things.
    """

    pattern: str
    values: Mapping[str, Any] = field(default_factory=dict)
    plural_pattern: str | None = None

    def __str__(self) -> str:
        """Return the text in English."""
        values = self.values
        pattern = self.pattern if self.plural_pattern is None or values["n"] == 1 else self.plural_pattern
        if not values:
            return pattern
        return pattern.format_map({name: line(value) if type(value) is str else value for name, value in values.items()})

    def __repr__(self) -> str:
        return repr(str(self))

    def __bool__(self) -> bool:
        """Return whether there is any text."""
        return bool(self.pattern)

    def __hash__(self) -> int:  # without the values, which may be lists
        return hash(self.pattern)


Text: TypeAlias = Message | str
"""A text to display: a message, or data that no language changes, such as a name."""


def N_(pattern: str) -> str:  # noqa: N802  gettext's name
    """Return a pattern unchanged; the call marks it as a text for the catalogues.

    Use it for a pattern that is defined in one place and passed to `message` in another.
    """
    return pattern


def message(pattern: str, /, **values: Any) -> Message:
    """Return a message from its English pattern and the values of the placeholders."""
    return Message(pattern, values)


def plural(one: str, many: str, n: float, /, **values: Any) -> Message:
    """Return a message about a number of things.

    Parameters
    ----------
    one, many : str
        The English patterns for singular and plural, with the placeholder ``n``.
    n : float
        The number.
    **values
        The values of the other placeholders.
    """
    return Message(one, {"n": n, **values}, many)


def number(pattern: str, n: float) -> Message:
    """Return a number with its unit, which is not in the catalogues: ``number("{n:,} MB", 5)``."""
    return Message(pattern, {"n": n})


def joined(between: str, parts: Sequence[Text]) -> Text:
    """Return texts joined like ``str.join``: a string if all are strings, else a message that is not in the catalogues."""
    if all(type(part) is str for part in parts):
        return between.join(parts)  # type: ignore[arg-type]
    values = {f"part{at}": part for at, part in enumerate(parts)}
    return Message(between.join([f"{{{name}}}" for name in values]), values)
