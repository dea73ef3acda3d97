"""Names with dollar signs: JupyterLab renders the text between them as a formula, but not in a panel."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

MODEL = """
import keras, seqwidget
from IPython.display import HTML, display
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="price$low$high")], name="a$x^2$b")
display(HTML("<p class='control'>one $x^2$ two</p>" + seqwidget.inspect(model).to_html()))
"""


def test_mathjax_leaves_names_alone(open_lab: Any) -> None:
    lab = open_lab(MODEL)
    lab.run_all()
    output = lab.cell(0)
    expect(output.locator(".control mjx-container")).to_have_count(1, timeout=30_000)
    expect(output.locator("th bdi")).to_have_text("price$low$high")
    expect(output.locator(".sw-name")).to_have_text("a$x^2$b")
    expect(output.locator(".seqwidget mjx-container")).to_have_count(0)
