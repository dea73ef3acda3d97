"""Whatever happens to a model, a viewer says that its weights have changed exactly if a value has."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import seqwidget
from seqwidget.keras_compat import weight_digest
from tests.backends import module, only_on
from tests.model.weight_changes import CHANGES, KEEP, X, model_of

ACTS = CHANGES | KEEP
CELLS = st.lists(st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=3), min_size=1, max_size=6)
"""What each cell of a notebook does, between two checks of the viewer."""


@functools.cache
def model_and_weights() -> tuple[Any, Any]:
    """Return a model whose functions are compiled once for all examples, and the weights to start with."""
    model = model_of()
    return model, model.get_weights()


def values_of(model: Any) -> list[bytes]:
    return [weight.tobytes() for weight in model.get_weights()]


@settings(max_examples=25)
@example([[act] for act in ACTS] * 2)
@example([[act, "nothing"] for act in reversed(ACTS)])
@given(CELLS)
def test_a_viewer_sees_each_change_and_nothing_else(cells: list[list[str]]) -> None:
    model, start = model_and_weights()
    model.set_weights(start)
    viewer = seqwidget.FeatureMaps(model, X)
    try:
        for acts in cells:
            before, state = values_of(model), viewer.state
            for act in acts:
                ACTS[act](model)
            viewer.refresh()
            assert viewer.error == ""
            assert (viewer.state > state) == (values_of(model) != before), acts
            assert viewer.state - state <= 1
    finally:
        viewer.close()


@only_on("tensorflow", "jax")
def test_only_weights_that_may_have_changed_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    values, read = weight_digest._values, []
    monkeypatch.setattr(weight_digest, "_values", lambda weights: read.append([one.path for one in weights]) or values(weights))
    viewer = seqwidget.FeatureMaps(model := model_of(), X)
    assert [*read.pop()] == [one.path for one in model.weights]
    changes = {"nothing": [], "assign": [model.layers[0].kernel.path], "moving statistics": None}
    for act, changed in changes.items():
        before = dict(zip((one.path for one in model.weights), values_of(model), strict=True))
        ACTS[act](model)
        viewer.refresh()
        really = [one.path for one, now in zip(model.weights, values_of(model), strict=True) if before[one.path] != now]
        assert read.pop() == (really if changed is None else changed), act
        assert read == []
    viewer.close()


@only_on("tensorflow")
def test_a_closed_viewer_holds_no_memory() -> None:
    """TensorFlow changes a variable where it is, unless something else uses that memory."""
    model, tf = model_of(), module("tensorflow")
    viewer, kernel = seqwidget.FeatureMaps(model, X), model.layers[0].kernel.value

    def place() -> int:
        return int(np.frombuffer(tf.convert_to_tensor(kernel), "uint8").ctypes.data)

    def moves() -> bool:
        before = place()
        kernel.assign_add(tf.ones(kernel.shape))
        return place() != before

    assert [moves(), moves()] == [True, False]
    viewer.refresh()
    viewer.close()
    assert not moves()
