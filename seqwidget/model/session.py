"""The session of a model: everything that seqwidget keeps about it, for as long as the model lives.

It is stored in the model's own state, where Keras neither tracks nor saves it, so it is freed
together with the model, even if it has references to the model. It has one part for each module
that stores something; that module defines the class of the part.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any, TypeVar

import keras

from ..keras_compat.names import SESSION

T = TypeVar("T")
_starting = threading.Lock()


class Session:
    """The parts of one model's session, by their class. A copy of the model does not share it."""

    def __init__(self, model: keras.Model) -> None:
        self.owner = weakref.ref(model)
        self.parts: dict[type, Any] = {}


def part(model: keras.Model, kind: type[T]) -> T:
    """Return the part of a model's session that is of a class; it is made if there is none yet."""
    state = vars(model)
    session: Session | None = state.get(SESSION)
    if session is None or session.owner() is not model:
        with _starting:
            session = state.get(SESSION)
            if session is None or session.owner() is not model:
                session = state[SESSION] = Session(model)
    found: T | None = session.parts.get(kind)
    return session.parts.setdefault(kind, kind()) if found is None else found


def drop(model: keras.Model, kind: type) -> None:
    """Delete one part of a model's session."""
    session: Session | None = vars(model).get(SESSION)
    if session is not None:
        session.parts.pop(kind, None)


def end(model: keras.Model) -> None:
    """Delete the session of a model, except parts whose class has a true ``outlives_watching``, unless they are empty."""
    session: Session | None = vars(model).pop(SESSION, None)
    kept = (
        {kind: one for kind, one in session.parts.items() if one and getattr(kind, "outlives_watching", False)}
        if session
        else {}
    )
    if kept:
        new = vars(model)[SESSION] = Session(model)
        new.parts.update(kept)
