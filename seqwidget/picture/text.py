"""A `Stack` as a plain table: what a terminal, a saved notebook and a notebook test see."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Container, Iterable, Sequence

from ..stack.records import LayerRow, Note, Stack
from . import words

_HEADERS = ("#", "Layer (type)", "Output shape", "Params", "Kernel", "Receptive field", "Multiply-adds", "Activation")
_RIGHT = frozenset({0, 3, 6, 7})
_LONGEST = 40


def text(stack: Stack) -> str:
    """Give the table: a title, a line a layer, the totals, and the reasons for what is not known."""
    body = [_cells(row) for row in stack.rows]
    totals = stack.totals
    foot = [
        "",
        "total",
        "",
        words.count(totals.params),
        "",
        "",
        words.short(totals.macs),
        words.memory(totals.activation_bytes),
    ]
    stale = [stack.stale] if stack.stale else []
    return table(_title(stack), _HEADERS, body, foot, right=_RIGHT, below=[*stale, *below(stack)])


def table(
    title: str, headers: Sequence[str], body: list[list[str]], foot: list[str], *, right: Container[int], below: Iterable[str]
) -> str:
    """Lay out a table with a title over it and sentences under it; the columns named in ``right`` are set to the right."""
    widths = [max(_width(line[i]) for line in (headers, *body, foot)) for i in range(len(headers))]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    lines = [title, rule, _line(headers, widths, right), rule, *(_line(line, widths, right) for line in body)]
    lines += [rule, _line(foot, widths, right), *below]
    return "\n".join(line.rstrip() for line in lines)


@functools.lru_cache(4096)
def one_line(name: str, longest: int = _LONGEST) -> str:
    """Give a name in one line: no control characters, and not longer than fits."""
    plain = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char != "\u200d" else char for char in name
    )
    plain = " ".join(plain.split()) or "(no name)"
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _title(stack: Stack) -> str:
    layers = sum(row.depth == 0 for row in stack.rows)
    takes = f", input {words.shape(stack.input_shape)}" if stack.input_shape else ""
    batch = f", for a batch of {stack.batch_size}" if stack.batch_size > 1 else ""
    return f"{one_line(stack.name)}: {layers} layer{'' if layers == 1 else 's'}, {stack.state}{takes}{batch}"


def _cells(row: LayerRow) -> list[str]:
    return [
        "" if row.depth else str(row.index),
        f"{'  ' * row.depth}{one_line(row.name)} ({row.type}{words.training(row)})",
        words.shape(row.output_shape),
        words.count(row.params),
        words.window(row),
        words.receptive_field(row),
        words.short(row.macs),
        words.memory(row.activation_bytes),
    ]


def below(stack: Stack) -> list[str]:
    """Say what the table has no column for: one plain sentence a line, the notes last."""
    noted = (f"{one_line(stack.rows[note.row].path)}: {sentence(note)}" for note in stack.notes if note.row is not None)
    return [*remarks(stack), *noted, *(sentence(note) for note in stack.notes if note.row is None)]


def remarks(stack: Stack) -> list[str]:
    """Say what is frozen, what is not known and why, and what is shared."""
    totals = stack.totals
    lines = []
    if totals.non_trainable_params:
        lines.append(f"{words.count(totals.trainable_params)} trainable, {words.count(totals.non_trainable_params)} not")
    if "built" in stack.unknown:
        lines.append(f"not built: {one_line(stack.unknown['built'], 300)}")
    lines += [
        f"{one_line(row.path)}: {what} not known: {one_line(row.unknown[key], 300)}"
        for row in stack.rows
        if row.output_shape is not None
        for key, what in (("macs", "multiply-adds"), ("activation_bytes", "activation memory"))
        if key in row.unknown
    ]
    return lines + [
        f"{one_line(row.path)}: the same layer as in row {row.shared_with}, its weights count once"
        for row in stack.rows
        if row.shared_with is not None
    ]


def sentence(note: Note) -> str:
    """Give a note in one line; it may name other layers."""
    return one_line(note.text, 300)


def _line(cells: Sequence[str], widths: list[int], right: Container[int]) -> str:
    padded = []
    for i, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (width - _width(cell))
        padded.append(space + cell if i in right else cell + space)
    return "  ".join(padded)


def _width(words_: str) -> int:
    """Give the columns that a terminal gives to a text: wide characters take two, combining ones none."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in words_)
