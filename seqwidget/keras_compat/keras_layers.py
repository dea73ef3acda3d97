"""Read what Keras keeps in a layer: its attributes, its weights, and checks of the input."""

from __future__ import annotations

import warnings
from typing import Any, TypeGuard

import keras

from .capabilities import WEIGHT_LISTS
from .inner_layers import sublayers
from .scratch import scratch

OF_EVERY_LAYER = frozenset(vars(keras.layers.Layer(name="any")))
"""The attributes that Keras gives to every layer."""


DISTINCTIVE = ("name", "built", "_trainable", "_dtype_policy")
"""The attributes of every layer whose values differ from layer to layer."""


def config_of(layer: keras.Layer) -> dict[str, Any]:
    """Return a copy of a layer's config, without warnings, such as that a lambda is unsafe to save: nothing is saved."""
    with warnings.catch_warnings(action="ignore"):
        return dict(layer.get_config())


def own_weights(layer: keras.Layer) -> list[keras.Variable]:
    """Return the weights of a layer without inner layers.

    Reading Keras's two lists is faster than reading ``weights``.
    """
    if not WEIGHT_LISTS.works:
        return layer.weights
    state = vars(layer)
    return state["_trainable_variables"] + state["_non_trainable_variables"]


@WEIGHT_LISTS.probe
def _probe() -> bool:
    with scratch():
        layers = [keras.layers.BatchNormalization(name="norm", trainable=flag) for flag in (True, False)]
        for layer in layers:
            layer.build((None, 2))
    read = [[*map(id, own_weights(layer))] == [*map(id, layer.weights)] and len(layer.weights) == 4 for layer in layers]
    return all(read) and could_train(layers[0]) == layers[0].trainable_weights and len(could_train(layers[1]) or ()) == 2


def takes_training(layer: keras.Layer) -> bool:
    """Return whether a layer behaves differently in training.

    A graph remembers the mode in which it was made, so such a layer must be passed ``training``.
    """
    return "training" in getattr(layer, "_call_context_args", ())


def check_input(layer: keras.Layer, tensor: keras.KerasTensor) -> None:
    """Raise the error that Keras would raise if ``layer`` were called on ``tensor``.

    The layer is not called.
    """
    check = getattr(layer, "_assert_input_compatibility", None)
    if check is not None:
        check(tensor)


def is_layer(thing: object) -> TypeGuard[keras.Layer]:
    """Return whether an object is a layer whose ``__init__`` called that of ``keras.Layer``."""
    return isinstance(thing, keras.Layer) and hasattr(thing, "name")


def as_layer(layer: keras.Layer) -> keras.Layer:
    """Return the InputLayer of a tensor that ``keras.Input`` returned, as ``add`` does.

    Return anything else unchanged.
    """
    origin = getattr(layer, "_keras_history", (layer,))[0]
    return origin if isinstance(origin, keras.layers.InputLayer) else layer


def could_train(layer: keras.Layer) -> list[keras.Variable] | None:
    """Return the weights that train if nothing is frozen, each once; None if Keras does not report them."""
    if not WEIGHT_LISTS.works:
        return None
    own = layer._trainable_variables
    inside = [weight for one in sublayers(layer) for weight in could_train(one) or ()]
    return list({id(weight): weight for weight in (*own, *inside)}.values())


def learnt_words(layer: keras.Layer) -> int:
    """Return the number of words that a lookup layer has learnt.

    The tokens that it has from the start are not counted.
    """
    inner = getattr(layer, "_lookup_layer", layer)  # a TextVectorization has one
    return layer.vocabulary_size() - inner._token_start_index()
