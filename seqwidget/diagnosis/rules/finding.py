"""What a rule finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import keras

from ...i18n.messages import counted, said
from ..context import Case, unwrapped
from ..fixes.common import Move


@dataclass(frozen=True)
class Finding:
    """What is wrong, the sum that shows it, the edits worth trying, and the form in which the layer has a place."""

    cause: str
    arithmetic: str = ""
    moves: Iterable[Move] = field(default=())
    alternative: str = ""


def shortened(text: str) -> str:
    """Return a text as a part of a sentence: in one line, and not too long."""
    return f"{' '.join(text.split()):.60}"


def type_of(case: Case) -> str:
    """Return the type of the layer, with what it wraps."""
    name = type(case.layer).__name__
    inner = unwrapped(case.layer) if isinstance(case.layer, keras.Layer) else case.layer
    return name if inner is case.layer else said("{wrapper} of {type}", wrapper=name, type=type(inner).__name__)


def count_axes(rank: int) -> str:
    """Return a number of axes in words."""
    return counted("{n} axis", "{n} axes", rank)
