"""Every public function answers every wrong kind of argument in one short line: expected, received, and what to do."""

from __future__ import annotations

import functools
import importlib.util
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.checks import describe
from seqwidget.errors import UserError
from seqwidget.widgets import feature_maps, summary

from .backends import module


class ManyLines:
    def __repr__(self) -> str:
        return "line\n" * 50


class NoRepr:
    def __repr__(self) -> str:
        msg = "no repr"
        raise RuntimeError(msg)


class NoAttributes:
    def __getattr__(self, name: str) -> Any:
        msg = f"no {name}"
        raise RuntimeError(msg)


class NoArray:
    def __array__(self, *_: Any, **__: Any) -> Any:
        msg = "no\narray"
        raise RuntimeError(msg)


BAD: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "int": lambda: 3,
    "negative": lambda: -1,
    "float": lambda: 0.5,
    "nan": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "str": lambda: "hello",
    "lines": lambda: "a\nb\x1b[31m",
    "long": lambda: "x" * 1000,
    "NUL": lambda: "a\0.png",
    "bytes": lambda: b"abc",
    "list": lambda: [1, 2],
    "empty list": list,
    "ragged": lambda: [[1, 2], [3]],
    "dict": lambda: {"a": np.zeros((9, 9))},
    "set": lambda: {1, 2},
    "tuple": lambda: (1,),
    "pair": lambda: (np.zeros((30, 40)), np.zeros(30)),
    "array": lambda: np.zeros((50, 50)),
    "empty array": lambda: np.zeros((0, 3)),
    "objects": lambda: np.array([1, "a", None], object),
    "times": lambda: np.zeros((2, 4), "datetime64[s]"),
    "record": lambda: np.zeros(2, [("a", "f4")]),
    "tensor": lambda: keras.ops.zeros((40, 40)),
    "symbolic": lambda: keras.Input((3,)),
    "layer": lambda: layers.Dense(2, name="dense"),
    "class": lambda: keras.Sequential,
    "function": lambda: len,
    "generator": lambda: (i for i in range(3)),
    "many lines": ManyLines,
    "no repr": NoRepr,
    "no attributes": NoAttributes,
    "no array": NoArray,
    "hostile name": type("a\nb\x1b", (), {}),
}

if tf := module("tensorflow"):
    BAD["ragged tensor"] = lambda: tf.ragged.constant([[1], [2, 3]])


def net() -> Any:
    model = seqwidget.Sequential([keras.Input((4,)), layers.Dense(3, name="a")], name="net")
    model.compile("sgd", "mse")
    return model


def switches(act: Callable[[seqwidget.Trainable, Any], Any]) -> Callable[[Any], Any]:
    def run(bad: Any) -> Any:
        model = net()  # a panel does not keep its model
        return act(seqwidget.Trainable(model), bad)

    return run


X = np.zeros((2, 4), "float32")
# Each function of one argument, with the kinds above that it accepts.
FUNCTIONS: dict[str, tuple[Callable[[Any], Any], set[str]]] = {
    "inspect": (seqwidget.inspect, set()),
    "inspect(input_shape=)": (lambda bad: seqwidget.inspect(net(), input_shape=bad), {"None", "list", "empty list", "tuple"}),
    "inspect(batch_size=)": (lambda bad: seqwidget.inspect(net(), batch_size=bad), {"int"}),
    "Summary": (seqwidget.Summary, set()),
    "Trainable": (seqwidget.Trainable, set()),
    "freeze": (switches(lambda panel, bad: panel.freeze(bad)), {"None"}),
    "freeze(type=)": (switches(lambda panel, bad: panel.freeze(type=bad)), {"None"}),
    "freeze(start=)": (switches(lambda panel, bad: panel.freeze(start=bad)), {"None", "negative"}),
    "unfreeze(end=)": (switches(lambda panel, bad: panel.unfreeze(end=bad)), {"None", "negative"}),
    "FeatureMaps": (lambda bad: seqwidget.FeatureMaps(bad, X), set()),
    "FeatureMaps(x)": (lambda bad: seqwidget.FeatureMaps(net(), bad), set()),
    "FeatureMaps(samples=)": (lambda bad: seqwidget.FeatureMaps(net(), X, samples=bad), {"int"}),
    "FeatureMaps(memory=)": (lambda bad: seqwidget.FeatureMaps(net(), X, memory=bad), {"int", "float"}),
    "FeatureMaps(training=)": (lambda bad: seqwidget.FeatureMaps(net(), X, training=bad), {"int", "negative"}),
    "FeatureMaps(classes=)": (
        lambda bad: seqwidget.FeatureMaps(net(), X, classes=bad),
        {"list", "empty list", "ragged", "set", "tuple", "pair", "array", "empty array", "objects", "times", "record"}
        | {"tensor", "ragged tensor", "generator"},
    ),
    "to_png": (lambda bad: seqwidget.FeatureMaps(net(), X).to_png(bad), {"None", "str", "lines"}),
    "to_svg": (lambda bad: seqwidget.inspect(net()).to_svg(bad), {"None", "str", "lines"}),
    "to_svg(theme=)": (lambda bad: seqwidget.inspect(net()).to_svg(theme=bad), {"None"}),
    "to_svg(width=)": (lambda bad: seqwidget.inspect(net()).to_svg(width=bad), {"None", "int", "float"}),
    "to_svg(font_size=)": (lambda bad: seqwidget.inspect(net()).to_svg(font_size=bad), {"None", "int"}),
    "to_svg(font=)": (lambda bad: seqwidget.inspect(net()).to_svg(font=bad), {"None", "str", "long"}),
    "to_svg(labels=)": (lambda bad: seqwidget.inspect(net()).to_svg(labels=bad), {"None"}),
    "feature_extractor": (seqwidget.feature_extractor, set()),
    "feature_extractor(layers)": (
        lambda bad: seqwidget.feature_extractor(net(), bad),
        {"None", "negative"},
    ),
    "recompile": (seqwidget.recompile, set()),
    "recompile_plan": (seqwidget.recompile_plan, set()),
    "watch": (seqwidget.watch, set()),
    "language": (seqwidget.language, {"None"}),
    "silence": (seqwidget.silence, set()),
    "unsilence": (seqwidget.unsilence, set()),
}


@pytest.fixture(autouse=True)
def alone(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    seqwidget.language(None)
    summary.close_all()
    feature_maps.close_all()


# The operating system writes its own message about a file name that is too long.
PAIRS = [(function, bad) for function in FUNCTIONS for bad in BAD if (function, bad) != ("to_png", "long")]


@pytest.mark.parametrize(("function", "bad"), PAIRS)
def test_a_wrong_argument_is_answered_in_one_line(function: str, bad: str) -> None:
    call, takes = FUNCTIONS[function]
    if bad in takes:
        call(BAD[bad]())
        return
    with pytest.raises(UserError) as caught:
        call(BAD[bad]())
    line = str(caught.value)
    assert line.isprintable()  # so it has no line break, and no character that moves the cursor of a terminal
    assert len(line) <= 300
    assert any(words in line for words in ("expected", "received", " has no layer", "no layer of ", "is not in "))
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("bad", ["int", "str", "bytes", "list", "dict", "class", "function", "array", "ragged"])
def test_a_drop_in_raises_the_errors_of_keras(bad: str) -> None:
    def outcome(act: Callable[[Any, Any], Any], cls: type) -> str:
        try:
            act(cls, BAD[bad]())
        except Exception as error:  # noqa: BLE001  compared
            return f"{type(error).__name__}: {error}"
        return "nothing"

    for act in (lambda cls, it: cls(it), lambda cls, it: cls([keras.Input((4,))]).add(it)):
        assert outcome(act, seqwidget.Sequential) == outcome(act, keras.Sequential) != "nothing"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        ("a\nb", r"'a\nb'"),
        ("x" * 99, f"'{'x' * 58}…"),
        (b"ab", "b'ab'"),
        ([1, None], "[1, None]"),
        ([[1], [2]], "list of 2"),
        ([], "an empty list"),
        (list(range(99)), "list of 99"),
        (np.zeros((2, 3)), "ndarray of shape (2, 3)"),
        (np.float32(0.5), "float32 0.5"),
        (keras.ops.zeros((2, 3)), f"{type(keras.ops.zeros(1)).__name__} of shape (2, 3)"),
        (functools.partial, "the class partial"),
        (len, "builtin_function_or_method 'len'"),
        (NoRepr(), "an object of type NoRepr"),
        (NoAttributes(), "an object of type NoAttributes"),
        (type("a\x1bb", (), {})(), "an object of type a�b"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_descriptions(value: Any, words: str) -> None:
    assert describe(value) == words


ABSENT = next(name for name in ("jax", "torch", "tensorflow") if importlib.util.find_spec(name) is None)


@pytest.mark.parametrize(
    ("backend", "line"),
    [
        (
            "theano",
            "KERAS_BACKEND expected 'tensorflow', 'jax' or 'torch', received 'theano'; set it before ",
        ),
        (
            ABSENT,
            f"Keras expected the package of its backend '{ABSENT}', which is not installed; run pip install {ABSENT}",
        ),
    ],
)
def test_a_backend_that_is_missing_gets_one_line(backend: str, line: str) -> None:
    code = "import seqwidget\ntry:\n    seqwidget.inspect\nexcept ImportError as error:\n    print(type(error).__name__, error)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "KERAS_BACKEND": backend}, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"MissingPackageError {line}")
    assert done.stdout.count("\n") == 1
