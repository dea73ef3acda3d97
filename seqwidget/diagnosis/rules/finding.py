"""Define `Finding`, the result of a rule, and the phrases that rules share."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from ...i18n.messages import Text, message, plural
from ...keras_compat.keras_layers import is_layer
from ..context import RefusedAdd, unwrapped
from ..fixes.common import Candidate


@dataclass(frozen=True)
class Finding:
    """The result of a rule.

    Attributes
    ----------
    cause
        What is wrong, as a sentence.
    arithmetic
        The calculation that shows it; empty if there is none.
    candidates
        Candidate edits, each with a description.
    alternative
        Code of a Functional model in which the layer fits; empty if there is none.
    """

    cause: Text
    arithmetic: Text = ""
    candidates: Iterable[Candidate] = field(default=())
    alternative: str = ""


def shortened(text: str) -> str:
    """Return a text in one line of at most 60 characters, for use inside a sentence."""
    return f"{' '.join(text.split()):.60}"


def shown(thing: object) -> str:
    """Return the ``repr`` of an object; if that fails, the default one of Python."""
    with contextlib.suppress(Exception):  # a custom __repr__ may raise anything
        return repr(thing)
    return object.__repr__(thing)


def type_of(refused: RefusedAdd) -> Text:
    """Return the class name of the layer, and of the layer inside if it is a wrapper."""
    name = type(refused.layer).__name__
    inner = unwrapped(refused.layer) if is_layer(refused.layer) else refused.layer
    return name if inner is refused.layer else message("{wrapper} of {type}", wrapper=name, type=type(inner).__name__)


def count_axes(rank: int) -> Text:
    """Return a number of axes as text, such as ``4 axes``."""
    return plural("{n} axis", "{n} axes", rank)
