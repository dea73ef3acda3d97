"""What Keras keeps of training: the optimizer, its slots, and the weights that the compiled step was traced with."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import keras


def trains_by_flag(model: Any) -> bool:
    """Whether a model trains what is flagged among its weights, and has no rule of its own."""
    return type(model).trainable_weights is keras.layers.Layer.trainable_weights


_TRAINED = "_seqwidget_trained"


def optimizer_weights(optimizer: Any) -> list[Any] | None:
    """Give the weights that an optimizer was built for, or None where it was not built (or does not tell)."""
    return getattr(optimizer, "_trainable_variables", None) if getattr(optimizer, "built", False) else None


def mark_traced(model: Any) -> None:
    """Note on a training function that was just made what it will be traced for; the note goes when the function does."""
    with contextlib.suppress(AttributeError, TypeError):  # where functions take no notes, the optimizer's weights have to do
        setattr(model.train_function, _TRAINED, list(model.trainable_weights))


def traced_weights(model: Any) -> list[Any] | None:
    """Give the weights that a model's training function was traced for, or None where nobody noted it."""
    return getattr(getattr(model, "train_function", None), _TRAINED, None)


def slots(optimizer: Any) -> dict[int, dict[str, Any]]:
    """Give an optimizer's own variables for each weight, by the ``id`` of the weight and the name of the list they are in.

    Empty where the optimizer was not built, or keeps its variables in another way than Keras's optimizers do.
    """
    weights = optimizer_weights(optimizer) or []
    found: dict[int, dict[str, Any]] = {id(weight): {} for weight in weights}
    for name, value in vars(optimizer).items():
        if isinstance(value, keras.optimizers.Optimizer):
            for key, inner in slots(value).items():
                found.setdefault(key, {}).update({f"{name}.{slot}": variable for slot, variable in inner.items()})
        elif isinstance(value, list) and len(value) == len(weights) and value is not weights and name not in _NOT_SLOTS:
            for weight, variable in zip(weights, value, strict=True):
                if isinstance(variable, keras.Variable):
                    found[id(weight)][name] = variable
    return found


_NOT_SLOTS = frozenset({"_trainable_variables", "_variables"})


def scalars(optimizer: Any) -> dict[str, Any]:
    """Give an optimizer's variables that belong to no weight: its step count, learning rate, loss scale."""
    found: dict[str, Any] = {}
    for name, value in vars(optimizer).items():
        if isinstance(value, keras.optimizers.Optimizer):
            found.update({f"{name}.{inner}": variable for inner, variable in scalars(value).items()})
        elif isinstance(value, keras.Variable):
            found[name] = value
    return found


def learning_rate(optimizer: Any) -> Any:
    """Give the learning rate as the optimizer holds it: a variable, a schedule or a function."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return getattr(inner, "_learning_rate", inner.learning_rate)


def unbuilt_copy(optimizer: Any) -> Any:
    """Make an optimizer of the same settings that was not built. A schedule is shared, so that it need not be serializable."""
    inner = getattr(optimizer, "inner_optimizer", None)
    if inner is not None:
        config = {name: value for name, value in optimizer.get_config().items() if name != "inner_optimizer"}
        return type(optimizer)(unbuilt_copy(inner), **config)
    rate = learning_rate(optimizer)
    described = object.__new__(type(optimizer))
    vars(described).update(vars(optimizer), _learning_rate=None)
    config = described.get_config()
    config["learning_rate"] = float(keras.ops.convert_to_numpy(rate)) if isinstance(rate, keras.Variable) else rate
    copied = type(optimizer).from_config(config)
    for name, value in list(vars(optimizer).items()):
        if name.startswith("_exclude_from_weight_decay"):
            setattr(copied, name, copy.copy(value))
    return copied


def compile_arguments(model: Any) -> dict[str, Any]:
    """Give the arguments of a model's last ``compile``, as the objects that they were; empty where Keras does not tell."""
    return dict(getattr(getattr(model, "_compile_config", None), "config", {}))
