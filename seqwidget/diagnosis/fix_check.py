"""Run the code of a fix before it is offered, on the layers of the model, without changing them.

The code may contain names and settings of layers, and a layer may come from an untrusted file. So
the code may only call the classes of Keras and of the layers in question, and a few harmless
functions.
"""

from __future__ import annotations

import ast
import contextlib
import math
import re
import types
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import keras
import numpy as np

from ..inspection.inspect import inspect
from ..keras_compat import inner_layers, layer_state, scratch
from ..keras_compat.origin import is_from_keras
from ..model.records import Facts, Shapes
from ..model.tensor_specs import Structure, shapes_of, spec_of, zeros
from ..model.trial import trial
from .context import RefusedAdd

_T = TypeVar("_T")
_NODES = (
    *(ast.Module, ast.Assign, ast.Expr, ast.For, ast.Call, ast.keyword, ast.Name, ast.Attribute, ast.Constant, ast.Subscript),
    *(ast.Slice, ast.Starred, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp, ast.USub, ast.BinOp, ast.Div, ast.Load, ast.Store),
    *(ast.Import, ast.ImportFrom, ast.alias),
)
_METHODS = frozenset({"add", "pop", "set_weights", "get_weights"})
_FUNCTIONS = {"range": range, "float": float}


def run_fix(refused: RefusedAdd, code: str) -> tuple[bool, Shapes | None]:
    """Run the code of a fix, and return whether it runs and the output shape of the new model.

    Parameters
    ----------
    refused : RefusedAdd
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
        refused = _expendable(refused)
        at_hand = [one for one in (*refused.layers, refused.layer) if isinstance(one, keras.Layer)]
        try:
            cost, shape = _run(refused, code, at_hand, _seen)
        except ValueError as error:
            if not scratch.needs_values(error):
                raise
            cost = 0
        if cost <= _MOST_WORK:
            with scratch.real_variables():
                shape = _run(refused, code, at_hand, _on_zeros)
        return True, shape
    return False, None


def functional_facts(refused: RefusedAdd, code: str) -> Facts | None:
    """Run code that builds a Functional model, and return the facts about that model; None if it fails.

    The facts keep neither the model nor its layers.
    """
    if not code:
        return None
    with contextlib.suppress(Exception), scratch.scratch():
        refused = _expendable(refused)
        at_hand = [one for one in (*refused.layers, refused.layer) if isinstance(one, keras.Layer)]
        return replace(_run(refused, code, at_hand, inspect), source=None, training=None)
    return None


_MOST_WORK = 300_000_000  # about as many multiply-adds as a processor does in a tenth of a second


def _expendable(refused: RefusedAdd) -> RefusedAdd:
    layers = {id(one): layer_state.expendable(one) for one in (*refused.layers, refused.layer) if isinstance(one, keras.Layer)}
    layer = layers.get(id(refused.layer), refused.layer)
    return replace(refused, layers=tuple(layers[id(one)] for one in refused.layers), layer=layer)


def _run(refused: RefusedAdd, code: str, at_hand: list[keras.Layer], use: Callable[[_Stack | keras.Model], _T]) -> _T:
    restore = [layer_state.restorer(layer) for layer in {id(one): one for one in at_hand}.values()]
    try:
        names = {**_names(refused, at_hand), "model": _Stack(refused)}
        exec(compile(_checked(code, names), "<fix>", "exec"), {**names, "__builtins__": {}}, names)  # noqa: S102  checked
        return use(names["model"])
    finally:
        for one in restore:
            one()


def _seen(made: _Stack | keras.Model) -> tuple[float, Shapes | None]:
    """Return an upper bound on the work of running a model on one sample, and its output shape.

    The bound is infinite if the size of the input is not known.
    """
    if not (made.built and made.layers):
        return math.inf, None
    shapes = [tuple(x.shape) for x in keras.tree.flatten(made.inputs)]
    known = all(None not in shape[1:] for shape in shapes)
    work = sum(math.prod(shape[1:-1]) for shape in shapes) * made.count_params() if known else math.inf
    return work, shapes_of(made.outputs)


def _on_zeros(made: _Stack | keras.Model) -> Shapes | None:
    """Run a model on zeros, and return the output shape that Keras declares.

    A layer can fail although Keras infers a shape for it: Keras infers the shape of its own layers
    without a call, and the call of a custom layer on symbolic tensors may not check all sizes. The
    scope keeps the call from changing variables.
    """
    with keras.StatelessScope(initialize_variables=False):
        given = keras.tree.map_structure(lambda x: zeros(spec_of(x)), made.inputs)
        made(given if len(given) > 1 else given[0])
    return shapes_of(made.outputs)


class _Stack:
    """A stand-in for the Sequential: adds and removes layers, but does not call those that stay.

    Its input, its weights and its call are those of the layers that were added.
    """

    def __init__(self, refused: RefusedAdd) -> None:
        self._layers, self._tensors = list(refused.layers), list(refused.tensors)
        self._kept = len(self._layers)

    @property
    def layers(self) -> list[keras.Layer]:
        return list(self._layers)

    @property
    def built(self) -> bool:
        return bool(self._tensors)

    @property
    def inputs(self) -> list[Structure]:
        return self._tensors[self._kept :][:1]

    @property
    def outputs(self) -> list[Structure]:
        return self._tensors[-1:]

    def count_params(self) -> int:
        return sum(layer.count_params() for layer in self._layers[self._kept :])

    def __call__(self, values: Structure) -> Structure:
        for layer in self._layers[self._kept :]:
            values = layer(values)
        return values

    def pop(self) -> keras.Layer:
        self._tensors = self._tensors[:-1]
        self._kept = min(self._kept, len(self._layers) - 1)
        return self._layers.pop()

    def add(self, layer: keras.Layer) -> None:
        if any(one.name == layer.name and one is not layer for one in self._layers):
            raise ValueError(layer.name)
        if self._tensors:
            x = self._tensors[-1]
            self._tensors.append(trial(layer, x)[1] if layer_state.is_whole(layer) else layer_state.called(layer, x))
        self._layers.append(layer)


def _names(refused: RefusedAdd, at_hand: list[keras.Layer]) -> dict[str, object]:
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
    if isinstance(refused.layer, types.FunctionType):
        names[refused.layer.__name__] = refused.layer
    return {**names, **_FUNCTIONS, "keras": keras, "layers": keras.layers, "np": np, "layer": refused.layer}


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
