"""Find a Chromium for the browser tests, or install one: ``python -m tests.browser.get_browser``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """Return the path of the system's browser; None means Playwright's own."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def _install() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
        return
    print("Installing Chromium by apt-get, which says how much it has to fetch", flush=True)
    # A minimal machine has no font, and the browser would draw boxes instead of letters.
    for command in (("update",), ("install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core")):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-q", *command], check=True, env=environment)


if __name__ == "__main__":
    if not find_browser():
        _install()
