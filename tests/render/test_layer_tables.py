"""The table as a data frame, CSV, Markdown and LaTeX: exact numbers, and names that stay names."""

from __future__ import annotations

import ast
import csv
import importlib.util
import io
import pathlib
import re
from typing import Any

import pandas as pd
import polars as pl
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from markdown_it import MarkdownIt

from seqwidget.errors import ArgumentError, CannotWriteError, MissingPackageError
from seqwidget.printable import line
from seqwidget.render.columns import columns_of
from seqwidget.render.formatting import training
from seqwidget.render.layer_tables import data
from seqwidget.render.text import cell

from .stacks import STACKS, row, stack

CONV = row(
    name="conv",
    path="conv",
    type="Conv2D",
    output_shape=(None, 123, 123, 32),
    params=2432,
    kernel=(5, 5),
    macs=36_309_600,
    trains=None,
)
NESTED = row(index=1, name="x_y|*__z", path="base/x", depth=1, macs=None, unknown_messages={"macs": "custom"})
NET = stack(CONV, NESTED)


def only(monkeypatch: pytest.MonkeyPatch, *installed: str) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in installed or None)


def test_pandas_has_exact_numbers_and_missing_values() -> None:
    frame = NET.to_dataframe()
    assert isinstance(frame, pd.DataFrame)
    assert frame["macs"].dtype == "Int64"
    assert frame["macs"][0] == 36_309_600
    assert frame["macs"].isna().tolist() == [False, True]
    assert frame["trains"].isna().tolist() == [True, False]
    assert frame["params"].sum() == 2447
    assert [ast.literal_eval(shape) for shape in frame["output_shape"]] == [(None, 123, 123, 32), (None, 3)]
    assert set(NET.to_dict()["rows"][0]) - set(frame.columns) == {"notes", "training_notes", "unknown"}


def test_polars_has_the_same_values(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = NET.to_dataframe().astype(object)
    only(monkeypatch, "polars")
    frame = NET.to_dataframe()
    assert isinstance(frame, pl.DataFrame)
    assert frame.to_dict(as_series=False) == wanted.where(wanted.notna(), None).to_dict("list")
    assert frame.schema["macs"] == pl.Int64


def test_without_either_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch)
    with pytest.raises(MissingPackageError, match="pip install pandas") as caught:
        NET.to_dataframe()
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ImportError)


@settings(max_examples=60)
@given(one=STACKS)
def test_any_stack_makes_a_frame_and_csv(one: Any) -> None:
    frame = one.to_dataframe()
    assert len(frame) == len(one.rows)
    head, *body = csv.reader(io.StringIO(one.to_csv()))
    assert head == list(frame.columns)
    columns = dict(zip(head, zip(*body, strict=True), strict=True)) if body else {}
    for name in ("name", "params"):
        assert list(columns.get(name, ())) == ["" if value is None else str(value) for value in data(one)[name]]


def test_csv_is_written_as_it_is_returned(tmp_path: pathlib.Path) -> None:
    text = NET.to_csv(tmp_path / "net.csv")
    assert (tmp_path / "net.csv").read_bytes() == text.encode()
    read = pd.read_csv(tmp_path / "net.csv")
    assert read["macs"].tolist()[0] == 36_309_600
    assert read["name"].tolist() == ["conv", "x_y|*__z"]


@settings(max_examples=60)
@given(one=STACKS)
def test_markdown_is_shown_as_the_table_of_the_panel(one: Any) -> None:
    """A Markdown parser is the oracle: each name is text, in one cell."""
    page = BeautifulSoup(MarkdownIt().enable("table").render(one.to_markdown()), "html.parser")
    rows = [[each.get_text() for each in found.find_all(["td", "th"])] for found in page.find_all("tr")]
    assert len(rows) == len(one.rows) + 2
    assert {len(cells) for cells in rows} == {len(columns_of("static"))}
    assert not page.find_all(["em", "strong", "a", "code", "img", "s"])
    column = columns_of("static")[1]
    wanted = [line(str(cell(column, one_row, training(one_row)))) for one_row in one.rows]
    assert [" ".join(cells[1].split()) for cells in rows[1:-1]] == [" ".join(name.split()) for name in wanted]


def test_markdown_indents_and_aligns() -> None:
    lines = NET.to_markdown().splitlines()
    assert lines[1] == "| --: | --- | --- | --: | --- | --- | --: | --: |"
    assert lines[3].startswith(r"|  | &emsp;x_y\|\*\_\_z (Dense) | (None, 3) |")


def test_latex_escapes_what_has_a_meaning() -> None:
    hostile = row(name=r"50%_#1&{a}$b\c~d^e--f<g>'h`", path="p")
    text = stack(hostile, NESTED, CONV).to_latex()
    assert r"50\%\_\#1\&\{a\}\$b\textbackslash{}c\textasciitilde{}d\textasciicircum{}e-{}-f" in text
    assert r"\textless{}g\textgreater{}\textquotesingle{}h\textasciigrave{} (Dense)" in text
    assert r"\quad x\_y\textbar{}*\_\_z" in text
    assert r"(None, 123, 123, 32) & 2,432 & 5$\times$5" in text
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(body) == 5
    assert {len(re.findall(r"(?<!\\)&", line)) for line in body} == {len(columns_of("static")) - 1}
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1


@pytest.mark.parametrize("form", ["to_csv", "to_markdown", "to_latex"])
def test_a_file_that_cannot_be_written_is_one_line(form: str, tmp_path: pathlib.Path) -> None:
    with pytest.raises(CannotWriteError, match=r"path expected a file .* received '.*none/a': No such file") as caught:
        getattr(NET, form)(tmp_path / "none" / "a")
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, OSError)
    with pytest.raises(ArgumentError, match="path expected the path of a file"):
        getattr(NET, form)(3)


@pytest.mark.parametrize("export", ["to_svg", "to_tikz", "to_csv", "to_markdown", "to_latex"])
def test_a_file_of_another_format_is_not_written(export: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "model.PDF"
    with pytest.raises(
        ArgumentError, match=r"path expected a file name that ends in \.\w+, received 'model.PDF'; other methods write"
    ):
        getattr(stack(row()), export)(path)
    assert not path.exists()


def test_home_is_expanded(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert NET.to_latex("~/net.tex") == (tmp_path / "net.tex").read_text(encoding="utf-8")
