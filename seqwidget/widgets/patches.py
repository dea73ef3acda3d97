"""Compute patches between two JSON values. ``js/src/shared/patches.ts`` applies them.

A patch has one of four forms:

- ``{"=": value}`` replaces the value.
- ``{"keys": {key: patch}, "gone": [key]}`` changes a dict: ``keys`` are patched or added, and
  ``gone`` are removed.
- ``{"length": length, "items": {position: patch}, "more": [value]}`` changes a list: it is cut to
  ``length``, then ``items`` are patched and ``more`` is appended.
- ``{"kept": characters, "text": tail}`` changes a string: it is cut to its first ``kept``
  characters, and ``text`` is appended.
"""

from __future__ import annotations

from typing import Any


def patch(old: Any, new: Any) -> dict[str, object]:
    """Return the patch that turns ``old`` into ``new``."""
    if type(old) is not type(new) or (isinstance(new, list) and _is_short(new)):
        return {"=": new}
    if isinstance(new, dict):
        changed = {key: patch(old[key], value) for key, value in new.items() if key in old and old[key] != value}
        added = {key: {"=": value} for key, value in new.items() if key not in old}
        return {"keys": {**changed, **added}, "gone": [key for key in old if key not in new]}
    if isinstance(new, list):
        pairs = enumerate(zip(old, new, strict=False))
        # Test identity first: ``==`` compares all items of a dict, even with itself.
        changed = {at: patch(a, b) for at, (a, b) in pairs if a is not b and a != b}
        return {"length": len(new), "items": changed, "more": new[len(old) :]}
    if isinstance(new, str) and new.startswith(old):
        return {"kept": len(old), "text": new[len(old) :]}
    if isinstance(new, str) and old.startswith(new):
        return {"kept": len(new), "text": ""}
    return {"=": new}


def _is_short(new: list[Any]) -> bool:
    """Return whether a list, such as a point of a curve, is shorter than a patch would be."""
    return len(new) <= 4 and not any(isinstance(item, dict | list | str) for item in new)
