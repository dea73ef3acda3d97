"""Texts that may hold anything, as texts that can be printed: names come from files, and terminals obey what they print."""

from __future__ import annotations

import unicodedata

_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, formats such as bidi, half characters, line breaks
_JOINER = "\u200d"  # inside one emoji


def line(text: str) -> str:
    """Return a text in one line, with a space for what steers a terminal, breaks lines, or cannot be encoded."""
    if text.isprintable():
        return text
    return "".join(" " if unicodedata.category(char) in _STEERING and char != _JOINER else char for char in text)


def escaped(text: str) -> str:
    """Return a text in one line, with Python's escape for what cannot be printed: code stays the same code."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
