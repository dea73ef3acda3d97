"""A refused edit says why, and its fixes do on the live model what they promise."""

from __future__ import annotations

import gc
import traceback
import weakref
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.editing.sequential import Sequential
from seqwidget.editing.watching import watch
from seqwidget.errors import UserError
from seqwidget.model.records import LayerRow
from seqwidget.model.refusal import Diagnosis
from tests.diagnosis.mistakes import MISTAKES, Mistake
from tests.inspection.test_inspect import fingerprint

from .sequences import snapshot


def refusing(mistake: Mistake) -> Any:
    """Return a live model that has just refused a layer."""
    head = [] if mistake.shape is None else [keras.Input(mistake.shape)]
    model = Sequential([*head, *mistake.stack()])
    try:
        model.add(mistake.bad())
    except Exception:  # noqa: BLE001  Keras decides which exception it is
        return model
    if keras.version().startswith("3.10."):
        pytest.skip("the oldest Keras lets it pass, and gives an output without positions")
    pytest.fail("Keras does not refuse it")


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one.id for one in MISTAKES])
def test_each_fix_is_one_edit_with_the_promised_result(mistake: Mistake) -> None:
    model = refusing(mistake)
    for index in range(len(model.refused.fixes)):
        model = refusing(mistake) if index else model
        fix = model.refused.fixes[index]
        before, names = fingerprint(model), [layer.name for layer in model.layers]
        steps = len(model.edits)
        fix.apply()
        assert model.refused is None
        assert len(model.edits) == steps + 1
        if fix.output_shape is not None:
            assert model.output_shape == fix.output_shape
        model.undo()
        assert [layer.name for layer in model.layers] == names
        assert fingerprint(model)["weights"] == before["weights"]


@pytest.mark.parametrize("way", ["apply", "code"])
def test_fixes_for_a_layer_that_is_added_again_hold_for_its_name_too(way: str) -> None:
    def refusing_again() -> Any:
        model = Sequential([keras.Input((16, 16, 3)), layers.Conv2D(8, 3, name="conv"), layers.MaxPooling2D(2, name="pool")])
        with pytest.raises(ValueError, match="incompatible"):
            model.add(model.layers[0])
        return model

    for index in range(3):
        model = refusing_again()
        fix, conv = model.refused.fixes[index], model.layers[0]
        if way == "apply":
            fix.apply()
        else:
            exec(fix.code, {"model": model, "layers": layers})
        assert model.output_shape == fix.output_shape == (None, 5, 5, 8)
        assert (conv in model.layers[1:]) == (index > 0)  # the first fix shares no weights; the others add the layer again


def test_the_diagnosis_stays_until_the_next_edit_and_comes_with_the_error() -> None:
    model = Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3, name="conv")])
    assert model.refused is None
    with pytest.raises(ValueError, match="negative") as caught:
        model.add(layers.Conv2D(1, 4, name="wide"))
    diagnosis = model.refused
    assert isinstance(diagnosis, Diagnosis)
    assert (diagnosis.layer, diagnosis.input_shape) == ("wide", (None, 2, 2, 2))
    assert diagnosis.arithmetic in "".join(traceback.format_exception_only(caught.value))
    model.compile("sgd", "mse")
    assert model.refused is diagnosis
    model.add(layers.Flatten())
    assert model.refused is None


def test_a_constructor_notifies_too() -> None:
    with pytest.raises(ValueError, match="negative") as caught:
        Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3), layers.Conv2D(1, 4), layers.Flatten()])
    assert "4×4 kernel on 2×2" in caught.value.__notes__[0]


def test_a_first_call_notifies_too() -> None:
    model = Sequential([layers.Conv2D(2, 3), layers.Conv2D(1, 4)])
    with pytest.raises(ValueError, match="negative") as caught:
        model(np.ones((1, 4, 4, 1)))
    assert "4×4 kernel on 2×2" in caught.value.__notes__[0]


@pytest.mark.parametrize("kind", ["built", "fitted"])
def test_a_preview_changes_nothing_and_equals_the_row_after_add(kind: str) -> None:
    model = Sequential([keras.Input((9, 9, 1)), layers.Conv2D(2, 3, name="conv")])
    if kind == "fitted":
        model.compile("adam", "mse")
        model.fit(np.ones((2, 9, 9, 1)), np.ones((2, 7, 7, 2)), verbose=0)
    layer, large = layers.Conv2D(4, 3, name="next"), layers.Conv2D(1, 20, name="large")
    whole, before = fingerprint(model), snapshot(model)
    row = model.preview(layer)
    why = model.preview(large)
    assert isinstance(row, LayerRow)
    assert isinstance(why, Diagnosis)
    assert snapshot(model) == before
    assert fingerprint(model) == whole
    assert model.refused is None
    assert not layer.built
    model.add(layer)
    assert row.output_shape == model.output_shape
    assert row.params == layer.count_params()


def test_a_preview_accepts_an_input_as_add_does() -> None:
    model = Sequential()
    row = model.preview(keras.Input((5,), name="x"))
    assert isinstance(row, LayerRow)
    assert (row.name, row.kind, row.output_shape) == ("x", "input", (None, 5))
    assert model.edits.position == len(model.layers) == 0


def test_a_model_that_keras_left_broken_can_be_fixed() -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3, name="conv")])
    with pytest.raises(ValueError, match="negative"):
        model.add(layers.Conv2D(1, 4, name="wide"))
    kernel = model.layers[0].get_weights()[0]
    watch(model)
    assert model.refused.layer == "wide"
    model.refused.fixes[0].apply()
    assert [layer.name for layer in model.layers] == ["conv"]
    assert model.output_shape == (None, 2, 2, 2)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], kernel)


def test_a_fix_is_valid_only_for_its_model_and_until_the_next_edit() -> None:
    model = Sequential([keras.Input((4, 4, 1))])
    with pytest.raises(ValueError, match="negative"):
        model.add(layers.Conv2D(1, 6))
    fix = model.refused.fixes[0]
    model.add(layers.Flatten())
    with pytest.raises(UserError, match=r"^this fix belongs to an earlier edit"):
        fix.apply()
    assert len(model.layers) == 1
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None
