"""``%load_ext seqwidget`` in a Python that has already imported anywidget."""

from __future__ import annotations

import statistics
import subprocess
import sys

from .figures import Figure

LOAD = """
import time, anywidget
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
start = time.perf_counter()
shell.run_line_magic("load_ext", "seqwidget")
loaded = time.perf_counter()
import keras
print(loaded - start, time.perf_counter() - loaded)
"""


def measure() -> list[Figure]:
    runs = [subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True) for _ in range(3)]
    ours, theirs = (1e3 * statistics.median(float(run.stdout.split()[-2:][at]) for run in runs) for at in (0, 1))
    return [
        Figure("%load_ext seqwidget", ours, 100, aim=1, note="against the promised 100 ms"),
        Figure("%load_ext seqwidget, against import keras", ours, theirs, note="what it does not import"),
    ]
