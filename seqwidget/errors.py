"""Exceptions for mistakes of the user.

Each message has one line. It usually says what was expected, what was received, and what to do.
"""

from __future__ import annotations

from .printable import line


class UserError(Exception):
    """Base class of the errors below. IPython shows them as one line, without a traceback."""

    def __str__(self) -> str:
        return line(super().__str__())

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class ArgumentError(UserError, TypeError, ValueError):
    """An argument has a type or value that the function does not accept."""


class NotAModelError(UserError, TypeError):
    """The object is not a model, or not a model that seqwidget can show."""


class NoSuchLayerError(UserError, LookupError, ValueError):
    """The model has no such layer, or its output or trainable flag is not accessible."""


class InputShapeError(UserError, ValueError):
    """The input shape is not a tuple of sizes, or the model does not take such an input."""


class CycleError(UserError, ValueError):
    """A model contains itself, or would contain itself after an edit."""


class InputError(UserError, ValueError):
    """The input cannot be converted to a batch, or does not fit the model."""


class NoStepError(UserError, IndexError):
    """There is no step to undo or redo, or no such step in the history."""


class EmptyStackError(UserError, IndexError):
    """The model has no layer to remove."""


class CannotRecompileError(UserError, ValueError):
    """The model cannot be recompiled now."""


class CannotWriteError(UserError, OSError):
    """A file cannot be written."""


class MissingPackageError(UserError, ImportError):
    """A package that is needed for this is not installed."""
