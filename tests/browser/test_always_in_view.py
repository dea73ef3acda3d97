"""The docked panel beside the notebook: it follows the model that was edited last, and stays over reloads and restarts."""

from __future__ import annotations

import re
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Locator, expect

from .jupyter import OPEN, Lab, write_notebook
from .test_panel import LIVE, SETUP

DOCKED = f".seqwidget-dock {LIVE}"
DOCK, BACK = "Dock the panel beside the notebook", "Put the panel back into the notebook"
COMMAND = "() => window.jupyterapp.commands.execute('seqwidget:dock').then(() => null)"
EMPTY = "No model of this notebook has a live panel. Run the cell that shows a model."
OTHER = "other = keras.Sequential([keras.Input((4,)), layers.Dense(2, name='only')], name='other')\nother"
ADD = "model.add(layers.Flatten(name='three'))"


def docked(lab: Lab) -> Locator:
    """Return the docked panel, which is visible."""
    panel = lab.page.locator(DOCKED)
    expect(panel).to_be_visible(timeout=30_000)
    return panel


def rows(panel: Locator) -> Locator:
    return panel.locator("tbody tr:not([aria-hidden]) bdi")


def press(lab: Lab, name: str, within: str = ".jp-Notebook") -> None:
    lab.page.locator(within).get_by_role("button", name=name).first.click()


def test_a_docked_panel_is_beside_the_notebook_follows_an_add_and_goes_back(open_lab: Any) -> None:
    lab = open_lab(SETUP, ADD)
    lab.run(0)
    press(lab, DOCK)
    panel = docked(lab)
    notebook, place = lab.page.locator(".jp-Notebook").bounding_box(), panel.bounding_box()
    assert notebook["x"] + notebook["width"] <= place["x"]
    lab.run(1)
    expect(rows(panel)).to_have_text(["one", "two", "three"])
    press(lab, BACK, ".seqwidget-dock")
    expect(lab.page.locator(".seqwidget-dock")).to_have_count(0)
    expect(rows(lab.page.locator(LIVE))).to_have_text(["one", "two", "three"])
    assert lab.errors == []


def test_the_docked_panel_is_of_the_model_that_was_edited_last(open_lab: Any) -> None:
    lab = open_lab(SETUP, OTHER, ADD, "other.add(layers.ReLU(name='relu'))")
    for cell in (0, 1):
        lab.run(cell)
    expect(lab.page.locator(LIVE)).to_have_count(2)
    press(lab, DOCK)
    panel = docked(lab)
    expect(rows(panel)).to_have_text(["only"])
    lab.run(2)
    expect(rows(panel)).to_have_text(["one", "two", "three"])
    lab.run(3)
    lab.execute("import seqwidget; seqwidget.Summary(model).dock()")
    expect(rows(panel)).to_have_text(["one", "two", "three"])
    lab.execute("seqwidget.Summary(other).dock()")
    expect(rows(panel)).to_have_text(["only", "relu"])
    lab.execute("seqwidget.Summary(other).close()")
    expect(rows(panel)).to_have_text(["one", "two", "three"])
    lab.execute("%unload_ext seqwidget")
    expect(panel).to_have_count(0)
    expect(lab.page.get_by_text(EMPTY)).to_be_visible()


def test_a_command_docks_and_so_does_the_magic(open_lab: Any) -> None:
    lab = open_lab(SETUP.removesuffix("\nmodel"), "%seqwidget model --dock", ADD)
    lab.run(0)
    lab.page.keyboard.press("Control+Shift+C")
    lab.page.keyboard.type("Dock panel beside")
    lab.page.keyboard.press("Enter")
    expect(lab.page.get_by_text(EMPTY)).to_be_visible()  # no model has a panel
    lab.page.evaluate(COMMAND)
    expect(lab.page.locator(".seqwidget-dock")).to_have_count(0)
    lab.run(1)
    panel = docked(lab)
    lab.run(2)
    expect(rows(panel)).to_have_text(["one", "two", "three"])
    lab.page.evaluate(COMMAND)
    expect(lab.page.locator(".seqwidget-dock")).to_have_count(0)


def test_the_panel_stays_docked_over_a_reload_and_a_restart(open_lab: Any) -> None:
    lab = open_lab(SETUP, ADD)
    lab.run(0)
    press(lab, DOCK)
    docked(lab)
    lab.save()
    lab.open(reset=False)
    panel = docked(lab)
    lab.run(1)
    expect(rows(panel)).to_have_text(["one", "two", "three"])
    lab.restart_kernel()
    expect(panel.locator(".sw-state")).to_have_text("no longer live")
    lab.run(0)
    expect(panel.locator(".sw-state")).to_have_text("built")
    expect(rows(panel)).to_have_text(["one", "two"])
    lab.save()
    lab.shutdown_kernel()
    expect(lab.page.get_by_text(EMPTY)).to_be_visible()
    lab.open(reset=False, kernel=False)
    expect(lab.page.get_by_text(EMPTY)).to_be_visible()
    expect(lab.page.locator(DOCKED)).to_have_count(0)


def test_each_notebook_has_its_own_docked_panel(open_lab: Any, lab_root: Any) -> None:
    write_notebook(
        lab_root / "second.ipynb",
        OTHER.replace("other =", "%load_ext seqwidget\nimport keras\nfrom keras import layers\nother ="),
    )
    lab = open_lab(SETUP)
    lab.run(0)
    press(lab, DOCK)
    docked(lab)
    lab.page.evaluate(OPEN, "second.ipynb")
    lab.wait_until_idle()
    lab.run(0)
    lab.page.evaluate(COMMAND)
    panels = lab.page.locator(DOCKED)
    expect(panels).to_have_count(2)
    expect(rows(panels)).to_have_text(["one", "two", "only"])
    lab.save()
    lab.page.evaluate("() => window.jupyterapp.commands.execute('application:close').then(() => null)")
    expect(panels).to_have_count(1)  # it closes with its notebook
    expect(rows(panels)).to_have_text(["one", "two"])


LINK = "<button data-commandlinker-command='seqwidget:dock'>Press me</button>"


@pytest.mark.parametrize("is_trusted", [True, False], ids=["trusted", "untrusted"])
def test_html_in_a_notebook_cannot_dock_anything(open_notebook: Any, lab_root: Any, *, is_trusted: bool) -> None:
    path = write_notebook(lab_root / f"link-{is_trusted}.ipynb", SETUP, f"from IPython.display import HTML\nHTML({LINK!r})")
    if not is_trusted:
        notebook = nbformat.read(path, 4)
        notebook.cells[1].outputs = [nbformat.v4.new_output("display_data", {"text/html": LINK})]
        nbformat.write(notebook, path)
    lab = open_notebook(path.name)
    lab.run(0)
    expect(lab.page.locator(LIVE)).to_be_visible()
    if is_trusted:
        lab.run(1)
    lab.page.get_by_role("button", name="Press me").click()
    if not is_trusted:
        lab.page.locator(".jp-Dialog").get_by_role("button", name="Cancel").click()
    lab.page.evaluate("() => new Promise(requestAnimationFrame).then(() => null)")
    expect(lab.page.locator(".seqwidget-dock")).to_have_count(0)
    lab.page.evaluate(COMMAND)
    docked(lab)


FAR = "from IPython.display import HTML\nHTML('<div style=\"height: 3000px\">far</div>')"
TOAST = ".sw-toast"


def scroll_away(lab: Lab) -> None:
    lab.page.get_by_text("far", exact=True).evaluate("element => element.scrollIntoView({block: 'end'})")
    expect(lab.page.locator(LIVE).first).not_to_be_in_viewport()


def test_a_line_says_what_changed_only_while_the_panel_is_out_of_sight(open_lab: Any) -> None:
    lab = open_lab(SETUP, FAR)
    lab.run_all()
    panel, toast = lab.page.locator(LIVE).first, lab.page.locator(TOAST)
    lab.page.get_by_text("far", exact=True).wait_for()
    panel.scroll_into_view_if_needed()
    lab.execute("model.add(layers.Conv2D(4, 3, name='seen'))")
    expect(rows(panel)).to_have_count(3)
    expect(toast).to_have_count(0)
    scroll_away(lab)
    lab.execute("model.add(layers.Conv2D(4, 3, name='far_off'))")
    expect(toast).to_contain_text("net add far_off (Conv2D) → 24×24×4")
    expect(toast).to_have_attribute("role", "status")
    lab.execute("model.undo()")
    expect(toast).to_contain_text("net back to: add seen (Conv2D) → 26×26×4")
    lab.execute("model.pop()")
    expect(toast).to_contain_text("net pop seen (Conv2D) → 28×28×8")
    lab.execute("try: model.add(layers.MaxPooling2D(99, name='huge'))\nexcept ValueError: pass")
    expect(toast).to_contain_text("huge was refused: its pool of 99×99 is larger than the input of 28×28")
    assert lab.page.evaluate("() => document.activeElement.closest('.sw-toast')") is None
    toast.get_by_title("Show the panel").click()
    expect(panel).to_be_in_viewport()
    expect(toast).to_have_count(0)
    assert lab.errors == []


def test_the_line_can_be_turned_off(open_lab: Any) -> None:
    lab = open_lab(SETUP, FAR)
    lab.run_all()
    panel, toast = lab.page.locator(LIVE).first, lab.page.locator(TOAST)
    panel.get_by_text("Columns", exact=True).click()
    panel.get_by_label("Report edits").uncheck()
    scroll_away(lab)
    assert lab.execute(f"import seqwidget; print(seqwidget.Summary(model).toasts)\n{ADD}").strip() == "False"
    expect(rows(panel)).to_have_count(3)
    expect(toast).to_have_count(0)
    lab.execute("seqwidget.Summary(model).toasts = True\nmodel.pop()")
    expect(toast).to_contain_text("pop three")
    lab.execute("seqwidget.Summary(model).toasts = False")
    expect(toast).to_have_count(0)


def test_the_docked_panel_is_named_after_its_notebook_also_when_that_is_renamed(open_lab: Any) -> None:
    lab = open_lab(SETUP)
    lab.run(0)
    press(lab, DOCK)
    docked(lab)
    tab = lab.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab[title^='Model –']")
    expect(tab).to_have_attribute("title", re.compile(r"^Model – test_the_docked"))
    lab.rename("renamed-net.ipynb")
    expect(tab).to_have_attribute("title", "Model – renamed-net.ipynb")


def test_a_panel_of_a_kernel_that_was_restarted_cannot_be_docked_but_put_back(open_lab: Any) -> None:
    lab = open_lab(SETUP)
    lab.run(0)
    panel = lab.page.locator(f".jp-Notebook {LIVE}")
    button = panel.get_by_role("button", name=DOCK)
    expect(button).to_be_visible()
    lab.restart_kernel()
    expect(panel.locator(".sw-state")).to_have_text("no longer live")
    expect(button).to_have_count(0)
    lab.run(0)
    press(lab, DOCK)
    docked(lab)
    lab.restart_kernel()
    press(lab, BACK, ".seqwidget-dock")
    expect(lab.page.locator(".seqwidget-dock")).to_have_count(0)


def test_in_a_single_document_the_side_shows_one_widget(open_lab: Any) -> None:
    lab = open_lab(SETUP)
    lab.run(0)
    shell = "window.jupyterapp.shell"
    lab.page.evaluate(f"() => {{ {shell}.mode = 'single-document' }}")
    try:
        press(lab, DOCK)
        docked(lab)
        lab.page.evaluate(f"() => {{ {shell}.activateById('jp-property-inspector') }}")
        inspector = lab.page.locator("#jp-property-inspector")
        expect(inspector).to_be_visible()
        expect(lab.page.locator(".seqwidget-dock")).to_have_count(0)
        expect(lab.page.locator(".jp-Notebook").get_by_role("button", name=DOCK)).to_be_visible()
        expect(inspector).to_be_visible()
        press(lab, DOCK)
        press(lab, BACK, ".seqwidget-dock")
        expect(lab.page.locator(".seqwidget-dock")).to_have_count(0)
        expect(lab.page.locator("#jp-right-stack")).to_be_hidden()
    finally:
        lab.page.evaluate(f"() => {{ {shell}.mode = 'multiple-document' }}")
