"""A notebook that nbconvert has run: its page shows the static panels, also where there is no network."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import expect

from .notebooks import write
from .servers import ROOT
from .session import LIVE, PICTURES


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Return the page of a notebook that ``jupyter nbconvert --execute`` ran."""
    folder = tmp_path_factory.mktemp("converted")
    write(folder, "light")
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--execute", "--to", "html", "--output", "page.html", "net.ipynb"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(command, check=True, capture_output=True, cwd=folder, env=env)
    return folder / "page.html"


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_page_shows_static_panels_without_a_network_and_without_errors(
    browser: Any, page_path: pathlib.Path, system: str
) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 1600}, color_scheme=system, offline=True)
    errors: list[str] = []

    def hear(message: Any) -> None:
        if message.type == "error" and not message.location["url"].startswith("https:"):  # scripts that nbconvert requests
            errors.append(message.text)

    page.on("console", hear)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(page_path.as_uri())
    static = page.locator(".sw-static:visible")
    expect(static).to_have_count(3)
    expect(page.locator(LIVE)).to_have_count(0)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"nbconvert-{system}.png")
    assert errors == []
    expect(page.locator(".jp-OutputArea-child img:visible")).to_have_count(1)  # the maps
    page.context.close()
