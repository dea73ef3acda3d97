"""The IPython settings for running the tutorials, to store their outputs and to check them."""

from __future__ import annotations

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).parents[2]


def use_profile(home: pathlib.Path) -> None:
    """Make ``home`` the IPYTHONDIR of every kernel started from now on, so that a person's own settings have no effect."""
    profile = home / "profile_default"
    profile.mkdir()
    # TensorFlow writes to the terminal directly, not through Python; none of that belongs in a tutorial.
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.capture_fd_output = False\n")
    jitter(home)
    os.environ["IPYTHONDIR"] = str(home)


def jitter(home: pathlib.Path) -> None:
    """Simulate another processor in the kernels of an IPYTHONDIR too, if the tests do."""
    if "tests.jitter" in sys.modules:
        lines = ("import sys", f"sys.path.insert(0, {str(ROOT)!r})", "import tests.jitter", "del sys, tests")
        path = home / "profile_default" / "startup" / "jitter.py"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join(lines))
