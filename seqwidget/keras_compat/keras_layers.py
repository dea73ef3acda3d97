"""What Keras keeps in a layer: its weights, the layers in it, and what it checks of an input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

OF_EVERY_LAYER = frozenset(vars(keras.layers.Layer(name="any")))
"""The attributes that Keras gives a layer of any kind."""


TELLING = ("name", "built", "_trainable", "_dtype_policy")
"""Those of them that tell of one layer what others may not have."""


_LISTS = ("_trainable_variables", "_non_trainable_variables")


_ARE_LISTS = all(type(vars(keras.layers.Layer(name="any")).get(name)) is list for name in _LISTS)


def own_weights(layer: Any) -> list[Any]:
    """Give the weights of a layer that has none inside: quickly where Keras keeps them in two lists, as it does today."""
    state = vars(layer)
    return state[_LISTS[0]] + state[_LISTS[1]] if _ARE_LISTS else layer.weights


def takes_training(layer: Any) -> bool:
    """Whether a layer behaves differently in training. A graph remembers the mode it was made in, and must be told."""
    return "training" in getattr(layer, "_call_context_args", ())


def parts(layer: Any) -> list[Any]:
    """Give the layers that a layer is made of: a wrapper, a recurrent layer, attention."""
    return layer._layers


def check_input(layer: Any, tensor: Any) -> None:
    """Raise what Keras would raise when ``layer`` is called on ``tensor``, without calling it."""
    check = getattr(layer, "_assert_input_compatibility", None)
    if check is not None:
        check(tensor)


def as_layer(layer: Any) -> Any:
    """Give the InputLayer that what ``keras.Input`` gives stands for, as in ``add``; anything else as it is."""
    origin = getattr(layer, "_keras_history", (layer,))[0]
    return origin if isinstance(origin, keras.layers.InputLayer) else layer


def sublayers(layer: Any) -> list[Any]:
    """Give the layers right inside a layer; for a model, and where Keras does not tell, those of its ``layers``."""
    inside: Any = getattr(layer, "_layers", None) or getattr(layer, "layers", ())
    return list(inside)


def could_train(layer: Any) -> list[Any]:
    """Give the weights that train when nothing is frozen, each once."""
    own = getattr(layer, "_trainable_variables", ())
    inside = [weight for one in sublayers(layer) for weight in could_train(one)]
    return list({id(weight): weight for weight in (*own, *inside)}.values())


def every_layer(model: Any) -> list[Any]:
    """Return the model and every layer in it, each once and the outer ones first."""
    return list(dict.fromkeys(layer for layer, _ in walk(model)))


def walk(model: Any, around: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Yield every layer of a model, the model first, with the layers that it is in."""
    yield model, around
    for layer in sublayers(model):
        yield from walk(layer, (*around, model))


def learnt_words(layer: Any) -> int:
    """Return how many words a look-up layer has learnt, those left out that it has from the start."""
    inner = getattr(layer, "_lookup_layer", layer)  # of a TextVectorization
    return layer.vocabulary_size() - inner._token_start_index()
