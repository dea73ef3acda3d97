"""Run the code of a fix before it is offered, on the layers of the model, without changing them.

The code may contain names and settings of layers, and a layer may come from an untrusted file. So
the code may only call the classes of Keras and of the layers in question, and a few harmless
functions.
"""

from __future__ import annotations

import ast
import contextlib
import re
import types
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from ..keras_compat import inner_layers, layer_state, scratch
from ..keras_compat.origin import is_from_keras
from ..model.records import Shapes
from ..model.tensor_specs import shapes_of
from ..model.trial import trial
from .context import Case

_NODES = (
    *(ast.Module, ast.Assign, ast.Expr, ast.For, ast.Call, ast.keyword, ast.Name, ast.Attribute, ast.Constant, ast.Subscript),
    *(ast.Slice, ast.Starred, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp, ast.USub, ast.BinOp, ast.Div, ast.Load, ast.Store),
    *(ast.Import, ast.ImportFrom, ast.alias),
)
_METHODS = frozenset({"add", "pop", "set_weights", "get_weights"})
_FUNCTIONS = {"range": range, "float": float}


def gives(case: Case, code: str) -> tuple[bool, Shapes | None]:
    """Run the code of a fix, and return whether it runs and the output shape of the new model.

    Parameters
    ----------
    case : Case
        The model and the refused layer that the code works on.
    code : str
        Python code that changes or replaces ``model``.

    Returns
    -------
    tuple
        Whether the code ran without an error, and the output shape of ``model`` afterwards. The
        shape is None if it is unknown, or if the code failed.
    """
    # A fix whose code raises anything is not offered.
    with contextlib.suppress(Exception), scratch.scratch():
        case = _expendable(case)
        at_hand = [one for one in (*case.layers, case.layer) if isinstance(one, keras.Layer)]
        try:
            return True, _run(case, code, at_hand)
        except ValueError as error:
            if not scratch.needs_values(error):
                raise
        with scratch.real_variables():
            return True, _run(case, code, at_hand)
    return False, None


def _expendable(case: Case) -> Case:
    layers = {id(one): layer_state.expendable(one) for one in (*case.layers, case.layer) if isinstance(one, keras.Layer)}
    return replace(case, layers=tuple(layers[id(one)] for one in case.layers), layer=layers.get(id(case.layer), case.layer))


def _run(case: Case, code: str, at_hand: list[keras.Layer]) -> Shapes | None:
    restore = [layer_state.restorer(layer) for layer in {id(one): one for one in at_hand}.values()]
    try:
        names = {**_names(case, at_hand), "model": _Stack(case)}
        exec(compile(_checked(code, names), "<fix>", "exec"), {**names, "__builtins__": {}}, names)  # noqa: S102  checked
        made = names["model"]
        return made.output_shape if isinstance(made, _Stack) else _output_shape(made)
    finally:
        for one in restore:
            one()


def _output_shape(model: keras.Model) -> Shapes | None:
    return shapes_of(model.outputs) if model.layers else None


class _Stack:
    """A stand-in for the Sequential: adds and removes layers, but does not call those that stay."""

    def __init__(self, case: Case) -> None:
        self._case, self._layers, self._tensors = case, list(case.layers), list(case.tensors)

    @property
    def layers(self) -> list[keras.Layer]:
        return list(self._layers)

    @property
    def output_shape(self) -> Shapes | None:
        return shapes_of(self._tensors[-1]) if self._tensors and self._layers else None

    def pop(self) -> keras.Layer:
        self._tensors = self._tensors[:-1]
        return self._layers.pop()

    def add(self, layer: keras.Layer) -> None:
        if any(one.name == layer.name and one is not layer for one in self._layers):
            raise ValueError(layer.name)
        if self._tensors:
            known = any(layer is one for one in (*self._case.layers, self._case.layer))
            self._tensors.append(trial(layer, self._tensors[-1])[1] if known else layer_state.called(layer, self._tensors[-1]))
        self._layers.append(layer)


def _names(case: Case, at_hand: list[keras.Layer]) -> dict[str, object]:
    """Return the names that the code may use, with their values.

    These are Keras, NumPy, the refused layer, and the classes and functions that the layers hold.
    """
    names: dict[str, object] = {}
    for layer in at_hand:
        for part in inner_layers.every_layer(layer):
            for value in (type(part), *vars(part).values()):
                if isinstance(value, type | types.FunctionType):
                    names.setdefault(value.__name__, value)
        if isinstance(layer, keras.Model):
            names[re.sub(r"\W", "_", layer.name)] = layer
    if isinstance(case.layer, types.FunctionType):
        names[case.layer.__name__] = case.layer
    return {**names, **_FUNCTIONS, "keras": keras, "layers": keras.layers, "np": np, "layer": case.layer}


def _checked(code: str, names: dict[str, object]) -> ast.Module:
    """Parse code, and raise ValueError if it does anything but build and combine layers."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if not isinstance(node, _NODES) or (type(node) is ast.Call and not _may_call(node.func, names)):
            raise ValueError(ast.dump(node))
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            raise ValueError(node.attr)
    # Imports are not run, because `_names` provides what they would import.
    tree.body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return tree


def _may_call(function: ast.expr, names: dict[str, object]) -> bool:
    if isinstance(function, ast.Call):  # a layer that is built and called on a tensor
        return _may_call(function.func, names)
    if isinstance(function, ast.Attribute) and function.attr in _METHODS:
        return True
    path = list(_path(function))
    found: Any = names.get(path[0]) if path else None
    for name in path[1:]:
        found = None if name.startswith("_") else getattr(found, name, None)
    if isinstance(found, keras.Layer) or any(found is one for one in (*_FUNCTIONS.values(), keras.Input, np.array)):
        return True
    if found is names["layer"] and is_from_keras(found, "applications"):
        return True
    own = isinstance(found, type) and found.__module__.partition(".")[0] == "keras"
    return own or (isinstance(found, type) and issubclass(found, keras.Layer))


def _path(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield from _path(node.value)
        yield node.attr
