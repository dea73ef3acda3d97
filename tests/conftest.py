"""Set-up for all tests; what TensorFlow needs to find in the environment is set in ``tests/__init__.py``."""

from __future__ import annotations

import pathlib
import tempfile

import pytest

from .notebooks.profile import use_profile


def pytest_configure(config: pytest.Config) -> None:
    home = tempfile.TemporaryDirectory(prefix="seqwidget-ipython-")
    config.add_cleanup(home.cleanup)
    use_profile(pathlib.Path(home.name))
