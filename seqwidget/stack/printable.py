"""Texts that may hold anything, as texts that can be printed anywhere."""

from __future__ import annotations


def escaped(text: str) -> str:
    """Return a text in one printable line: what steers a terminal, or cannot be encoded, as Python's escape for it."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
