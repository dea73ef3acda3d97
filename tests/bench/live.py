"""Edits while a Summary is shown, compared with plain Keras."""

from __future__ import annotations

import statistics
from typing import Any

import keras

import seqwidget

from . import wire
from .figures import Figure, clocked, in_turn
from .stacks import KINDS, layer, rows

DEPTHS = (10, 50, 100, 200, 400)
LAYERS = 400
AIMS = {10: 0.9, 100: 0.25, 200: 0.18}


def measure() -> list[Figure]:
    wire.connect()
    figures = [figure for kind in KINDS for depth in DEPTHS for figure in edits(kind, depth)]
    return [*figures, *_grown(), *_summary(), *_constructor(), *_unwatched(), *_inspect()]


def edits(kind: str, depth: int) -> list[Figure]:
    """Measure add, pop, undo and redo at one depth, each round on both models."""
    ours, theirs = seqwidget.Sequential(rows(kind, depth)), keras.Sequential(rows(kind, depth))
    panel = seqwidget.Summary(ours)
    taken: dict[str, list[float]] = {}

    def note(what: str, act: Any) -> None:
        taken.setdefault(what, []).append(clocked(act))

    for _ in range(5 if depth > 200 else 9):
        mine, its = layer(kind), layer(kind)
        before = wire.sent
        note("add", lambda mine=mine: ours.add(mine))
        taken.setdefault("bytes", []).append(wire.sent - before)
        note("Keras's add", lambda its=its: theirs.add(its))
        note("pop", ours.pop)
        note("Keras's pop", theirs.pop)
        note("undo", ours.undo)  # brings the layer back
        note("redo", ours.redo)  # removes it again
    assert len(panel.stack["rows"]) == len(theirs.layers) == depth
    panel.close()
    median = {what: statistics.median(values[1:]) for what, values in taken.items()}
    against = {"add": "add", "pop": "pop", "undo": "add", "redo": "pop"}
    figures = [
        Figure(f"{what}, {kind}, depth {depth}", median[what], median[f"Keras's {other}"], aim=AIMS.get(depth), note=note)
        for what, other in against.items()
        for note in [f"against Keras's {other}"]
    ]
    return [
        *figures,
        Figure(f"bytes per add, {kind}, depth {depth}", median["bytes"] / 1e3, 1, "kB", note="a size, not a ratio"),
    ]


def _grown() -> list[Figure]:
    """Build 400 layers one by one with a live panel, and then the same stack in Keras."""
    ours, theirs = seqwidget.Sequential(rows("Dense", 0)), keras.Sequential(rows("Dense", 0))
    panel = seqwidget.Summary(ours)

    def grow(model: Any) -> None:
        for _ in range(LAYERS):
            model.add(layer("Dense"))

    mine, its = clocked(lambda: grow(ours)) / 1e3, clocked(lambda: grow(theirs)) / 1e3
    assert len(panel.stack["rows"]) == len(theirs.layers) == LAYERS
    panel.close()
    return [Figure(f"{LAYERS} layers, one by one", mine, its, "s", aim=0.1, note="against Keras's adds")]


def _summary() -> list[Figure]:
    figures = []
    for depth in (10, 100):
        ours, theirs = seqwidget.Sequential(rows("Dense", depth)), keras.Sequential(rows("Dense", depth))
        panel = seqwidget.Summary(ours)

        def with_summary(model: Any = theirs) -> None:
            model.add(layer("Dense"))
            model.summary(print_fn=lambda *_, **__: None)

        mine, its = in_turn(lambda model=ours: model.add(layer("Dense")), with_summary, times=7)
        panel.close()
        figures.append(Figure(f"add, depth {depth}, against add and summary()", mine, its, note="what people do today"))
    return figures


def _constructor() -> list[Figure]:
    mine, its = in_turn(lambda: seqwidget.Sequential(rows("Dense", 50)), lambda: keras.Sequential(rows("Dense", 50)), times=9)
    return [Figure("a list of 50 layers in the constructor", mine, its, aim=1.05, note="the layers are made in it too")]


def _unwatched() -> list[Figure]:
    ours, theirs = seqwidget.Sequential(rows("Dense", 10)), keras.Sequential(rows("Dense", 10))
    mine, its = in_turn(lambda: ours.add(layer("Dense")), lambda: theirs.add(layer("Dense")), times=9)
    return [Figure("add to a model that nobody watches, depth 10", mine, its, aim=1.0)]


def _inspect() -> list[Figure]:
    model = seqwidget.Sequential(rows("Dense", 100))
    mine, its = in_turn(lambda: seqwidget.inspect(model), lambda: model.summary(print_fn=lambda *_, **__: None), times=15)
    return [
        Figure("inspect of 100 layers, warm", mine, 2, aim=1, note="against the promised 2 ms"),
        Figure("inspect of 100 layers, against summary()", mine, its),
    ]
