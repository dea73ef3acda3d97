"""For any names of layers, models, classes and functions, the generated code parses and rebuilds the model."""

from __future__ import annotations

import ast
import sys
import types
from typing import Any

import hypothesis.strategies as st
import keras
import pytest
from hypothesis import given, settings
from keras import layers

import seqwidget
from seqwidget.codegen.writer import layer_code
from seqwidget.inspection.inspect import inspect
from seqwidget.model.refusal import Diagnosis

HOSTILE = st.sampled_from(
    [
        "x\nimport os",
        "a'b\"c\\",
        '"""',
        "class",
        "None",
        "layers",
        "keras",
        "model",
        "float",
        "__debug__",
        "ﬁ",
        "1st",
        "a.b",
        "a-b",
        "\ud800",
        "\x1b]0;t\x07",
        "\u202eevil",
        "\u2028",
        "\x00",
        "\x85",
        "#",
        "größe",
        " ",
        "{x}",
        "{",
        "\\N{DASH}",
        "\\u",
    ]
)
NAMES = st.one_of(HOSTILE, st.text(st.characters(exclude_characters="/"), min_size=1, max_size=12))

# Keras takes a function with the name of one of its own activations for that activation.
FUNCTIONS = NAMES.filter(lambda name: not hasattr(keras.activations, name))


def make_class(name: str, module: str) -> type[Any]:
    return type(name, (layers.Layer,), {"call": lambda _, x: x, "__module__": module})


def make_function(name: str, module: str) -> Any:
    function = types.FunctionType((lambda x: x).__code__, {}, name)
    function.__module__, function.__qualname__ = module, name
    return function


def build(code: str, *own: Any) -> Any:
    """Run generated code, with the custom objects that its comments ask for."""
    ast.parse(code)
    code.encode()
    assert all(line.isprintable() for line in code.splitlines())
    comments = [line.removeprefix("# ").split(" ")[0] for line in code.splitlines() if line.startswith("# ")]
    names = dict(zip(comments, own, strict=False))
    exec(code, names)
    return names["model"]


@settings(max_examples=60)
@given(NAMES, NAMES, NAMES)
def test_names_of_layers_and_models(model: str, first: str, second: str) -> None:
    stack = [layers.Dense(2, name=first), *([layers.ReLU(name=second)] if second != first else [])]
    inner = keras.Sequential(stack, name=model)
    built = build(inspect(keras.Sequential([inner], name=first)).to_code())
    assert (built.name, built.layers[0].name) == (first, model)
    assert [layer.name for layer in built.layers[0].layers] == [layer.name for layer in stack]


@settings(max_examples=60)
@given(NAMES.filter(lambda name: not {"\ud800", "\0"} & set(name)), FUNCTIONS, st.booleans())
def test_names_of_classes_and_functions(one: str, other: str, loaded: bool) -> None:  # noqa: FBT001
    module = types.ModuleType("tests_own_module")
    first, second, third = make_class(one, module.__name__), make_class(one, "other\nimport os"), make_function(other, "m")
    if loaded:
        setattr(module, one, first)
        sys.modules[module.__name__] = module
    try:
        model = keras.Sequential([keras.Input((3,)), first(), second(), layers.Dense(2, activation=third)])
        code = inspect(model).to_code()
        own = [first, second, third] if f"import {one}" not in code.splitlines()[2] else [second, third]
        ast.parse(code)
        if third.__name__ != "<lambda>":
            built = build(code, *own)
            assert [type(layer) for layer in built.layers] == [first, second, layers.Dense]
            assert built.layers[2].activation is third
    finally:
        sys.modules.pop(module.__name__, None)


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), HOSTILE, st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)


class Holder(layers.Layer):
    def __init__(self, value: Any, **options: Any) -> None:
        super().__init__(**{key: options.pop(key) for key in ("name", "dtype", "trainable") if key in options})
        self._value, self.options = {"it": value}, options

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "value": self._value["it"], **self.options}

    def call(self, x: Any) -> Any:
        return x


@settings(max_examples=100)
@given(VALUES, st.dictionaries(HOSTILE, VALUES, max_size=2))
def test_values_and_keywords(value: Any, options: dict[str, Any]) -> None:
    code = layer_code(Holder(value, **options))
    assert code.isprintable()
    again = eval(code, {"Holder": Holder, "_of": None, **{f"{key}_of_holder": ... for key in ("value", *options)}})
    if "_of_holder" not in code and "own" not in code:
        assert repr(again.get_config()["value"]) == repr(Holder(value).get_config()["value"])
        assert {key: repr(item) for key, item in again.options.items()} == {key: repr(item) for key, item in options.items()}


@pytest.mark.parametrize("name", ["a\nb", "class", "1st", "x-y", "ünï", "\u202e"])
def test_code_of_fixes_and_functional_forms_parses(name: str) -> None:
    several = keras.Model([a := keras.Input((4,)), b := keras.Input((4,))], layers.Add()([a, b]), name=name)
    own = make_class(name, "m")
    wrong = [layers.Conv2D(2, 3, name=name), layers.Add(name=name), several, layers.MultiHeadAttention(2, 3, name=name)]
    for layer in wrong:
        model = seqwidget.Sequential([keras.Input((4,)), own(), layers.Dense(4, name=f"{name}2")], name=name)
        found = model.preview(layer)
        for code in [fix.code for fix in found.fixes] + [found.alternative] if isinstance(found, Diagnosis) else []:
            ast.parse(code)
