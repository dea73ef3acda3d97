"""Fixes run before they are offered, and nothing else does."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.diagnosis.context import RefusedAdd
from seqwidget.diagnosis.diagnose import diagnose
from seqwidget.diagnosis.fix_check import run_fix
from tests.backends import only_on


@pytest.mark.parametrize(
    "code",
    [
        'model = keras.utils.get_file("a", "b")',
        'model = keras.layers.deserialize({"class_name": "Dense"})',
        '__import__("os").system("true")',
        "import os\nos.getcwd()",
        "model.__class__.__base__",
        "model = keras.saving.load_model('m')",
        "[one for one in model.layers]",
        "model = (lambda: 1)()",
        "layer.__init__()",
    ],
)
def test_nothing_but_layers_runs_when_a_fix_is_tried(code: str) -> None:
    refused = RefusedAdd.of(keras.Sequential([keras.Input((4,))]), layers.Dense(3), "")
    assert run_fix(refused, "model.add(layers.Dense(3))") == (True, (None, 3))
    assert run_fix(refused, code) == (False, None)


def test_arithmetic_and_causes_are_one_line() -> None:
    model = keras.Sequential([keras.Input((7, 7, 256)), layers.Flatten(), layers.Dense(6272)])
    error = ValueError("The total size of the tensor must be unchanged")
    assert diagnose(model, layers.Reshape((7, 7, 256)), error).arithmetic == "7 · 7 · 256 = 12544 ≠ 6272"
    flat = keras.Sequential([keras.Input((4, 3))])
    assert diagnose(flat, layers.Reshape((5,)), error).arithmetic == "5 ≠ 12 = 4 · 3"
    for thing in (np.zeros((3, 3)), "a\nb", {"a": np.zeros((9, 9))}, object()):
        assert "\n" not in diagnose(flat, thing, ValueError("no layer")).cause


def test_a_fix_that_would_fail_on_data_is_not_offered() -> None:
    class Product(layers.Layer):
        def call(self, x: Any) -> Any:
            return keras.ops.matmul(x, keras.ops.ones((16, 3)))

        def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
            return (*shape[:-1], 3)  # whatever the last size is

    refused = RefusedAdd.of(keras.Sequential([keras.Input((24,))]), Product(), "")
    reshaped = "model.add(layers.Reshape((24, 1)))\nmodel.add(layer)"
    keras.Sequential([keras.Input((24,)), layers.Reshape((24, 1)), Product()])  # Keras accepts it
    assert run_fix(refused, reshaped) == (False, None)
    assert run_fix(refused, "model.add(layers.Dense(16))\nmodel.add(layer)") == (True, (None, 3))


@only_on("tensorflow")  # the other backends have no strings, so that no fix can be tried
def test_strings_need_a_layer_that_turns_them_into_numbers() -> None:
    model = keras.Sequential([keras.Input((4,), dtype="string")])
    with pytest.raises(ValueError, match="expected min_ndim=3") as caught:
        keras.Sequential([keras.Input((4,), dtype="string")]).add(layers.Conv1D(3, 2))
    diagnosis = diagnose(model, layers.Conv1D(3, 2), caught.value)
    assert diagnosis.cause.startswith("Conv1D computes with numbers, but the input holds strings")
    assert diagnosis.fixes == ()
    with pytest.raises(ValueError, match="unchanged"):
        keras.Sequential([keras.Input((4,), dtype="string")]).add(layers.Reshape((3,)))
    fixes = diagnose(model, layers.Reshape((3,)), ValueError("total size must be unchanged")).fixes
    assert [fix.description for fix in fixes] == ["give it target_shape=(4,)", "change the input shape to (3,)"]
