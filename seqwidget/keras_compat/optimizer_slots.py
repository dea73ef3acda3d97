"""Find an optimizer's own variables by the weight that they belong to, and copy an optimizer."""

from __future__ import annotations

import contextlib
import copy

import keras

from .capabilities import OPTIMIZER_SLOTS
from .scratch import real_variables, scratch


def are_known() -> bool:
    """Return whether an optimizer's variables can be found by weight."""
    return OPTIMIZER_SLOTS.works


def optimizer_weights(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable] | None:
    """Return the weights that an optimizer was built for.

    Return None if it was not built, or if it does not provide them.
    """
    if not OPTIMIZER_SLOTS.works:
        return None
    return getattr(optimizer, "_trainable_variables", None) if getattr(optimizer, "built", False) else None


def slots(optimizer: keras.optimizers.Optimizer) -> dict[int, dict[str, keras.Variable]]:
    """Return an optimizer's own variables for each weight.

    The keys are the ``id`` of the weight and the name of the list that has the variable. The result
    is empty if the optimizer was not built. A weight has an empty dict if the optimizer keeps its
    variables differently from Keras's own optimizers.
    """
    weights = optimizer_weights(optimizer) or []
    found: dict[int, dict[str, keras.Variable]] = {id(weight): {} for weight in weights}
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


def scalars(optimizer: keras.optimizers.Optimizer) -> dict[str, keras.Variable]:
    """Return an optimizer's variables that belong to no weight.

    Examples are the step count, the learning rate and the loss scale.
    """
    found: dict[str, keras.Variable] = {}
    for name, value in vars(optimizer).items():
        if isinstance(value, keras.optimizers.Optimizer):
            found.update({f"{name}.{inner}": variable for inner, variable in scalars(value).items()})
        elif isinstance(value, keras.Variable):
            found[name] = value
    return found


def has_other_arrays(optimizer: keras.optimizers.Optimizer) -> bool:
    """Return whether an optimizer has arrays besides its `slots`: those of Keras have none."""
    known = {id(variable) for variables in slots(optimizer).values() for variable in variables.values()}
    return any(len(variable.shape) > 0 and id(variable) not in known for variable in optimizer.variables)


def learning_rate(optimizer: keras.optimizers.Optimizer) -> keras.Variable | keras.optimizers.schedules.LearningRateSchedule:
    """Return the learning rate as the optimizer holds it: a variable, a schedule or a function."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    rate = getattr(inner, "_learning_rate", None)
    return inner.learning_rate if rate is None else rate


def updates(optimizer: keras.optimizers.Optimizer | None) -> int | None:
    """Return how often an optimizer has received gradients; ``None`` if that is not known."""
    counted = getattr(optimizer, "_iterations", None)  # `iterations` leaves out what is only accumulated
    if counted is not None and not hasattr(optimizer, "inner_optimizer"):  # with a loss scale, gradients may be left out
        with contextlib.suppress(RuntimeError):  # JAX has deleted it, because fit has failed
            return int(keras.ops.convert_to_numpy(counted))
    return None


def unbuilt_copy(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return an optimizer with the same settings that is not built.

    A learning rate schedule is shared, so that it need not be serializable.
    """
    if not OPTIMIZER_SLOTS.works:
        return type(optimizer).from_config(optimizer.get_config())
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


@OPTIMIZER_SLOTS.probe
def _probe() -> bool:
    with scratch(), real_variables():
        layer = keras.layers.Dense(2, name="dense")
        layer.build((None, 3))
        optimizer = unbuilt_copy(keras.optimizers.SGD(0.5, momentum=0.25, weight_decay=0.125))
        before = optimizer_weights(optimizer)
        optimizer.build(layer.weights)
    found, single = slots(optimizer), scalars(optimizer)
    of_weights = [list(found[id(weight)].values()) for weight in layer.weights]
    every = [*(variable for each in of_weights for variable in each), *single.values()]
    return (
        before is None
        and (optimizer.momentum, optimizer.weight_decay, float(learning_rate(optimizer))) == (0.25, 0.125, 0.5)
        and list(map(id, optimizer_weights(optimizer) or ())) == list(map(id, layer.weights))
        and [[tuple(variable.shape) for variable in each] for each in of_weights] == [[(3, 2)], [(2,)]]
        and set(map(id, every)) == set(map(id, optimizer.variables))
        and not has_other_arrays(optimizer)
    )
