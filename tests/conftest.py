"""Set-up for all tests; what TensorFlow needs to find in the environment is set in ``tests/__init__.py``."""

from __future__ import annotations

import os
import pathlib
import tempfile

import hypothesis
import pytest

from .notebooks.profile import use_profile

# A change is judged by what it changes: the same examples each time where the build decides, and new ones at a desk.
hypothesis.settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")


def pytest_configure(config: pytest.Config) -> None:
    home = tempfile.TemporaryDirectory(prefix="seqwidget-ipython-")
    config.add_cleanup(home.cleanup)
    use_profile(pathlib.Path(home.name))
