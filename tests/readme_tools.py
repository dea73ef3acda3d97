"""The tools that README.md compares with seqwidget, each as a function that opens a model in it."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable
from typing import Any
from unittest import mock

import keras
import numpy as np

import seqwidget

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # warnings of these packages
    import keract
    import visualkeras

View = Callable[[], str]
"""A function that returns what a person sees now: the text, or a digest of the picture, from which no number can be read."""


def _seqwidget(model: Any) -> View:
    panel = seqwidget.Summary(model)
    return lambda: f"{panel!r}\n{panel.refused}"


def _summary(model: Any) -> View:
    lines: list[str] = []
    model.summary(print_fn=lambda line, **_: lines.append(line), expand_nested=True, show_trainable=True)
    return lambda: "\n".join(lines)


def _plot_model(model: Any) -> View:
    """Return the drawing as Graphviz would receive it, so that the tests need no Graphviz."""
    everything = ("shapes", "dtype", "layer_names", "layer_activations", "trainable")
    with mock.patch("keras.src.utils.model_visualization.check_graphviz", return_value=True):
        dot = keras.utils.model_to_dot(model, expand_nested=True, **{f"show_{what}": True for what in everything})
    return lambda: _numbered(dot.to_string())


def _numbered(dot: str) -> str:
    """Replace the addresses in node names by numbers, in order of appearance."""
    nodes: dict[str, str] = {}
    return re.sub(r"\b\d{9,}\b", lambda found: nodes.setdefault(found[0], f"n{len(nodes)}"), dot)


def _visualkeras(model: Any) -> View:
    picture = visualkeras.graph_view(model)
    return lambda: "picture " + hashlib.sha256(f"{picture.size}".encode() + picture.tobytes()).hexdigest()


def _keract(model: Any) -> View:
    found = keract.get_activations(model, np.zeros((1, *model.input_shape[1:]), "float32"))
    return lambda: str(found)


TOOLS: dict[str, Callable[[Any], View]] = {
    "seqwidget": _seqwidget,
    "summary()": _summary,
    "plot_model": _plot_model,
    "visualkeras": _visualkeras,
    "keract": _keract,
}
