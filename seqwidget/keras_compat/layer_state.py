"""Restore the state of a layer, and try a layer on symbolic tensors without changing it."""

from __future__ import annotations

import collections
import operator
from collections.abc import Callable
from typing import Any

import keras

from . import scratch, tracking
from .capabilities import LAYER_STATE
from .inner_layers import every_layer


def is_whole(layer: keras.Layer) -> bool:
    """Return whether a layer and all layers inside it are built.

    Calling such a layer creates no state.
    """
    return all(part.built for part in every_layer(layer))


def restorer(layer: keras.Layer) -> Callable[[], None]:
    """Return a function that restores a layer and the layers inside it.

    It undoes everything that building and calling them changes, and can be called twice. If Keras
    keeps the state of a layer in an unknown way, it does nothing.
    """
    if not LAYER_STATE.works:
        return lambda: None
    restorers = [_restorer(part) for part in every_layer(layer)]

    def restore() -> None:
        for one in restorers:
            one()

    return restore


def expendable(layer: keras.Layer) -> keras.Layer:
    """Return a layer that may be built: ``layer`` if it is built or can be restored, else a copy.

    Raises
    ------
    NotImplementedError
        If the layer can be neither restored nor copied.
    """
    return layer if LAYER_STATE.works or is_whole(layer) else _copied(layer)


def tried(layer: keras.Layer, *args: object, **kwargs: object) -> tuple[keras.Layer, Any]:
    """Call a layer that is not built on symbolic tensors, and restore the layer afterwards.

    The layer itself is called, because a copy made from its config may differ, or may be impossible
    to make. Such a copy is called only if the state of a layer cannot be restored.

    Returns
    -------
    tuple
        A copy of the layer as it was while it was built, to read its weights and settings from; and
        the symbolic output.

    Raises
    ------
    NotImplementedError
        If the layer can be neither restored nor copied.
    """
    if not LAYER_STATE.works:
        copied = _copied(layer)
        return copied, keras.tree.map_structure(_without_history, called(copied, *args, **kwargs))
    restore = restorer(layer)
    try:
        y = called(layer, *args, **kwargs)
        return _image(layer, {}), keras.tree.map_structure(_without_history, y)
    finally:
        restore()


def called(layer: keras.Layer, *args: object, **kwargs: object) -> Any:
    """Call a layer on symbolic tensors, in the context `scratch.scratch`.

    Variables get values only if the layer needs them.
    """
    restore = restorer(layer)
    try:
        return layer(*args, **kwargs)
    except ValueError as error:
        if not scratch.needs_values(error):
            raise
    restore()
    with scratch.real_variables():
        return layer(*args, **kwargs)


def _copied(layer: keras.Layer) -> keras.Layer:
    try:
        return layer.__class__.from_config(layer.get_config())
    except Exception as error:
        msg = f"{layer.name} cannot be tried: no copy of it can be made"
        raise NotImplementedError(msg) from error


def _without_history(tensor: keras.KerasTensor) -> keras.KerasTensor:
    if not isinstance(tensor, keras.KerasTensor):
        return tensor
    return keras.KerasTensor(tensor.shape, dtype=tensor.dtype, sparse=tensor.sparse)


def _image(value: object, seen: dict[int, Any]) -> Any:
    """Copy a layer as it is now, with the layers inside it and the containers that hold them.

    All other values are shared.
    """
    if id(value) in seen:
        return seen[id(value)]
    if isinstance(value, keras.Layer):
        image = seen[id(value)] = object.__new__(type(value))
        vars(image).update({name: _image(item, seen) for name, item in vars(value).items()})
        return image
    if isinstance(value, dict) and not hasattr(value, "default_factory"):
        image = seen[id(value)] = {}
        image.update({key: _image(item, seen) for key, item in value.items()})
        return image
    if isinstance(value, list):
        image = seen[id(value)] = []
        image.extend(_image(item, seen) for item in value)
        return image
    if type(value) is tuple:
        return tuple(_image(item, seen) for item in value)
    return value


def _kind(held: object, plain: type) -> Any:
    """Return the class whose methods change a list or dict without Keras's tracking.

    TensorFlow's wrappers keep their own methods.
    """
    if isinstance(held, collections.OrderedDict):
        return collections.OrderedDict
    return plain if type(held).__module__.partition(".")[0] in ("builtins", "keras") else type(held)


def _restorer(layer: keras.Layer) -> Callable[[], None]:
    attributes = dict(vars(layer))
    lists = [(held, list(held)) for held in attributes.values() if isinstance(held, list)]
    dicts = [(held, dict(held)) for held in attributes.values() if isinstance(held, dict)]
    tracked = tracking.restorer(layer)

    def restore() -> None:
        vars(layer).clear()
        vars(layer).update(attributes)
        for held, items in lists:
            if len(held) != len(items) or any(map(operator.is_not, held, items)):
                _kind(held, list).__setitem__(held, slice(None), items)
        for mapping, pairs in dicts:
            if mapping.keys() != pairs.keys() or any(mapping[key] is not value for key, value in pairs.items()):
                _kind(mapping, dict).clear(mapping)
                _kind(mapping, dict).update(mapping, pairs)
        tracked()

    return restore


@LAYER_STATE.probe
def _probe() -> bool:
    layer = keras.layers.Dense(2, name="dense")
    holder = keras.layers.TimeDistributed(layer, name="holder")
    before = [dict(vars(one)) for one in (holder, layer)]
    with scratch.scratch():
        image, output = tried(layer, keras.KerasTensor((None, 3)))
        restore = restorer(holder)
        holder.build((None, 4, 3))
        built = [holder.built, layer.built, len(holder.weights) == 2]
        restore()
        same = [vars(one) == state for one, state in zip((holder, layer), before, strict=True)]
        empty = not holder.built and not layer.built and not holder.weights
        layer.build((None, 5))
    sizes = [tuple(weight.shape) for weight in (*image.weights, *layer.weights)]
    return all(built) and all(same) and empty and output.shape == (None, 2) and sizes == [(3, 2), (2,), (5, 2), (2,)]
