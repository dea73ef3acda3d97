"""Diagnoses of real mistakes name the cause, and each fix does what it promises on a real model."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.diagnosis.diagnose import diagnose, diagnose_broken, preview
from seqwidget.diagnosis.rules import find as rules
from seqwidget.errors import UserError
from seqwidget.inspection.inspect import inspect
from seqwidget.model.model_inputs import own_input
from seqwidget.model.refusal import REFUSED, Diagnosis, Fix, New
from tests.backends import only_on

from ..inspection.test_inspect import STACKS, fingerprint
from .mistakes import MISTAKES, Mistake


def model_of(mistake: Mistake) -> Any:
    head = [] if mistake.shape is None else [keras.Input(mistake.shape)]
    return keras.Sequential([*head, *mistake.stack()])


def refusal(mistake: Mistake, layer: Any) -> BaseException:
    """Return the exception that Keras raises on a copy of the model; it must raise one."""
    try:
        model_of(mistake).add(layer)
    except Exception as error:  # noqa: BLE001  any exception of Keras is a refusal
        return error
    if keras.version().startswith("3.10."):
        pytest.skip("the oldest Keras lets it pass, and gives an output without positions")
    pytest.fail("Keras does not refuse it")


@functools.cache
def diagnosed(mistake: Mistake) -> tuple[Any, Any, Diagnosis]:
    """Return a model, the layer that was refused, and its diagnosis. Several tests share them, so they must not change them."""
    layer, model = mistake.bad(), model_of(mistake)
    return model, layer, diagnose(model, layer, refusal(mistake, layer))


def apply_fix(model: Any, layer: Any, fix: Fix) -> Any:
    """Apply a fix to a real model of fresh layers."""
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


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.id)
def test_gallery(mistake: Mistake) -> None:
    model, layer, diagnosis = diagnosed(mistake)
    assert mistake.cause in diagnosis.cause
    assert "does not recognize" not in diagnosis.cause
    assert mistake.sum in diagnosis.arithmetic
    assert mistake.instead in diagnosis.alternative
    assert len(diagnosis.fixes) <= 6
    assert bool(diagnosis.fixes) == bool(mistake.fix)
    assert any(mistake.fix in fix.description + fix.code for fix in diagnosis.fixes) or not mistake.fix
    for fix in diagnosis.fixes:
        fixed = apply_fix(model, layer, fix)
        assert "\n" not in fix.description
        if fix.output_shape is None:
            assert mistake.shape is None or not fix.edit.slots
            continue
        assert fixed.output_shape == fix.output_shape, fix
        assert all(size in (None, real) for size, real in zip(fix.output_shape, run(fixed), strict=True)), fix


@pytest.mark.parametrize("mistake", [one for one in MISTAKES if one.fix], ids=[one.id for one in MISTAKES if one.fix])
def test_the_code_of_each_fix_does_what_it_says(mistake: Mistake) -> None:
    for fix in diagnosed(mistake)[2].fixes:
        layer = mistake.bad()
        refusal(mistake, layer)  # Keras may build it
        names: dict[str, Any] = {"keras": keras, "layers": layers, "model": model_of(mistake), "layer": layer}
        exec(fix.code, {**names, getattr(layer, "__name__", ""): layer}, names)
        if fix.output_shape is not None:
            assert names["model"].output_shape == fix.output_shape, fix.code


@pytest.mark.parametrize("mistake", [one for one in MISTAKES if one.instead], ids=[one.id for one in MISTAKES if one.instead])
def test_the_functional_form_runs(mistake: Mistake) -> None:
    layer, diagnosis = mistake.bad(), diagnosed(mistake)[2]
    names: dict[str, Any] = {"keras": keras, "layers": layers, getattr(layer, "name", ""): layer}
    exec(diagnosis.alternative, names)
    feeds = [np.ones([2, *x.shape[1:]], "float32") for x in names["model"].inputs]
    names["model"](feeds if len(feeds) > 1 else feeds[0])


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one.id for one in MISTAKES])
def test_diagnosing_changes_nothing(mistake: Mistake) -> None:
    layer, model = mistake.bad(), model_of(mistake)
    error = refusal(mistake, layer)
    name, own, before = layers.Dense(1).name, state_of(layer), fingerprint(model)
    str(diagnose(model, layer, error)), preview(model, layer)
    assert fingerprint(model) == before
    assert state_of(layer) == own
    assert number(layers.Dense(1).name) == number(name) + 1


def state_of(layer: Any) -> Any:
    if not isinstance(layer, keras.Layer) or "built" not in vars(layer):
        return None
    return layer.built, layer.name, [np.asarray(w).tobytes() for w in layer.weights], len(layer._inbound_nodes)


def number(name: str) -> int:
    return int(name.rpartition("_")[2]) if "_" in name else 0


def test_an_unknown_error_of_a_layer_is_quoted() -> None:
    class Odd(layers.Layer):
        def call(self, x: Any) -> Any:
            if len(x.shape) > 2:
                msg = "the moon is\nin the wrong house"
                raise RuntimeError(msg)
            return x

    model, layer = keras.Sequential([keras.Input((4, 3)), layers.Dense(5)]), Odd(name="odd")
    with pytest.raises(RuntimeError) as caught:
        keras.Sequential([keras.Input((4, 3))]).add(Odd())
    diagnosis = diagnose(model, layer, caught.value)
    assert diagnosis.cause == "seqwidget does not recognize this mistake; Keras says: the moon is in the wrong house"
    assert diagnosis.words == "the moon is in the wrong house"
    assert diagnosis.arithmetic == diagnosis.alternative == ""
    assert {fix.output_shape for fix in diagnosis.fixes} == {(None, 20), (None, 5)}  # Flatten, GlobalAveragePooling1D
    assert run(apply_fix(model, layer, diagnosis.fixes[0]))[1:] == (20,)


def test_a_layer_that_cannot_be_copied_has_no_fixes_and_no_guess() -> None:
    class Stubborn(layers.Layer):
        def __init__(self, thing: object) -> None:
            super().__init__(name="stubborn")
            self.thing = thing

        def build(self, shape: Any) -> None:
            msg = f"not {shape}"
            raise ValueError(msg)

    model, layer = keras.Sequential([keras.Input((4,)), layers.Dense(5)]), Stubborn(object())
    with pytest.raises(ValueError, match="not") as caught:
        keras.Sequential([keras.Input((4,))]).add(layer)
    diagnosis = diagnose(model, layer, caught.value)
    assert diagnosis.fixes == ()
    assert "does not recognize" in diagnosis.cause
    assert "does not fit" in str(diagnosis)


def test_a_nested_stack_is_inspected_and_a_fix_is_added_before_it() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3))])
    inner = [keras.Sequential([layers.LSTM(3, name="lstm"), layers.Dense(2)]) for _ in range(2)]
    with pytest.raises(ValueError, match="ndim") as caught:
        keras.Sequential([keras.Input((8, 8, 3))]).add(inner[0])  # Keras leaves the InputLayer in it
    diagnosis = diagnose(model, inner[1], caught.value)
    assert diagnosis.cause.startswith("inside it, lstm does not fit: LSTM needs 3 axes")
    assert {fix.description for fix in diagnosis.fixes} >= {"add Reshape to (64, 3) before it"}
    assert diagnosis.fixes[0].output_shape == apply_fix(model, inner[1], diagnosis.fixes[0]).output_shape == (None, 2)


def test_a_diagnosis_that_fails_leaves_the_error_to_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(rules, "find", fails)
    model, layer = keras.Sequential([keras.Input((4,))]), layers.Conv2D(1, 1)
    diagnosis = diagnose(model, layer, ValueError("expected min_ndim=4"))
    assert diagnosis.cause == "seqwidget does not recognize this mistake; Keras says: expected min_ndim=4"
    assert diagnosis.fixes == ()


def test_kept_layers_keep_their_weights_and_others_are_said_to_be_re_initialised() -> None:
    model = keras.Sequential([keras.Input((3, 32, 32)), layers.Conv2D(8, 3, name="first"), layers.ReLU(name="relu")])
    layer = layers.Conv2D(8, 3)
    with pytest.raises(ValueError, match="negative") as caught:
        keras.Sequential([keras.Input((3, 32, 32)), layers.Conv2D(8, 3)]).add(layer)
    fix = diagnose(model, layer, caught.value).fixes[0]
    assert fix.edit.input_shape == (None, 32, 32, 3)
    assert isinstance(fix.edit.slots[0], New)
    assert fix.edit.slots[1:] == (1, REFUSED)
    assert "first is re-initialised" in fix.description
    padded = diagnose(keras.Sequential([keras.Input((4, 4, 3)), layers.Conv2D(8, 3)]), layers.Conv2D(1, 3), caught.value).fixes
    larger = next(fix for fix in padded if fix.edit.input_shape)
    assert larger.edit.slots == (0, REFUSED)  # the weights of a convolution fit any image size
    assert "re-initialised" not in larger.description


def test_a_recurrent_layer_built_for_other_features_is_not_kept() -> None:
    lstm = layers.LSTM(2)
    lstm(np.ones((1, 5, 7)))  # Keras accepts other features here, and fails when it runs the layer
    model = keras.Sequential([keras.Input((6,)), layers.Dense(12)])
    with pytest.raises(ValueError, match="ndim") as caught:
        keras.Sequential([keras.Input((6,))]).add(lstm)
    fixes = diagnose(model, lstm, caught.value).fixes
    assert fixes
    assert all(REFUSED not in fix.edit.slots and "re-initialised" in fix.description for fix in fixes)


def test_the_text_and_the_record() -> None:
    diagnosis = diagnosed(next(one for one in MISTAKES if one.id == "pool on 2x2"))[2]
    assert "(2 − 3) / 3 + 1 < 1" in str(diagnosis)
    assert 'model.add(layers.MaxPooling2D(3, padding="same"))' in str(diagnosis)
    plain = diagnosis.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["input_shape"] == [None, 2, 2, 3]
    assert plain["fixes"][0]["output_shape"] == [None, 1, 1, 3]


def test_a_fix_is_applied_by_the_owner_of_the_model() -> None:
    fix = diagnosed(MISTAKES[0])[2].fixes[0]
    with pytest.raises(
        UserError, match=r"^this fix cannot be applied, because its model is not watched; paste its code instead\.$"
    ):
        fix.apply()
    asked: list[Any] = []
    replace(fix, run=asked.append).apply()
    assert asked == [fix.edit]


def test_a_new_layer_gets_a_name_that_is_free() -> None:
    first = New(layers.Flatten, {}).make()
    after = f"flatten_{number(first.name) + 1}"
    assert New(layers.Flatten, {}).make({after}).name == f"flatten_{number(first.name) + 2}"
    assert New(layers.Flatten, {"name": "mine"}).make({"mine"}).name == "mine"


def broken(*behind: Any) -> Any:
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3, name="good")])
    with pytest.raises(ValueError, match="negative"):
        model.add(layers.Conv2D(4, 9, name="bad"))
    for layer in behind:
        model._layers.append(layer)
    return model


def test_a_broken_model_says_how_to_fix_it() -> None:
    model = broken(layers.Flatten(name="behind"))
    before = fingerprint(model)
    index, diagnosis = diagnose_broken(model)
    assert fingerprint(model) == before
    assert (index, diagnosis.layer) == (1, "bad")
    assert "kernel of 9×9" in diagnosis.cause
    assert [fix.edit.slots for fix in diagnosis.fixes[:2]] == [(0, 2), (0,)]
    assert [fix.output_shape for fix in diagnosis.fixes[:2]] == [(None, 144), (None, 6, 6, 4)]
    assert any("padding" in fix.description for fix in diagnosis.fixes)
    for fix in diagnosis.fixes:
        assert apply_fix(model, None, fix).output_shape == fix.output_shape
        names: dict[str, Any] = {"keras": keras, "layers": layers, "model": broken(layers.Flatten(name="behind"))}
        exec(fix.code, names)
        assert names["model"].output_shape == fix.output_shape


def test_a_bad_layer_alone_can_be_removed() -> None:
    model = keras.Sequential([keras.Input((4,))])
    with pytest.raises(ValueError, match="expected min_ndim"):
        model.add(layers.Conv2D(1, 1))
    index, diagnosis = diagnose_broken(model)
    assert index == 0
    assert diagnosis.fixes[0].edit.slots == ()


def test_a_model_that_fits_is_not_broken() -> None:
    assert diagnose_broken(keras.Sequential([keras.Input((4,)), layers.Dense(3)])) is None
    assert diagnose_broken(keras.Sequential([layers.Dense(3)])) is None


@pytest.mark.parametrize("name", STACKS)
def test_preview_equals_the_row_after_adding(name: str) -> None:
    shape, make = STACKS[name]
    model = keras.Sequential([keras.Input(shape)])
    for layer in make():
        before = fingerprint(model)
        row = preview(model, layer)
        assert fingerprint(model) == before
        assert not layer.built or not layer.weights
        model.add(layer)
        assert row == inspect(model).rows[-1]


def test_preview_if_keras_refuses_or_the_shape_is_unknown() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="a")])
    assert preview(model, layers.Dense(2, name="a")).cause.startswith("the model already has a layer named 'a'")
    assert preview(model, layers.Conv2D(1, 1)).layer.startswith("conv2d")
    assert "consists of layers" in preview(model, "relu").cause
    assert "one input" in preview(model, keras.Input((3,))).cause
    unbuilt = keras.Sequential([layers.Dense(3)])
    row = preview(unbuilt, layers.Dense(2))
    assert row.output_shape is None
    assert "not known" in row.unknown["output_shape"]


def test_many_kept_layers_are_one_slice() -> None:
    stack = [layers.Dense(4, name=f"d{n}") for n in range(5)]
    model = keras.Sequential([keras.Input((3, 32, 32)), layers.Conv2D(2, 3), *stack])
    layer = layers.MaxPooling2D(2)
    code = diagnose(model, layer, ValueError("negative")).fixes[0].code
    assert "*old[1:6]," in code
    names: dict[str, Any] = {"keras": keras, "layers": layers, "model": model}
    exec(code, names)
    assert names["model"].layers[1:6] == stack


def test_a_layer_is_tried_itself_and_stays_unchanged() -> None:
    class Around(layers.Layer):
        """A layer that takes a layer, and cannot be rebuilt from its config."""

        def __init__(self, inner: Any, **options: Any) -> None:
            super().__init__(**options)
            self.inner, self.more = inner, []

        def build(self, shape: Any) -> None:
            self.more.append(layers.Dense(2))
            for one in (self.inner, *self.more):
                one.build(shape)

        def call(self, x: Any) -> Any:
            return self.inner(x) + keras.ops.sum(self.more[0](x))

    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    makers = {
        "itself": lambda: Around(layers.Dense(5), name="a"),
        "in a stack": lambda: keras.Sequential([Around(layers.Dense(5)), layers.Dense(1)], name="a"),
        "in a wrapper": lambda: layers.Wrapper(Around(layers.Dense(5)), name="a"),
        "stateless": lambda: layers.Lambda(lambda x: x * 2, name="a"),
    }
    for name, make in makers.items():
        layer = make()
        if name == "in a wrapper":
            continue  # Keras's own Wrapper has no call
        before = (layer.built, [part.built for part in layer._flatten_layers()], len(layer.weights))
        row = preview(model, layer)
        assert (layer.built, [part.built for part in layer._flatten_layers()], len(layer.weights)) == before
        assert layer._inbound_nodes == []
        grown = keras.Sequential([keras.Input((3,)), layer])
        assert (row.output_shape, row.params) == (grown.output_shape, layer.count_params()), name
    unbuilt = keras.Sequential([Around(layers.Dense(5), name="a")])
    assert inspect(unbuilt, input_shape=(4,)).rows[0].params == 25 + 10
    assert not unbuilt.layers[0].built
    diagnosis = diagnose(model, Around(layers.Dense(5), name=model.layers[0].name), ValueError("unique names"))
    assert diagnosis.cause.startswith("the model already has a layer named")


def test_a_stateful_layer_fits_on_batches_of_one_size() -> None:
    model = keras.Sequential([keras.Input(batch_shape=(2, 5, 3))])
    layer = layers.LSTM(4, stateful=True)
    row = preview(model, layer)
    assert (row.output_shape, layer.built) == ((2, 4), False)
    model.add(layer)
    assert (model.output_shape, layer.count_params()) == (row.output_shape, row.params)


def test_layers_that_keras_accepts_are_not_mistakes() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model.add(layers.Lambda(lambda x: x.numpy() * 2))  # Keras cannot infer its shape, but adds it
    assert len(model.layers) == 2


def test_an_input_with_a_new_shape_keeps_its_name_and_the_rest() -> None:
    model = keras.Sequential([keras.Input((3, 32, 32), name="photo", dtype="float16"), layers.Conv2D(8, 3)])
    fix = diagnose(model, layers.Conv2D(8, 3), ValueError("negative")).fixes[0]
    assert 'keras.Input((32, 32, 3), dtype="float16", name="photo")' in fix.code


@only_on("tensorflow", "jax")
def test_an_input_with_a_new_shape_stays_sparse() -> None:
    sparse = keras.Sequential([keras.Input((5,), sparse=True, name="words")])
    codes = [fix.code for fix in diagnose(sparse, layers.Reshape((2, 3)), ValueError("size")).fixes]
    assert any('sparse=True, name="words"' in code for code in codes)
