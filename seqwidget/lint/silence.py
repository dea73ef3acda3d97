"""Silence notes in this Python session."""

from __future__ import annotations

from ..checks import describe
from ..errors import UserError
from ..model.records import Note
from .notes import WORDS

_silent: set[str] = set()


def silence(*keys: str) -> None:
    """Leave out the notes with these keys from now on, in this Python session.

    Parameters
    ----------
    *keys : str
        Keys of notes, such as ``"bias-before-norm"``; see `Note.key`.

    Raises
    ------
    UserError
        If there is no note with such a key.

    Examples
    --------
    >>> seqwidget.silence("bias-before-norm")
    >>> seqwidget.unsilence()
    """
    _silent.update(_known(keys))


def unsilence(*keys: str) -> None:
    """Show the notes with these keys again. Without keys, show all notes again.

    Parameters
    ----------
    *keys : str
        Keys of notes; see `seqwidget.silence`.

    Raises
    ------
    UserError
        If there is no note with such a key.

    Examples
    --------
    >>> seqwidget.silence("bias-before-norm", "two-linear-layers")
    >>> seqwidget.unsilence("bias-before-norm")
    >>> seqwidget.unsilence()
    """
    _silent.difference_update(_known(keys) if keys else set(_silent))


def silenced() -> list[str]:
    """Return the keys of the notes that are left out, sorted."""
    return sorted(_silent)


def _known(keys: tuple[str, ...]) -> tuple[str, ...]:
    for key in keys:
        if not isinstance(key, str) or key not in WORDS:
            msg = f"expected keys of notes, received {describe(key)}; keys: {', '.join(WORDS)}."
            raise UserError(msg)
    return keys


def is_silent(note: Note) -> bool:
    """Return whether a note is silenced."""
    return note.key in _silent
