"""What is new of a value made of JSON data, as a patch to the value before; ``js/src/patches.ts`` applies it.

A patch is ``{"=": value}`` for another value, ``{"keys": {key: patch}, "gone": [key]}`` for a dict, ``{"length": length,
"items": {position: patch}, "more": [value]}`` for a list, or ``{"kept": characters, "text": tail}`` for a text that grew or
shrank at its end.
"""

from __future__ import annotations

from typing import Any


def patch(old: Any, new: Any) -> dict[str, Any]:
    """Give what turns ``old`` into ``new``."""
    if type(old) is not type(new):
        return {"=": new}
    if isinstance(new, dict):
        changed = {key: patch(old[key], value) for key, value in new.items() if key in old and old[key] != value}
        added = {key: {"=": value} for key, value in new.items() if key not in old}
        return {"keys": {**changed, **added}, "gone": [key for key in old if key not in new]}
    if isinstance(new, list):
        pairs = enumerate(zip(old, new, strict=False))
        changed = {at: patch(a, b) for at, (a, b) in pairs if a is not b and a != b}  # a dict compares even with itself
        return {"length": len(new), "items": changed, "more": new[len(old) :]}
    if isinstance(new, str) and new.startswith(old):
        return {"kept": len(old), "text": new[len(old) :]}
    if isinstance(new, str) and old.startswith(new):
        return {"kept": len(new), "text": ""}
    return {"=": new}
