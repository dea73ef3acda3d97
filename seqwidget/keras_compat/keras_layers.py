"""Read what Keras keeps in a layer: weights, inner layers, and checks of the input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

OF_EVERY_LAYER = frozenset(vars(keras.layers.Layer(name="any")))
"""The attributes that Keras gives to every layer."""


TELLING = ("name", "built", "_trainable", "_dtype_policy")
"""The attributes of every layer whose values differ from layer to layer."""


_LISTS = ("_trainable_variables", "_non_trainable_variables")


_ARE_LISTS = all(type(vars(keras.layers.Layer(name="any")).get(name)) is list for name in _LISTS)


def own_weights(layer: keras.Layer) -> list[Any]:
    """Return the weights of a layer without inner layers.

    If Keras keeps them in two lists, as it does today, reading the lists is faster.
    """
    state = vars(layer)
    return state[_LISTS[0]] + state[_LISTS[1]] if _ARE_LISTS else layer.weights


def takes_training(layer: keras.Layer) -> bool:
    """Return whether a layer behaves differently in training.

    A graph remembers the mode in which it was made, so such a layer must be passed ``training``.
    """
    return "training" in getattr(layer, "_call_context_args", ())


def parts(layer: keras.Layer) -> list[Any]:
    """Return the layers inside a wrapper, a recurrent layer, attention or any other layer."""
    return layer._layers


def check_input(layer: keras.Layer, tensor: keras.KerasTensor) -> None:
    """Raise the error that Keras would raise if ``layer`` were called on ``tensor``.

    The layer is not called.
    """
    check = getattr(layer, "_assert_input_compatibility", None)
    if check is not None:
        check(tensor)


def as_layer(layer: keras.Layer) -> Any:
    """Return the InputLayer of a tensor that ``keras.Input`` returned, as ``add`` does.

    Return anything else unchanged.
    """
    origin = getattr(layer, "_keras_history", (layer,))[0]
    return origin if isinstance(origin, keras.layers.InputLayer) else layer


def sublayers(layer: keras.Layer) -> list[Any]:
    """Return the layers directly inside a layer.

    If Keras's private list is missing or empty, these are the layers in ``layers``.
    """
    inside: Any = getattr(layer, "_layers", None) or getattr(layer, "layers", ())
    return list(inside)


def could_train(layer: keras.Layer) -> list[Any]:
    """Return the weights that train if nothing is frozen, each once."""
    own = getattr(layer, "_trainable_variables", ())
    inside = [weight for one in sublayers(layer) for weight in could_train(one)]
    return list({id(weight): weight for weight in (*own, *inside)}.values())


def every_layer(model: keras.Model) -> list[Any]:
    """Return the model and every layer in it, each once, the outer ones first."""
    return list(dict.fromkeys(layer for layer, _ in walk(model)))


def walk(model: keras.Model, around: tuple[keras.Layer, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield every layer of a model, the model first, with the layers that contain it."""
    yield model, around
    for layer in sublayers(model):
        yield from walk(layer, (*around, model))


def learnt_words(layer: keras.Layer) -> int:
    """Return the number of words that a look-up layer has learnt.

    The tokens that it has from the start are not counted.
    """
    inner = getattr(layer, "_lookup_layer", layer)  # a TextVectorization has one
    return layer.vocabulary_size() - inner._token_start_index()
