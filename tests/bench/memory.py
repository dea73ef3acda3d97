"""Whether memory stays flat: objects that Python's collector knows, late in many repetitions against earlier ones."""

from __future__ import annotations

import gc
from collections.abc import Callable

import keras

import seqwidget

from .figures import Figure
from .stacks import layer, rows


def measure() -> list[Figure]:
    return [_cycles(), _shown()]


def _counted(act: Callable[[], None], early: int, late: int) -> tuple[int, int]:
    counts = []
    for done in range(1, late + 1):
        act()
        if done in (early, late):
            gc.collect()
            counts.append(len(gc.get_objects()))
    return counts[0], counts[1]


def _cycles() -> Figure:
    model = seqwidget.Sequential(rows("Dense", 5))
    panel = seqwidget.Summary(model)

    def cycle() -> None:
        model.add(layer("Dense"))
        model.pop()

    early, late = _counted(cycle, 500, 1000)  # the history is full after 250
    panel.close()
    return Figure("objects after 1,000 add and pop, against after 500", late, early, "objects", 1.01)


def _shown() -> Figure:
    def show() -> None:
        panel = seqwidget.Summary(keras.Sequential(rows("Dense", 5)))
        panel._repr_mimebundle_()
        panel.close()

    early, late = _counted(show, 100, 200)
    return Figure("objects after 200 shown models, against after 100", late, early, "objects", 1.01)
