"""An image of 4096×4096 pixels: progress, Stop, an interrupt of the kernel, and no half of an output in the cache."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.activations import cache
from seqwidget.widgets import feature_maps, idle
from tests.close import as_array, assert_close

from .test_idle import ends, talk

SIDE, DEPTH, MEMORY = 4096, 5, 150_000_000
Ask = Callable[..., Awaitable[None]]


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(idle, "SLICE", 0)
    monkeypatch.setattr(cache, "whole_run", lambda *_, **__: None)  # layer by layer, even on JAX
    stack = [layers.Conv2D(1, 3, activation="tanh", name=f"conv{at}") for at in range(DEPTH)]
    model = keras.Sequential([keras.Input((None, None, 1)), *stack])
    image = np.random.default_rng(0).random((SIDE, SIDE, 1), "float32")
    yield seqwidget.FeatureMaps(model, image, memory=MEMORY)
    feature_maps.close_all()


def check_cache(viewer: Any) -> list[str]:
    """Check all cached outputs in both corners against the model's layers on the corners alone; return their paths."""
    activations = viewer._answers.activations
    assert activations.nbytes <= MEMORY
    cached = {path: array for (path, _), array in activations._cached.items()}
    image = viewer._batch.array
    corners = [image[:, :40, :40], image[:, -40:, -40:]]
    for depth, layer in enumerate(viewer._model.layers, 1):
        corners = [layer(corner) for corner in corners]
        if layer.name in cached:
            array, inside = cached[layer.name], 40 - 2 * depth
            assert array.shape == (SIDE - 2 * depth, SIDE - 2 * depth, 1)
            for found, truth in zip((array[:inside, :inside], array[-inside:, -inside:]), corners, strict=True):
                assert_close(found, as_array(truth)[0])
    return list(cached)


def test_progress_and_stop(viewer: Any) -> None:
    cached: list[list[str]] = []

    async def script(ask: Ask) -> None:
        await ask("long", "maps", layer="conv4", sample=0)
        await asyncio.sleep(0.01)  # one more layer runs
        await ask("stop", "stop")
        cached.append(check_cache(viewer))
        await ask("again", "maps", layer="conv4", sample=0)

    got = talk(viewer, script)
    found = ends(got)
    assert (found["long"], found["stop"]) == ("stopped", {})
    assert cached[0], "the layers before it, which are not computed again"
    assert "conv4" not in cached[0]
    progress = [one["progress"] for one in got if "progress" in one]
    assert progress[0] == {"done": 1, "of": DEPTH}
    assert {one["done"] for one in progress} == set(range(1, DEPTH))
    again = [one["progress"]["done"] for one in got if "progress" in one and one["id"] == "again"]
    assert again[0] == len(progress) - len(again) + 1, "it goes on where it was stopped"
    assert (found["again"]["height"], found["again"]["width"]) == (SIDE - 2 * DEPTH,) * 2
    assert "conv4" in check_cache(viewer)


def test_an_interrupt_of_the_kernel(viewer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    convert, steps, third = cache.to_numpy, [], asyncio.Event()

    def interrupted(tensor: Any) -> Any:
        steps.append(tensor.shape)
        if len(steps) == 3:
            third.set()
            signal.raise_signal(signal.SIGINT)
        return convert(tensor)

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as ipykernel does between cells

    async def script(ask: Ask) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(cache, "to_numpy", interrupted)
            await ask("long", "maps", layer="conv4", sample=0)
            await third.wait()
        assert "conv2" not in check_cache(viewer)
        await ask("again", "maps", layer="conv2", sample=0)

    try:
        found = ends(talk(viewer, script))
    finally:
        signal.signal(signal.SIGINT, before)
    assert found["long"] == "interrupted"
    assert found["again"]["height"] == SIDE - 6
    assert "conv2" in check_cache(viewer)
