"""The IPython settings with which the tutorial notebooks are run, to write their outputs and to check them."""

from __future__ import annotations

import os
import pathlib


def use_profile(home: pathlib.Path) -> None:
    """Make ``home`` the IPYTHONDIR of every kernel started from here on, so that nobody's own settings count."""
    profile = home / "profile_default"
    profile.mkdir()
    # TensorFlow writes past Python to the terminal; none of that belongs in a tutorial.
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.capture_fd_output = False\n")
    os.environ["IPYTHONDIR"] = str(home)
