"""Write the layer table for other programs: as a data frame, CSV, Markdown or LaTeX."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..errors import MissingPackageError
from ..i18n.languages import translate
from ..i18n.messages import Text
from ..model.records import Facts, LayerRow
from ..printable import line
from . import formatting
from .columns import columns_of
from .text import LAYER, TOTAL, cell, described

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

Value: TypeAlias = int | bool | str | None

_OF_ANNOTATION: Mapping[str, Literal["Int64", "boolean", "string"]] = {
    "int": "Int64",
    "bool": "boolean",
    "str": "string",
    "Shapes": "string",
    "tuple[int, ...]": "string",
    "tuple[float, ...]": "string",
}
_TYPES = {
    one.name: _OF_ANNOTATION[str(one.type).removesuffix(" | None")]
    for one in fields(LayerRow)
    if one.default is one.default_factory is MISSING  # all but the notes and reasons
}
"""The columns of the data frame and the CSV, which are fields of `LayerRow`, with their types in pandas."""

_COLUMNS = columns_of("static")
_IN_MARKDOWN = re.compile(r"[\\`*{}\[\]<>|~$&]|(?<![^\W_])_|_(?![^\W_])")
_LATEX = {
    **{char: f"\\{char}" for char in "%$#_&{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "×": r"$\times$",
    "≈": r"$\approx$",
    "—": "---",
    "…": r"\ldots{}",
    "-": "-{}",
}
_IN_LATEX = re.compile(rf"[{re.escape(''.join(_LATEX).replace('-', ''))}]|-(?=-)")  # two hyphens would become a dash


def data(stack: Facts) -> dict[str, list[Value]]:
    """Return the columns of the data frame and the CSV: exact numbers, and tuples written as in Python."""
    return {name: [_value(getattr(row, name)) for row in stack.rows] for name in _TYPES}


def _value(value: Value | tuple[int, ...]) -> Value:
    if isinstance(value, tuple):
        return formatting.shape(value)
    return line(value) if isinstance(value, str) else value


def data_frame(stack: Facts) -> pd.DataFrame | pl.DataFrame:
    """Return the data as a pandas data frame, or as a Polars one if only Polars is installed."""
    columns = data(stack)
    if importlib.util.find_spec("pandas"):
        pandas = importlib.import_module("pandas")
        return pandas.DataFrame({name: pandas.array(values, _TYPES[name]) for name, values in columns.items()})
    if importlib.util.find_spec("polars"):
        polars = importlib.import_module("polars")
        types = {"Int64": polars.Int64, "boolean": polars.Boolean, "string": polars.String}
        return polars.DataFrame(columns, {name: types[_TYPES[name]] for name in columns})
    msg = "to_dataframe expected pandas or Polars, and neither is installed; install one: pip install pandas."
    raise MissingPackageError(msg)


def comma_separated(stack: Facts) -> str:
    """Return the data as CSV with a header; a value that does not exist or is not known is empty.

    The CSV is for programs: a name that a spreadsheet would take for a formula stays as it is.
    """
    columns = data(stack)
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return file.getvalue()


def markdown(stack: Facts) -> str:
    """Return the table as Markdown with the table syntax of GitHub."""
    head, *rows = ([_markdown(text, depth) for text in texts] for depth, texts in _cells(stack))
    rule = ["--:" if column.number else "---" for column in _COLUMNS]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, rule, *rows))


def latex(stack: Facts) -> str:
    """Return the table as a LaTeX ``tabular`` with the rules of the package booktabs."""
    head, *rows, total = (" & ".join(_latex(text, depth) for text in texts) + r" \\" for depth, texts in _cells(stack))
    alignment = "".join("r" if column.number else "l" for column in _COLUMNS)
    lines = (
        r"% \usepackage{booktabs}",
        rf"\begin{{tabular}}{{{alignment}}}",
        *(r"\toprule", head, r"\midrule", *rows, r"\midrule", total, r"\bottomrule"),
        r"\end{tabular}",
    )
    return "\n".join(lines) + "\n"


def _cells(stack: Facts) -> Iterable[tuple[int, list[str]]]:
    """Return the texts of header, rows and totals, each with the depth of its layer."""
    yield 0, _lines(LAYER if column.format == "layer" else column.header for column in _COLUMNS)
    for row, *remarks in described(stack):
        yield row.depth, _lines(cell(column, row, *remarks) for column in _COLUMNS)
    yield 0, _lines(TOTAL if column.format == "layer" else column.sum(stack.totals) for column in _COLUMNS)


def _lines(texts: Iterable[Text]) -> list[str]:
    return [line(translate(text)) for text in texts]


def _markdown(text: str, depth: int) -> str:
    return "&emsp;" * _indent(text, depth) + _IN_MARKDOWN.sub(r"\\\g<0>", text.strip())


def _latex(text: str, depth: int) -> str:
    return r"\quad " * _indent(text, depth) + in_latex(text.strip())


def in_latex(text: str) -> str:
    """Return a text escaped for LaTeX."""
    return _IN_LATEX.sub(lambda found: _LATEX[found[0]], text)


def _indent(text: str, depth: int) -> int:
    """Return the depth if the text begins with spaces for it, as that of a layer does."""
    return depth if text.startswith("  ") else 0
