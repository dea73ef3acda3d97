"""A session in a front end: panels follow edits, take clicks, read well in light and dark, and say when the kernel is gone."""

from __future__ import annotations

import pathlib
from typing import Any

from playwright.sync_api import FrameLocator, Locator, Page, expect

from .front_ends import FrontEnd
from .servers import Server

LIVE = ".seqwidget:not(.sw-static):visible"
PICTURES = pathlib.Path(__file__).parents[2] / "build" / "frontends"
TIMEOUT = 30_000  # ms

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
  const parent = element => element.parentElement ?? element.getRootNode().host; // also of a shadow tree
  while (parent(behind) && rgba(getComputedStyle(behind).backgroundColor)[3] === 0) behind = parent(behind);
  const page = rgba(getComputedStyle(behind).backgroundColor)[3] ? getComputedStyle(behind).backgroundColor : 'white';
  return [light(getComputedStyle(panel).color), light(page)];
}"""
# Whether the canvas of the feature maps is painted, before a time in ms.
PAINTED = """async (panel, limit) => {
  for (const end = performance.now() + limit; performance.now() < end; await new Promise(requestAnimationFrame)) {
    const canvas = panel.querySelector('.sw-grid canvas');
    if (!canvas?.width) continue;
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    if (new Set(new Uint32Array(data.buffer)).size > 16) return true;
  }
  return false;
}"""

# The tables and the code in a panel that are cut off, after a time in ms at most.
CUT = """async (panel, limit) => {
  const cut = () => [...panel.querySelectorAll('.sw-rows, pre')].filter(box => box.scrollWidth > box.clientWidth + 1);
  for (const end = performance.now() + limit; cut().length && performance.now() < end;)
    await new Promise(requestAnimationFrame);
  return cut().map(box => box.textContent.slice(0, 40));
}"""


def panels(page: Page | FrameLocator) -> tuple[Locator, Locator, Locator]:
    """Return the visible panels: the summary, the switches and the feature maps; nothing else may be visible."""
    live = page.locator(LIVE)
    expect(live).to_have_count(3, timeout=TIMEOUT)
    expect(page.locator(".sw-static:visible")).to_have_count(0, timeout=TIMEOUT)
    return live.nth(0), live.nth(1), live.nth(2)


def rows(panel: Locator) -> Locator:
    return panel.locator("tbody tr:not([aria-hidden])")


def press(page: Page | FrameLocator, label: str) -> None:
    page.get_by_role("button", name=label).click()


def session(browser: Any, front_end: FrontEnd, server: Server, scheme: str) -> None:
    """Edit a network in a front end, in its light or dark theme."""
    page = browser.new_page(viewport={"width": 1200, "height": 1600}, color_scheme="light" if scheme == "light" else "dark")
    front_end.open(page, server, scheme)
    where = page.frame_locator(front_end.frame) if front_end.frame else page
    summary, switches, maps = panels(where)
    _edit(where, summary, front_end)
    _switch_and_look(where, summary, switches, maps)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, panel in zip(("summary", "switches", "maps"), (summary, switches, maps), strict=True):
        text, behind = panel.evaluate(LUMINANCES)
        assert (max(text, behind) + 0.05) / (min(text, behind) + 0.05) >= 7, name
        assert (behind < text) == (scheme in front_end.dark_schemes), name
        panel.screenshot(path=PICTURES / f"{front_end.name}-{scheme}-{name}.png")
    page.screenshot(path=PICTURES / f"{front_end.name}-{scheme}.png")

    if front_end.after_reload != "starts again":
        summary = _reload(page, where, front_end, f"{front_end.name}-{scheme}-reloaded.png")
    page.mouse.move(1, 1)
    front_end.end_kernel(server)
    if front_end.silent:
        page.wait_for_timeout(2000)  # after the last message, a panel is sure of the kernel for this long
        summary.hover()
    expect(summary.locator(".sw-state")).to_have_text(front_end.gone, timeout=TIMEOUT)
    page.context.close()


def _reload(page: Page, where: Page | FrameLocator, front_end: FrontEnd, picture: str) -> Locator:
    """Reload the page, and return its summary when it is live."""
    if front_end.save:
        page.evaluate(front_end.save)
    page.reload()
    if front_end.after_reload == "static until run again":
        static = where.locator(".sw-static:visible")
        expect(static).to_have_count(3, timeout=TIMEOUT)
        expect(rows(static.first)).to_have_count(1)  # as it was when the cell ran
        expect(where.locator(LIVE)).to_have_count(0)
        page.screenshot(path=PICTURES / picture)
        front_end.start(page)
    summary, switches, _ = panels(where)
    expect(rows(summary)).to_have_count(4, timeout=TIMEOUT)
    switches.locator(".sw-switch").first.click()
    expect(summary.locator(".sw-switch").first).to_have_attribute("aria-checked", "false", timeout=TIMEOUT)
    press(where, "Add a layer")
    expect(rows(summary)).to_have_count(5, timeout=TIMEOUT)
    return summary


def _edit(page: Page | FrameLocator, summary: Locator, front_end: FrontEnd) -> None:
    expect(rows(summary)).to_have_count(1, timeout=TIMEOUT)
    expect(summary.locator("summary").first).to_have_css("display", "list-item")  # with its triangle
    press(page, "Add a layer")
    expect(rows(summary)).to_have_count(2, timeout=TIMEOUT)
    press(page, "Add two slowly")
    if front_end.live:
        expect(rows(summary)).to_have_count(3, timeout=2500)  # while the kernel is busy for 3 s
    expect(rows(summary)).to_have_count(4, timeout=TIMEOUT)
    press(page, "Add one that is too large")
    refused = summary.locator(".sw-refused")
    expect(refused).to_contain_text("20×20 kernel on 14×14", timeout=TIMEOUT)
    size, width = summary.page.viewport_size, summary.bounding_box()["width"]
    summary.page.set_viewport_size({**size, "width": size["width"] - round(width) + 360})  # a panel of 360 px
    assert summary.evaluate(CUT, TIMEOUT) == []
    summary.page.set_viewport_size(size)
    refused.locator("li").first.get_by_role("button", name="Apply").click()
    expect(refused).to_have_count(0, timeout=TIMEOUT)
    expect(rows(summary)).to_have_count(5)
    summary.get_by_role("button", name="Undo").click()
    expect(rows(summary)).to_have_count(4, timeout=TIMEOUT)


def _switch_and_look(page: Page | FrameLocator, summary: Locator, switches: Locator, maps: Locator) -> None:
    first = [panel.locator(".sw-switch").first for panel in (switches, summary)]
    first[0].click()
    for switch in first:
        expect(switch).to_have_attribute("aria-checked", "false", timeout=TIMEOUT)
    press(page, "Unfreeze")
    for switch in first:
        expect(switch).to_have_attribute("aria-checked", "true", timeout=TIMEOUT)
    maps.locator(".sw-block").nth(1).click()
    expect(maps.locator(".sw-grid canvas")).to_be_visible(timeout=TIMEOUT)
    assert maps.evaluate(PAINTED, TIMEOUT)
