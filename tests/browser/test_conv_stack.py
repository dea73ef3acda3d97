"""The main use: a conv stack built cell by cell in a real JupyterLab, as the page shows it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

SETUP = """\
%load_ext seqwidget
import keras
from keras import layers
model = keras.Sequential(name="eye")
model.add(keras.Input(shape=(250, 250, 3)))
model"""
STEPS = (
    'model.add(layers.Conv2D(32, 5, strides=2, activation="relu"))',
    'model.add(layers.Conv2D(32, 3, activation="relu"))',
    "model.add(layers.MaxPooling2D(3))",
    """\
model.add(layers.Conv2D(32, 3, activation="relu"))
model.add(layers.Conv2D(32, 3, activation="relu"))
model.add(layers.MaxPooling2D(3))
model.add(layers.Conv2D(32, 3, activation="relu"))
model.add(layers.Conv2D(32, 3, activation="relu"))
model.add(layers.MaxPooling2D(2))""",
    "model.add(layers.GlobalMaxPooling2D())\nmodel.add(layers.Dense(10))",
    "model.pop(); model.pop();",
)


def last_row(panel: Locator) -> Locator:
    return panel.locator(".sw-table tbody tr").last


def total(panel: Locator) -> Locator:
    return panel.locator(".sw-table tfoot [data-column=params]")


def test_the_guides_stack_cell_by_cell(open_lab: Any) -> None:
    lab = open_lab(SETUP, *STEPS)
    lab.run(0)
    panel = lab.page.locator(".seqwidget:not(.sw-static)")
    expect(panel).to_have_count(1)
    for cell, shape, params, sum_of_params in (
        (1, "(None, 123, 123, 32)", "2,432", "2,432"),
        (2, "(None, 121, 121, 32)", "9,248", "11,680"),
        (3, "(None, 40, 40, 32)", "0", "11,680"),
        (4, "(None, 4, 4, 32)", "0", "48,672"),
        (5, "(None, 10)", "330", "49,002"),
        (6, "(None, 4, 4, 32)", "0", "48,672"),
    ):
        lab.run(cell)
        expect(last_row(panel).locator("[data-column=output_shape]")).to_have_text(shape)
        expect(last_row(panel).locator("[data-column=params]")).to_have_text(params)
        expect(total(panel)).to_have_text(sum_of_params)
    expect(panel.locator(".sw-svg .sw-block")).to_have_count(10)
    expect(panel.locator(".sw-svg")).to_contain_text("123×123×32")
    assert lab.errors == []


def test_adds_appear_one_by_one_while_the_cell_runs(open_lab: Any) -> None:
    lab = open_lab(
        SETUP.replace("(250, 250, 3)", "(8,)"),
        "import time\nfor i in range(10):\n    model.add(layers.Dense(8))\n    time.sleep(0.4)\nprint('finished')",
    )
    lab.run(0)
    expect(lab.page.locator(".seqwidget:not(.sw-static) .sw-table")).to_be_visible()
    lab.page.evaluate(
        """() => {
          const table = document.querySelector('.seqwidget:not(.sw-static) .sw-table tbody');
          window.counts = [];
          new MutationObserver(() => {
            const now = table.querySelectorAll('tr').length;
            const finished = document.body.innerText.includes('finished\\n');
            if (window.counts.at(-1)?.[0] !== now) window.counts.push([now, finished]);
          }).observe(table, {childList: true, subtree: true});
        }"""
    )
    lab.run(1)
    counts = lab.page.evaluate("() => window.counts")
    assert [count for count, _ in counts][-10:] == list(range(1, 11))
    assert not any(finished for _, finished in counts[:-1])
