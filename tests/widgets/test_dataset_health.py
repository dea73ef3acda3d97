"""The health of a whole data set: read once, a batch at a time, to the end or until it is stopped."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.widgets import feature_maps, health, idle
from tests.backends import module

from .test_feature_maps import ask
from .test_idle import ends, talk


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    feature_maps.close_all()


@pytest.fixture
def each_step_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "SLICE", 0)
    monkeypatch.setattr(health, "_EVERY", 0)
    monkeypatch.setattr(health, "_SHARE", 0)


def model_of() -> Any:
    stack = [layers.Dense(5, activation="relu", name="a"), layers.Dense(3, activation="tanh", name="b")]
    return keras.Sequential([keras.Input((4,)), *stack])


def sample(at: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(at).normal(size=(10, 4)).astype("float32")


class Batches(keras.utils.PyDataset):
    """A data set of batches of 10 samples, which counts how often it is read; without a number of batches, it has no end."""

    def __init__(self, number: int | None = 12, bad: int = -1) -> None:
        super().__init__()
        self.number, self.bad = number, bad
        self.read: list[int] = []
        self.alive: list[weakref.ref[Any]] = []
        self.most = 0

    @property
    def num_batches(self) -> int | None:
        return self.number

    def __getitem__(self, at: int) -> Any:
        if at == self.bad:
            raise OSError(5, "the disk is gone")
        self.most = max(self.most, 1 + sum(one() is not None for one in self.alive))
        self.read.append(at)
        batch = sample(at)
        self.alive.append(weakref.ref(batch))
        return batch, np.zeros(10)


async def read(data: Batches, number: int) -> None:
    """Wait until a number of batches has been read."""
    async with asyncio.timeout(60):
        while len(data.read) < number:  # noqa: ASYNC110
            await asyncio.sleep(0)


class Loader:
    """An iterable with a length, as a PyTorch DataLoader."""

    def __len__(self) -> int:
        return 12

    def __iter__(self) -> Iterator[Any]:
        return ([keras.ops.convert_to_tensor(sample(at)), np.zeros(10)] for at in range(12))


def from_tf(batch: int) -> Any:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(np.concatenate([sample(at) for at in range(12)])).batch(batch)


SOURCES: dict[str, Callable[[], Any]] = {
    "tf.data": lambda: from_tf(10),
    "tf.data, other batches": lambda: from_tf(7),
    "tf.data of unknown length": lambda: from_tf(10).filter(lambda x: module("tensorflow").size(x) > 0),
    "PyDataset": Batches,
    "PyTorch": Loader,
    "generator": lambda: (sample(at) for at in range(12)),
}


@pytest.mark.parametrize("name", SOURCES)
def test_it_is_the_health_of_all_samples_together(name: str) -> None:
    model = model_of()
    viewer = seqwidget.FeatureMaps(model, SOURCES[name](), samples=15)
    assert viewer.dataset
    everything = np.concatenate([sample(at) for at in range(12)])
    outputs = keras.Model(model.inputs, [layer.output for layer in model.layers]).predict(everything, verbose=0)
    reply, arrays = ask(viewer, "health", dataset=True)
    facts = reply["facts"]
    assert (facts["samples"], facts["dataset"], facts["problem"]) == (120, True, "")
    for at, (layer, output) in enumerate(zip(facts["layers"], outputs, strict=True)):
        assert layer["dead"] == tuple(np.flatnonzero((output <= 0).all(axis=0)))
        assert layer["whole"]
        assert arrays["histograms"][at].sum() == output.size
        np.testing.assert_allclose(arrays["spans"][at], [output.min(), output.max()], rtol=1e-4, atol=1e-6)
    few, _ = ask(viewer, "health")
    assert (few["facts"]["samples"], few["facts"]["dataset"]) == (15, False)


def test_it_is_read_once_and_only_one_batch_is_in_memory() -> None:
    data = Batches()
    viewer = seqwidget.FeatureMaps(model_of(), data, samples=10)
    data.read.clear()
    first, _ = ask(viewer, "health", dataset=True)
    again, _ = ask(viewer, "health", dataset=True)
    assert data.read == list(range(12))
    assert again["facts"] == first["facts"]
    assert data.most == 1


def test_a_generator_is_read_once_from_its_first_batch() -> None:
    model = model_of()
    viewer = seqwidget.FeatureMaps(model, (sample(at) for at in range(12)), samples=15)
    assert ask(viewer, "health", dataset=True)[0]["facts"]["samples"] == 120
    model.layers[0].bias.assign_add(np.ones(5))
    assert "can be read only once" in ask(viewer, "health", dataset=True)[0]["error"]
    assert ask(viewer, "health")[0]["facts"]["samples"] == 15


def test_an_array_is_no_data_set() -> None:
    viewer = seqwidget.FeatureMaps(model_of(), sample(0))
    assert not viewer.dataset
    assert not ask(viewer, "health", dataset=True)[0]["facts"]["dataset"]


@pytest.mark.parametrize(("bad", "why"), [(7, "batch 8 of the data set: OSError: [Errno 5] the disk is gone"), (12, "")])
def test_what_was_analysed_before_an_error_is_kept(bad: int, why: str) -> None:
    viewer = seqwidget.FeatureMaps(model_of(), Batches(bad=bad), samples=10)
    facts = ask(viewer, "health", dataset=True)[0]["facts"]
    assert (facts["samples"], str(facts["problem"])) == (10 * bad, why)


def test_batches_that_do_not_fit_end_it_with_the_reason() -> None:
    strange = [sample(0), np.full((10, 4), np.nan, "float32")]
    for wrong, why in ((strange[1], "NaN or infinite"), (np.zeros((10, 5)), "5 instead of 4"), (np.array(["a"]), "numbers")):
        viewer = seqwidget.FeatureMaps(model_of(), iter([strange[0], wrong]), samples=10)
        facts = ask(viewer, "health", dataset=True)[0]["facts"]
        assert facts["samples"] == 10
        assert str(facts["problem"]).startswith("batch 2 of the data set: expected a batch of shape (None, 4)")
        assert why in str(facts["problem"])


@pytest.mark.usefixtures("each_step_alone")
def test_results_come_in_parts() -> None:
    async def script(ask: Any) -> None:
        await ask("whole", "health", dataset=True)

    got = talk(viewer := seqwidget.FeatureMaps(model_of(), Batches(), samples=10), script)
    parts = [one["facts"] for one in got if "progress" in one and "facts" in one]
    assert [one["samples"] for one in parts] == [10 * at for at in range(1, 13)]
    assert all(one["problem"] == "" for one in parts)
    assert [one["progress"] for one in got if "progress" in one][-1] == {"done": 12, "of": 12, "samples": 120}
    assert ends(got)["whole"]["layers"] == parts[-1]["layers"]
    assert not viewer.analysing


@pytest.mark.usefixtures("each_step_alone")
def test_a_data_set_without_end_is_analysed_until_it_is_stopped() -> None:
    data = Batches(None)
    viewer = seqwidget.FeatureMaps(model_of(), data, samples=10)
    data.read.clear()

    async def script(ask: Any) -> None:
        await ask("whole", "health", dataset=True)
        await read(data, 30)
        assert viewer.analysing
        await ask("quick", "photo", sample=0, limit=32)
        await ask("stop", "stop")
        assert not viewer.analysing

    got = talk(viewer, script)
    assert all(one["progress"]["of"] is None for one in got if "progress" in one)
    found = ends(got)
    assert (found["quick"], found["stop"]) == ({}, {})
    whole = found["whole"]
    assert (whole["samples"], str(whole["problem"])) == (290, "stopped"), "batch 30 was not finished"
    assert data.most == 1

    data.number = 12  # nothing is kept: a new analysis starts at the first batch
    assert ask(viewer, "health", dataset=True)[0]["facts"]["samples"] == 120


@pytest.mark.usefixtures("each_step_alone")
def test_a_newer_request_goes_on_where_the_older_one_is() -> None:
    data = Batches()
    viewer = seqwidget.FeatureMaps(model_of(), data, samples=10)
    data.read.clear()

    async def script(ask: Any) -> None:
        await ask("old page", "health", dataset=True)
        await read(data, 5)
        await ask("new page", "health", dataset=True)
        assert viewer.analysing

    found = ends(talk(viewer, script))
    assert found["old page"]["problem"] == "a newer request took its place"
    assert (found["old page"]["samples"], found["new page"]["samples"]) == (40, 120)
    assert data.read == list(range(12))


@pytest.mark.usefixtures("each_step_alone")
@pytest.mark.parametrize("change", ["edit", "weights", "close"])
def test_it_ends_when_the_model_changes_or_the_viewer_is_closed(change: str) -> None:
    model = model_of()
    data = Batches(None)
    viewer = seqwidget.FeatureMaps(model, data, samples=10)

    async def script(ask: Any) -> None:
        await ask("whole", "health", dataset=True)
        await read(data, 5)
        if change == "close":
            viewer.close()
            return
        _ = model.pop() if change == "edit" else model.layers[0].bias.assign_add(np.ones(5))
        viewer.refresh()

    whole = ends(talk(viewer, script))["whole"]
    assert str(whole["problem"]) == ("the panel was closed" if change == "close" else "the model has changed")
    assert (whole["version"], whole["samples"]) == (1, 30)
    assert viewer.state == (1 if change == "close" else 2), "so that the page marks the results as outdated"
    assert not viewer._working


def test_an_interrupt_ends_it_and_keeps_the_results() -> None:
    data = Batches()

    class Interrupted(layers.Layer):
        def call(self, x: Any) -> Any:
            if data.read == [0, 1, 2, 3, 4]:
                raise KeyboardInterrupt
            return x

    model = keras.Sequential([keras.Input((4,)), Interrupted(name="a")])
    viewer = seqwidget.FeatureMaps(model, data, samples=10)
    data.read.clear()
    facts = ask(viewer, "health", dataset=True)[0]["facts"]
    assert (facts["samples"], str(facts["problem"])) == (40, "interrupted")
    assert not viewer.analysing
