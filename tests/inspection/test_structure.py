"""Nested models, operations, wrappers and opaque layers: the facts agree with real runs and Keras's counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget import inspect
from seqwidget.activations.extractor import feature_extractor
from seqwidget.editing.watching import watch
from seqwidget.errors import InputShapeError, NoSuchLayerError
from tests.backends import has_values, needs, only_on
from tests.close import as_array

from ..model.flops import multiply_adds


def inner(name: str = "inner") -> Any:
    return keras.Sequential([layers.Dense(3, name="one"), layers.Dense(5, name="two")], name=name)


def graph(*shape: int) -> Any:
    x = keras.Input(shape)
    y = layers.Dense(4)(x)
    return keras.Model(x, layers.Add()([y, layers.Dense(4)(y)]))


def called(model: Any, *shape: int) -> Any:
    x = keras.Input(shape)
    return keras.Model(x, model(x))


def twice() -> Any:
    x, model = keras.Input((5,)), graph(5)
    return keras.Model(x, layers.Concatenate()([model(x), model(layers.Dense(5)(x))]))


def of_dicts() -> Any:
    a, b = keras.Input((3,), name="a"), keras.Input((4,), name="b")
    model = keras.Model({"a": a, "b": b}, {"s": layers.Dense(2)(a), "t": layers.Dense(5)(b)})
    x = keras.Input((4,))
    given = model({"b": x, "a": layers.Dense(3)(x)})
    return keras.Model(x, layers.Concatenate()([given["t"], given["s"]]))


def two_outputs() -> Any:
    x = keras.Input((4,))
    y = layers.Dense(3)(x)
    model = keras.Model(x, [y, layers.Dense(2)(y)])
    return keras.Sequential([keras.Input((4,)), model, layers.Concatenate(), layers.Dense(1)])


def changed_inside() -> Any:
    deep = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    x = keras.Input((4,))
    model = keras.Sequential([keras.Input((4,)), keras.Model(x, deep(x)), layers.ReLU()])
    deep.add(layers.Dense(6))
    return model


NESTINGS: dict[str, tuple[tuple[int, ...], Callable[[], Any]]] = {
    "functional calls sequential": ((8,), lambda: called(inner(), 8)),
    "functional calls watched": ((8,), lambda: called(watch(inner()), 8)),
    "functional calls functional": ((8,), lambda: called(graph(8), 8)),
    "sequential in sequential": ((8,), lambda: keras.Sequential([keras.Input((8,)), inner(), layers.Dense(2)])),
    "functional in sequential in functional": ((8,), lambda: called(keras.Sequential([graph(8), inner()]), 8)),
    "a model called twice": ((5,), twice),
    "dicts": ((4,), of_dicts),
    "two outputs": ((4,), two_outputs),
    "changed two levels down": ((4,), changed_inside),
    "over time": ((6, 8), lambda: keras.Sequential([keras.Input((6, 8)), layers.TimeDistributed(inner(), name="td")])),
    "over time twice": (
        (3, 6, 8),
        lambda: keras.Sequential([keras.Input((3, 6, 8)), layers.TimeDistributed(layers.TimeDistributed(graph(8)))]),
    ),
}


@pytest.mark.parametrize("name", NESTINGS)
def test_a_nested_model_agrees_with_a_real_run(name: str) -> None:
    shape, make = NESTINGS[name]
    model = make()
    for facts in (inspect(model), inspect(model, input_shape=shape)):
        x = np.ones((2, *shape), "float32")
        output = as_array(model(x))
        last = next(row for row in reversed(facts.rows) if row.depth == 0)
        assert last.output_shape == (None, *output.shape[1:])
        assert facts.totals.params == model.count_params()
        assert facts.totals.macs == multiply_adds(model, shape)[0]
        assert facts.state == "built"
        leaves = [row for row in facts.rows if row.kind != "model"]
        assert facts.totals.activation_bytes == sum(row.activation_bytes for row in leaves)
    str(facts), facts.to_html(), facts.to_svg()
    path = next(row.path for row in facts.rows if row.depth)
    given = keras.tree.flatten(feature_extractor(model, path)(x))[0]
    row = next(row for row in facts.rows if row.path == path)
    assert tuple(given.shape[1:]) == row.output_shape[1:]
    seqwidget.Summary(model)
    seqwidget.Trainable(model).freeze(path)
    assert not any(row.trains for row in inspect(model).rows if row.path == path)


def test_a_shape_that_a_graph_does_not_accept_is_a_misfit_and_not_an_error() -> None:
    facts = inspect(called(inner(), 8), input_shape=(9,))
    assert facts.state == "broken"
    assert "value 8" in facts.unknown["built"]
    a, b = keras.Input((3,)), keras.Input((3,))
    with pytest.raises(InputShapeError, match="expected one shape for each of the 2 inputs"):
        inspect(keras.Model([a, b], layers.Add()([a, b])), input_shape=(3,))


def test_a_model_that_overrides_call_is_not_assumed_to_run_its_graph() -> None:
    class Own(keras.Sequential):
        def call(self, x: Any, **_: Any) -> Any:
            return self.layers[0](x)

    model = Own([keras.Input((4,)), layers.Dense(4), layers.Dense(3)])
    facts = inspect(model)
    assert [row.output_shape for row in facts.rows] == [None, None]
    assert facts.totals.macs is None
    assert "has a custom call, so the shapes of its layers are not known" in str(facts)
    with pytest.raises(NoSuchLayerError, match="overrides call"):
        feature_extractor(model, 1)


# Functional models that are linear.


def test_a_linear_functional_model_has_the_facts_of_a_sequential_one() -> None:
    def made() -> list[Any]:
        return [
            layers.Conv2D(4, 3, name="a"),
            layers.MaxPooling2D(name="b"),
            layers.Flatten(name="c"),
            layers.Dense(2, name="d"),
        ]

    x = keras.Input((20, 20, 3))
    y = x
    for layer in made():
        y = layer(y)
    sequential = inspect(keras.Sequential([keras.Input((20, 20, 3)), *made()]))
    line = keras.Model(x, y)
    assert [row.receptive_field for row in inspect(line).rows] == [row.receptive_field for row in sequential.rows]
    assert not inspect(line).notes
    nested = inspect(called(line, 20, 20, 3))
    assert [row.receptive_field for row in nested.rows[1:]] == [row.receptive_field for row in sequential.rows]


def test_same_shapes_do_not_make_a_line() -> None:
    x = keras.Input((8, 8, 1))
    a = layers.Conv2D(1, 3, padding="same")(x)
    b = layers.Conv2D(1, 3, padding="same")(x)  # applied to the input, although its shape is also that of `a`
    for outputs in ([a, b], b):
        facts = inspect(keras.Model(x, outputs))
        assert facts.rows[-1].receptive_field == (3, 3)
        assert any(note.key == "not-a-stack" for note in facts.notes) is (outputs is not b)


def test_computing_a_mask_is_not_an_operation_of_the_graph() -> None:
    x = keras.Input((7,), dtype="int32")
    model = keras.Model(x, layers.LSTM(3)(layers.Embedding(9, 4, mask_zero=True)(x)))
    assert [row.type for row in inspect(model).rows] == ["Embedding", "LSTM"]
    assert not inspect(model).notes


def test_branches_inside_a_sequential_are_reported() -> None:
    facts = inspect(keras.Sequential([keras.Input((5,)), graph(5), layers.Dense(2)]))
    assert [(note.key, note.row) for note in facts.notes] == [("not-a-stack", 0)]


# Layers that Keras cannot look into.


def shapeless() -> Any:
    return layers.Lambda(lambda x: keras.ops.convert_to_tensor(keras.ops.convert_to_numpy(x)), name="shapeless")


@only_on("tensorflow", "jax")  # on PyTorch, Keras then runs the layer on zeros
def test_an_output_that_keras_leaves_open_is_unknown_and_not_a_misfit() -> None:
    model = keras.Sequential([keras.Input((4,)), shapeless(), layers.Dense(2, name="dense")])
    before = inspect(model)
    assert before.state == "unbuilt"
    assert not before.broken
    assert before.totals.params is before.rows[1].params is before.totals.macs is None
    assert "output is not known" in before.rows[1].unknown["params"]
    model(np.ones((2, 4), "float32"))
    after = inspect(model)
    assert after.state == "built"
    assert after.totals.params == model.count_params() == 10
    assert "shapeless: output not known" in str(after)
    alone = inspect(keras.Sequential([keras.Input((4,)), shapeless()]))
    assert (alone.state, alone.rows[0].output_shape) == ("built", None)
    live = seqwidget.Sequential([keras.Input((4,)), shapeless()])
    live.add(layers.Dense(2))
    assert live.refused is None
    assert type(live.preview(layers.Dense(3))).__name__ == "LayerRow"
    assert keras.ops.shape(live(np.ones((2, 4)))) == (2, 2)


class Block(layers.Layer):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.dense = layers.Dense(4, name="dense")
        self.model = inner("model")

    def build(self, shape: Any) -> None:
        self.dense.build(shape)
        self.model.build((*shape[:-1], 4))

    def call(self, x: Any) -> Any:
        return self.model(self.dense(x))

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], 5)


class Twice(layers.Wrapper):
    def call(self, x: Any) -> Any:
        return self.layer(self.layer(x))


class Lazy(layers.Layer):
    """A layer that builds its sublayers at its first call, although Keras regards it as built before."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.dense = layers.Dense(4)

    def build(self, _: Any) -> None:
        self.is_ready = True

    def call(self, x: Any) -> Any:
        if isinstance(x, keras.KerasTensor) or not has_values(x):
            raise NotImplementedError
        return self.dense(x)


@only_on("tensorflow", "jax")  # as above
def test_unbuilt_layers_are_not_counted() -> None:
    model = keras.Sequential([keras.Input((3,)), Lazy(name="lazy")])
    assert model.layers[0].built
    assert inspect(model).totals.params is inspect(model).rows[0].params is None
    model(np.ones((2, 3), "float32"))
    assert inspect(model).totals.params == model.count_params() == 16


@pytest.mark.parametrize("around", [lambda: Block(name="b"), lambda: layers.TimeDistributed(Block(), name="b")])
def test_layers_inside_a_custom_layer_are_rows_with_switches(around: Callable[[], Any]) -> None:
    model = keras.Sequential([keras.Input((6, 5)), around(), layers.Dense(2, name="end")])
    facts = inspect(model)
    paths = [row.path for row in facts.rows]
    assert any(path.endswith("/dense") for path in paths)
    assert any(path.endswith("/model/two") for path in paths)
    assert facts.rows[0].macs is facts.totals.macs is None
    assert facts.totals.params == model.count_params()
    dense = next(path for path in paths if path.endswith("/dense"))
    with pytest.raises(NoSuchLayerError, match="overrides call") as caught:
        feature_extractor(model, dense)
    assert "\n" not in str(caught.value)
    assert keras.ops.shape(feature_extractor(model, "b")(np.ones((2, 6, 5)))) == (2, 6, 5)
    panel = seqwidget.Trainable(model)
    panel.freeze(dense)
    assert {row.path for row in inspect(model).rows if row.trains is False} == {dense}
    assert panel.switches[0] == "mixed"
    panel.freeze()
    assert not model.trainable_weights
    assert repr(seqwidget.FeatureMaps(model, np.ones((2, 6, 5))))


def test_a_custom_wrapper_shows_its_layer() -> None:
    facts = inspect(keras.Sequential([keras.Input((5,)), Twice(layers.Dense(5, name="in"), name="twice")]))
    assert [row.path for row in facts.rows] == ["twice", "twice/in"]
    assert facts.rows[1].params == facts.totals.params == 30


def test_outputs_inside_time_distributed_are_those_of_all_steps() -> None:
    model = keras.Sequential(
        [
            keras.Input((7, 5, 3)),
            layers.TimeDistributed(
                keras.Sequential([keras.Input((5, 3)), layers.LSTM(4, name="lstm"), layers.Dense(2)]), name="td"
            ),
            layers.GRU(2, name="gru"),
        ]
    )
    x = np.random.default_rng(2).random((2, 7, 5, 3), "float32")
    lstm, td, gru = feature_extractor(model, ["td/lstm", "td", "gru"])(x)
    right = layers.TimeDistributed(model.layers[0].layer.layers[0])(x)
    np.testing.assert_allclose(as_array(lstm), as_array(right), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(as_array(td), as_array(model.layers[0](x)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(as_array(gru), as_array(model(x)), rtol=1e-5, atol=1e-6)
    rows = {row.path: row for row in inspect(model).rows}
    assert rows["td/lstm"].output_shape == (None, *lstm.shape[1:])
    assert rows["td/lstm"].activation_bytes == as_array(lstm)[0].nbytes
    open_ended = inspect(keras.Sequential([keras.Input((None, 5, 3)), layers.TimeDistributed(model.layers[0].layer)]))
    assert open_ended.totals.macs is open_ended.rows[1].macs is None


def test_a_model_that_overrides_call_has_an_unknown_cost() -> None:
    class Code(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.own = self.add_weight(shape=(2, 3))

        def call(self, x: Any) -> Any:
            return x @ self.own

    model = Code()
    model(np.ones((1, 2), "float32"))
    for facts in (inspect(model), inspect(keras.Sequential([keras.Input((2,)), model])), inspect(called(model, 2))):
        assert facts.totals.params == 6
        assert facts.totals.macs is facts.totals.activation_bytes is None
        assert facts.unknown["macs"]
        assert facts.unknown["activation_bytes"]


# Sizes that are not fixed.


@needs("tensorflow")
def test_texts_of_any_length_are_drawn() -> None:
    words = keras.Sequential([keras.Input((1,), dtype="string"), layers.TextVectorization(vocabulary=["a", "b"], name="v")])
    maps = seqwidget.FeatureMaps(words, np.array([["a b"], ["a"]]))
    maps.layer = "v"
    assert "?" in repr(maps)
    assert maps.to_png()
    assert maps.to_html()


def test_sizes_that_are_not_fixed_are_noted_once() -> None:
    video = [layers.ConvLSTM2D(2, 3, return_sequences=True) for _ in range(7)]
    model = keras.Sequential([keras.Input((None, 30, 30, 1)), *video])
    facts = inspect(model)
    assert str(facts).count("not known:") == 2
    assert str(facts).count("all layers: ") == 3
    facts.to_html(), facts.to_svg()
    shown = seqwidget.FeatureMaps(model, np.ones((1, 2, 30, 30, 1)))
    assert repr(shown)
    assert shown.to_png()
    vectors = keras.Sequential([keras.Input((None,)), layers.ReLU()])
    assert "0 numbers" not in repr(seqwidget.FeatureMaps(vectors, np.ones((1, 4))))


WINDOWS = ("kernel_size", "pool_size")


def test_every_layer_with_a_window_shows_it() -> None:
    found = set()
    for name, cls in vars(layers).items():
        for arguments in ((), (2,), (2, 2)):
            try:
                layer = cls(*arguments)
            except Exception:  # noqa: BLE001  cannot be built this way, or is not a layer
                continue
            size = next((getattr(layer, key) for key in WINDOWS if hasattr(layer, key)), None)
            if size is not None:
                assert seqwidget.model.layer_kinds.window_arguments(layer)[0] == tuple(size), name
                found.add(name)
            break
    assert found > {"Conv2D", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "MaxPooling3D", "SeparableConv1D", "DepthwiseConv2D"}
    model = keras.Sequential([keras.Input((2, 9, 9, 1)), layers.ConvLSTM2D(2, (3, 2), strides=2, padding="same")])
    row = inspect(model).rows[0]
    assert (row.kernel, row.strides, row.dilation, row.padding) == ((3, 2), (2, 2), (1, 1), "same")
