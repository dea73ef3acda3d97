"""``fit`` of a model that is recorded or shown, against ``fit`` of a plain one; and what a page receives meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

import seqwidget

from .figures import Figure, clocked, in_turn

PAIRS = 20


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
    """Compare ``fit`` of three models: plain, recorded, and shown in a Training panel."""
    plain, recorded, shown = (_net(units) for _ in range(3))
    panels = [seqwidget.Summary(recorded), seqwidget.Training(shown)]
    size = 32 if units < 100 else 512
    acts = [_fit(model, batches, size) for model in (plain, recorded, shown)]
    for act in acts:
        act()
    bare, quiet, looked_at = in_turn(*acts, times=PAIRS)
    for panel in panels:
        panel.close()
    step = f"steps of {bare / (2 * batches):.2g} ms, {PAIRS} rounds"
    return [
        Figure("fit, recorded", quiet, bare, aim=1.005, note=step),
        Figure("fit, shown in a Training panel", looked_at, bare, aim=1.03, note=step),
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
