"""Two browsers share a notebook in JupyterLab with real-time collaboration: both have the live panels."""

from __future__ import annotations

import json
import pathlib
import urllib.request
from typing import Any

from playwright.sync_api import Page, expect

from . import servers
from .front_ends import named
from .notebooks import write
from .session import LIVE, PICTURES, TIMEOUT, panels, press, rows

LAB = named("JupyterLab")


def save(url: str, notebook: pathlib.Path) -> None:
    """Save a notebook as JupyterLab does, which makes it trusted."""
    body = json.dumps({"type": "notebook", "content": json.loads(notebook.read_text())})
    address, head = f"{url}/api/contents/{notebook.name}", {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(address, body.encode(), head, method="PUT"), timeout=20).close()


def wait(page: Page) -> None:
    page.wait_for_function(LAB.ready, timeout=120_000)
    expect(page.locator(".jp-CodeCell .cm-content").first).to_contain_text("seqwidget", timeout=TIMEOUT)  # which arrives later


def open_twice(browser: Any, url: str) -> list[Page]:
    """Open the notebook in two browsers."""
    pages = [browser.new_context(viewport={"width": 1200, "height": 1600}).new_page() for _ in range(2)]
    for page in pages:
        page.goto(f"{url}{LAB.path}")
        wait(page)
    return pages


def expect_rows(pages: list[Page], count: int) -> None:
    for page in pages:
        expect(rows(panels(page)[0])).to_have_count(count, timeout=TIMEOUT)


def expect_switch(pages: list[Page], checked: str) -> None:
    for page in pages:
        for panel in panels(page)[:2]:
            expect(panel.locator(".sw-switch").first).to_have_attribute("aria-checked", checked, timeout=TIMEOUT)


def test_two_browsers_see_each_other_s_edits_and_switches(browser: Any, tmp_path: pathlib.Path) -> None:
    write(tmp_path, "light")
    with servers.jupyter(tmp_path, is_shared=True) as server:
        save(server.url, tmp_path / "net.ipynb")
        first, second = pages = open_twice(browser, server.url)
        first.evaluate(LAB.run)
        expect_rows(pages, 1)
        press(first, "Add a layer")
        expect_rows(pages, 2)
        press(second, "Add a layer")
        expect_rows(pages, 3)
        panels(second)[0].locator(".sw-switch").first.click()
        expect_switch(pages, "false")
        panels(first)[1].locator(".sw-switch").first.click()
        expect_switch(pages, "true")
        press(second, "Add one that is too large")
        for page in pages:
            expect(panels(page)[0].locator(".sw-refused")).to_contain_text("20×20 kernel on 14×14", timeout=TIMEOUT)
        panels(first)[0].locator(".sw-refused li").first.get_by_role("button", name="Apply").click()
        expect_rows(pages, 4)
        first.reload()
        expect_rows(pages, 4)
        panels(first)[0].get_by_role("button", name="Undo").click()
        expect_rows(pages, 3)
        second.evaluate(LAB.run)  # new panels of the same network
        expect(second.locator(".jp-InputPrompt").first).to_have_text("[2]:", timeout=TIMEOUT)
        expect_rows(pages, 3)
        press(first, "Add a layer")
        expect_rows(pages, 4)
        PICTURES.mkdir(parents=True, exist_ok=True)
        for name, page in zip(("first", "second"), pages, strict=True):
            page.screenshot(path=PICTURES / f"JupyterLab shared-{name}.png")
            page.context.close()


def test_a_notebook_that_is_not_trusted_shows_static_panels_in_the_other_browser_until_a_reload(
    browser: Any, tmp_path: pathlib.Path
) -> None:
    write(tmp_path, "light")
    with servers.jupyter(tmp_path, is_shared=True) as server:
        pages = first, second = open_twice(browser, server.url)
        first.evaluate(LAB.run)
        expect_rows([first], 1)
        expect(second.locator(".sw-static:visible")).to_have_count(3, timeout=TIMEOUT)
        expect(second.locator(LIVE)).to_have_count(0)
        second.reload()
        expect_rows(pages, 1)
        press(second, "Add a layer")
        expect_rows(pages, 2)
        for page in pages:
            page.context.close()
