"""What recording costs ``fit``, and what a page receives meanwhile.

The time of a whole ``fit`` varies by several per cent from one to the next, so two figures are
given. One is the median of the ratios of pairs, with the interval in which 95 % of bootstrapped
medians lie; a row compares plain with plain, and shows the noise of the measurement on the machine.
The other is the processor time that is spent in our code, in all threads, as a share of the time of
``fit``.
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
from seqwidget.keras_compat.batch_probe import RecentBatches
from seqwidget.training.callback import SwitchesByEpoch
from seqwidget.training.training_callback import TrainingCallback

from .figures import Figure, clocked

PAIRS = 20
CODE = [
    (kind, name)
    for kind in (TrainingCallback, SwitchesByEpoch, fit_guard._Epochs, RecentBatches)
    for name in vars(kind)
    if name.startswith("on_") or name == "begin_step"
]
"""The functions of ours that Keras calls during ``fit``."""


def measure() -> list[Figure]:
    short, long = (
        _fits(units=32, batches=400, batch_size=32, epochs=6),
        _fits(units=1_500, batches=10, batch_size=900, epochs=2),
    )
    return [*short, *long, *_fixed_and_by_step(), *_wire()]


def _net(units: int) -> Any:
    model = keras.Sequential([keras.Input((64,)), *(layers.Dense(units, "relu") for _ in range(3)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def _fit(model: Any, batches: int, batch_size: int, epochs: int = 2) -> Callable[[], None]:
    x = np.random.default_rng(0).random((batches * batch_size, 64), "float32")
    y = x[:, :1]
    return lambda: model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0)


def _fits(units: int, batches: int, batch_size: int, epochs: int) -> list[Figure]:
    """Compare ``fit`` of four models: two plain ones, one watched but not shown, and one shown in a Training panel."""
    plain, again, watched, shown = (_net(units) for _ in range(4))
    seqwidget.watch(watched)
    panel = seqwidget.Training(shown)
    acts = [_fit(model, batches, batch_size, epochs) for model in (plain, again, watched, shown)]
    rounds = []
    with _timed_code() as spent:
        for number in range(PAIRS + 1):
            times, ours = [0.0] * len(acts), [0.0] * len(acts)
            for at in np.roll(range(len(acts)), number):  # each is the first one as often as the others
                spent.clear()
                times[at] = clocked(acts[at])
                ours[at] = sum(spent)
            rounds.append([*times, *ours])
    panel.close()
    bare, same, quiet, looked_at, _, _, of_quiet, of_looked_at = np.array(rounds[1:]).T
    each = np.median(bare) / (epochs * batches)
    step = f"fits of {np.median(bare) / 1e3:.2g} s in {epochs} epochs, steps of {each:.2g} ms, {PAIRS} pairs"
    fastest = float(min(bare.min(), same.min()))
    return [
        _ratio("fit, plain against plain", same, bare, None, step),
        _ratio("fit, watched, not shown", quiet, bare, 1.005, step),
        Figure("our code's share of the fastest fit, not shown", float(np.median(of_quiet)), fastest, aim=0.005, note=step),
        _ratio("fit, shown in a Training panel", looked_at, bare, 1.03, step),
        Figure("our code's share of the fastest fit, shown", float(np.median(of_looked_at)), fastest, aim=0.03, note=step),
    ]


def _ratio(name: str, ours: np.ndarray, theirs: np.ndarray, aim: float | None, note: str) -> Figure:
    ratios, draw = ours / theirs, np.random.default_rng(0)
    low, high = np.percentile([np.median(draw.choice(ratios, len(ratios))) for _ in range(1_000)], [2.5, 97.5])
    middle = float(np.median(theirs))
    return Figure(name, float(np.median(ratios)) * middle, middle, aim=aim, note=f"{note}, 95 % in {low:.3f}–{high:.3f}")


@contextlib.contextmanager
def _timed_code() -> Iterator[list[float]]:
    """Collect the milliseconds of processor time that each call of our code takes, in whatever thread."""
    spent: list[float] = []

    def timed(method: Callable[..., None]) -> Callable[..., None]:  # none of these functions calls another one
        @functools.wraps(method)
        def timed(*args: Any, **kwargs: Any) -> None:
            start = time.thread_time()
            method(*args, **kwargs)
            spent.append(1e3 * (time.thread_time() - start))

        return timed

    with contextlib.ExitStack() as stack:
        for kind, name in CODE:
            stack.enter_context(mock.patch.object(kind, name, timed(vars(kind)[name])))
        yield spent


def _fixed_and_by_step() -> list[Figure]:
    """Return the processor time of our code that each ``fit`` needs, and that of each step, from fits of two lengths."""
    model, batches, few, many = _net(32), 400, 1, 6
    panel = seqwidget.Training(model)
    acts = [_fit(model, batches, 32, epochs) for epochs in (few, many)]
    rounds = []
    with _timed_code() as spent:
        for _ in range(PAIRS // 2 + 1):
            ours = []
            for act in acts:
                spent.clear()
                milliseconds = clocked(act)
                ours.append((sum(spent), milliseconds))
            rounds.append(ours)
    panel.close()
    (one, _), (all_, of_all) = np.median(rounds[1:], axis=0)
    step = (all_ - one) / (batches * (many - few))
    note = f"steps of {of_all / (batches * many):.2g} ms, shown in a Training panel"
    return [
        Figure("our code in each fit, besides its steps", one - batches * step, 1, note=note),
        Figure(
            "our code in each step, with measuring and sending",
            1e3 * step,
            1e3 * of_all / (batches * many),
            unit="µs",
            note=note,
        ),
    ]


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
