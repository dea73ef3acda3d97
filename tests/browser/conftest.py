"""One JupyterLab and one Chromium for all browser tests."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from .get_browser import find_browser
from .jupyter import Lab, server, write_notebook

# Chromium in a container has no sandbox of its own, and is to make no calls home.
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_browser(), args=list(CHROMIUM))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab_root(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def lab_url(lab_root: pathlib.Path) -> Iterator[str]:
    with server(lab_root) as url:
        yield url


@pytest.fixture
def open_notebook(browser: Any, lab_url: str) -> Iterator[Any]:
    """Give a function that opens a notebook, by its path from ``lab_root``, in a page of its own."""
    labs = []

    def opened(name: str, width: int = 1400, height: int = 1000) -> Lab:
        context = browser.new_context(viewport={"width": width, "height": height})
        labs.append(Lab(context.new_page(), lab_url, name))
        return labs[-1]

    yield opened
    for lab in labs:
        lab.shutdown_kernels()  # each holds a TensorFlow, and they would add up
        lab.page.context.close()


@pytest.fixture
def open_lab(open_notebook: Any, lab_root: pathlib.Path, request: pytest.FixtureRequest) -> Any:
    """Give a function that writes a notebook of the given cells and opens it in a page of its own."""

    def opened(*cells: str, **size: int) -> Lab:
        path = write_notebook(lab_root / f"{request.node.name}.ipynb", *cells)
        return open_notebook(path.name, **size)

    return opened
