"""Statistics and health of channels agree with plain NumPy, and known defects are found."""

from __future__ import annotations

import weakref
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from seqwidget.activations import channel_health
from seqwidget.activations.cache import Activations
from seqwidget.activations.channel_health import Analysis, Health, figures, health
from seqwidget.activations.layer_uses import layer_uses
from seqwidget.activations.samples import Samples
from seqwidget.errors import InputError
from seqwidget.inspection.inspect import inspect
from tests.close import as_array


def analysed(model: Any, x: np.ndarray[Any, Any]) -> dict[str, Health]:
    activations = Activations(model, layer_uses(model, inspect(model)), Samples((x,)))
    return {one.path: one for one in health(activations)}


def images(count: int = 5) -> np.ndarray[Any, Any]:
    return np.random.default_rng(2).random((count, 12, 12, 3), "float32")


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint8", "bool"])
def test_statistics_agree_with_numpy(dtype: str) -> None:
    maps = (np.random.default_rng(0).normal(size=(7, 2, 9, 5)) * 3).astype(dtype)
    found = figures(maps)
    flat = maps.reshape(7, -1).astype("float64")
    for name, right in (
        ("low", flat.min(1)),
        ("high", flat.max(1)),
        ("mean", flat.mean(1)),
        ("variance", flat.var(1)),
        ("zeros", (flat == 0).mean(1)),
        ("not_finite", np.zeros(7)),
    ):
        np.testing.assert_allclose(getattr(found, name), right, rtol=1e-4, atol=1e-6, err_msg=name)


def test_statistics_leave_out_values_that_are_not_finite() -> None:
    maps = np.array([[1, np.nan, 3, -np.inf], [np.nan] * 4, [1, 2, 3, 4]], "float32")
    found = figures(maps)
    assert found.low.tolist() == [1, 0, 1]
    assert found.high.tolist() == [3, 0, 4]
    assert found.mean.tolist() == [2, 0, 2.5]
    assert found.variance.tolist() == [1, 0, 1.25]
    assert found.not_finite.tolist() == [2, 4, 0]


def test_a_channel_is_dead_only_if_it_is_dead_for_the_whole_batch() -> None:
    conv = layers.Conv2D(3, 1, activation="relu", name="conv")
    model = keras.Sequential([keras.Input((12, 12, 3)), conv])
    conv.set_weights([np.stack([np.zeros((1, 1, 3)), np.ones((1, 1, 3)), np.ones((1, 1, 3))], -1), np.array([-1, 0, -4])])
    x = images()
    x[-1] = 2  # the last channel is active only for the last sample
    assert analysed(model, x)["conv"].dead == (0,)
    assert analysed(model, x[:-1])["conv"].dead == (0, 2)


@pytest.mark.parametrize(("activation", "far"), [("sigmoid", 50), ("tanh", -50), ("relu6", 50), ("softsign", 1e4)])
def test_saturated(activation: str, far: float) -> None:
    dense = layers.Dense(3, activation=activation, name="dense")
    model = keras.Sequential([keras.Input((4,)), dense])
    dense.set_weights([np.eye(4, 3) * 0.1, np.array([far, 0.4, 0.3])])
    found = analysed(model, np.random.default_rng(0).random((20, 4), "float32"))["dense"]
    assert found.saturated == (0,)


def test_without_bounds_nothing_is_saturated() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu", name="dense"), layers.ReLU(name="free")])
    assert all(one.saturated == () for one in analysed(model, np.ones((3, 4), "float32") * 1e6).values())
    capped = keras.Sequential([keras.Input((4,)), layers.ReLU(max_value=2.0, name="cap")])
    assert analysed(capped, np.ones((3, 4), "float32") * 1e6)["cap"].saturated == (0, 1, 2, 3)


def test_channels_that_are_not_finite_are_neither_dead_nor_saturated() -> None:
    class DefectiveLayer(layers.Layer):
        def call(self, x: Any) -> Any:
            return keras.ops.concatenate([x * np.nan, x / 0, -x / 0, -x], -1)

    found = analysed(keras.Sequential([keras.Input((12, 12, 1)), DefectiveLayer(name="sick")]), images()[..., :1] + 1)["sick"]
    assert (found.dead, found.saturated) == ((3,), ())
    assert found.not_finite == 3 * 5 * 144


def test_the_first_layer_with_values_that_are_not_finite() -> None:
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(3, name="good"),
            layers.Lambda(keras.ops.log, name="bad"),
            layers.Dense(2, name="behind"),
        ]
    )
    model.layers[0].set_weights([np.ones((4, 3)), np.array([0, 0, -100])])
    found = analysed(model, np.ones((6, 4), "float32"))
    assert found["good"].not_finite == 0
    assert found["bad"].not_finite == 6
    assert found["behind"].not_finite == 12
    assert found["bad"].high == pytest.approx(np.log(4))


def test_near_duplicate_channels() -> None:
    conv = layers.Conv2D(4, 3, name="conv")
    model = keras.Sequential([keras.Input((12, 12, 3)), conv])
    kernel, bias = conv.get_weights()
    kernel[..., 2] = 3 * kernel[..., 0]  # equal up to scale and offset
    kernel[..., 3] = -kernel[..., 1]  # the opposite sign is not a near-duplicate
    conv.set_weights([kernel, bias + np.array([0, 0, 5, 0])])
    assert analysed(model, images())["conv"].duplicates == ((0, 2),)


def test_histograms_count_every_value_where_there_are_few() -> None:
    model = keras.Sequential([keras.Input((12, 12, 3)), layers.Conv2D(4, 3, name="conv")])
    found = analysed(model, images())["conv"]
    values = as_array(model(images()))
    assert (found.low, found.high, found.looked_at) == (pytest.approx(values.min()), pytest.approx(values.max()), 1)
    right, _ = np.histogram(values, bins=48, range=(found.low, found.high))
    assert found.histogram.sum() == values.size
    assert np.abs(found.histogram - right).sum() <= 4  # rounding may move two values at a bin edge to the neighbouring bin


def test_too_many_channels_to_compare_are_not_compared() -> None:
    model = keras.Sequential([keras.Input((5000,)), layers.ReLU(name="wide")])
    found = analysed(model, np.ones((2, 5000), "float32"))["wide"]
    assert found.duplicates is None
    assert found.channels == 5000


@pytest.mark.parametrize("sizes", [(1, 2, 30, 4), (37,), (36, 1)])
def test_values_are_evenly_spaced_however_the_samples_arrive(sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_health, "_VALUES", 3 * 50)  # of 3 channels, at most 50 values each
    monkeypatch.setattr(channel_health, "_TOGETHER", 2**12)  # a few samples at a time
    model = keras.Sequential([keras.Input((4, 4, 3)), layers.Activation("linear", name="same")])
    x = np.random.default_rng(0).normal(size=(37, 4, 4, 3)).astype("float32")
    x[20, 1, 1] = 9  # not among the evenly spaced values
    analysis = Analysis(Activations(model, layer_uses(model, inspect(model)), Samples((x[:1],))))
    for part in np.split(x, np.cumsum(sizes)[:-1]):
        for _ in analysis.add(Samples((part,))):
            pass
    (found,) = analysis.health()
    every = x.reshape(-1, 3)[::27]  # 592 values in each channel; every 9th would be 66
    assert (analysis.samples, found.looked_at) == (37, len(every) / 592)
    right, _ = np.histogram(every, bins=48, range=(x.min(), 9))
    np.testing.assert_array_equal(found.histogram, right)
    assert (found.low, found.high) == (x.min(), 9), "of all values"


def test_the_memory_of_an_analysis_does_not_depend_on_the_number_of_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_health, "_VALUES", 1000)
    outputs: list[weakref.ref[Any]] = []
    alive = []

    class Watched(layers.Layer):
        def call(self, x: Any) -> Any:
            if isinstance(x, keras.KerasTensor):
                return x
            alive.append(sum(one() is not None for one in outputs))
            outputs.append(weakref.ref(out := x * 1.0))
            return out

    model = keras.Sequential([keras.Input((8, 8, 3)), *(Watched(name=name) for name in "abc")])
    analysis = Analysis(Activations(model, layer_uses(model, inspect(model)), Samples((images(1)[:, :8, :8],))))
    sizes = []
    outputs.clear()
    alive.clear()
    for at in range(40):
        for _ in analysis.add(Samples((np.full((16, 8, 8, 3), at, "float32"),))):
            pass
        sizes.append(sum(tally.kept.nbytes for tally in analysis._so_far[1].values()))
    assert len(outputs) == 120
    assert max(alive) <= 2, "the input and output of a layer"
    assert sizes == [3 * 333 * 3 * 4] * 40


def test_a_step_that_is_interrupted_does_not_count() -> None:
    model = keras.Sequential([keras.Input((12, 12, 3)), layers.ReLU(name="a"), layers.Flatten(name="b")])
    analysis = Analysis(Activations(model, layer_uses(model, inspect(model)), Samples((images(),))))
    before = list(analysis.add(Samples((images(),))))
    assert before == ["a", "b"]
    one = analysis.health()
    next(analysis.add(Samples((images() * 7,))))
    assert analysis.samples == 5
    assert [(each.high, each.histogram.tolist()) for each in analysis.health()] == [
        (each.high, each.histogram.tolist()) for each in one
    ]


def test_channels_must_be_as_before() -> None:
    model = keras.Sequential([keras.Input((None, 2)), layers.Permute((2, 1), name="turned")])
    analysis = Analysis(Activations(model, layer_uses(model, inspect(model)), Samples((np.ones((1, 5, 2), "float32"),))))
    list(analysis.add(Samples((np.ones((3, 5, 2), "float32"),))))
    with pytest.raises(InputError, match=r"expected outputs of 5 channels, as before, received 6"):
        list(analysis.add(Samples((np.ones((3, 6, 2), "float32"),))))
    assert analysis.samples == 3
