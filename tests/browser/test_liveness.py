"""A panel is shown as live only while a kernel answers for it; otherwise the static panel stays, or the controls are off."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
from typing import Any

import anywidget
import keras
import nbformat
import pytest
from ipywidgets import embed
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from playwright.sync_api import Locator, expect

import seqwidget

from .jupyter import Lab, write_notebook
from .test_panel import LIVE, SETUP, STATIC

EDIT = "model.add(layers.Flatten(name='three'))"
MAPS = "import numpy as np, seqwidget\nseqwidget.FeatureMaps(model, np.ones((2, 32, 32, 3)))"

# A slow page: anywidget's limit of 2 s for the start of a widget expires at once, until the page is set to quick.
SLOW = """const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = time => timeout(time === 2000 && !window.quick ? 0 : time)"""
# The page's connection to the kernel.
CONNECTION = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"


def shown(lab: Lab) -> Locator:
    panel = lab.page.locator(LIVE).first
    expect(panel).to_be_visible(timeout=60_000)
    return panel


def names(lab: Lab) -> list[str]:
    """Return the layers in the one visible panel of the first cell."""
    panel = lab.cell(0).locator(".seqwidget:visible")
    expect(panel).to_have_count(1)
    return [name.strip() for name in panel.locator("tbody tr:not([aria-hidden]) bdi").all_inner_texts()]


def test_a_page_that_starts_too_slowly_is_live_a_little_later(browser: Any, lab_url: str, lab_root: pathlib.Path) -> None:
    write_notebook(lab_root / "slow.ipynb", SETUP, EDIT)
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(SLOW)
    lab = Lab(page, lab_url, "slow.ipynb")
    lab.run(0)
    lab.run(1)
    expect(lab.cell(0).locator(STATIC)).to_be_visible()
    expect(lab.cell(0).locator(f"{LIVE}:visible")).to_have_count(0)
    page.evaluate("() => { window.quick = true }")
    expect(lab.cell(0).locator(f"{LIVE}:visible")).to_have_count(1, timeout=30_000)
    assert names(lab) == ["one", "two", "three"]
    expect(lab.cell(0).locator(STATIC)).to_be_hidden()
    lab.cell(0).locator(".sw-switch").first.click()
    expect(lab.cell(0).locator(".sw-switch").first).to_have_attribute("aria-checked", "false")
    lab.shutdown_kernels()
    context.close()


def test_a_busy_kernel_is_reported_within_a_second_and_its_edits_appear(open_lab: Any) -> None:
    lab = open_lab(SETUP, f"{EDIT}\nimport time; time.sleep(4)")
    lab.run(0)
    panel = shown(lab)
    lab.run(1, wait=False)
    expect(panel.locator("tbody tr")).to_have_count(3)
    panel.locator(".sw-switch").first.click()
    expect(panel.locator(".sw-state")).to_have_text("waiting for the kernel", timeout=1500)
    lab.wait_until_idle()
    expect(panel.locator(".sw-switch").first).to_have_attribute("aria-checked", "false")
    expect(panel.locator(".sw-state")).to_have_text("built")
    assert lab.errors == []


def test_a_panel_shown_in_a_cell_that_goes_on_is_live_at_once(open_lab: Any) -> None:
    shows = f"from IPython.display import display\ndisplay(model)\nimport time; time.sleep(2)\n{EDIT}\ntime.sleep(8)"
    lab = open_lab(SETUP.removesuffix("model"), shows)
    lab.run(0)
    lab.run(1, wait=False)
    expect(shown(lab).locator("tbody tr")).to_have_count(3)
    expect(lab.cell(1).locator(".jp-InputPrompt")).to_have_text("[*]:")  # the cell is still running


class Wire:
    """The websockets of a page, which a test can disconnect."""

    def __init__(self, page: Any) -> None:
        self.cut = False
        self.sockets: list[Any] = []
        page.route_web_socket("**/channels**", self._connect)

    def _connect(self, socket: Any) -> None:
        self.sockets.append(socket)
        if self.cut:
            socket.close()
            return
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if self.cut else server.send(message))
        server.on_message(lambda message: None if self.cut else socket.send(message))


def test_a_lost_connection_is_reported_within_a_second_and_recovers(browser: Any, lab_url: str, lab_root: pathlib.Path) -> None:
    write_notebook(lab_root / "wire.ipynb", SETUP)
    page = browser.new_context().new_page()
    wire = Wire(page)
    lab = Lab(page, lab_url, "wire.ipynb")
    lab.run(0)
    panel = shown(lab)
    wire.cut = True
    for socket in wire.sockets:
        socket.close()
    expect(panel.locator(".sw-state")).to_have_text("disconnected", timeout=1000)
    expect(panel.locator(".sw-switch").first).to_be_disabled()
    wire.cut = False
    expect(panel.locator(".sw-state")).to_have_text("built", timeout=60_000)
    lab.execute(EDIT)
    expect(panel.locator("tbody tr")).to_have_count(3)
    lab.shutdown_kernels()
    page.context.close()


def test_a_kernel_that_does_not_answer_is_reported_when_the_panel_is_used(open_lab: Any) -> None:
    lab = open_lab(SETUP)
    lab.run(0)
    panel = shown(lab)
    lab.page.evaluate(f"{{ const socket = {CONNECTION}._ws; socket.send = () => {{}} }}")
    lab.page.wait_for_timeout(2100)
    panel.hover()
    expect(panel.locator(".sw-state")).to_have_text("waiting for the kernel", timeout=1500)


def test_a_flag_set_in_a_button_s_callback_is_seen(open_lab: Any) -> None:
    button = """\
import ipywidgets
button = ipywidgets.Button(description="freeze")
button.on_click(lambda _: setattr(model.layers[0], "trainable", False))
button"""
    lab = open_lab(SETUP, button)
    lab.run(0)
    lab.run(1)
    lab.page.get_by_role("button", name="freeze", exact=True).click()
    expect(shown(lab).locator(".sw-switch").first).to_have_attribute("aria-checked", "false")


@pytest.fixture(scope="module")
def executed(lab_root: pathlib.Path) -> pathlib.Path:
    """Return a notebook that nbclient ran: it stores the state of the widgets, and the static panels as they were at first."""
    path = write_notebook(lab_root / "executed.ipynb", SETUP, EDIT, MAPS)
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    nbformat.write(notebook, path)
    return path


def test_the_state_that_nbclient_stores_is_small(executed: pathlib.Path) -> None:
    stored = nbformat.read(executed, 4).metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    ours = [one for one in stored.values() if "component" in one["state"]]
    assert len(ours) == 2
    assert all(len(json.dumps(one)) <= 7_000 for one in ours)
    assert not any({"stack", "points"} & one["state"].keys() for one in ours), "no facts"
    assert len(json.dumps(stored)) < 20_000, "and no widget beside them holds the front end"


@pytest.mark.parametrize("kernel", ["fresh", "none"])
def test_state_that_was_saved_is_not_shown_as_live(open_notebook: Any, executed: pathlib.Path, kernel: str) -> None:
    copy = shutil.copy(executed, executed.with_name(f"saved-{kernel}.ipynb"))
    lab = open_notebook(copy.name)
    # Trusted, as for the person who ran it: an untrusted notebook shows no widgets at all.
    lab.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:trust') }")
    lab.page.locator(".jp-Dialog button", has_text="Trust").click()
    expect(lab.page.locator(".jp-Dialog")).to_have_count(0)
    lab.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")  # trusting saves it
    lab.shutdown_kernels()
    lab.open(kernel=kernel == "fresh")
    lab.page.wait_for_timeout(1500)
    check_static_panels(lab.page)
    assert names(lab) == ["one", "two"], "what the cell showed when it ran"


def check_static_panels(page: Any) -> None:
    """Check that both static panels and the picture of the maps are shown, and nothing that looks live."""
    expect(page.locator(f"{LIVE}:visible")).to_have_count(0)
    expect(page.locator(f"{STATIC}:visible")).to_have_count(2)
    expect(page.locator(".jp-OutputArea-child img:visible")).to_have_count(1)


JS = pathlib.Path(__file__).parents[2] / "js" / "node_modules"
ANYWIDGET = pathlib.Path(anywidget.__file__).parent / "nbextension" / "index.js"


def visit(page: Any, path: pathlib.Path) -> list[str]:
    """Open a page that fetches scripts, served from installed packages; return the addresses that it requests."""
    path.write_text(re.sub(r' integrity="[^"]*"', "", path.read_text()))  # of the minified files, which no package contains
    asked: list[str] = []

    def answer(route: Any) -> None:
        url = route.request.url
        asked.append(url)
        files = {"require": JS / "requirejs/require.js", "html-manager": JS / "@jupyter-widgets/html-manager/dist/embed-amd.js"}
        path = next((path for name, path in {**files, "anywidget": ANYWIDGET}.items() if name in url), None)
        if path is None:
            route.abort()
        else:
            route.fulfill(path=path, content_type="text/javascript", headers={"Access-Control-Allow-Origin": "*"})

    page.route(re.compile("^https:"), answer)
    page.goto(path.as_uri())
    return asked


def test_a_page_that_nbconvert_executed_shows_the_static_panels(
    browser: Any, executed: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "page.html").write_text(HTMLExporter().from_filename(str(executed))[0])
    page = browser.new_page()
    asked = visit(page, tmp_path / "page.html")
    page.wait_for_timeout(3000)
    assert any("anywidget" in url for url in asked), "the widgets were started"
    check_static_panels(page)
    page.close()


def test_a_page_of_embedded_widgets_has_the_front_end_once_and_says_that_it_is_not_live(
    browser: Any, tmp_path: pathlib.Path
) -> None:
    model = seqwidget.Sequential([keras.Input((32, 32, 3)), keras.layers.Conv2D(8, 3, name="one")], name="net")
    panels = [seqwidget.Summary(model), seqwidget.Trainable(model)]
    for name, state in (("all", None), ("needed", embed.dependency_state(panels))):
        path = tmp_path / f"{name}.html"
        embed.embed_minimal_html(path, panels, state=state)
        assert path.read_text().count("It shows the stored state.") == 1
        page = browser.new_page()
        visit(page, path)
        expect(page.locator(f"{LIVE} .sw-state")).to_have_text(["not live", "not live"])
        expect(page.locator(f"{LIVE} tbody bdi").first).to_have_text("one")
        expect(page.locator(f"{LIVE} .sw-switch").first).to_be_disabled()
        page.close()
    for panel in panels:
        panel.close()
