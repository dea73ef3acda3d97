"""Benchmark models of realistic size, against the minimum cost of the same work or against a small model."""

from __future__ import annotations

import asyncio
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras import layers

import seqwidget
from seqwidget.activations.cache import LIMIT, Activations
from seqwidget.activations.channel_health import Analysis
from seqwidget.activations.extractor import feature_extractor
from seqwidget.activations.layer_uses import layer_uses
from seqwidget.activations.samples import Samples
from seqwidget.inspection.inspect import inspect
from seqwidget.model.fingerprint import Fingerprint
from seqwidget.widgets import summary
from seqwidget.widgets.packing import packed

from .figures import Figure, in_turn

BOUND = 64 * 2**20


def measure() -> list[Figure]:
    big, small = keras.applications.VGG16(weights=None), _small()
    return [*_looks(big), *_changes(big, small), *_ends_of_cells(), *_code(), *_sizes(), _health()]


def _small() -> Any:
    return keras.Sequential([keras.Input((224, 224, 3)), layers.Conv2D(8, 3), layers.GlobalMaxPooling2D(), layers.Dense(10)])


def _image(count: int = 1) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).random((count, 224, 224, 3), "float32")


def _looks(model: Any) -> list[Figure]:
    there, x = layer_uses(model, inspect(model)), _image()
    extractor = feature_extractor(model)

    def at_once() -> None:
        for output in extractor(x):
            np.asarray(output)

    def one_by_one(limit: int) -> Callable[[], None]:
        def looks() -> None:
            found = Activations(model, there, Samples((x,)), limit=limit)
            for path in there:
                found.of(path, 0)

        return looks

    whole, free, bound = in_turn(at_once, one_by_one(LIMIT), one_by_one(BOUND), times=7)
    note = "all outputs as arrays, on the CPU"
    return [
        Figure("first looks at all layers of VGG16, against one pass that returns them", free, whole, aim=1.5, note=note),
        Figure("the same, with a cache of 64 MB", bound, whole, aim=2.5, note=note),
        Figure(
            "memory of these looks at its highest, against the bound of 64 MB",
            _highest() / 1e6,
            BOUND / 1e6,
            unit="MB",
            aim=1.5,
            note="in a process of its own, without what TensorFlow holds after one pass",
        ),
    ]


def _highest() -> float:
    """Return the bytes by which memory grows at most while all layers are computed, in a fresh process."""
    code = f"import tests.bench.real_models as bench; print(bench.grown({BOUND}))"
    root = pathlib.Path(__file__).parents[2]
    return float(subprocess.run([sys.executable, "-c", code], cwd=root, check=True, capture_output=True, text=True).stdout)


def grown(limit: int) -> int:
    """Compute the outputs of all layers of VGG16 within a limit; return by how many bytes memory grew at most."""
    model = keras.applications.VGG16(weights=None)
    there, x = layer_uses(model, inspect(model)), _image()
    before = _status("VmRSS")
    pathlib.Path("/proc/self/clear_refs").write_text("5")  # the highest value counts from here
    found = Activations(model, there, Samples((x,)), limit=limit)
    for path in there:
        found.of(path, 0)
    return _status("VmHWM") - before


def _status(name: str) -> int:
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(name))


def _changes(big: Any, small: Any) -> list[Figure]:
    viewers = [seqwidget.FeatureMaps(model, _image()) for model in (big, small)]
    asks = [_click(viewer) for viewer in viewers]
    large, little = in_turn(*asks, times=200)
    ends = [
        [lambda model=model, before=before: Fingerprint.of(model, before) for before in (Fingerprint.of(model), None)]
        for model in (big, small)
    ]
    none_large, none_little, all_large, all_little = in_turn(
        *(act for pair in zip(*ends, strict=True) for act in pair), times=10
    )
    for viewer in viewers:
        viewer.close()
    size = f"{big.count_params() / 1e6:.0f} M parameters against {small.count_params():,}"
    return [
        Figure("a click on maps that are there, no cell since", large, little, aim=1.5, note=size),
        Figure("a click on maps that are there, against 1 ms", large, 1.0, aim=1.0, note=size),
        Figure("the end of a cell that changed no weight, against 2 ms", none_large, 2.0, aim=1.0, note=size),
        Figure("the same, against a small model", none_large, none_little, note=size),
        Figure("the end of a cell that changed all weights, against a small model", all_large, all_little, note=size),
    ]


def _click(viewer: Any) -> Callable[[], None]:
    """Return a function that sends a click's request as in a kernel: in an event loop, where cells end."""
    path = viewer.layer
    view = {"layer": path, "sample": 0, "slice": 0, "filters": False, "limit": 160, "budget": 2**20}
    viewer._handle_custom_msg({**view, "ask": "maps", "id": "0"}, [])
    loop = asyncio.new_event_loop()

    async def ask() -> None:
        viewer._handle_custom_msg({**view, "have": 1, "ask": "maps", "id": "1"}, [])  # the page has them

    def click() -> None:
        with mock.patch("IPython.get_ipython", object):  # without a shell: this one never reports the end of a cell
            loop.run_until_complete(ask())

    return click


def _ends_of_cells() -> list[Figure]:
    models = [_shown(units) for units in range(60)]
    panels = [seqwidget.Summary(models[0])]

    async def cells(count: int) -> list[float]:
        times = []
        for _ in range(count):
            layer = models[0].layers[0]
            layer.trainable = not layer.trainable
            start = time.perf_counter()
            summary.refresh_all()
            times.append(1e3 * (time.perf_counter() - start))
            await asyncio.sleep(0.05)  # idle, as between two cells
        return sorted(times)

    one = asyncio.run(cells(30))[15]
    panels += map(seqwidget.Summary, models[1:])
    sixty = asyncio.run(cells(30))[15]
    for panel in panels:
        panel.close()
    return [Figure("the end of a cell that changed one of 60 shown models, against one shown", sixty, one, aim=1.5)]


def _shown(units: int) -> Any:
    rows = [layers.Conv2D(8, 3), layers.BatchNormalization(), layers.MaxPooling2D(), layers.Conv2D(16, 3), layers.Flatten()]
    return keras.Sequential([keras.Input((32, 32, 3)), *rows, layers.Dropout(0.2), layers.Dense(10 + units)])


def _code() -> list[Figure]:
    rows = [
        [layers.Conv2D(8, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(), layers.Dropout(0.1)]
        for _ in range(125)
    ]
    model = keras.Sequential([keras.Input((16, 16, 3)), *(layer for four in rows for layer in four)])
    stack = inspect(model)
    code, configs = in_turn(stack.to_code, lambda: [layer.get_config() for layer in model.layers], times=5)
    return [Figure("to_code of 500 layers, against get_config of all of them", code, configs, aim=2.0)]


def _health() -> Figure:
    model, data = _shown(0), [np.random.default_rng(at).random((32, 32, 32, 3), "float32") for at in range(20)]
    extractor = feature_extractor(model)
    analysis = Analysis(Activations(model, layer_uses(model, inspect(model)), Samples((data[0][:1],))))

    def outputs() -> None:
        for batch in data:
            for output in extractor(batch):
                np.asarray(output)

    def health() -> None:
        for batch in data:
            for _ in analysis.add(Samples((batch,))):
                pass

    ours, bare = in_turn(health, outputs, times=7)
    return Figure("health of a data set, against one pass over it that returns all outputs", ours, bare, aim=2.0)


def _sizes() -> list[Figure]:
    model = keras.applications.NASNetMobile(weights=None)
    panel = seqwidget.Summary(model)
    html = len(inspect(model).to_html().encode())
    state, facts = len(str(panel.get_state()).encode()), len(packed(panel.get_state(panel._facts_names)))
    panel.close()
    return [
        Figure("static panel of NASNetMobile, 772 rows", html / 1e3, 400.0, unit="kB", aim=1.0),
        Figure("synchronized state of its Summary", state / 1e3, 250.0, unit="kB", aim=1.0),
        Figure("facts that a page loads once, in a message", facts / 1e3, 250.0, unit="kB", aim=1.0),
    ]
