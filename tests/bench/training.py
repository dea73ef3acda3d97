"""What recording costs ``fit``, and what a page receives meanwhile.

The time of a whole ``fit`` varies by several per cent from one to the next, so two figures are given. One is the median
of the ratios of pairs, with the interval in which 95 % of bootstrapped medians lie. The other is the processor time that is
spent in our callbacks, in all threads, as a share of the time of ``fit``.
"""

from __future__ import annotations

import contextlib
import functools
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras import layers

import seqwidget
from seqwidget.editing import fit_guard
from seqwidget.training.callback import SwitchesByEpoch
from seqwidget.training.training_callback import TrainingCallback

from .figures import Figure, clocked

PAIRS = 20
CALLBACKS = (TrainingCallback, SwitchesByEpoch, fit_guard._Epochs)


def measure() -> list[Figure]:
    return [*_fits(units=32, batches=400), *_fits(units=1_500, batches=10), *_wire()]


def _net(units: int) -> Any:
    model = keras.Sequential([keras.Input((64,)), *(layers.Dense(units, "relu") for _ in range(3)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def _fit(model: Any, batches: int, batch_size: int) -> Callable[[], None]:
    x = np.random.default_rng(0).random((batches * batch_size, 64), "float32")
    y = x[:, :1]
    return lambda: model.fit(x, y, batch_size=batch_size, epochs=2, verbose=0)


def _fits(units: int, batches: int) -> list[Figure]:
    """Compare ``fit`` of three models: plain, watched but not shown, and shown in a Training panel."""
    plain, watched, shown = (_net(units) for _ in range(3))
    seqwidget.watch(watched)
    panel = seqwidget.Training(shown)
    size = 32 if units < 100 else 512
    acts = [_fit(model, batches, size) for model in (plain, watched, shown)]
    rounds = []
    with _timed_callbacks() as spent:
        for _ in range(PAIRS + 1):
            spent.clear()
            rounds.append([clocked(act) for act in acts] + [sum(spent)])
    panel.close()
    bare, quiet, looked_at, ours = np.array(rounds[1:]).T
    step = f"steps of {np.median(bare) / (2 * batches):.2g} ms, {PAIRS} pairs"
    return [
        _ratio("fit, watched, not shown", quiet, bare, 1.005, step),
        _ratio("fit, shown in a Training panel", looked_at, bare, 1.03, step),
        Figure("our callbacks' share of the fastest fit", float(np.median(ours)), float(bare.min()), aim=0.03, note=step),
    ]


def _ratio(name: str, ours: np.ndarray, theirs: np.ndarray, aim: float, note: str) -> Figure:
    ratios, draw = ours / theirs, np.random.default_rng(0)
    low, high = np.percentile([np.median(draw.choice(ratios, len(ratios))) for _ in range(1_000)], [2.5, 97.5])
    middle = float(np.median(theirs))
    return Figure(name, float(np.median(ratios)) * middle, middle, aim=aim, note=f"{note}, 95 % in {low:.3f}–{high:.3f}")


@contextlib.contextmanager
def _timed_callbacks() -> Iterator[list[float]]:
    """Collect the milliseconds of processor time that each call of our callbacks takes, in whatever thread."""
    spent: list[float] = []

    def timed(method: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(method)
        def timed(*args: Any, **kwargs: Any) -> None:
            start = time.thread_time()
            method(*args, **kwargs)
            spent.append(1e3 * (time.thread_time() - start))

        return timed

    methods = [(kind, name) for kind in CALLBACKS for name in vars(kind) if name.startswith("on_")]
    with contextlib.ExitStack() as stack:
        for kind, name in methods:
            stack.enter_context(mock.patch.object(kind, name, timed(vars(kind)[name])))
        yield spent


def _wire() -> list[Figure]:
    """Measure what a page receives during a fit of short steps."""
    model, sent = _net(32), []
    panel = seqwidget.Training(model)
    send = panel._send

    def counting(msg: object, buffers: Any = None) -> None:
        sent.append(len(json.dumps(msg, default=str)))
        send(msg, buffers)

    panel._send = counting  # type: ignore[method-assign]
    act = _fit(model, 4_000, 32)
    act()
    sent.clear()
    seconds = clocked(act) / 1e3
    panel.close()
    return [
        Figure("sent to the page in a second of fit", sum(sent) / seconds / 1e3, 20, unit="kB", aim=1, note="against 20 kB")
    ]
