"""The folds of application models: each is a true repeat by the configs and connections that Keras saves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import pytest

from seqwidget.inspection.inspect import inspect
from seqwidget.model.folds import Fold, folds
from seqwidget.model.records import LayerRow

SHOWN = {
    "ResNet50": 60,
    "DenseNet121": 26,
    "InceptionV3": 143,
    "EfficientNetB0": 137,
    "ConvNeXtTiny": 20,
    "MobileNetV2": 78,
    "Xception": 54,
    "NASNetMobile": 368,
}
"""The rows of each model that are left when all folds are collapsed."""


class Saved(NamedTuple):
    """What Keras says about a layer: its class with its settings, the layers that feed it, and its sizes."""

    settings: dict[str, Any]
    feeds: list[str]
    output_shape: tuple[int | None, ...]
    params: int


def saved_layers(model: keras.Model) -> dict[str, Saved]:
    saved = {one["name"]: one for one in model.get_config()["layers"]}
    return {
        layer.name: Saved(
            {**saved[layer.name]["config"], "class": saved[layer.name]["class_name"], "name": None},
            list(tensors(saved[layer.name]["inbound_nodes"])),
            tuple(layer.output.shape),
            layer.count_params() if isinstance(layer, keras.Layer) else 0,
        )
        for layer in model.operations
    }


def tensors(nodes: Any) -> Iterator[str]:
    """Return the layers whose outputs are the arguments of a call."""
    if isinstance(nodes, dict):
        if "keras_history" in nodes:
            yield nodes["keras_history"][0]
        nodes = list(nodes.values())
    if isinstance(nodes, list | tuple):
        for one in nodes:
            yield from tensors(one)


@pytest.mark.parametrize("name", SHOWN)
def test_each_fold_of_an_application_model_is_a_true_repeat(name: str) -> None:
    if name == "NASNetMobile" and keras.backend.backend() == "torch":
        pytest.skip("Keras has no NASNet on PyTorch")
    model = getattr(keras.applications, name)(weights=None)
    facts = inspect(model)
    found, layers = folds(facts.rows, facts.graphs), saved_layers(model)
    assert len(facts.rows) - sum(fold.end - fold.start - 1 for fold in found) == SHOWN[name]
    for fold in found:
        assert_repeats(fold, facts.rows, layers)


def assert_repeats(fold: Fold, rows: tuple[LayerRow, ...], layers: dict[str, Saved]) -> None:
    """Compare each repeat with the one before it, and what the fold says with what Keras says."""
    size, at = fold.layers, {row.name: position for position, row in enumerate(rows)}
    own = [layers[rows[position].name] for position in range(fold.start, fold.end)]
    assert len(own) == size * fold.count
    fractions: set[str] = set()
    for one, before in zip(own[size:], own, strict=False):
        different = {name for name, value in one.settings.items() if value != before.settings[name]}
        assert different <= set(fold.differs)
        fractions |= different
        assert one.output_shape[:-1] == before.output_shape[:-1]
        for source, base in zip(one.feeds, before.feeds, strict=True):
            assert at[source] - at[base] == size or at[base] < fold.start
    assert fractions == set(fold.differs)
    assert fold.row.params == sum(one.params for one in own)
    params = [sum(one.params for one in own[first : first + size]) for first in range(0, len(own), size)]
    assert (fold.params or (params[0], params[0])) == (min(params), max(params))
    channels = [one.output_shape[-1] for one in own[size - 1 :: size]]
    assert (fold.channels or (channels[0], channels[0])) == (min(channels), max(channels))
