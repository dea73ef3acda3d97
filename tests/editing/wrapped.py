"""A pytest plugin that runs Keras's own tests with seqwidget's Sequential wherever they name Keras's.

``-p tests.editing.wrapped`` replaces the class before the test modules import it. ``SEQWIDGET_PLAIN=1`` leaves it, for
comparison; ``SEQWIDGET_KERAS_PATH=1`` takes this Keras for one that is not known, whose own ``add`` and ``pop`` do every edit.
"""

from __future__ import annotations

import os
import sys

import keras
import pytest

from seqwidget.editing.sequential import Sequential
from seqwidget.keras_compat import graph_edit
from seqwidget.keras_compat.capabilities import QUICK_EDITS

made = 0


class Counted(Sequential):
    def __init__(self, *args: object, **kwargs: object) -> None:
        global made  # noqa: PLW0603  the proof that Keras's tests ran on this class
        made += 1
        super().__init__(*args, **kwargs)


Counted.__name__ = Counted.__qualname__ = "Sequential"
Counted._written_as = keras.Sequential

PLAIN = keras.Sequential
HOME = sys.modules[PLAIN.__module__]

if not os.environ.get("SEQWIDGET_PLAIN"):
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("keras") and vars(module).get("Sequential") is PLAIN:
            module.Sequential = Counted


if os.environ.get("SEQWIDGET_KERAS_PATH"):
    QUICK_EDITS.found = False

append, incremental = graph_edit.append, 0


def counted_append(model: object, layer: object) -> bool:
    global incremental  # noqa: PLW0603  the proof of the path that was taken
    done = append(model, layer)
    incremental += done
    return done


graph_edit.append = counted_append


def pytest_collection_finish() -> None:
    # The test modules have taken the class from here; pickle wants to find Keras's own where it was defined.
    HOME.Sequential = PLAIN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"seqwidget.Sequential was made {made} times")
    terminalreporter.write_line(f"{incremental} layers were added without Keras's add")
