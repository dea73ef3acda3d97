"""Sentences that remember how they were made, so that they can be told in another language; in themselves they are English.

What makes them knows no language but English: `seqwidget.i18n.languages.tell` translates at the edge, where facts are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..printable import line


class Said(str):
    """An English sentence with its pattern and what fills the gaps; in all else it is the plain text."""

    __slots__ = ("gaps", "pattern")
    pattern: str
    gaps: Mapping[str, Any]


class Figure(str):
    """A number as English writes it: with commas between thousands and a point before decimals."""

    __slots__ = ()


def phrase(pattern: str) -> str:
    """Mark a text that catalogues of other languages have, where it is written down before it is said."""
    return pattern


def said(pattern: str, /, **gaps: Any) -> Said:
    """Say a sentence.

    Parameters
    ----------
    pattern
        The sentence in English, with named gaps in braces; what catalogues know it by.
    gaps
        What fills the gaps; it may itself be something said. A name is filled in as it can be printed.
    """
    gaps = {key: line(gap) if type(gap) is str else gap for key, gap in gaps.items()}
    sentence = Said(pattern.format_map(gaps) if gaps else pattern)
    sentence.pattern, sentence.gaps = pattern, gaps
    return sentence


def counted(one: str, many: str, n: float, /, **gaps: Any) -> Said:
    """Say a sentence about a number of things, ``n`` in its pattern; catalogues know it by the pattern for many."""
    sentence = said(one if n == 1 else many, n=n, **gaps)
    sentence.pattern = many
    return sentence


def joined(between: str, parts: Iterable[str]) -> str:
    """Join texts as ``str.join`` does, each of which can still be told in another language."""
    gaps = {f"part{at}": part for at, part in enumerate(parts)}
    return said(between.join(f"{{{name}}}" for name in gaps), **gaps)
