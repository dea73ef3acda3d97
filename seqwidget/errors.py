"""Errors for a user's mistake: one line that says what was expected, what was received, and what to do."""

from __future__ import annotations

from .printable import line


class UserError(Exception):
    """A mistake in what seqwidget was given; IPython shows it as one line, without a traceback of ours."""

    def __str__(self) -> str:
        return line(super().__str__())

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class ArgumentError(UserError, TypeError, ValueError):
    """An argument of another kind than the function takes."""


class NotAModelError(UserError, TypeError):
    """Something other than a model that seqwidget can show."""


class NoSuchLayerError(UserError, LookupError, ValueError):
    """A layer that the model does not have, or that cannot be looked at or switched."""


class InputShapeError(UserError, ValueError):
    """Something other than the sizes of an input."""


class CycleError(UserError, ValueError):
    """A model that would be a part of itself."""


class InputError(UserError, ValueError):
    """An input that does not fit the model."""


class NoStepError(UserError, IndexError):
    """There is no step to go back or forth to."""


class EmptyStackError(UserError, IndexError):
    """There is no layer to take off."""


class CannotRecompileError(UserError, ValueError):
    """A model that cannot be compiled again now."""
