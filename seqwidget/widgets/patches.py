"""What is new of a value made of JSON data, as a patch to the value before; ``js/src/patches.ts`` applies it.

A patch is ``{"=": value}`` for another value, ``{"keys": {key: patch}, "gone": [key]}`` for a dict, ``{"length": length,
"items": {position: patch}, "more": [value]}`` for a list, or ``{"kept": characters, "text": tail}`` for a text that grew or
shrank at its end.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import traitlets

from .spoken import Spoken


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


class PatchedWidget(Spoken):
    """A widget that sends of its facts only what is new: traits with ``facts=True``, which the browser never writes.

    The kernel's side always has all of them, for a page that is loaded anew or missed a patch. `version` counts the patches.
    """

    version = traitlets.Int().tag(sync=True)

    @functools.cached_property
    def _facts_names(self) -> tuple[str, ...]:
        return tuple(self.trait_names(facts=True))

    def open(self) -> None:
        """Open the comm, with the whole state."""
        super().open()
        self._sent = {name: getattr(self, name) for name in self._facts_names}

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send traits: the facts among them as one patch. With no key, send everything whole."""
        if key is None:
            super().send_state()
            return
        facts, names = self._facts_names, {key} if isinstance(key, str) else set(key)
        if rest := names - {*facts, "version"}:
            super().send_state(rest)
        values = {name: getattr(self, name) for name in facts if name in names}
        if changed := {name: value for name, value in values.items() if value != self._sent[name]}:
            patches = {name: patch(self._sent[name], value) for name, value in changed.items()}
            self._sent.update(changed)
            self.version += 1
            self.send({"patches": patches, "version": self.version, "model": self.model_id})
