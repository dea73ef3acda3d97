"""Read what a model was compiled with, and what its training function trains."""

from __future__ import annotations

import contextlib

import keras

from .capabilities import COMPILE_ARGUMENTS
from .scratch import real_variables, scratch

_TRAINED = "_seqwidget_trained"


def trains_by_flag(model: keras.Model) -> bool:
    """Return whether a model trains exactly its weights that are flagged as trainable.

    Return False if its class defines ``trainable_weights`` itself.
    """
    return type(model).trainable_weights is keras.layers.Layer.trainable_weights


def mark_traced(model: keras.Model) -> None:
    """Store, on a training function that was just made, the weights that it will be traced for.

    The information is lost when Keras makes another function.
    """
    # If the function accepts no attributes, the optimizer's weights are used instead.
    with contextlib.suppress(AttributeError, TypeError):
        setattr(model.train_function, _TRAINED, list(model.trainable_weights))


def traced_weights(model: keras.Model) -> list[keras.Variable] | None:
    """Return the weights that a model's training function was traced for.

    Return None if they were not stored.
    """
    return getattr(getattr(model, "train_function", None), _TRAINED, None)


def compile_arguments(model: keras.Model) -> dict[str, object]:
    """Return the arguments of a model's last ``compile``, as the original objects if possible.

    The result is empty if Keras does not provide them.
    """
    if COMPILE_ARGUMENTS.works:
        return dict(getattr(getattr(model, "_compile_config", None), "config", {}))
    config = model.get_compile_config()
    return dict(keras.saving.deserialize_keras_object(config)) if config else {}


@COMPILE_ARGUMENTS.probe
def _probe() -> bool:
    with scratch(), real_variables():
        first, second = (keras.Sequential(name="m") for _ in range(2))
        optimizer = keras.optimizers.SGD(0.5)
        first.compile(optimizer, "mse", metrics=["mae"], loss_weights=[2.0])
        arguments = compile_arguments(first)
        second.compile(**arguments)
    return (
        arguments["optimizer"] is second.optimizer is optimizer
        and (arguments["loss"], arguments["metrics"]) == ("mse", ["mae"])
        and first.get_compile_config() == second.get_compile_config()
    )
