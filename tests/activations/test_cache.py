"""Cached activations are correct, computed once, within the memory limit, and leave the model unchanged."""

from __future__ import annotations

import tracemalloc
import weakref
from typing import Any, ClassVar

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.activations.cache import Activations
from seqwidget.activations.channel_health import health
from seqwidget.activations.layer_uses import layer_uses
from seqwidget.activations.samples import Samples
from seqwidget.inspection.inspect import inspect
from seqwidget.model.array_layout import filters, layout_of
from seqwidget.model.fingerprint import Fingerprint
from tests.backends import has_values
from tests.close import assert_close

from ..inspection.test_inspect import fingerprint as everything
from ..model.families import FAMILIES, in_turn, sample_of


def activations_of(model: Any, x: np.ndarray[Any, Any], **options: Any) -> Activations:
    return Activations(model, layer_uses(model, inspect(model)), Samples((x,)), **options)


@pytest.mark.parametrize("name", FAMILIES)
def test_each_sample_alone_equals_the_output_of_the_layers(name: str) -> None:
    shape, make = FAMILIES[name]
    model = keras.Sequential([keras.Input(shape), *make()])
    x = sample_of(shape)
    found = activations_of(model, x)
    for layer, right in zip(model.layers, in_turn(model.layers, x), strict=True):
        for sample in (1, 0):
            np.testing.assert_allclose(found.of(layer.name, sample), right[sample], rtol=2e-3, atol=1e-5)


class Counter(layers.Dense):
    """A Dense that records each call on real values."""

    calls: ClassVar[list[str]] = []

    def call(self, x: Any) -> Any:
        if has_values(x):
            Counter.calls.append(self.name)
        return super().call(x)


def counted(names: str, units: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    model = keras.Sequential([keras.Input((8,)), *(Counter(units, name=name) for name in names)])
    monkeypatch.setattr(Counter, "calls", [])
    return model


def test_each_layer_runs_once_and_only_if_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = activations_of(counted("abcd", 4, monkeypatch), np.ones((2, 8), "float32"))
    found.of("b", 0)
    found.of("b", 0)
    found.of("a", 0)  # computed together with b
    assert Counter.calls == ["a", "b"]
    found.of("d", 0)
    found.of("c", 0)
    assert Counter.calls == ["a", "b", "c", "d"], "the run continues where it stopped"
    found.of("b", 1)
    assert Counter.calls[4:] == ["a", "b"]


def test_the_limit_holds_and_the_oldest_are_dropped_first(monkeypatch: pytest.MonkeyPatch) -> None:
    model = counted("abcd", 100, monkeypatch)
    found = activations_of(model, np.ones((3, 8), "float32"), limit=1000)  # enough for two layers of 400 bytes
    for name in "abcd":
        found.of(name, 0)
        assert found.nbytes <= 1000
    assert found.nbytes == 800
    assert Counter.calls == [*"abcd"], "one run, whatever the limit"
    found.of("c", 0)
    assert len(Counter.calls) == 4
    found.of("b", 0)
    found.of("a", 0)
    assert Counter.calls[4:] == [*"ab"]
    huge = activations_of(model, np.ones((3, 8), "float32"), limit=10)
    assert huge.of("a", 0).shape == (100,)
    assert huge.nbytes == 0


def test_a_run_that_failed_does_not_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    model = counted("abc", 4, monkeypatch)
    found = activations_of(model, np.ones((2, 8), "float32"))
    call = Counter.call

    def interrupted(layer: Any, x: Any) -> Any:
        if layer.name == "b":
            raise KeyboardInterrupt
        return call(layer, x)

    with monkeypatch.context() as patch:
        patch.setattr(Counter, "call", interrupted)
        with pytest.raises(KeyboardInterrupt):
            found.of("c", 0)
    assert keras.src.backend.common.stateless_scope.get_stateless_scope() is None
    assert_close(found.of("c", 0), model(np.ones((1, 8)))[0])


def test_two_requests_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of several requests may be interleaved; each gets its own output."""
    model = counted("abcd", 4, monkeypatch)
    x = np.random.default_rng(0).random((2, 8), "float32")
    found = activations_of(model, x, limit=1)  # nothing can be cached
    wishes = [("d", 0), ("b", 0), ("c", 1), ("d", 0)]
    running = {at: found.steps_to(*wish) for at, wish in enumerate(wishes)}
    got = {}
    while running:
        for at, steps in list(running.items()):
            try:
                next(steps)
            except StopIteration as end:
                got[at] = end.value
                del running[at]
    for at, (name, sample) in enumerate(wishes):
        assert_close(got[at], in_turn(model.layers, x)["abcd".index(name)][sample])


@pytest.mark.parametrize("training", [False, True])
def test_nothing_about_the_model_changes_whatever_the_mode(training: bool) -> None:  # noqa: FBT001
    keras.utils.set_random_seed(2)
    stack = [layers.Conv2D(4, 3), layers.BatchNormalization(name="norm"), layers.Dropout(0.5, name="drop"), layers.Flatten()]
    model = keras.Sequential([keras.Input((8, 8, 3)), *stack, layers.Dense(2, activity_regularizer="l2")])
    model.compile(keras.optimizers.Adam(0.123), "mse")
    model.fit(np.ones((4, 8, 8, 3)), np.ones((4, 2)), verbose=0)
    before = everything(model)
    seeds = [np.asarray(variable) for variable in model.variables]
    found = activations_of(model, np.random.default_rng(0).random((3, 8, 8, 3)).astype("float32"), training=training)
    dropped = found.of("drop", 1)
    assert ((dropped == 0).mean() > 0.3) == training
    assert everything(model) == before
    for variable, seed in zip(model.variables, seeds, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), seed)


@pytest.mark.parametrize(
    ("shape", "options", "form", "arranged"),
    [
        ((), {}, "vector", (1, 1, 1, 1)),
        ((5,), {}, "vector", (5, 1, 1, 1)),
        ((7, 5), {}, "sequence", (5, 1, 1, 7)),
        ((5, 7), {"data_format": "channels_first"}, "sequence", (5, 1, 1, 7)),
        ((6, 7, 5), {}, "maps", (5, 1, 6, 7)),
        ((5, 6, 7), {"data_format": "channels_first"}, "maps", (5, 1, 6, 7)),
        ((3, 6, 7, 5), {}, "volume", (5, 3, 6, 7)),
        ((2, 3, 6, 7, 5), {}, "volume", (5, 6, 6, 7)),
        ((7, 7), {"attention": True}, "matrices", (1, 1, 7, 7)),
        ((4, 7, 7), {"attention": True}, "matrices", (4, 1, 7, 7)),
        ((7, 5), {"attention": True}, "sequence", (5, 1, 1, 7)),
    ],
)
def test_layouts(shape: tuple[int, ...], options: dict[str, Any], form: str, arranged: tuple[int, ...]) -> None:
    layout = layout_of(shape, **options)
    assert layout.form == form
    sample = np.arange(np.prod(shape)).reshape(shape)
    tiles = layout.arrange(sample)
    assert tiles.shape == arranged
    if form == "volume" and len(shape) == 4:
        assert tiles[2, 1, 4, 3] == sample[1, 4, 3, 2]
    if form == "maps" and not options:
        assert tiles[2, 0, 4, 3] == sample[4, 3, 2]
    if options.get("data_format") and form == "maps":
        assert tiles[2, 0, 4, 3] == sample[2, 4, 3]


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (layers.Conv2D(4, (3, 5)), (8, 8, 2), (4, 2, 3, 5)),
        (layers.Conv1D(4, 3), (8, 2), (4, 2, 1, 3)),
        (layers.Conv3D(4, 3), (8, 8, 8, 2), (4, 6, 3, 3)),
        (layers.Conv2DTranspose(4, 3), (8, 8, 2), (4, 2, 3, 3)),
        (layers.DepthwiseConv2D(3, depth_multiplier=2), (8, 8, 2), (4, 1, 3, 3)),
        (layers.SeparableConv2D(4, 3), (8, 8, 2), (2, 1, 3, 3)),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_filters(layer: Any, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert filters(layer) is None
    layer.build((None, *shape))
    assert filters(layer).shape == expected
    if isinstance(layer, layers.Conv2D) and not isinstance(layer, layers.DepthwiseConv2D):
        np.testing.assert_array_equal(filters(layer)[1, 0], np.asarray(layer.kernel)[..., 0, 1])


def test_filters_of_a_layer_without_filters() -> None:
    dense = layers.Dense(2)
    dense.build((None, 3))
    assert filters(dense) is None


def test_a_fingerprint_detects_any_change() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5)])
    model.compile("sgd", "mse")
    seen = [Fingerprint.of(model)]
    assert Fingerprint.of(model) in seen
    model.predict(np.ones((2, 4)), verbose=0)
    model(np.ones((2, 4)), training=False)
    assert Fingerprint.of(model, seen[-1]) in seen

    def changed() -> None:
        now = Fingerprint.of(model, seen[-1])
        assert now not in seen
        seen.append(now)

    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([kernel[:, ::-1], bias])  # the same values in another order
    changed()
    kernel[2, 1] = np.nextafter(kernel[2, 1], np.float32(9))
    model.layers[0].set_weights([kernel, bias])
    changed()
    model.fit(np.ones((8, 4)), np.ones((8, 3)), verbose=0)
    changed()
    model(np.ones((2, 4)), training=True)  # moving statistics
    changed()
    model.pop()
    changed()
    model.add(layers.Dropout(0.5))
    changed()


@pytest.mark.parametrize("count", [1, 3, 4])
@pytest.mark.parametrize("kind", ["stateful", "reshaping", "functional"])
def test_a_fixed_batch_size_runs_as_whole_batches(kind: str, count: int) -> None:
    """The oracle is ``predict`` on padded batches, each run from the same initial state."""
    keras.utils.set_random_seed(1)
    x = keras.Input(batch_shape=(2, 5, 3))
    rows = {
        "stateful": [layers.LSTM(4, stateful=True, return_sequences=True, name="a"), layers.Dense(2, name="b")],
        "reshaping": [layers.Lambda(lambda y: keras.ops.reshape(y, (2, -1)), name="a"), layers.Dense(2, name="b")],
        "functional": [layers.GRU(4, stateful=True, name="a"), layers.Dense(2, name="b")],
    }[kind]
    model = keras.Sequential([x, *rows])
    if kind == "functional":
        model = keras.Model(x, rows[1](rows[0](x)))
    samples = np.random.default_rng(0).random((count, 5, 3), "float32")
    found = activations_of(model, samples)
    right = []
    for first in range(0, count, 2):
        pair = samples[first : first + 2]
        right += list(model.predict(np.concatenate([pair, pair[-1:]])[:2], batch_size=2, verbose=0))
        if kind != "reshaping":
            rows[0].reset_state()
    for sample in reversed(range(count)):
        assert_close(found.of("b", sample), right[sample])
    for path, row in layer_uses(model, inspect(model)).items():
        assert found.of(path, 0).shape == tuple(row.row.output_shape[1:])
    assert {one.path for one in health(found)} == {"a", "b"}


class OutputRecorder(layers.Layer):
    """A layer that returns a copy of its input, and records how many bytes of its earlier outputs are still alive."""

    given: ClassVar[list[weakref.ref[Any]]] = []
    most = 0

    def call(self, x: Any) -> Any:
        y = x + 1
        if has_values(x):
            OutputRecorder.given = [one for one in OutputRecorder.given if one() is not None] + [weakref.ref(y)]
            OutputRecorder.most = max(OutputRecorder.most, len(OutputRecorder.given))
        return y


@pytest.mark.parametrize("ask", ["of", "health", "nested"])
def test_no_more_tensors_are_kept_than_the_next_layer_needs(ask: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OutputRecorder, "given", [])
    monkeypatch.setattr(OutputRecorder, "most", 0)
    stack = [OutputRecorder(name=f"w{i}") for i in range(12)]
    if ask == "nested":
        stack = [keras.Sequential([keras.Input((64, 64, 8)), *stack], name="inner")]
    model = keras.Sequential([keras.Input((64, 64, 8)), *stack])
    size = 64 * 64 * 8 * 4
    x = np.zeros((2, 64, 64, 8), "float32")
    found = activations_of(model, x, limit=2 * size)
    tracemalloc.start()
    try:
        if ask == "health":
            health(found)
        else:
            assert found.of(stack[-1].name, 0).max() == 12
        _, peak = tracemalloc.get_traced_memory()  # counts NumPy's arrays, but not TensorFlow's
    finally:
        tracemalloc.stop()
    assert 0 < OutputRecorder.most <= 3
    assert found.nbytes <= 2 * size
    if ask != "health":  # health allocates arrays of its own
        assert peak <= 5 * size
