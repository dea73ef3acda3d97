"""With any capability switched off, edits still give the same model as a fresh keras.Sequential."""

from __future__ import annotations

import inspect
import pickle
import random
import re
import sys
import textwrap
import types
import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from keras import layers
from keras.src.models.functional import Functional
from keras.src.ops.function import Function
from keras.src.saving import saving_lib, serialization_lib
from keras.src.utils.tracking import Tracker

import seqwidget
from seqwidget.editing.sequential import Sequential
from seqwidget.keras_compat import capabilities, held_values
from seqwidget.keras_compat.capabilities import CAPABILITIES, Capability
from tests.backends import BACKEND, module
from tests.close import assert_close

from .sequences import SEQUENCES, ModelUnderTest
from .test_edits import BAD, MASKS, make

NAMES = {one.name: one for one in CAPABILITIES}
TRAINER = next(cls for cls in keras.Model.__mro__ if "get_compile_config" in vars(cls))


def without(patch: pytest.MonkeyPatch, capability: Capability) -> None:
    """Switch a capability off, and all that need it."""
    for one in CAPABILITIES:  # those that are needed come first
        off = one is capability or any(need.found is False for need in one.needs)
        patch.setattr(one, "found", False if off else None)


def test_every_capability_works_in_this_keras() -> None:
    assert [one.name for one in CAPABILITIES if not one.works] == []


def test_the_table_tells_of_each_what_is_tried_and_what_is_done_instead() -> None:
    declared = [one for one in vars(capabilities).values() if isinstance(one, Capability)]
    assert declared == list(CAPABILITIES)
    assert all(one.tries and one.otherwise and one._probe is not bool for one in CAPABILITIES)


def test_probing_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def automatic_names() -> list[str]:
        made = (
            layers.Dense(1),
            layers.Layer(),
            layers.Identity(),
            keras.Sequential(),
            keras.Input((1,)),
            keras.optimizers.SGD(),
        )
        return [one.name for one in made]

    keras.backend.clear_session()
    before = automatic_names()
    for one in CAPABILITIES:
        keras.backend.clear_session()
        monkeypatch.setattr(one, "found", None)
        seed = random.getstate()
        assert one.works
        assert random.getstate() == seed, one.name
        assert automatic_names() == before, one.name


def test_without_held_values_all_weights_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = keras.Variable([1.0])
    assert held_values.hold(weight)() == (BACKEND != "torch")
    without(monkeypatch, NAMES["held values"])
    assert held_values.hold(weight)() == (BACKEND == "jax")


@pytest.mark.parametrize("name", NAMES)
@MASKS
@settings(max_examples=2, suppress_health_check=[HealthCheck.too_slow])
@example(sequence=("frames", False, False, [("add", "both ways"), ("call", "")]))  # a fix is tried on a layer that is not built
@given(sequence=SEQUENCES)
def test_any_sequence_of_edits_without_it(name: str, sequence: Any) -> None:
    kind, adopted, known_input, edits = sequence
    with pytest.MonkeyPatch.context() as patch:
        without(patch, NAMES[name])
        one = ModelUnderTest(kind, adopted=adopted, known_input=known_input)
        for verb, what in edits:
            one.act(verb, what)


def edits_agree() -> None:
    """Add, be refused, pop, undo and redo; train, freeze and recompile; save. A plain model does the same by hand."""
    model, plain, x = refusals_agree()
    for row in (layers.Flatten(name="c"), layers.Dense(3, name="d"), layers.Dense(2, name="e")):
        model.add(row)
        plain.add(row.__class__.from_config(row.get_config()))
    assert model.pop() is model.undo().layers[-1]
    model.undo()
    model.redo()
    agree(model, plain, x)
    training_agrees(model, plain, x)
    for copied in (pickle.loads(pickle.dumps(model)), keras.models.model_from_json(model.to_json())):
        assert type(copied) is keras.Sequential
        copied.set_weights(model.get_weights())
        assert_close(copied(x), model(x))
    assert_close(seqwidget.feature_extractor(model, "c")(x), keras.Model(plain.inputs, plain.get_layer("c").output)([x]))


def refusals_agree() -> tuple[Any, Any, Any]:
    keras.utils.clear_session(free_memory=False)
    model, plain = make("new"), keras.Sequential([keras.Input((9, 9, 1))], name="m")
    x = np.random.default_rng(0).random((4, 9, 9, 1)).astype("float32")
    for bad in BAD.values():
        for row in (layers.Conv2D(2, 3, name="a"), layers.Dropout(0.0, name="b")):
            if row.name not in [layer.name for layer in model.layers]:
                model.add(row)
                plain.add(row.__class__.from_config(row.get_config()))
        with pytest.raises(Exception) as raised:  # noqa: PT011  compared with Keras's below
            model.add(bad())
        with pytest.raises(type(raised.value)):
            keras.models.clone_model(plain).add(bad())
        agree(model, plain, x)
    return model, plain, x


def training_agrees(model: Any, plain: Any, x: Any) -> None:
    y = np.ones((4, 2), "float32")
    for one in (model, plain):  # tracing takes most of the time, and the plain model does not need it
        one.compile(keras.optimizers.SGD(0.01, momentum=0.5), "mse", metrics=["mae"], run_eagerly=one is plain)
    agree_on_training(model, plain, x, y)
    for one in (model, plain):
        one.get_layer("d").trainable = False
    assert seqwidget.inspect(model).state in ("stale", "compiled")
    plan = seqwidget.recompile(model)
    before = zip(plain.optimizer._trainable_variables, plain.optimizer.momentums, strict=True)
    slots = {weight.path: np.asarray(momentum) for weight, momentum in before}
    plain.compile(keras.optimizers.SGD(0.01, momentum=0.5), "mse", metrics=["mae"], run_eagerly=True)
    plain.optimizer.build(plain.trainable_weights)
    if capabilities.OPTIMIZER_SLOTS.works:
        for weight, momentum in zip(plain.trainable_weights, plain.optimizer.momentums, strict=True):
            momentum.assign(slots[weight.path])
    else:
        assert plan.lost[-1] == "all slots of the optimizer"
    agree_on_training(model, plain, x, y)


def agree(model: Any, plain: Any, x: Any) -> None:
    """Compare a model with a plain one: layers, weights, shapes, what it computes, and the rows of its table."""
    assert [layer.name for layer in model.layers] == [layer.name for layer in plain.layers]
    assert (model.built, model.count_params(), model.output_shape) == (plain.built, plain.count_params(), plain.output_shape)
    plain.set_weights(model.get_weights())
    assert_close(model(x), plain(x))
    ours, theirs = (seqwidget.inspect(one).rows for one in (model, plain))
    assert [(row.name, row.output_shape, row.params) for row in ours] == [(r.name, r.output_shape, r.params) for r in theirs]


def agree_on_training(model: Any, plain: Any, x: Any, y: Any) -> None:
    plain.set_weights(model.get_weights())
    ours, theirs = (one.fit(x, y, epochs=2, verbose=0, shuffle=False).history["loss"] for one in (model, plain))
    assert_close(ours, theirs)


@pytest.mark.parametrize("name", NAMES)
def test_edits_agree_without_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, NAMES[name])
    edits_agree()
    off = [one for one in CAPABILITIES if not one.works]
    assert [one.name for one in off if one is not NAMES[name] and not any(need in off for need in one.needs)] == []


def change(patch: pytest.MonkeyPatch, old: str, new: str, *homes: Any) -> None:
    """Replace an expression in the code of all functions of some classes or modules of Keras."""
    for home in homes:
        module = sys.modules[home.__module__] if isinstance(home, type) else home
        for name, function in list(vars(home).items()):
            source = inspect.getsource(function) if isinstance(function, types.FunctionType) else ""
            found = re.search(rf"(?<![a-z]){old}\b", source)
            if found and function.__module__ == module.__name__:
                code = re.sub(rf"(?<![a-z]){old}\b", new, textwrap.dedent(source)).replace("super()", "super(_home, self)")
                made: dict[str, Any] = {}
                given = new if name == old else name
                exec(f"def make(_home):\n{textwrap.indent(code, ' ')}\n return {given}", vars(module), made)
                patch.setattr(home, given, made["make"](home), raising=False)
                if name == old:
                    patch.delattr(home, name)


def saved_by_type(patch: pytest.MonkeyPatch) -> None:
    change(patch, "obj.__class__", "type(obj)", serialization_lib)
    for home in (keras.saving, saving_lib):
        patch.setattr(home, "serialize_keras_object", serialization_lib.serialize_keras_object)


def no_stateless_weights(patch: pytest.MonkeyPatch) -> None:
    class Scope(keras.StatelessScope):
        def __init__(self) -> None:
            super().__init__()

    patch.setattr(keras, "StatelessScope", Scope)


def weights_in_another_order(patch: pytest.MonkeyPatch) -> None:
    weights = layers.Layer.weights.fget
    patch.setattr(layers.BatchNormalization, "weights", property(lambda self: weights(self)[::-1]), raising=False)


def dicts_are_not_tracked(patch: pytest.MonkeyPatch) -> None:
    track = Tracker.track
    patch.setattr(Tracker, "track", lambda self, value: value if type(value) is dict else track(self, value))


def layers_remember_that_they_were_built(patch: pytest.MonkeyPatch) -> None:
    built, build = weakref.WeakSet(), layers.Dense.build

    def once(self: Any, shape: Any) -> None:
        if self in built:
            msg = "built already"
            raise RuntimeError(msg)
        built.add(self)
        build(self, shape)

    patch.setattr(layers.Dense, "build", once)


def other_slots(patch: pytest.MonkeyPatch) -> None:
    build = keras.optimizers.SGD.build

    def more(self: Any, variables: Any) -> None:
        build(self, variables)
        self.more = {"extra": keras.Variable(np.zeros(7, "float32"))}
        self._variables.append(self.more["extra"])

    patch.setattr(keras.optimizers.SGD, "build", more)


def copied_reads(patch: pytest.MonkeyPatch) -> None:
    tf = module("tensorflow")
    convert = tf.convert_to_tensor

    def copied(value: Any, *args: Any, **kwargs: Any) -> Any:
        return tf.constant(value.numpy()) if isinstance(value, keras.Variable) else convert(value, *args, **kwargs)

    patch.setattr(tf, "convert_to_tensor", copied)


BROKEN: dict[str, tuple[Capability, Callable[[pytest.MonkeyPatch], None]]] = {
    "StatelessScope takes no argument": (capabilities.SCRATCH, no_stateless_weights),
    "weights come in another order": (capabilities.WEIGHT_LISTS, weights_in_another_order),
    "dicts are not tracked": (capabilities.INNER_LAYERS, dicts_are_not_tracked),
    "_run_through_graph has another name": (
        capabilities.GRAPH,
        lambda patch: change(patch, "_run_through_graph", "_run_all", Function, Functional),
    ),
    "stored_ids has another name": (capabilities.TRACKING, lambda patch: change(patch, "stored_ids", "_ids", Tracker)),
    "_maybe_rebuild has another name": (
        capabilities.QUICK_EDITS,
        lambda patch: change(patch, "_maybe_rebuild", "_build_again", keras.Sequential),
    ),
    "layers remember that they were built": (capabilities.LAYER_STATE, layers_remember_that_they_were_built),
    "a model is saved by its type": (capabilities.SAVING, saved_by_type),
    "_compile_config has another name": (
        capabilities.COMPILE_ARGUMENTS,
        lambda patch: change(patch, "_compile_config", "_compiled_with", TRAINER),
    ),
    "optimizers have other variables": (capabilities.OPTIMIZER_SLOTS, other_slots),
}
if BACKEND == "tensorflow":
    BROKEN["a variable is copied when it is read"] = (capabilities.HELD_VALUES, copied_reads)


@pytest.mark.parametrize("how", BROKEN)
def test_a_capability_is_off_where_keras_does_otherwise(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    capability, broken = BROKEN[how]
    for one in CAPABILITIES:
        monkeypatch.setattr(one, "found", None)
    broken(monkeypatch)
    assert not capability.works
    edits_agree()


def test_an_interrupted_probe_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> bool:
        raise KeyboardInterrupt

    one = capabilities.GRAPH
    monkeypatch.setattr(one, "found", None)
    with monkeypatch.context() as patch:
        patch.setattr(one, "_probe", interrupted)
        with pytest.raises(KeyboardInterrupt):
            one.works  # noqa: B018  reading it probes
    assert one.found is None
    assert one.works
    assert isinstance(Sequential(), keras.Sequential)
