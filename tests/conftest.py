"""Set up all tests; environment variables that TensorFlow reads are set in ``tests/__init__.py``."""

from __future__ import annotations

import os
import pathlib
import tempfile

import hypothesis
import pytest

from .notebooks.profile import use_profile

# In CI, a change is tested with the same examples every time; on a developer's machine, with new ones. No example has a
# time limit, because a busy machine would decide the test.
hypothesis.settings.register_profile("here", deadline=None, derandomize=bool(os.environ.get("CI")))
hypothesis.settings.load_profile("here")


def pytest_configure(config: pytest.Config) -> None:
    home = tempfile.TemporaryDirectory(prefix="seqwidget-ipython-")
    config.add_cleanup(home.cleanup)
    use_profile(pathlib.Path(home.name))
