"""JupyterLab and Notebook 7 dock a panel beside the notebook; in the other front ends, there is no button for it."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from playwright.sync_api import expect

from . import emulators
from .front_ends import FRONT_ENDS, FrontEnd
from .notebooks import write
from .session import LIVE, PICTURES, TIMEOUT, panels, press, rows

DOCK, BACK = "Dock the panel beside the notebook", "Put the panel back into the notebook"


@pytest.mark.parametrize("front_end", FRONT_ENDS, ids=lambda one: one.name)
def test_a_panel_docks_where_the_extension_is(browser: Any, tmp_path: pathlib.Path, front_end: FrontEnd) -> None:
    write(tmp_path, "light", colab=front_end.emulate is emulators.colab)
    with front_end.serve(tmp_path) as server:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        front_end.open(page, server, "light")
        where = page.frame_locator(front_end.frame) if front_end.frame else page
        summary = panels(where)[0]
        if not front_end.dock:
            expect(where.get_by_role("button", name=DOCK)).to_have_count(0)
            page.context.close()
            return
        summary.get_by_role("button", name=DOCK).click()
        docked = page.locator(f".seqwidget-dock {LIVE}")
        expect(rows(docked)).to_have_count(1, timeout=TIMEOUT)
        press(page, "Add a layer")
        expect(rows(docked)).to_have_count(2, timeout=TIMEOUT)
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{front_end.name}-docked.png")
        page.evaluate(front_end.save)
        page.goto(page.url.partition("?")[0])
        expect(rows(docked)).to_have_count(2, timeout=TIMEOUT)
        docked.get_by_role("button", name=BACK).click()
        expect(docked).to_have_count(0)
        summary = panels(page)[0]
        expect(rows(summary)).to_have_count(2, timeout=TIMEOUT)
        if front_end.dock == "side":  # its own button closes the side
            summary.get_by_role("button", name=DOCK).click()
            expect(docked).to_be_visible()
            page.locator(".jp-SidePanel-collapse:visible").click()
            expect(page.locator(".seqwidget-dock")).to_have_count(0)
            expect(summary.get_by_role("button", name=DOCK)).to_be_visible()
        page.context.close()
