"""The extractor agrees with calling the layers in turn, where the usual recipe is right and where it is wrong."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.activations.extractor import feature_extractor
from seqwidget.errors import InputError, NoSuchLayerError, NotAModelError
from seqwidget.widgets.feature_maps import FeatureMaps
from tests.close import HALF_TOLERANCE, TOLERANCE, as_array, assert_close

from ..inspection.test_inspect import fingerprint
from ..model.families import FAMILIES, in_turn, sample_of


def check(model: Any, x: np.ndarray[Any, Any]) -> None:
    outputs = feature_extractor(model)(x)
    expected = in_turn(model.layers, x)
    assert len(outputs) == len(expected)
    half = any(layer.compute_dtype != "float32" for layer in model.layers)
    for output, right in zip(outputs, expected, strict=True):
        assert_close(as_array(output, "float32"), right, HALF_TOLERANCE if half else TOLERANCE)


def image(count: int = 2, side: int = 12, channels: int = 3) -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).random((count, side, side, channels), "float32")


@pytest.mark.parametrize("name", FAMILIES)
def test_every_output_equals_calling_the_layers_in_turn(name: str) -> None:
    shape, make = FAMILIES[name]
    check(keras.Sequential([keras.Input(shape), *make()]), sample_of(shape))


def test_after_pop_and_add_again_where_the_usual_recipe_is_wrong() -> None:
    conv = layers.Conv2D(3, 3, padding="same", name="conv")
    model = keras.Sequential([keras.Input((12, 12, 3)), conv])
    model.pop()
    model.add(layers.MaxPooling2D(2))
    model.add(conv)
    recipe = keras.Model(model.inputs, [layer.output for layer in model.layers])
    assert tuple(recipe([image()])[1].shape) == (2, 12, 12, 3)  # silently uses the old graph
    check(model, image())


def test_a_layer_inserted_in_the_middle() -> None:
    one, two = layers.Conv2D(3, 3, name="one"), layers.Conv2D(3, 3, name="two")
    model = keras.Sequential([keras.Input((12, 12, 3)), one, two])
    model.pop()
    model.add(layers.BatchNormalization())
    model.add(two)
    check(model, image())


def test_a_layer_shared_by_two_models_and_one_used_twice() -> None:
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    first = keras.Sequential([keras.Input((12, 12, 3)), shared, layers.ReLU(name="relu"), shared], name="first")
    second = keras.Sequential([keras.Input((7, 7, 3)), layers.Rescaling(2), shared])
    check(first, image())
    check(second, image(side=7))
    once, twice = feature_extractor(first, ["shared", "shared:2"])(image())
    expected = in_turn(first.layers, image())
    assert_close(once, expected[0])
    assert_close(twice, expected[2])


def base_of(kind: str) -> Any:
    x = keras.Input((12, 12, 3))
    one, two = layers.Conv2D(4, 3, name="one"), layers.BatchNormalization(name="two")
    if kind == "sequential":
        return keras.Sequential([x, one, two], name="base")
    return keras.Model(x, layers.Add(name="sum")([two(one(x)), layers.Conv2D(4, 3, name="side")(x)]), name="base")


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_inside_a_nested_model(kind: str) -> None:
    base = base_of(kind)
    head = [layers.Rescaling(0.5, name="half"), base, layers.GlobalAveragePooling2D(name="pool")]
    model = keras.Sequential([keras.Input((12, 12, 3)), *head])
    one, whole, pool = feature_extractor(model, ["base/one", "base", "pool"])(image())
    half = image() * 0.5
    assert_close(one, base.get_layer("one")(half))
    assert_close(whole, base(half))
    assert_close(pool, model(image()))


def test_two_levels_down_and_a_nested_model_used_twice() -> None:
    inner = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(3, 3, padding="same", name="conv")], name="inner")
    outer = keras.Sequential([keras.Input((12, 12, 3)), inner, inner], name="outer")
    model = keras.Sequential([keras.Input((12, 12, 3)), outer])
    first, second = feature_extractor(model, ["outer/inner/conv", "outer/inner/conv:2"])(image())
    assert_close(first, inner(image()))
    assert_close(second, inner(inner(image())))


def test_an_inner_sequential_that_changed() -> None:
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="a")], name="inner")
    outer = keras.Sequential([keras.Input((4,)), inner, layers.ReLU(name="relu")])
    inner.add(layers.Dense(7, name="b"))
    x = sample_of((4,))
    b, relu = feature_extractor(outer, ["inner/b", "relu"])(x)
    assert_close(b, inner(x))
    assert_close(relu, np.maximum(as_array(inner(x)), 0))


def test_an_unbuilt_model_is_built_as_by_its_own_call() -> None:
    model = keras.Sequential([layers.Dense(3, name="a"), layers.Dense(2, name="b")], name="plain")
    a, b = feature_extractor(model)(np.ones((5, 4), "float32"))
    assert model.input_shape == (None, 4)
    assert [weight.path for weight in model.weights] == ["plain/a/kernel", "plain/a/bias", "plain/b/kernel", "plain/b/bias"]
    assert_close(b, model.layers[1](a))


def test_the_layers_in_front_of_one_that_does_not_fit() -> None:
    model = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(4, 3, name="good")])
    with pytest.raises(ValueError, match="negative"):
        model.add(layers.Conv2D(4, 99, name="bad"))
    assert_close(feature_extractor(model, "good")(image()), model.layers[0](image()))


def test_training_on_request_only() -> None:
    model = keras.Sequential([keras.Input((400,)), layers.Dropout(0.5, name="drop"), layers.BatchNormalization(name="norm")])
    extractor = feature_extractor(model)
    x = np.ones((8, 400), "float32")
    drop, norm = (as_array(one) for one in extractor(x))
    assert np.all(drop == 1)
    np.testing.assert_allclose(norm, 1 / np.sqrt(1.001), rtol=1e-5)
    drop, norm = (as_array(one) for one in extractor(x, training=True))
    assert 0.4 < np.mean(drop == 0) < 0.6
    assert abs(float(norm.mean())) < 0.01  # statistics of the batch itself


def test_one_several_by_index_and_all() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="a"), layers.Dense(2, name="b")])
    x = sample_of((4,))
    a, b = in_turn(model.layers, x)
    for wish, right in (("a", a), (0, a), (-1, b), ("b", b)):
        assert_close(feature_extractor(model, wish)(x), right)
    both = feature_extractor(model, ["b", 0])(x)
    assert_close(both[0], b)
    assert_close(both[1], a)
    assert feature_extractor(model).paths == ("a", "b")


@pytest.mark.parametrize(("wrong", "said"), [("c", "one of 'a'"), (7, "an index from -1 to 0"), (["a", -2], "an index")])
def test_a_layer_that_is_not_there_is_one_clear_line(wrong: Any, said: str) -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="a")], name="m")
    with pytest.raises(NoSuchLayerError, match=rf"^m has no layer .*expected {said}") as caught:
        feature_extractor(model, wrong)
    assert "\n" not in str(caught.value)


def test_a_model_without_layers_is_named() -> None:
    with pytest.raises(NoSuchLayerError, match=r"^m has no layer 'a'; it has no layers yet\.$"):
        feature_extractor(keras.Sequential(name="m"), "a")


def test_after_an_edit_that_removed_the_layer() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="a"), layers.Dense(2, name="b")])
    extractor = feature_extractor(model, "b")
    model.pop()
    with pytest.raises(NoSuchLayerError, match="no longer has 'b'"):
        extractor(sample_of((4,)))


def test_something_else_is_refused() -> None:
    with pytest.raises(NotAModelError, match="expected a Keras model"):
        feature_extractor(layers.Dense(3))


def test_it_is_a_keras_model_with_inputs_and_outputs_that_are_connected() -> None:
    model = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(4, 3, name="conv"), layers.Flatten(name="flat")])
    extractor = feature_extractor(model, ["conv", "flat"])
    assert isinstance(extractor, keras.Model)
    assert [tuple(x.shape) for x in extractor.outputs] == [(None, 10, 10, 4), (None, 400)]
    on_top = keras.Model(extractor.inputs, layers.GlobalMaxPooling2D()(extractor.outputs[0]))
    assert_close(on_top([image()]), np.max(as_array(model.layers[0](image())), axis=(1, 2)))
    assert {id(weight) for weight in extractor.weights} == {id(weight) for weight in model.weights}
    first, second = extractor.predict(image(), verbose=0)
    assert_close(second, model(image()))
    assert first.shape == (2, 10, 10, 4)


def test_extracting_changes_nothing() -> None:
    keras.utils.set_random_seed(3)
    base = base_of("functional")
    model = keras.Sequential(
        [keras.Input((12, 12, 3)), base, layers.Dropout(0.5), layers.BatchNormalization(), layers.Flatten()]
    )
    model.compile(keras.optimizers.Adam(0.123), "mse")
    model.fit(image(), np.ones((2, 400)), verbose=0)
    inside = [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in base.layers]
    before = fingerprint(model)
    extractor = feature_extractor(model, ["base/one", -1])
    extractor(image())
    assert extractor.outputs
    assert fingerprint(model) == before
    assert [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in base.layers] == inside


def test_it_follows_the_training_of_its_source() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="a")])
    extractor = feature_extractor(model, "a")
    x = sample_of((4,))
    extractor(x)
    model.layers[0].kernel.assign(np.ones((4, 3)))
    assert_close(extractor(x), model(x))


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="other backends read past the end of a table")
def test_values_that_a_layer_cannot_take_are_told_in_one_line() -> None:
    class Own(layers.Layer):
        def call(self, x: Any) -> Any:
            raise KeyError(x.shape[1])

    embedding = layers.Embedding(10, 3, name="words")
    model = keras.Sequential([keras.Input((4,), dtype="int32"), embedding, layers.Flatten(name="flat")])
    for run in (feature_extractor(model, "flat"), lambda x: FeatureMaps(model, x).to_png()):
        with pytest.raises(InputError, match=r"^words cannot take these values: indices\[0,0\] = 20 is not in \[0, 10\)$"):
            run(np.full((2, 4), 20))
    own = keras.Sequential([Own(name="own")])
    with pytest.raises(KeyError, match="4"):  # the error of a custom layer is its author's
        feature_extractor(own, "own")(np.zeros((2, 4)))
