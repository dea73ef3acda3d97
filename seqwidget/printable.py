"""Make any text safe to print.

Names of models and layers may come from untrusted files, and terminals obey control characters.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

# Control and format characters (such as bidi marks), surrogates, line and paragraph separators.
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINER = "\u200d"  # zero-width joiner, which is part of many emoji


def line(text: str) -> str:
    """Return a text in one line.

    A space replaces each control character, line break, and character that cannot be encoded.
    """
    if text.isprintable():
        return text
    return "".join(" " if unicodedata.category(char) in _STEERING and char != _JOINER else char for char in text)


def escaped(text: str) -> str:
    """Return code in one line, with characters that cannot be printed written as Python escapes.

    The meaning of string literals in the code stays the same.
    """
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in text)


def encodable(data: Any) -> Any:
    """Return JSON data in which every string can be encoded; lone surrogates are replaced.

    Names from files can contain lone surrogates, but messages to the front end cannot.
    """
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
