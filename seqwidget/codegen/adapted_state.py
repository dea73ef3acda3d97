"""Write comments on state that layers learnt by ``adapt`` and that is not among their arguments.

Code that builds the layers again must restore this state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import keras
import numpy as np

from ..keras_compat import keras_layers

_LOOKUPS = (keras.layers.TextVectorization, keras.layers.StringLookup, keras.layers.IntegerLookup)


def state_comments(layers: Iterable[keras.Layer]) -> Iterator[str]:
    """Yield a comment for each layer whose adapted state is not among its arguments.

    Layers inside nested models are included.
    """
    for layer in layers:
        if isinstance(layer, keras.Model):
            yield from state_comments(layer.layers)
        elif missing := _missing(layer):
            what, argument = missing
            yield f"# {layer.name!a}: its {what} not in this code: call its adapt(data), or pass {argument}"


def _missing(layer: keras.Layer) -> tuple[str, str] | None:
    if isinstance(layer, _LOOKUPS) and not layer.get_config()["vocabulary"]:
        count = keras_layers.learnt_words(layer)
        return (f"vocabulary of {count:,} is", "vocabulary=") if count > 0 else None
    if isinstance(layer, keras.layers.Normalization) and layer.input_mean is None and layer.built:
        learnt = np.any(np.asarray(layer.adapt_mean)) or np.any(np.asarray(layer.adapt_variance) != 1)
        return ("mean and variance are", "mean= and variance=") if learnt else None
    return None
