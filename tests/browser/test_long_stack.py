"""A stack of hundreds of layers, of which the page draws only the visible part and its surroundings."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, expect

from .test_panel import shown

LAYERS = 400
SETUP = f"""\
import keras, seqwidget
from keras import layers
stack = [layers.Dense(3, name=f"layer{{at}}") for at in range({LAYERS})]
stack[7].name = "one_with_a_name_that_is_longer_than_all_the_others"
model = seqwidget.Sequential([keras.Input((3,)), *stack])
seqwidget.Summary(model)"""


def widths(panel: Locator) -> list[float]:
    return panel.locator("thead th").evaluate_all("cells => cells.map(cell => cell.getBoundingClientRect().width)")


def wait_until_in_view(inner: Locator, outer: Locator) -> None:
    """Wait until an element is visible in a box that scrolls, and nothing covers it."""
    inner.page.wait_for_function(
        """([element, box]) => {
          const [inner, outer] = [element, box].map(one => one.getBoundingClientRect());
          const over = document.elementFromPoint(inner.x + inner.width / 2, inner.y + inner.height / 2);
          return inner.top >= outer.top && inner.bottom <= outer.bottom && inner.left < outer.right && element.contains(over);
        }""",
        arg=[inner.element_handle(), outer.element_handle()],
    )


def test_only_rows_near_the_view_are_drawn(open_lab: Any) -> None:
    lab = open_lab(SETUP, width=1000)
    lab.run(0)
    panel = shown(lab)
    rows, table = panel.locator("tbody tr[data-row]"), panel.locator(".sw-rows")
    assert rows.count() < LAYERS / 2
    assert panel.locator(".sw-block").count() < LAYERS / 2
    expect(panel.locator(".sw-table")).to_have_attribute("aria-rowcount", str(LAYERS + 2))
    expect(rows.nth(5)).to_have_attribute("aria-rowindex", "7")
    before = widths(panel)

    table.press("End")
    last = panel.locator(f'tbody tr[data-row="{LAYERS - 1}"]')
    expect(last).to_have_class("is-selected")
    wait_until_in_view(last, table)
    assert rows.count() < LAYERS / 2
    assert widths(panel) == before

    lab.execute('model.add(layers.Dense(3, name="newest"))')
    newest = panel.locator(f'tbody tr[data-row="{LAYERS}"]')
    expect(newest).to_be_visible()
    wait_until_in_view(newest, table)
    block = panel.locator(f'.sw-block[data-row="{LAYERS}"]')
    expect(block).to_be_visible()
    wait_until_in_view(block, panel.locator(".sw-figure .sw-scroll"))
    expect(panel.locator(".is-new")).to_have_count(0)  # it stays in view after the highlight of the new row has faded
    wait_until_in_view(block, panel.locator(".sw-figure .sw-scroll"))

    # Scrolling with the wheel shows every row once, in order and without a gap.
    height = newest.bounding_box()["height"]
    table.press("Home")
    wait_until_in_view(panel.locator('tbody tr[data-row="0"]'), table)
    for at in range(0, LAYERS - 20, 37):
        table.evaluate("(box, top) => { box.scrollTop = top }", at * height)
        row = panel.locator(f'tbody tr[data-row="{at}"]')
        expect(row.locator("bdi")).to_be_visible()
        under_head = row.bounding_box()["y"] - table.bounding_box()["y"] - height
        assert abs(under_head) < 1, (at, under_head)

    # A stack that becomes short while its end is in view.
    table.press("End")
    lab.execute("for _ in range(200): model.pop()")
    expect(panel.locator(f'tbody tr[data-row="{LAYERS - 200}"]')).to_be_visible()
    expect(panel.locator(f'tbody tr[data-row="{LAYERS - 199}"]')).to_have_count(0)
    assert lab.errors == []


def test_texts_that_would_wrap_do_not_if_rows_are_not_drawn(open_lab: Any) -> None:
    lab = open_lab(
        "import keras, seqwidget\n"
        "stack = [keras.layers.Dense(3, name='first'), *(keras.layers.BatchNormalization() for _ in range(160))]\n"
        "model = keras.Sequential([keras.Input((3,)), *stack])\n"
        "seqwidget.Trainable(model).freeze()",
        width=1600,
    )
    lab.run(0)
    panel = shown(lab)
    rows = panel.locator("tbody tr[data-row]")
    expect(panel.locator("tr[data-row='2'] [data-column=training_notes]")).to_contain_text("moving statistics")
    panel.locator(".sw-rows").press("End")
    last = panel.locator("tbody tr[data-row='160']")
    expect(last).to_have_class("is-selected")
    wait_until_in_view(last, panel.locator(".sw-rows"))
    assert len(set(rows.evaluate_all("rows => rows.map(row => row.getBoundingClientRect().height)"))) == 1
    assert lab.errors == []


def test_the_time_line_keeps_the_present_step_in_view(open_lab: Any) -> None:
    lab = open_lab(
        "import keras, seqwidget\n"
        "model = seqwidget.Sequential([keras.Input((3,))])\n"
        "seqwidget.Summary(model).show()\n"
        "for at in range(75): model.add(keras.layers.ReLU(name=f'layer{at}'))",
        width=1000,
    )
    lab.run(0)
    panel = shown(lab)
    steps = panel.locator(".sw-track ol")
    for code, name in [("", "layer74"), ("for _ in range(70): model.undo()", "layer4"), ("model.redo()", "layer5")]:
        lab.execute(code)
        now = steps.get_by_role("button", name=name, exact=False).and_(panel.locator(".is-now"))
        expect(now).to_have_count(1)
        wait_until_in_view(now, steps)
        expect(panel.locator(".sw-step-name")).to_have_text(f"add {name} (ReLU)")
    assert steps.get_by_role("button").count() <= 60
    assert lab.errors == []
