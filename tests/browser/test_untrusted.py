"""A notebook from somebody else: JupyterLab removes style sheets and drawings, but the facts can still be read."""

from __future__ import annotations

import pathlib
from typing import Any

import nbformat
from keras import Input, Sequential, layers
from playwright.sync_api import expect

import seqwidget

from .jupyter import write_notebook


def test_an_untrusted_panel_reads_well(open_notebook: Any, lab_root: pathlib.Path) -> None:
    model = Sequential([Input((32, 32, 3)), layers.Conv2D(8, 3), layers.Flatten(), layers.Dense(10)], name="eye")
    stack = seqwidget.inspect(model)
    data = {"text/html": stack.to_html(), "text/plain": str(stack)}
    path = write_notebook(lab_root / "untrusted.ipynb", "model")
    notebook = nbformat.read(path, 4)
    notebook.cells[0].outputs = [nbformat.v4.new_output("display_data", data)]
    nbformat.write(notebook, path)
    output = open_notebook(path.name).cell(0).locator(".jp-RenderedHTML")
    expect(output.locator("style, svg, path")).to_have_count(0)
    assert output.locator(".sw-head").text_content() == (
        "eye · 3 layers · 72,234 params · 266 k multiply-adds · 57.6 kB activations · input (None, 32, 32, 3) · built"
    )
    assert output.locator("figure").text_content().strip() == ""
    rows = [[cell.text_content() for cell in row.locator("th, td").all()] for row in output.locator("tbody tr").all()]
    assert [row[2:4] for row in rows] == [[str(layer.output.shape), f"{layer.count_params():,}"] for layer in model.layers]
    assert [row[1] for row in rows] == [f"{layer.name} {type(layer).__name__}" for layer in model.layers]
