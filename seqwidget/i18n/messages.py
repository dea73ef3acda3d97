"""Build messages: English strings that keep their pattern, so that they can be translated later.

The code that builds messages is independent of the language. `seqwidget.i18n.languages.tell`
translates messages where they are displayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..printable import line


class Said(str):
    """An English message, with its pattern and the values of the placeholders.

    Otherwise it is an ordinary string.

    Attributes
    ----------
    pattern
        The key of the message in catalogues.
    gaps
        The values of the placeholders, by name.
    """

    __slots__ = ("gaps", "pattern")
    pattern: str
    gaps: Mapping[str, Any]


class Figure(str):
    """A number in English notation, with commas between thousands and a decimal point."""

    __slots__ = ()


def phrase(pattern: str) -> str:
    """Return a pattern unchanged; the call marks it as a text for the catalogues.

    Use it for a pattern that is defined in one place and passed to `said` or `counted` in another.
    """
    return pattern


def said(pattern: str, /, **gaps: Any) -> Said:
    """Return a message.

    Parameters
    ----------
    pattern : str
        The English text, with named placeholders in braces. It is the key in catalogues.
    **gaps
        The values of the placeholders. They may be messages themselves. In plain strings,
        characters that cannot be printed become spaces.

    Returns
    -------
    Said
        The message.
    """
    gaps = {key: line(gap) if type(gap) is str else gap for key, gap in gaps.items()}
    sentence = Said(pattern.format_map(gaps) if gaps else pattern)
    sentence.pattern, sentence.gaps = pattern, gaps
    return sentence


def counted(one: str, many: str, n: float, /, **gaps: Any) -> Said:
    """Return a message about a number of things.

    Parameters
    ----------
    one, many : str
        The English patterns for singular and plural, with the placeholder ``n``. The plural is the
        key in catalogues.
    n : float
        The number.
    **gaps
        The values of the other placeholders.

    Returns
    -------
    Said
        The message.
    """
    sentence = said(one if n == 1 else many, n=n, **gaps)
    sentence.pattern = many
    return sentence


def joined(between: str, parts: Iterable[str]) -> str:
    """Return a message that joins texts like ``str.join``; each text can still be translated."""
    gaps = {f"part{at}": part for at, part in enumerate(parts)}
    return said(between.join(f"{{{name}}}" for name in gaps), **gaps)
