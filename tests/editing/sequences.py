"""Random sequences of edits; after each edit, the model must equal a fresh keras.Sequential of the same layers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import strategies as st
from keras import layers

from seqwidget.editing.sequential import Sequential
from seqwidget.editing.watching import watch
from seqwidget.errors import NoStepError
from seqwidget.inspection.inspect import inspect
from seqwidget.inspection.stack import Stack
from seqwidget.keras_compat import names
from seqwidget.keras_compat.capabilities import LAYER_STATE, RESTORE
from seqwidget.keras_compat.inner_layers import every_layer
from seqwidget.lint import engine
from seqwidget.model import row_cache, session
from seqwidget.model.call_cache import CallCache
from seqwidget.model.folds import folds
from seqwidget.model.records import LayerRow, plain
from seqwidget.model.refusal import Diagnosis
from seqwidget.model.training_state import switches
from seqwidget.render.diagram import diagram
from seqwidget.render.text import remarks
from seqwidget.widgets.summary import Summary
from tests.backends import BACKEND
from tests.close import as_array, assert_close

from .acts import ACTS, check_same
from .acts import outcome as doing

INPUTS = {"image": (9, 8, 2), "sequence": (7, 3), "vector": (5,), "frames": (3, 6, 6, 1), "tokens": (4,)}
MAKERS: dict[str, Any] = {
    "dense": lambda name: layers.Dense(3, name=name),
    "dense relu": lambda name: layers.Dense(4, activation="relu", name=name),
    "conv1d": lambda name: layers.Conv1D(2, 3, name=name),
    "conv2d": lambda name: layers.Conv2D(2, 3, name=name),
    "conv2d same": lambda name: layers.Conv2D(3, 3, strides=2, padding="same", name=name),
    "conv3d": lambda name: layers.Conv3D(2, 2, name=name),
    "transposed": lambda name: layers.Conv2DTranspose(2, 2, strides=2, name=name),
    "separable": lambda name: layers.SeparableConv2D(2, 2, name=name),
    "depthwise": lambda name: layers.DepthwiseConv2D(2, name=name),
    "groups": lambda name: layers.Conv2D(4, 1, groups=2, name=name),
    "pool1d": lambda name: layers.MaxPooling1D(2, name=name),
    "pool2d": lambda name: layers.MaxPooling2D(3, name=name),
    "global": lambda name: layers.GlobalAveragePooling2D(name=name),
    "global1d": lambda name: layers.GlobalMaxPooling1D(name=name),
    "norm": lambda name: layers.BatchNormalization(name=name),
    "layer norm": lambda name: layers.LayerNormalization(name=name),
    "dropout": lambda name: layers.Dropout(0.0, name=name),
    "flatten": lambda name: layers.Flatten(name=name),
    "reshape": lambda name: layers.Reshape((3, 3), name=name),
    "permute": lambda name: layers.Permute((2, 1), name=name),
    "repeat": lambda name: layers.RepeatVector(4, name=name),
    "padding": lambda name: layers.ZeroPadding2D(name=name),
    "up": lambda name: layers.UpSampling2D(name=name),
    "embedding": lambda name: layers.Embedding(9, 3, mask_zero=True, name=name),
    "lstm": lambda name: layers.LSTM(2, name=name),
    "gru": lambda name: layers.GRU(2, return_sequences=True, name=name),
    "both ways": lambda name: layers.Bidirectional(layers.SimpleRNN(2), name=name),
    "each step": lambda name: layers.TimeDistributed(layers.Conv2D(2, 2), name=name),
    "rescaling": lambda name: layers.Rescaling(0.5, name=name),
    "activation": lambda name: layers.Activation("tanh", name=name),
    "prelu": lambda name: layers.PReLU(name=name),
    "nested": lambda name: keras.Sequential([layers.Dense(2, name="inner")], name=name),
    "graph": lambda name: graph(name),  # noqa: PLW0108  it is defined below
    "model over time": lambda name: layers.TimeDistributed(keras.Sequential([layers.Flatten(), layers.Dense(2)]), name=name),
    "bins": lambda name: layers.Discretization([0.0, 1.0], name=name),
    "merge": lambda name: layers.Concatenate(name=name),
    "attention": lambda name: layers.MultiHeadAttention(2, 2, name=name),
    "input": lambda name: layers.Input((5,), name=name),
    "same name": lambda _: layers.ReLU(name="same"),
    "no layer": lambda _: "a string",
}


def graph(name: str) -> Any:
    """Build a functional model with an operation and a branch."""
    x = keras.Input((None, 3))
    y = layers.Dense(3)(x * 2)
    return keras.Model(x, layers.Add()([x, y]), name=name)


EDITS = st.one_of(
    st.tuples(st.sampled_from(["add", "add", "add", "preview"]), st.sampled_from(sorted(MAKERS))),
    st.tuples(st.sampled_from(["pop", "undo", "redo", "again", "switch", "call", "compile", "fit"]), st.just("")),
    st.tuples(st.just("also"), st.sampled_from(sorted(set(ACTS) - {"lora", "training"}))),
)
SEQUENCES = st.tuples(st.sampled_from(sorted(INPUTS)), st.booleans(), st.booleans(), st.lists(EDITS, min_size=1, max_size=12))


def snapshot(model: Any) -> dict[str, Any]:
    """Return what a failed edit must leave unchanged in a model, without the graph if Keras's own edits replace it."""
    rows = model._layers
    graph = vars(model).get("_modules", vars(model)).get("_functional")  # on PyTorch, the graph is one of the modules
    exact = {
        "graph": (id(graph), id(vars(model).get("_seqwidget_tail"))),
        "nodes": [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in rows],
    }
    return {
        **(exact if RESTORE.works else {}),
        "layers": [id(layer) for layer in rows],
        "names": [layer.name for layer in rows],
        "built": (model.built, [layer.built for layer in rows]),
        "weights": [np.asarray(weight).tobytes() for weight in model.weights],
        "compiled": (model.compiled, id(getattr(model, "optimizer", None)), id(getattr(model, "train_function", None))),
        "build config": json.dumps(model.get_build_config(), default=str),
        "steps": (len(model.edits), model.edits.position),
    }


def fresh(rows: list[Any], *, weights: list[Any] | None = None, built_with: tuple[int, ...] | None = None) -> Any:
    """Build a plain keras.Sequential from copies of the layers, with the given weights."""
    copies: dict[int, Any] = {}
    model = keras.Sequential(name="m")
    for row in rows:
        model.add(copies.setdefault(id(row), row.__class__.from_config(row.get_config())))
    if built_with and not model.built:
        model.build(built_with)
    if weights is not None:
        model.set_weights(weights)
    return model


def check(model: Any, rows: list[Any], x: Any) -> None:
    """Compare a model with a fresh one: layers, names, shapes, counts, config and outputs."""
    assert model._layers == rows
    looked = inspect(model)
    with without_caches(model):
        assert looked == inspect(model), "something was kept that is not true any more"
    assert model.layers == rows[1 if rows and isinstance(rows[0], layers.InputLayer) else 0 :]
    twin = fresh(rows)
    assert (model.built, bool(model._functional)) == (twin.built, bool(twin._functional))
    assert config(model) == config(twin)
    if BACKEND == "torch":
        check_modules(model, twin)
    if not twin.built or not twin._functional:
        return
    assert figures(looked) == figures(inspect(twin))
    assert (model.input_shape, model.output_shape) == (twin.input_shape, twin.output_shape)
    assert model.count_params() == twin.count_params()
    assert [tuple(w.shape) for w in model.weights] == [tuple(w.shape) for w in twin.weights]
    assert ran(model) == ran(twin)
    if x is not None and x.shape[1:] == model.input_shape[1:]:
        twin.set_weights(model.get_weights())
        ours, theirs = outcome(model, x), outcome(twin, x)
        if isinstance(theirs, type):
            assert ours is theirs
        else:
            assert_close(ours, theirs)


def check_modules(model: Any, twin: Any) -> None:
    """Compare what PyTorch finds in a model with the variables that Keras finds, and with a fresh model."""
    assert {id(one) for one in model.parameters()} == {id(variable.value) for variable in model.variables}
    if twin.built and twin._functional:
        # Their order depends on when `parameters` was called first, also in plain Keras.
        assert sorted(name for name, _ in model.named_modules()) == sorted(name for name, _ in twin.named_modules())
        assert [len(one.state_dict()) for one in (model, twin)] == [len(model.state_dict(keep_vars=True))] * 2
        assert {id(one) for one in model.state_dict(keep_vars=True).values()} == {id(v.value) for v in model.variables}


def figures(stack: Stack) -> list[Any]:
    """Return the facts about each layer that depend only on its position."""
    return [(row.path, row.input_shape, row.output_shape, row.macs, row.receptive_field, row.params) for row in stack.rows]


@contextlib.contextmanager
def without_caches(model: Any) -> Iterator[None]:
    """Inspect a model inside without any caches; they are restored afterwards."""
    kinds = (row_cache.Rows, engine.NotesCache, CallCache)
    seen = {kind: session.part(model, kind) for kind in kinds}
    for kind in kinds:
        session.drop(model, kind)
    yield
    vars(model)[names.SESSION].parts.update(seen)


def config(model: Any) -> str:
    """Return a model's config without build shapes, because a layer that was built once stays built."""
    given = model.get_config()
    for layer in given["layers"]:
        layer.pop("build_config", None)
    return json.dumps(given, default=str)


def outcome(model: Any, x: Any) -> Any:
    """Return a model's output for an input, or the type of the exception that it raises."""
    try:
        return as_array(model(x))
    except Exception as error:  # noqa: BLE001  the exceptions are compared
        return type(error)


def ran(model: Any) -> list[tuple[type, str]]:
    """Return the calls in a model's graph, in order; the names of the operations that compute masks do not matter."""
    by_depth = model._functional._nodes_by_depth
    operations = [node.operation for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    return [(type(one), one.name if isinstance(one, layers.Layer) else "") for one in operations]


class ModelUnderTest:
    """A model under test, and the list of layers that it must contain after each edit."""

    def __init__(self, kind: str, *, adopted: bool, known_input: bool) -> None:
        keras.utils.clear_session(free_memory=False)
        keras.utils.set_random_seed(1)
        self.model = watch(keras.Sequential(name="m")) if adopted else Sequential(name="m")
        self.rows: list[Any] = []
        self.past, self.position = [[]], 0
        self.x = np.random.default_rng(0).integers(0, 9, (2, *INPUTS[kind])).astype("int32" if kind == "tokens" else "float32")
        self.count = 0
        self.popped: Any = None
        self.panel = Summary(self.model)
        if known_input:
            self.model.add(keras.Input(INPUTS[kind], name="x", dtype=str(self.x.dtype)))
            self.note()

    def note(self) -> None:
        """Record the current layers as the expected ones, and as a step."""
        self.rows = list(self.model._layers)
        self.past[self.position + 1 :] = [self.rows]
        self.position += 1

    def act(self, verb: str, what: str) -> None:
        """Run one action, and check the model."""
        self.count += 1
        made = MAKERS[what](f"l{self.count}") if what in MAKERS else what
        getattr(self, verb)(made)
        if verb != "switch":  # the next edit must be the first one to notice a switch
            self.check_panel()
        check(self.model, self.rows, self.x)
        assert len(self.model.edits) == len(self.past)
        assert self.model.edits.position == self.position

    def check_panel(self) -> None:
        """Compare the incrementally updated panel with a panel that is computed from scratch."""
        self.panel.refresh()
        with without_caches(self.model):
            facts = inspect(self.model)
        assert self.panel.stack == facts.to_page()
        assert self.panel.diagram == diagram(facts, refused=self.model.refused).to_dict()
        assert self.panel.folds == [fold.to_page() for fold in folds(facts.rows, facts.graphs)]
        assert (self.panel.switches, self.panel.remarks) == (switches(facts.rows), plain(remarks(facts)))

    def switch(self, _: Any) -> None:
        """Freeze or unfreeze a layer without notifying anybody. Keras does not save the flag of a model inside it."""
        rows = [row for row in self.model.layers if not any(isinstance(one, keras.Model) for one in every_layer(row))]
        if rows:
            layer = rows[self.count % len(rows)]
            layer.trainable = not layer.trainable

    def add(self, layer: Any) -> None:
        before, built = snapshot(self.model), getattr(layer, "built", None)
        expected = self.keras_error(layer)
        if expected is None:
            self.model.add(layer)
            self.note()
        else:
            with pytest.raises(type(expected)) as refused:
                self.model.add(layer)
            assert str(refused.value).partition("\n")[0] == str(expected).partition("\n")[0]
            assert snapshot(self.model) == before
            assert not LAYER_STATE.works or getattr(layer, "built", None) == built

    def preview(self, layer: Any) -> None:
        before, built = snapshot(self.model), getattr(layer, "built", None)
        expected = self.keras_error(layer)
        told = self.model.preview(layer)
        assert snapshot(self.model) == before
        assert getattr(layer, "built", None) == built
        assert isinstance(told, LayerRow if expected is None else Diagnosis), expected

    def keras_error(self, layer: Any) -> Exception | None:
        """Return the exception that Keras raises when a fresh model of the same layers gets this layer too."""
        again = layer
        if isinstance(layer, layers.Layer) and layer not in self.rows:
            again = layer.__class__.from_config(layer.get_config())
            if layer.built:
                again.build_from_config(layer.get_build_config())
        elif layer in self.rows:
            again = None
        twin = fresh(self.rows)
        if again is None:
            again = next(mine for mine, row in zip(twin._layers, self.rows, strict=True) if row is layer)
        try:
            twin.add(again)
        except Exception as error:  # noqa: BLE001  as above
            return error
        return None

    def again(self, _: Any) -> None:
        """Add the layer again that was popped last."""
        if self.popped is not None:
            self.add(self.popped)

    def pop(self, _: Any) -> None:
        before = snapshot(self.model)
        try:
            layer = self.model.pop()
        except IndexError:
            assert self.rows == []
            assert snapshot(self.model) == before
        else:
            assert layer is self.rows[-1]
            self.popped = layer
            expected = self.rows[:-1]
            self.note()
            assert self.rows == expected

    def undo(self, _: Any) -> None:
        self.travel(-1, self.model.undo)

    def redo(self, _: Any) -> None:
        self.travel(1, self.model.redo)

    def travel(self, by: int, go: Any) -> None:
        before = snapshot(self.model)
        try:
            go()
        except NoStepError:
            assert not 0 <= self.position + by < len(self.past)
            assert snapshot(self.model) == before
            return
        self.position += by
        self.rows = list(self.past[self.position])
        head = self.model._layers[:1]
        if self.rows and head and isinstance(head[0], layers.InputLayer) and self.rows[0] not in head:
            assert head[0].name != "x", "only an input that was learnt from data stays"
            self.rows.insert(0, head[0])

    def call(self, _: Any) -> None:
        before = snapshot(self.model)
        try:
            y = self.model(self.x)
        except Exception:  # noqa: BLE001  a stack that does not accept this input
            if self.model.built and not before["built"][0]:
                self.rows = list(self.model._layers)  # it accepted the shape, but not the values
            else:
                assert {**snapshot(self.model), "graph": 0} == {**before, "graph": 0}
            return
        self.rows = list(self.model._layers)
        expected = keras.ops.cast(self.x, self.model.input_dtype)
        for layer in self.model.layers:
            expected = layer(expected)
        np.testing.assert_allclose(as_array(y), as_array(expected), rtol=1e-5, atol=1e-6)

    def also(self, name: str) -> None:
        """Use the model in ways other than editing, and compare with a fresh model of the same layers."""
        if not self.model.built or not self.model._functional:
            return
        twin = fresh(self.rows, weights=self.model.get_weights())
        ours, theirs = (doing(ACTS[name], one, self.x) for one in (self.model, twin))
        if isinstance(theirs, tuple) and isinstance(theirs[0], type):
            assert ours[0] is theirs[0]
        else:
            check_same(ours, theirs)

    def compile(self, _: Any) -> None:
        self.model.compile(keras.optimizers.SGD(0.1), "mse")

    def fit(self, _: Any) -> None:
        """Train for one step, and compare with a fresh model that trains for one step."""
        if not self.model.trainable_weights or not self.model._functional or self.model.outputs[0].dtype != "float32":
            return
        if self.model.input_shape[1:] != self.x.shape[1:] or isinstance(outcome(self.model, self.x), type):
            return
        twin = fresh(self.rows, weights=self.model.get_weights())
        y = np.ones((2, *self.model.output_shape[1:]), "float32")
        if None in y.shape:
            return
        for one in (self.model, twin):
            one.compile(keras.optimizers.SGD(0.01), "mse")
        ours, theirs = (trained(one, self.x, y) for one in (self.model, twin))
        assert isinstance(ours, type) == isinstance(theirs, type)
        if not isinstance(theirs, type):
            assert_close(ours, theirs, 1e-4)
            for a, b in zip(self.model.get_weights(), twin.get_weights(), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def trained(model: Any, x: Any, y: Any) -> Any:
    """Return the losses of a short training, or the type of the exception that it raises."""
    try:
        return model.fit(x, y, verbose=0).history["loss"]
    except Exception as error:  # noqa: BLE001  the exceptions are compared
        return type(error)
