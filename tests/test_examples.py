"""The examples in the public docstrings run, and print what the docstrings show."""

from __future__ import annotations

import doctest
import inspect

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from tests.backends import only_on

RECORDS = {
    "Compiled",
    "Diagnosis",
    "Edge",
    "Edited",
    "EpochEnded",
    "Fix",
    "FitProgressed",
    "FlagsPending",
    "Refused",
    "LayerRow",
    "MeasuredTime",
    "Note",
    "RecompilePlan",
    "Stack",
    "Step",
    "TrainableCallback",
    "TrainingMemory",
    "TrainingRun",
}
"""Functions that return a value have an example; a callback needs a training run, which tests/training has."""
NAMES = [
    name
    for name in seqwidget.__all__
    if name not in RECORDS
    and name != "__version__"
    and not (isinstance(getattr(seqwidget, name), type) and name.endswith("Error"))
]


# On PyTorch, no step ignores a flag.
MARKS = {"recompile": only_on("tensorflow", "jax")}


@pytest.mark.parametrize("name", [pytest.param(name, marks=MARKS.get(name, ())) for name in NAMES])
def test_the_example_is_true(name: str) -> None:
    docstring = inspect.getdoc(getattr(seqwidget, name)) or ""
    names = {"keras": keras, "layers": layers, "np": np, "seqwidget": seqwidget}
    example = doctest.DocTestParser().get_doctest(docstring, names, name, None, None)
    assert example.examples
    keras.backend.clear_session()
    said: list[str] = []
    doctest.DocTestRunner().run(example, out=said.append)
    assert "".join(said) == ""
