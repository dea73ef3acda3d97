"""Add up numbers that may be unknown."""

from __future__ import annotations

from collections.abc import Iterable

from ..i18n.messages import Text, joined, message
from ..model.records import LayerRow


def known_sum(figures: list[int | None]) -> int | None:
    """Return a sum, or None if a part of it is unknown."""
    return None if None in figures else sum(figures)  # type: ignore[arg-type]


def missing(rows: list[LayerRow], names: Iterable[str]) -> dict[str, Text]:
    """Return, for each sum that is unknown, the reason from the first row without a value."""
    lacking = ((name, row) for name in names for row in reversed(rows) if getattr(row, name) is None)
    return {name: joined(": ", (row.path, row.unknown_messages.get(name, message("not known")))) for name, row in lacking}
