"""In every front end: panels follow edits, take clicks, read well in light and dark, and say so when the kernel is gone."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .front_ends import FRONT_ENDS, FrontEnd
from .notebooks import write

expect.set_options(timeout=30_000)
LIVE = ".seqwidget:not(.sw-static):visible"
PICTURES = pathlib.Path(__file__).parents[2] / "build" / "frontends"

# The relative luminance of a panel's text and of what is behind it, as WCAG 2.2 defines it.
LUMINANCES = """panel => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const light = colour => [...rgba(colour)].slice(0, 3).map(value => value / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  let behind = panel;
  while (behind.parentElement && rgba(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const page = rgba(getComputedStyle(behind).backgroundColor)[3] ? getComputedStyle(behind).backgroundColor : 'white';
  return [light(getComputedStyle(panel).color), light(page)];
}"""


def panels(page: Page) -> tuple[Locator, Locator, Locator]:
    """Return the visible panels: the summary, the switches and the feature maps; nothing else may be visible."""
    expect(page.locator(LIVE)).to_have_count(3)
    expect(page.locator(".sw-static:visible")).to_have_count(0)
    return page.locator(LIVE).nth(0), page.locator(LIVE).nth(1), page.locator(LIVE).nth(2)


def rows(panel: Locator) -> Locator:
    return panel.locator("tbody tr:not([aria-hidden])")


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label).click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("front_end", FRONT_ENDS, ids=lambda one: one.name)
def test_a_session(browser: Any, tmp_path: pathlib.Path, front_end: FrontEnd, scheme: str) -> None:
    write(tmp_path, scheme)
    with front_end.serve(tmp_path) as server:
        page = browser.new_page(viewport={"width": 1200, "height": 1600}, color_scheme=scheme)
        front_end.open(page, server, dark=scheme == "dark")
        summary, switches, maps = panels(page)
        expect(rows(summary)).to_have_count(1)
        expect(summary.locator("summary").first).to_have_css("display", "list-item")  # with its triangle

        press(page, "Add a layer")
        expect(rows(summary)).to_have_count(2)
        press(page, "Add two slowly")
        expect(rows(summary)).to_have_count(3, timeout=2500)  # while the kernel is busy for 3 s
        expect(rows(summary)).to_have_count(4)
        press(page, "Add one that is too large")
        expect(summary.locator(".sw-refused")).to_contain_text("a 20×20 pool on 14×14")
        summary.locator(".sw-refused li").first.get_by_role("button", name="Apply").click()
        expect(summary.locator(".sw-refused")).to_have_count(0)
        expect(rows(summary)).to_have_count(5)
        summary.get_by_role("button", name="Undo").click()
        expect(rows(summary)).to_have_count(4)

        switch = switches.locator(".sw-switch").first
        switch.click()
        expect(switch).to_have_attribute("aria-checked", "false")
        expect(summary.locator(".sw-switch").first).to_have_attribute("aria-checked", "false")
        press(page, "Unfreeze")
        for panel in (summary, switches):
            expect(panel.locator(".sw-switch").first).to_have_attribute("aria-checked", "true")

        maps.locator(".sw-block").nth(1).click()
        expect(maps.locator(".sw-grid canvas")).to_be_visible()
        page.wait_for_function(
            """panel => {
              const canvas = panel.querySelector('.sw-grid canvas');
              const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
              return new Set(new Uint32Array(data.buffer)).size > 16;
            }""",
            arg=maps.element_handle(),
        )
        PICTURES.mkdir(parents=True, exist_ok=True)
        for name, panel in zip(("summary", "switches", "maps"), (summary, switches, maps), strict=True):
            text, behind = panel.evaluate(LUMINANCES)
            assert (max(text, behind) + 0.05) / (min(text, behind) + 0.05) >= 7, name
            assert (behind < text) == (scheme == "dark" and front_end.has_dark), name
            panel.screenshot(path=PICTURES / f"{front_end.name}-{scheme}-{name}.png")
        page.screenshot(path=PICTURES / f"{front_end.name}-{scheme}.png")

        if front_end.keeps:
            if front_end.save:
                page.evaluate(front_end.save)
            page.reload()
            summary, switches, maps = panels(page)
            expect(rows(summary)).to_have_count(4)
            switches.locator(".sw-switch").first.click()
            expect(summary.locator(".sw-switch").first).to_have_attribute("aria-checked", "false")
        page.mouse.move(1, 1)
        front_end.end_kernel(server)
        if front_end.silent:
            page.wait_for_timeout(2000)  # after the last message, a panel is sure of the kernel for this long
            summary.hover()
        expect(summary.locator(".sw-state")).to_have_text(front_end.gone)
        page.context.close()
