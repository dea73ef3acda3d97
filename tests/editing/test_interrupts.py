"""Ctrl-C at any line of ours: model, steps and panel then agree on the state before or after, and edits still work."""

from __future__ import annotations

import gc
import os
import pathlib
import sys
from collections.abc import Callable
from typing import Any, Self

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.editing import fit_guard, transaction
from seqwidget.editing.sequential import Sequential
from seqwidget.widgets.summary import Summary, refresh_all
from tests.close import assert_close

CHANGING = (
    "editing",
    "training",
    "widgets",
    *(f"keras_compat/{one}.py" for one in ("graph_edit", "restore", "tracking", "written_as")),
)  # others only read
OURS = tuple(str(pathlib.Path(seqwidget.__file__).parent / one) for one in CHANGING)
MOST = int(os.environ.get("SEQWIDGET_INTERRUPTS", "12"))  # lines that are tried for each act; all of them would take minutes


class Interrupting:
    """A tracer that raises KeyboardInterrupt when an act first reaches a line of ours; without a line, it records the lines."""

    def __init__(self, at: tuple[str, int] | None) -> None:
        self.at = at
        self.lines: dict[tuple[str, int], None] = {}

    def __enter__(self) -> Self:
        gc.disable()  # a panel of an earlier run, if freed now, would be interrupted instead of the act
        sys.settrace(self.call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        gc.enable()

    def call(self, frame: Any, _event: str, _arg: object) -> Any:
        return self.line if frame.f_code.co_filename.startswith(OURS) else None

    def line(self, frame: Any, event: str, _arg: object) -> Any:
        here = (frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and here not in self.lines:
            self.lines[here] = None
            if here == self.at:
                raise KeyboardInterrupt
        return self.line


def stack() -> Any:
    """Build a model with steps to undo and redo, and a refused layer whose fixes can be applied."""
    keras.utils.clear_session(free_memory=False)
    model = Sequential([keras.Input((6, 3), name="x"), layers.Dense(4, name="a")], name="m")
    model.add(layers.LSTM(4, name="b"))
    model.add(layers.Dense(2, name="c"))
    model.undo()
    return model


def refusing() -> Any:
    model = stack()
    with pytest.raises(ValueError, match="ndim"):
        model.add(layers.LSTM(2, name="d"))
    return model


def unbuilt() -> Any:
    keras.utils.clear_session(free_memory=False)
    return Sequential([layers.Dense(4, name="a"), layers.Dense(2, name="b")], name="m")


def tried(act: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="ndim"):
        act()


def deferred(model: Any) -> None:
    model.add(layers.Dense(2, name="n"))
    model.count_params()


ACTS: dict[str, tuple[Callable[[], Any], Callable[[Any, Any], object]]] = {
    "add": (stack, lambda model, _: model.add(layers.Dense(3, name="n"))),
    "add without a graph": (stack, lambda model, _: deferred(model)),
    "add refused": (stack, lambda model, _: tried(lambda: model.add(layers.LSTM(3, name="n")))),
    "add by Keras": (unbuilt, lambda model, _: model.add(layers.Dense(3, name="n"))),
    "pop": (stack, lambda model, _: model.pop()),
    "undo": (stack, lambda model, _: model.undo()),
    "redo": (stack, lambda model, _: model.redo()),
    "fix": (refusing, lambda model, _: model.refused.fixes[0].apply()),
    "freeze": (stack, lambda _, panel: panel.freeze("a")),
    "recompile": (stack, lambda model, _: seqwidget.recompile(model)),
    "first call": (unbuilt, lambda model, _: model(np.ones((2, 3)))),
    "refresh": (stack, lambda model, panel: (setattr(model.layers[0], "trainable", False), panel.refresh())),
}


def state(model: Any) -> Any:
    """Return what one edit changes as a whole: the stack, its flags, and the position in the history."""
    return (
        [layer.name for layer in model._layers],
        [layer.trainable for layer in model._layers],
        model.built,
        [step.what for step in model.edits],
        model.edits.position,
        model.refused and model.refused.layer,
    )


def check(model: Any, panel: Summary, states: list[Any]) -> None:
    """Check that model, steps and panel are all in one of the given states, and that edits still work."""
    assert state(model) in states
    step = model.edits[model.edits.position]
    assert [row for row in model._layers if row.name != "input_layer"] == [
        row for row in step.layers if row.name != "input_layer"
    ]
    refresh_all()  # as at the end of the cell
    assert not panel.error
    assert [row["path"] for row in panel.stack["rows"]] == [layer.name for layer in model.layers]
    assert panel.stack == seqwidget.inspect(model).to_page()
    assert (panel.steps["count"], panel.steps["position"]) == (len(model.edits), model.edits.position)
    assert panel.refused == (model.refused.to_dict() if model.refused else {})
    assert not fit_guard.busy(model)
    assert transaction.record(model).undo is None
    count, names = len(model.layers), [layer.name for layer in model.layers]
    model.add(layers.ReLU(name="next"))
    assert [row["path"] for row in panel.stack["rows"]] == [*names, "next"]
    assert model.edits[-1].what == "add next (ReLU)"
    if model.built:
        twin = keras.Sequential([layer.__class__.from_config(layer.get_config()) for layer in model._layers])
        assert (model.output_shape, len(model.weights)) == (twin.output_shape, len(twin.weights))
        x = np.ones((2, *model.input_shape[1:]))
        twin.set_weights(model.get_weights())
        assert_close(model(x), twin(x))
    model.undo()
    assert len(model.layers) == count


def run(name: str, at: tuple[str, int] | None, states: list[Any]) -> list[tuple[str, int]]:
    """Perform an act with an interrupt at one line, and check the result; return the lines that it reached."""
    make, act = ACTS[name]
    model = make()
    model.compile("sgd", "mse")
    panel = seqwidget.Trainable(model)
    states.append(state(model))
    with Interrupting(at) as interrupting:
        try:
            act(model, panel)
        except KeyboardInterrupt:
            assert at is not None
    if at is None:
        states.append(state(model))
    check(model, panel, states[:2])
    panel.close()
    return list(interrupting.lines)


@pytest.mark.parametrize("name", ACTS)
def test_an_interrupt_at_any_line_leaves_the_state_before_or_after(name: str) -> None:
    states: list[Any] = []
    lines = run(name, None, states)
    assert len(lines) > 5
    for at in lines[:: max(1, len(lines) // MOST)]:
        run(name, at, states)
