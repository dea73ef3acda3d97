"""A person's actions in the panel in a real JupyterLab, and the panel after the page or the kernel is gone."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from .jupyter import Lab

ROOT = pathlib.Path(__file__).parents[2]
LIVE = ".seqwidget:not(.sw-static)"
STATIC = ".seqwidget.sw-static"

SETUP = """\
%load_ext seqwidget
import keras
from keras import layers
convolutions = [layers.Conv2D(8, 3, name="one"), layers.Conv2D(8, 3, name="two")]
model = keras.Sequential([keras.Input((32, 32, 3)), *convolutions], name="net")
model"""


def shown(lab: Lab, at: int = 0) -> Locator:
    panel = lab.page.locator(LIVE).nth(at)
    expect(panel).to_be_visible()
    return panel


def names(panel: Locator) -> list[str]:
    return panel.locator("tbody tr:not([aria-hidden]) [data-column=layer] bdi").all_inner_texts()


def test_a_reloaded_page_a_second_tab_and_a_later_view(open_lab: Any) -> None:
    lab = open_lab(SETUP, "model.add(layers.Flatten(name='three'))", "model")
    lab.run(0)
    shown(lab)
    lab.run(1)
    lab.save()
    lab.open(reset=False)
    assert names(shown(lab)) == ["one", "two", "three"]
    lab.run(2)
    expect(lab.page.locator(LIVE)).to_have_count(2)
    assert names(shown(lab, 1)) == ["one", "two", "three"]
    lab.execute("model.pop()")
    for at in (0, 1):
        expect(shown(lab, at).locator("tbody tr")).to_have_count(2)

    tab = Lab(lab.page.context.new_page(), lab.url, lab.name)
    tab.page.wait_for_timeout(500)
    assert names(shown(tab)) == ["one", "two"]
    tab.execute("model.add(layers.ReLU(name='late'))")
    for one in (lab, tab):
        expect(shown(one).locator("tbody tr")).to_have_count(3)
    assert lab.errors == tab.errors == []


def test_a_restarted_kernel_is_reported(open_lab: Any) -> None:
    lab = open_lab(SETUP)
    lab.run(0)
    panel = shown(lab)
    expect(panel.locator(".sw-state")).to_have_text("built")
    lab.restart_kernel()
    expect(panel.locator(".sw-state")).to_have_text("no longer live")
    expect(panel.locator("select").first).to_be_disabled()
    assert names(panel) == ["one", "two"]
    lab.run(0)
    expect(lab.page.locator(f"{LIVE} .sw-state")).to_have_text("built")


@pytest.mark.parametrize("end", ["shutdown", "crash"])
def test_a_stopped_kernel_is_reported(open_lab: Any, end: str) -> None:
    lab = open_lab(SETUP)
    lab.run(0)
    panel = shown(lab)
    if end == "shutdown":
        lab.shutdown_kernel()
    else:
        lab.page.evaluate(
            """() => {
              const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
              kernel.requestExecute({code: 'import os; os._exit(1)'});
            }"""
        )
    expect(panel.locator(".sw-state")).to_have_text("no longer live", timeout=30_000)


def test_a_notebook_with_no_kernel_shows_the_model(open_lab: Any) -> None:
    lab = open_lab(SETUP, "model")
    statics = lab.page.locator(STATIC)
    for cell in range(2):  # the second view is drawn before its static panel is written
        lab.run(cell)
        shown(lab, cell)
        expect(statics).to_have_count(cell + 1)
        expect(lab.page.locator(f"{STATIC}:visible")).to_have_count(0)
    lab.save()
    lab.shutdown_kernel()
    lab.open(kernel=False)
    expect(statics).to_have_count(2)
    for static in statics.all():
        expect(static).to_be_visible()
        assert static.locator("tbody bdi").all_inner_texts() == ["one", "two"]
    expect(lab.page.get_by_text("Error displaying widget")).to_be_hidden()


def test_hovering_and_selecting_are_shared_by_all_views(open_lab: Any) -> None:
    lab = open_lab(SETUP, "model")
    lab.run_all()
    expect(lab.page.locator(LIVE)).to_have_count(2)
    first, second = shown(lab), shown(lab, 1)
    first.locator("tbody tr").nth(1).hover()
    for panel in (first, second):
        expect(panel.locator(".sw-block.is-hovered")).to_have_attribute("data-row", "1")
        expect(panel.locator("tr.is-hovered")).to_have_count(1)
    second.locator(".sw-block").nth(1).click()
    expect(first.locator("tr.is-selected [data-column=layer] bdi")).to_have_text("one")
    assert lab.execute("import seqwidget; print(seqwidget.Summary(model).selected)").strip() == "0"
    second.locator(".sw-rows").press("ArrowDown")
    expect(first.locator("tr.is-selected [data-column=layer] bdi")).to_have_text("two")
    second.locator(".sw-rows").press("Escape")
    expect(first.locator("tr.is-selected")).to_have_count(0)


def test_columns_are_hidden_and_stay_so(open_lab: Any) -> None:
    lab = open_lab(SETUP, "keras.Sequential([keras.Input((4,)), layers.Dense(2)])")
    lab.run(0)
    panel = shown(lab)
    panel.get_by_text("Columns", exact=True).click()
    panel.get_by_label("Kernel").uncheck()
    panel.get_by_label("Dtype").check()
    lab.page.keyboard.press("Escape")
    expect(panel.locator("fieldset", has_text="Columns to show")).to_be_hidden()
    expect(panel.locator("[data-column=kernel]")).to_have_count(0)
    expect(panel.locator("td[data-column=dtype]").first).to_have_text("float32")
    lab.save()
    lab.open(reset=False)
    lab.run(1)
    for at in (0, 1):
        expect(shown(lab, at).locator("[data-column=kernel]")).to_have_count(0)
        expect(shown(lab, at).locator("th[data-column=dtype]")).to_have_count(1)


def test_sizes_colours_and_collapsing(open_lab: Any) -> None:
    lab = open_lab(SETUP, "[model.add(layers.ReLU(name=f'r{i}')) for i in range(4)];")
    lab.run_all()
    panel = shown(lab)
    panel.get_by_label("Size").select_option("params")
    expect(panel.locator(".sw-scale")).to_contain_text("Area")
    panel.locator(".sw-tools > label", has_text="Colour").locator("select").select_option("macs")
    expect(panel.locator(".sw-block.heat-9")).to_have_count(1)
    panel.get_by_label("Collapse").check()
    expect(panel.locator(".sw-block .sw-label").last).to_have_text("ReLU ×4")
    expect(panel.locator("tbody tr").last).to_contain_text("×4")
    panel.get_by_role("button", name="Layers of r0").click()
    expect(panel.locator(".sw-block .sw-label").last).to_have_text("ReLU")
    assert names(panel)[-4:] == ["r0", "r1", "r2", "r3"]
    panel.get_by_role("button", name="Layers of r0").click()
    panel.locator(".sw-block", has_text="ReLU ×4").click()
    expect(panel.locator("tbody tr", has_text="r3")).to_have_count(1)


def test_nested_models_open_and_close(open_lab: Any) -> None:
    lab = open_lab(SETUP, "keras.Sequential([keras.Input((32, 32, 3)), model, layers.Flatten(name='flat')], name='outer')")
    lab.run_all()
    outer = shown(lab, 1)
    assert names(outer) == ["net", "flat"]
    outer.get_by_role("button", name="Layers of net").click()
    assert names(outer) == ["net", "one", "two", "flat"]
    outer.get_by_role("button", name="Layers of net").press("Enter")
    assert names(outer) == ["net", "flat"]


HOSTILE = """\
%load_ext seqwidget
import keras
from keras import layers
keras.Sequential([
    keras.Input((4,)),
    layers.Dense(2, name="<img src=x onerror=window.hacked=1>"),
    layers.Dense(2, name='"quotes" & \\'more\\''),
    layers.Dense(2, name="emoji 🎉 and עברית"),
    layers.Dense(2, name="long" * 75),
], name="<script>window.hacked=1<" + "\\\\" + "script>")"""


def test_a_row_lights_up_what_feeds_it_and_what_it_feeds(open_lab: Any) -> None:
    lab = open_lab("""\
%load_ext seqwidget
import keras, seqwidget
from keras import layers
x = keras.Input((8, 8, 4))
stem = layers.Conv2D(4, 1, name="stem")(x)
sides = [layers.Conv2D(4, 3, padding="same", name=name)(stem) for name in ("left", "right")]
model = keras.Model(x, layers.Flatten(name="flat_at_the_end_of_the_model")(layers.Add(name="add")(sides)), name="forked")
seqwidget.Summary(model)""")
    lab.run(0)
    panel = shown(lab)
    row = {name: panel.locator("tbody tr", has_text=name) for name in names(panel)}
    last = names(panel)[-1]
    expect(panel.locator(".sw-rail")).to_have_count(5)
    expect(panel.locator(".sw-arc")).to_have_count(6)
    dots = {name: one.locator(".sw-rail path").nth(1).bounding_box()["x"] for name, one in row.items()}
    assert dots["stem"] == dots["add"] == dots[last]
    assert dots["left"] != dots["right"]
    row["left"].hover()
    for name, state in {"stem": "before", "right": "apart", "add": "after", last: "after"}.items():
        expect(row[name]).to_have_class(f"is-{state}")
    expect(panel.locator(".sw-block.is-apart")).to_have_count(1)
    expect(panel.locator(".sw-arc.is-apart")).to_have_count(2)
    lab.page.set_viewport_size({"width": 600, "height": 800})  # a panel of this width hides the column of numbers
    expect(panel.locator("tbody [data-column=position]:visible")).to_have_count(0)
    for row in panel.locator("tbody tr:not([aria-hidden])").all():
        places = "one => [one.getBoundingClientRect().left, one.getBoundingClientRect().right]"
        rail, name = (row.locator(part).evaluate(places) for part in (".sw-rail", "bdi"))
        assert rail[1] <= name[0]
    long = panel.locator("tbody tr:not([aria-hidden])").last
    assert last == "flat_at_the_end_of_the_model"
    assert long.locator(".sw-cut").evaluate("one => one.scrollWidth > one.clientWidth"), "the beginning is cut"
    right = "one => one.getBoundingClientRect().right"
    assert long.locator("bdi").evaluate(right) <= long.locator(".sw-layer").evaluate(right), "the end is visible"
    assert lab.errors == []


def test_hostile_names_are_shown_as_they_are(open_lab: Any) -> None:
    lab = open_lab(HOSTILE)
    lab.run(0)
    panel = shown(lab)
    assert names(panel)[:3] == ["<img src=x onerror=window.hacked=1>", "\"quotes\" & 'more'", "emoji 🎉 and עברית"]
    expect(panel.locator(".sw-layer").last).to_have_attribute("title", "long" * 75)
    assert lab.page.evaluate("() => window.hacked") is None
    width = panel.evaluate("element => [element.scrollWidth, element.clientWidth]")
    assert width[0] <= width[1]
    assert lab.errors == []


@pytest.mark.parametrize("width", [600, 1400])
def test_axe_finds_no_accessibility_problems(open_lab: Any, width: int) -> None:
    lab = open_lab(SETUP, "outer = keras.Sequential([keras.Input((32, 32, 3)), model, layers.Flatten()])\nouter", width=width)
    lab.run_all()
    expect(lab.page.locator(LIVE)).to_have_count(2)
    shown(lab, 1).get_by_text("Columns", exact=True).click()
    lab.page.add_script_tag(path=ROOT / "js/node_modules/axe-core/axe.min.js")
    found = lab.page.evaluate(f"() => axe.run({json.dumps(LIVE)}).then(results => results.violations)")
    assert found == [], json.dumps([[one["id"], one["nodes"][0]["html"]] for one in found], indent=1)


def test_a_cell_that_fails_keeps_its_error_and_the_panel_lives_on(open_lab: Any) -> None:
    lab = open_lab(SETUP, "model.add(layers.Conv2D(8, 99, name='bad'))", "model.pop();")
    lab.run(0)
    panel = shown(lab)
    lab.run(1)
    expect(lab.page.locator("[data-mime-type='application/vnd.jupyter.stderr']").last).to_contain_text("negative")
    expect(panel.locator("tr.is-refused")).to_contain_text("bad")
    expect(panel.locator(".sw-state")).to_have_text("built")
    lab.run(2)
    expect(panel.locator("tr.is-refused")).to_have_count(0)
    assert names(panel) == ["one"]


def test_a_pasted_preset_fills_the_menus_and_is_copied_whole(open_lab: Any) -> None:
    lab = open_lab(SETUP, "")
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab.run(0)
    panel = shown(lab)
    panel.get_by_text("Save picture", exact=True).click()
    pasted = panel.get_by_label("More options (JSON)")
    pasted.fill('{"theme": "pink"}')
    panel.get_by_label("Width").fill("85mm")
    problem = panel.locator(".sw-menu [role=alert]")
    expect(problem).to_contain_text("theme expected one of 'any', 'light', 'dark'")
    pasted.fill('{"theme": "print", "size_by": "params", "groups": {"one|two": "Block"}}')
    pasted.press("Tab")
    expect(problem).to_have_count(0)
    expect(panel.get_by_label("Theme")).to_have_value("print")
    expect(panel.get_by_label("Size")).to_have_value("params")
    assert json.loads(pasted.input_value()) == {"groups": {"one|two": "Block"}}
    panel.get_by_label("Copy these options").click()
    expect(panel.get_by_text("Copied")).to_be_visible()
    preset = json.loads(lab.page.evaluate("() => navigator.clipboard.readText()"))
    assert (preset["theme"], preset["size_by"], preset["width"]) == ("print", "params", "85mm")
    with lab.page.expect_download() as saved:
        panel.get_by_role("button", name="Save as SVG").click()
    ours = saved.value.path().read_text()
    lab.execute(f"import seqwidget; seqwidget.inspect(model).to_svg('own.svg', preset={preset!r})")
    assert ours == lab.execute("print(open('own.svg').read(), end='')")
    assert lab.errors == []


def test_a_panel_in_a_window_of_its_own_is_live_and_looks_the_same(open_lab: Any) -> None:
    lab = open_lab(SETUP, "model.add(layers.Flatten(name='three'))")
    lab.page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab.run(0)
    panel = shown(lab)
    with lab.page.context.expect_page() as opened:
        panel.get_by_role("button", name="Show this panel in a window that stays on top").click()
    popped = opened.value.locator(LIVE)
    expect(popped).to_be_visible()
    expect(popped.locator(".sw-pop-out")).to_have_count(0)
    assert opened.value.title() == "net"
    look = "element => [getComputedStyle(element).color, getComputedStyle(element).backgroundColor]"
    assert popped.evaluate(look) == panel.evaluate(look)
    lab.run(1)
    expect(popped.locator("tbody tr")).to_have_count(3)
    popped.locator(".sw-switch").first.click()
    expect(panel.locator(".sw-switch").first).to_have_attribute("aria-checked", "false")
    popped.get_by_text("Copy table").click()
    expect(popped.get_by_text("Copied")).to_be_visible()
    lab.page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
    expect(panel).to_have_css("background-color", "color(srgb 1 1 1)")
    expect(popped).to_have_css("background-color", "color(srgb 1 1 1)")
    opened.value.close()
    lab.execute("model.pop()")
    expect(panel.locator("tbody tr")).to_have_count(2)
    assert lab.errors == []
