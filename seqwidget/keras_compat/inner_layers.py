"""List the layers that a layer or a model holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from .capabilities import INNER_LAYERS
from .scratch import scratch


def sublayers(layer: keras.Layer) -> list[keras.Layer]:
    """Return the layers directly inside a layer: a wrapper, a recurrent layer, a model or any other."""
    if INNER_LAYERS.works:
        inside: Any = getattr(layer, "_layers", None)
        return list(getattr(layer, "layers", ()) if inside is None else inside)
    if isinstance(layer, keras.Model):
        return list(contents(layer) if isinstance(layer, keras.Sequential) else layer.layers)
    return list(dict.fromkeys(_layers_in(list(vars(layer).values()))))


def contents(model: keras.Model) -> tuple[keras.Layer, ...]:
    """Return all layers that a Sequential holds, including its InputLayer."""
    if INNER_LAYERS.works:
        return tuple(model._layers)
    mine = model.layers
    lists = [tuple(value) for value in vars(model).values() if isinstance(value, list)]
    return max((one for one in lists if [x for x in one if not is_input(x)] == mine), key=len, default=tuple(mine))


def is_input(layer: keras.Layer) -> bool:
    """Return whether a layer is an InputLayer."""
    return isinstance(layer, keras.layers.InputLayer)


def input_layer(model: keras.Model) -> keras.layers.InputLayer | None:
    """Return the InputLayer that Keras hides in a Sequential, or None if there is none."""
    first = contents(model)[:1]
    return first[0] if first and is_input(first[0]) else None


def every_layer(model: keras.Model) -> list[keras.Layer]:
    """Return the model and every layer in it, each once, the outer ones first."""
    return list(dict.fromkeys(layer for layer, _ in walk(model)))


def walk(model: keras.Model, around: tuple[keras.Layer, ...] = ()) -> Iterator[tuple[keras.Layer, tuple[keras.Layer, ...]]]:
    """Yield every layer of a model, the model first, with the layers that contain it."""
    yield model, around
    for layer in sublayers(model):
        yield from walk(layer, (*around, model))


def holds(layer: keras.Layer, model: keras.Model) -> bool:
    """Return whether a layer is a model, or contains it at any depth."""
    todo, seen = [layer], set()
    while todo:
        one = todo.pop()
        if one is model:
            return True
        if id(one) not in seen and isinstance(one, keras.Layer):
            seen.add(id(one))
            todo += sublayers(one)
    return False


def _layers_in(values: list[object]) -> Iterator[keras.Layer]:
    for value in values:
        if isinstance(value, keras.Layer):
            yield value
        elif isinstance(value, list | tuple):
            yield from _layers_in(list(value))
        elif isinstance(value, dict):
            yield from _layers_in(list(value.values()))


@INNER_LAYERS.probe
def _probe() -> bool:
    one, two, three, four = layers = [keras.layers.Layer(name=name) for name in ("one", "two", "three", "four")]
    holder = keras.layers.Layer(name="holder")
    holder.first, holder.others, holder.named = one, [two, three], {"four": four}
    with scratch():
        head = keras.layers.InputLayer((2,), name="input")
        stack = keras.Sequential(name="stack")
        for layer in (head, one, two):
            stack.add(layer, rebuild=False)
    return (
        sublayers(holder) == layers and sublayers(one) == [] and contents(stack) == (head, one, two) == tuple(sublayers(stack))
    )
