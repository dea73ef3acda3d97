"""A pytest plugin that runs Keras's own tests with seqwidget's Sequential in place of Keras's.

``-p tests.editing.wrapped`` replaces the class before the test modules import it. ``SEQWIDGET_PLAIN=1`` keeps Keras's
class, for comparison; ``SEQWIDGET_KERAS_PATH=1`` treats this Keras as an unknown version, so that every edit uses its own
``add`` and ``pop``.
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
        global made  # noqa: PLW0603  proves that Keras's tests ran on this class
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
    global incremental  # noqa: PLW0603  proves which path was taken
    done = append(model, layer)
    incremental += done
    return done


graph_edit.append = counted_append


def pytest_collection_finish() -> None:
    # The test modules have imported the class by now; pickle must find Keras's own under its name.
    HOME.Sequential = PLAIN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"seqwidget.Sequential was made {made} times")
    terminalreporter.write_line(f"{incremental} layers were added without Keras's add")
