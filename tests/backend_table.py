"""The abilities that differ by backend, as a table for README.md. Each cell is what its trial returns on that backend."""

from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

import seqwidget
from tests.backends import BACKEND, module
from tests.close import as_array

X = np.linspace(-1, 1, 32, dtype="float32").reshape(8, 4)
Y = np.ones((8, 2), "float32")


def net(*first: Any) -> Any:
    return seqwidget.Sequential([keras.Input((4,)), *(first or [layers.Dense(3, name="first")]), layers.Dense(2, name="last")])


def fitted() -> Any:
    model = net()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    return model


def maps_agree(model: Any, x: Any, expected: Any) -> bool:
    """Return whether the viewer takes ``x``, and whether the outputs of the first layer are as expected."""
    viewer = seqwidget.FeatureMaps(model, x)
    viewer.close()
    (maps,) = seqwidget.feature_extractor(model, [model.layers[0].name])(X)
    return bool(np.allclose(as_array(maps), as_array(expected), rtol=1e-4, atol=1e-5))


def edits() -> str:
    model = net()
    model.add(layers.Dense(5))
    try:
        model.add(layers.LSTM(2))
    except ValueError:
        model.refused.fixes[0].apply()
    rows = [row.params for row in seqwidget.inspect(model).rows]
    model.undo()
    right = rows[:3] == [15, 8, 15] and len(rows) > 3 and model.refused is None
    return "✓" if right and len(model.layers) == 3 and model.count_params() == sum(rows[:3]) else "✗"


def runs() -> str:
    model = net()
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0, callbacks=[seqwidget.TrainingCallback()])
    (run,) = seqwidget.runs(model)
    return "✓" if len(run.logs) == 1 and np.isfinite(run.logs[0]["loss"]) else "✗"


def freeze() -> str:
    """Freeze a layer after `fit`, and train again, without and then with `recompile`."""
    model, again = fitted(), fitted()
    model.layers[0].trainable = again.layers[0].trainable = False
    seqwidget.recompile(again)
    before = as_array(again.layers[0].kernel).copy()
    again.fit(X, Y, verbose=0)
    assert (as_array(again.layers[0].kernel) == before).all()
    stale = seqwidget.inspect(model).rows[0].stale
    before = as_array(model.layers[0].kernel).copy()
    try:
        model.fit(X, Y, verbose=0)
    except Exception:  # noqa: BLE001  each backend raises an error of its own type
        return "`fit` raises an error" if stale else "✗"
    if (as_array(model.layers[0].kernel) == before).all():
        return "takes effect" if not stale else "✗"
    return "is ignored" if stale else "✗"


def takes() -> str:
    model = net()
    expected = model.layers[0](X)
    if BACKEND == "tensorflow":
        tf = module("tensorflow")
        kinds = {"tensors": tf.constant(X), "`tf.data`": tf.data.Dataset.from_tensor_slices(X).batch(4)}
    elif BACKEND == "jax":
        kinds = {"arrays of JAX": module("jax").numpy.asarray(X)}
    else:
        torch = module("torch")
        tensor = torch.tensor(X)
        kinds = {"tensors": tensor, "`DataLoader`": torch.utils.data.DataLoader(torch.utils.data.TensorDataset(tensor))}
    return ", ".join(name for name, x in kinds.items() if maps_agree(model, x, expected))


def wrapped() -> str:
    """Wrap code of the library in a layer of Keras: its parameters and outputs are those of the library."""
    if BACKEND == "tensorflow":
        inner = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
        with tempfile.TemporaryDirectory() as folder:
            inner.export(str(pathlib.Path(folder) / "saved"), verbose=False)
            layer, expected = layers.TFSMLayer(str(pathlib.Path(folder) / "saved")), inner(X)
    elif BACKEND == "jax":
        weights = {"w": np.ones((4, 3), "float32"), "b": np.ones(3, "float32")}
        layer = layers.JaxLayer(lambda params, inputs: inputs @ params["w"] + params["b"], params=weights)
        expected = X @ weights["w"] + weights["b"]
    else:
        linear = module("torch").nn.Linear(4, 3)
        layer = layers.TorchModuleWrapper(linear, output_shape=(None, 3))
        expected = linear(module("torch").tensor(X))
    model = net(layer)
    right = seqwidget.inspect(model).rows[0].params == 15 and maps_agree(model, X, expected)
    names = {"JaxLayer": "`JaxLayer`, `FlaxLayer`"}  # tests/editing/test_layers_of_backends.py has the latter
    return names.get(type(layer).__name__, f"`{type(layer).__name__}`") if right else "✗"


def devices() -> str:
    if BACKEND != "jax":
        return "–"
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=keras.distribution.list_devices()))
    try:
        return "✓" if any(note.key == "layout" for note in seqwidget.inspect(net()).notes) else "✗"
    finally:
        keras.distribution.set_distribution(None)


COLUMNS: dict[str, Callable[[], str]] = {
    "edits, undo, fixes": edits,
    "recorded runs": runs,
    "a freeze after `fit`": freeze,
    "samples besides NumPy arrays": takes,
    "layers that wrap its code": wrapped,
    "layout on several devices": devices,
}
CELLS = {
    "tensorflow": ("TensorFlow", "✓", "✓", "is ignored", "tensors, `tf.data`", "`TFSMLayer`", "–"),
    "jax": ("JAX", "✓", "✓", "`fit` raises an error", "arrays of JAX", "`JaxLayer`, `FlaxLayer`", "✓"),
    "torch": ("PyTorch", "✓", "✓", "takes effect", "tensors, `DataLoader`", "`TorchModuleWrapper`", "–"),
}


def table() -> str:
    """Return what is tested on each backend, as a Markdown table."""
    rows = [("", *COLUMNS), ("---",) * (len(COLUMNS) + 1), *CELLS.values()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
