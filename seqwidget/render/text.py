"""Render a `Stack` as a plain text table, for terminals, saved notebooks and notebook tests."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..i18n.languages import translate
from ..i18n.messages import N_, Text, joined, message, plural
from ..model.connections import branching
from ..model.edges import Edge
from ..model.records import Facts, LayerRow, Note, Totals
from ..printable import line
from . import formatting
from .columns import Column, columns_of

_COLUMNS = columns_of("static")
LAYER, TOTAL = message("Layer (type)"), message("total")
_LONGEST = 40


def text(stack: Facts) -> str:
    """Return the table: a title, one line per layer, the totals, then remarks and notes."""
    body = [[cell(column, row, *remarks) for column in _COLUMNS] for row, *remarks in described(stack)]
    stale = [stack.stale_message] if stack.stale_message else []
    return table(_title(stack), _COLUMNS, body, stack.totals, [*stale, *below(stack)])


def cell(column: Column, row: LayerRow, remark: Text = "", feeds: Text = "") -> Text:
    """Return the text of a cell. In this table, the cell of a layer also has its type, a remark and what feeds it."""
    if column.format == "layer":
        return joined("", ("  " * row.depth, one_line(row.name), " (", row.type, remark, ")", " " if feeds else "", feeds))
    return column.text(row)


def described(stack: Facts) -> list[tuple[LayerRow, Text, Text]]:
    """Return each row with a remark on how it trains, and what feeds it."""
    feeds = sources(stack)
    return [(row, formatting.training(row), feeds.get(at, "")) for at, row in enumerate(stack.rows)]


def sources(stack: Facts) -> dict[int, Text]:
    """Return what feeds each row that does not simply follow the row before it: ``← conv, pool``."""
    return {
        row: joined("", ("← ", joined(", ", [_source(one, stack) for one in dict.fromkeys(some)])))
        for row, some in branching(stack.rows, stack.graphs).items()
    }


def _source(edge: Edge, stack: Facts) -> Text:
    if edge.source is not None:
        return one_line(stack.rows[edge.source].name)
    return message("input {n}", n=edge.tensor + 1) if edge.tensor else message("input")


def table(title: Text, columns: Sequence[Column], body: Sequence[Sequence[Text]], totals: Totals, below: Iterable[Text]) -> str:
    """Return a text table.

    Parameters
    ----------
    title : Message or str
        The line above the table.
    columns : sequence of Column
        The columns.
    body : sequence of sequence of Message or str
        The cells of each row.
    totals : Totals
        The sums in the last row, below a rule.
    below : iterable of Message or str
        The lines below the table.

    Returns
    -------
    str
        The table, in the language of static output.
    """
    names = [LAYER if column.format == "layer" else column.header for column in columns]
    sums = [TOTAL if column.format == "layer" else column.sum(totals) for column in columns]
    right = [column.number for column in columns]
    head, last, *rows = ([line(translate(cell)) for cell in cells] for cells in (names, sums, *body))
    widths = [max(_width(cells[i]) for cells in (head, *rows, last)) for i in range(len(head))]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    lines = [
        line(translate(title)),
        rule,
        _line(head, widths, right),
        rule,
        *(_line(cells, widths, right) for cells in rows),
    ]
    lines += [rule, _line(last, widths, right), *(line(translate(sentence)) for sentence in below)]
    return "\n".join(one.rstrip() for one in lines)


def one_line(text: Text, longest: int = _LONGEST) -> Text:
    """Return a text in one line of at most ``longest`` characters, without control characters.

    In a message, this applies to each of its values. An empty text becomes ``(no name)``.
    """
    if isinstance(text, str):
        return _plain_line(text, longest)
    values = {name: one_line(value, longest) if isinstance(value, Text) else value for name, value in text.values.items()}
    return text if values == text.values else replace(text, values=values)


@functools.lru_cache(4096)
def _plain_line(name: str, longest: int) -> Text:
    plain = " ".join(line(name).split())
    if not plain:
        return message("(no name)")
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _title(stack: Facts) -> Text:
    parts: list[Text] = [
        plural("{n} layer", "{n} layers", sum(row.depth == 0 for row in stack.rows)),
        formatting.STATES[stack.state],
    ]
    parts += [message("input {shape}", shape=formatting.shape(stack.input_shape))] if stack.input_shape else []
    parts += [message("for a batch of {size}", size=stack.batch_size)] if stack.batch_size > 1 else []
    return joined(": ", (one_line(stack.name), joined(", ", parts)))


def below(stack: Facts) -> list[Text]:
    """Return what the table has no column for, as one sentence per line, with the notes last."""
    noted = (
        joined(": ", (one_line(stack.rows[note.row].path), sentence(note))) for note in stack.notes if note.row is not None
    )
    return [*remarks(stack), *noted, *(sentence(note) for note in stack.notes if note.row is None)]


def remarks(stack: Facts) -> list[Text]:
    """Return remarks about frozen weights, unknown values with their reasons, and shared layers."""
    totals = stack.totals
    lines: list[Text] = []
    if totals.non_trainable_params:
        trained, rest = formatting.count(totals.trainable_params), formatting.count(totals.non_trainable_params)
        lines.append(message("{trained} trainable, {rest} non-trainable", trained=trained, rest=rest))
    if "built" in stack.unknown_messages:
        lines.append(message("not built: {why}", why=one_line(stack.unknown_messages["built"], 300)))
    lines += [
        message(pattern, layer=_named(rows, stack), why=one_line(why, 300)) for (pattern, why), rows in _reasons(stack).items()
    ]
    return lines + [
        message(
            "{layer}: the same layer as in row {row}; its weights are counted once",
            layer=one_line(row.path),
            row=row.shared_with,
        )
        for row in stack.rows
        if row.shared_with is not None
    ]


def _reasons(stack: Facts) -> dict[tuple[str, Text], list[LayerRow]]:
    """Return the rows with unknown values, grouped by the pattern of the remark and the reason."""
    found: dict[tuple[str, Text], list[LayerRow]] = {}
    for row in stack.rows:
        if not row.unknown_messages:
            continue
        for key in (
            ("macs", "activation_bytes", "receptive_field") if row.output_shape is not None else ("output_shape", "params")
        ):
            if key in row.unknown_messages and (row.output_shape is not None or "built" not in stack.unknown_messages):
                found.setdefault((_NOT_KNOWN[key], row.unknown_messages[key]), []).append(row)
    return found


def _named(rows: Sequence[LayerRow], stack: Facts) -> Text:
    """Return the names of rows as text: ``all layers``, or up to three names and a count."""
    if len(rows) == len(stack.rows) > 1:
        return message("all layers")
    names = joined(", ", [one_line(row.path) for row in rows[:_NAMED]])
    more = len(rows) - _NAMED
    return names if more <= 0 else plural("{layers} and {n} more", "{layers} and {n} more", more, layers=names)


_NAMED = 3
_NOT_KNOWN = {
    "output_shape": N_("{layer}: output not known: {why}"),
    "params": N_("{layer}: parameters not known: {why}"),
    "macs": N_("{layer}: multiply-adds not known: {why}"),
    "activation_bytes": N_("{layer}: activation memory not known: {why}"),
    "receptive_field": N_("{layer}: no receptive field: {why}"),
}


def sentence(note: Note) -> Text:
    """Return the text of a note in one line of at most 300 characters."""
    return one_line(note.text_message, 300)


def _line(cells: Sequence[str], widths: list[int], right: Sequence[bool]) -> str:
    padded = []
    for text, width, to_right in zip(cells, widths, right, strict=True):
        space = " " * (width - _width(text))
        padded.append(space + text if to_right else text + space)
    return "  ".join(padded)


_FIRST_COMBINING = "\u0300"
"""Every character before this one is one cell wide."""


def _width(words_: str) -> int:
    """Return the width of a text in a terminal: 2 for wide characters, 0 for combining ones."""
    if words_.isascii() or max(words_) < _FIRST_COMBINING:
        return len(words_)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in words_)
