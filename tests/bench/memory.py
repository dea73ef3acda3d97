"""Whether the memory of a kernel stays flat: its use near the end of many repetitions, compared with earlier use."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from collections.abc import Callable

import keras
import numpy as np

import seqwidget

from .figures import Figure
from .stacks import layer, rows


def measure() -> list[Figure]:
    return [_cycles(), _shown(), _requests()]


def _objects() -> int:
    return len(gc.get_objects())


def _counted(act: Callable[[], None], early: int, late: int, count: Callable[[], int] = _objects) -> tuple[int, int]:
    counts = []
    for done in range(1, late + 1):
        act()
        if done in (early, late):
            gc.collect()
            counts.append(count())
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


def _requests() -> Figure:
    """Request the maps of every layer and sample repeatedly, with memory for half of the activations."""
    shape, samples = (64, 64, 8), 8
    model = keras.Sequential([keras.Input(shape), *rows("Conv", 6)[1:]])
    viewer = seqwidget.FeatureMaps(model, np.ones((samples, *shape), "float32"), memory=6 * 2**20)
    viewer.send = lambda *_, **__: None
    asked = itertools.count()
    question = {"ask": "maps", "id": "", "slice": 0, "filters": False, "limit": 160, "budget": 2**20}

    def ask() -> None:
        at = next(asked)
        where = {"layer": model.layers[at % 6].name, "sample": at // 6 % samples}
        viewer._handle_custom_msg({**question, **where}, [])

    tracemalloc.start()
    early, late = _counted(ask, 250, 500, lambda: tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    viewer.close()
    return Figure("bytes after 500 feature-map requests, against after 250", late / 1e6, early / 1e6, "MB", 1.01)
