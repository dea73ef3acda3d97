"""Rules for placement: locked models, objects that are not layers, name conflicts and the like."""

from __future__ import annotations

import types

import keras

from ...i18n.messages import message
from ...keras_compat.keras_layers import is_layer
from ...model.layer_kinds import keras_name, kind
from ..context import RefusedAdd, unwrapped
from ..fixes import replacements, sizes
from .finding import Finding, shortened, shown, type_of


def locked_model(refused: RefusedAdd) -> Finding | None:
    """Check for a model that ``quantize`` has locked."""
    if not refused.locked:
        return None
    return Finding(message("quantize has locked the model, so no layer can be added; add all layers first, and quantize last."))


def not_a_layer(refused: RefusedAdd) -> Finding | None:
    """Check for an object that is not a layer."""
    thing = refused.layer
    if is_layer(thing):
        return None
    place = next((words for kind, words in _PLACES.items() if isinstance(thing, kind)), None)
    if isinstance(thing, type):
        what = message("{name} is a class, not a layer; create a layer by calling it: {name}(...).", name=thing.__name__)
    elif isinstance(thing, keras.KerasTensor):
        what = message("received the output of a layer, not the layer; pass the layer itself, without calling it on an input.")
    elif isinstance(thing, list | tuple):
        what = message(
            "received {type} of {count}; add takes one layer at a time.", type=type(thing).__name__, count=len(thing)
        )
    elif place is not None:
        what = place
    elif isinstance(thing, types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        what = message("{name} is a function, not a layer.", name=shortened(thing.__name__))
    elif thing is None:
        what = message("received None, perhaps the result of a function that returns nothing, such as add itself.")
    else:
        what = message("received {thing} of type {type}.", thing=shortened(shown(thing)), type=type(thing).__name__)
    candidates = replacements.for_no_layer(refused) if place is None else ()
    return Finding(message("a stack consists of layers; {what}", what=what), candidates=candidates)


_PLACES = {
    keras.Layer: message("this one was not initialised: call super().__init__() first in its __init__."),
    keras.optimizers.Optimizer: message("received an optimizer; pass it to model.compile(optimizer=...)."),
    keras.losses.Loss: message("received a loss; pass it to model.compile(loss=...)."),
    keras.metrics.Metric: message("received a metric; pass it to model.compile(metrics=[...])."),
    keras.callbacks.Callback: message("received a callback; pass it to model.fit(callbacks=[...])."),
    keras.regularizers.Regularizer: message("received a regularizer; pass it to a layer: Dense(4, kernel_regularizer=...)."),
    keras.initializers.Initializer: message("received an initializer; pass it to a layer: Dense(4, kernel_initializer=...)."),
    keras.constraints.Constraint: message("received a constraint; pass it to a layer: Dense(4, kernel_constraint=...)."),
}
"""Where objects that are not layers belong; also a layer that was not initialised."""


def second_input(refused: RefusedAdd) -> Finding | None:
    """Check for an ``InputLayer`` that is not the first layer."""
    if not isinstance(refused.layer, keras.layers.InputLayer):
        return None
    given, has = tuple(refused.layer.batch_shape), refused.input_shape or message("none yet")
    return Finding(
        message(
            "a stack has one input, as its first layer, and this one already has {has}; {given} cannot be added as a second.",
            has=has,
            given=given,
        ),
        candidates=replacements.for_second_input(refused, given),
    )


def same_name(refused: RefusedAdd) -> Finding | None:
    """Check for a layer name that the model already uses."""
    layer = refused.layer
    twin = next((i for i, one in enumerate(refused.layers) if one.name == layer.name and one is not layer), None)
    if twin is None:
        return None
    return Finding(
        message(
            "the model already has a layer named {name!r} at position {position}; layer names must be unique.",
            name=refused.layer.name,
            position=twin,
        ),
        candidates=replacements.for_same_name(refused),
    )


def other_model_input(refused: RefusedAdd) -> Finding | None:
    """Check for a nested model that expects a different input shape from the one that it receives."""
    if not isinstance(refused.layer, keras.Model) or not getattr(refused.layer, "inputs", None):
        return None
    wanted = tuple(refused.layer.inputs[0].shape)
    if len(wanted) == refused.rank and all(w in (None, came) for w, came in zip(wanted[1:], refused.sizes, strict=True)):
        return None
    return Finding(
        message(
            "the model {name!r} expects the input {wanted}, but receives {came}.",
            name=refused.layer.name,
            wanted=wanted,
            came=refused.shape,
        ),
        candidates=replacements.for_model(refused, wanted),
    )


def stateful_without_batch(refused: RefusedAdd) -> Finding | None:
    """Check for a stateful layer in a model without a fixed batch size."""
    if not refused.rank or refused.shape[0] is not None or not getattr(unwrapped(refused.layer), "stateful", False):
        return None
    return Finding(
        message(
            "{type} is stateful: it keeps a state for each sample of the batch, but the batch size is not fixed: {shape}.",
            type=type_of(refused),
            shape=refused.shape,
        ),
        candidates=sizes.for_batch(refused),
    )


def receives_strings(refused: RefusedAdd) -> Finding | None:
    """Check for one of Keras's layers that computes with numbers but receives strings."""
    received = any(getattr(x, "dtype", "") == "string" for x in keras.tree.flatten(refused.tensors[-1:]))
    if not received or not keras_name(refused.layer) or kind(refused.layer) in ("shape", "preprocessing", "model"):
        return None
    return Finding(
        message(
            "{type} computes with numbers, but the input holds strings: put a TextVectorization or a StringLookup before it.",
            type=type_of(refused),
        )
    )
