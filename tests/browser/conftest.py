"""One JupyterLab and one Chromium for all browser tests."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

from .get_browser import find_browser
from .jupyter import Lab, server, write_notebook

# Chromium has no sandbox of its own in a container, and must not make requests to Google.
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=15_000)  # ms; on a busy machine, a kernel may need more than the usual 5 s


# Playwright's event loop runs in this thread until Playwright stops. Other tests need a thread without a running loop, as the
# thread of a script is, so Playwright stops at the end of this folder.
@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
def spare_pages() -> list[Any]:
    """Return the pages of tests that have passed: the next test uses JupyterLab in it, which takes seconds to load."""
    return []


@pytest.fixture
def open_notebook(browser: Any, lab_url: str, spare_pages: list[Any], request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return a function that opens a notebook, by its path relative to ``lab_root``, in a page with no other notebook."""
    labs = []

    def opened(name: str, width: int = 1400, height: int = 1000) -> Lab:
        size = {"width": width, "height": height}
        if spare_pages:
            page = spare_pages.pop()
            page.set_viewport_size(size)
        else:
            page = browser.new_context(viewport=size).new_page()
        labs.append(Lab(page, lab_url, name))
        return labs[-1]

    failed = request.session.testsfailed
    yield opened
    for lab in labs:
        reused = request.session.testsfailed == failed and not spare_pages and lab.cleared()
        lab.shutdown_kernels()  # each holds a TensorFlow, and together they would need too much memory
        if reused:
            spare_pages.append(lab.page)
        else:
            lab.page.context.close()


@pytest.fixture
def open_lab(open_notebook: Any, lab_root: pathlib.Path, request: pytest.FixtureRequest) -> Any:
    """Return a function that writes a notebook with the given cells and opens it in a new page."""

    def opened(*cells: str, **size: int) -> Lab:
        path = write_notebook(lab_root / f"{request.node.name}.ipynb", *cells)
        return open_notebook(path.name, **size)

    return opened
