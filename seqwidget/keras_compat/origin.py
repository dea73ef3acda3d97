"""What is Keras's own, by the module that defines it. Keras is not imported for it."""

from __future__ import annotations

SEQUENTIAL = ("keras.src.models.sequential", "Sequential")
"""The module and the name of ``keras.Sequential``."""


def is_from_keras(thing: object, *rooms: str) -> bool:
    """Whether Keras defines a class or a function itself; with rooms such as ``"layers"``, whether one of these does."""
    home = getattr(thing, "__module__", None)
    return isinstance(home, str) and home.startswith(tuple(f"keras.src.{room}." for room in rooms) or "keras.src.")
