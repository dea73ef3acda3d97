"""Diagnoses of real mistakes: the cause is named, and each fix is carried out on a real model and does what it promises."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.stack.chain import own_input
from seqwidget.stack.diagnosis import diagnose
from seqwidget.stack.refusal import REFUSED, Diagnosis, Fix, New

from .mistakes import MISTAKES, Slip


def model_of(mistake: Slip) -> Any:
    head = [] if mistake.shape is None else [keras.Input(mistake.shape)]
    return keras.Sequential([*head, *mistake.stack()])


def refusal(mistake: Slip, layer: Any) -> BaseException:
    """Give what Keras raises, which it must, on a model of its own."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  anything that Keras raises is a refusal
        model_of(mistake).add(layer)
    return caught.value


def diagnosed(mistake: Slip) -> tuple[Any, Any, Diagnosis]:
    layer, model = mistake.bad(), model_of(mistake)
    return model, layer, diagnose(model, layer, refusal(mistake, layer))


def carried_out(model: Any, layer: Any, fix: Fix) -> Any:
    """Do what a fix says on a real model of fresh layers."""
    made: list[Any] = []
    for slot in fix.edit.slots:
        if isinstance(slot, New):
            made.append(slot.make({one.name for one in made}))
        else:
            kept = layer if slot == REFUSED else model.layers[slot]
            made.append(kept if isinstance(kept, keras.Model) else type(kept).from_config(kept.get_config()))
    shape = fix.edit.input_shape or own_input(model)[0]
    return keras.Sequential([*([keras.Input(batch_shape=shape)] if shape else []), *made])


def run(model: Any) -> tuple[int, ...]:
    x = np.ones([7 if size is None else size for size in model.input_shape], "float32")
    return tuple(model(x).shape)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one.id for one in MISTAKES])
def test_gallery(mistake: Slip) -> None:
    model, layer, diagnosis = diagnosed(mistake)
    assert mistake.cause in diagnosis.cause
    assert "does not know" not in diagnosis.cause
    assert mistake.sum in diagnosis.arithmetic
    assert mistake.instead in diagnosis.alternative
    assert len(diagnosis.fixes) <= 6
    assert bool(diagnosis.fixes) == bool(mistake.fix)
    assert any(mistake.fix in fix.description + fix.code for fix in diagnosis.fixes) or not mistake.fix
    for fix in diagnosis.fixes:
        fixed = carried_out(model, layer, fix)
        assert "\n" not in fix.description
        if fix.output_shape is None:
            assert mistake.shape is None
            continue
        assert fixed.output_shape == fix.output_shape, fix
        assert all(size in (None, real) for size, real in zip(fix.output_shape, run(fixed), strict=True)), fix


@pytest.mark.parametrize("mistake", [one for one in MISTAKES if one.fix], ids=[one.id for one in MISTAKES if one.fix])
def test_the_code_of_each_fix_does_what_it_says(mistake: Slip) -> None:
    for fix in diagnosed(mistake)[2].fixes:
        names: dict[str, Any] = {"keras": keras, "layers": layers, "model": model_of(mistake)}
        exec(fix.code, names)
        if fix.output_shape is not None:
            assert names["model"].output_shape == fix.output_shape, fix.code


@pytest.mark.parametrize("mistake", [one for one in MISTAKES if one.instead], ids=[one.id for one in MISTAKES if one.instead])
def test_the_functional_form_runs(mistake: Slip) -> None:
    _, layer, diagnosis = diagnosed(mistake)
    names: dict[str, Any] = {"keras": keras, "layers": layers, getattr(layer, "name", ""): layer}
    exec(diagnosis.alternative, names)
    feeds = [np.ones([2, *x.shape[1:]], "float32") for x in names["model"].inputs]
    names["model"](feeds if len(feeds) > 1 else feeds[0])
