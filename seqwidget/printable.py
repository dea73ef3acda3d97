"""Texts that may hold anything, as texts that can be printed: names come from files, and terminals obey what they print."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

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


def encodable(data: Any) -> Any:
    """Return JSON data without half characters, which no message can carry and a name in a file can hold."""
    try:
        json.dumps(data, ensure_ascii=False, default=repr).encode()
    except UnicodeEncodeError:
        return _whole(data)
    return data


def _whole(data: Any) -> Any:
    if isinstance(data, str):
        return data.encode("utf-8", "replace").decode()
    if isinstance(data, Mapping):
        return {_whole(key): _whole(value) for key, value in data.items()}
    return [_whole(value) for value in data] if isinstance(data, list | tuple) else data


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode()
