"""Rules for placement: locked models, objects that are not layers, name conflicts and the like."""

from __future__ import annotations

import types

import keras

from ...i18n.messages import message
from ...keras_compat.keras_layers import is_layer
from ...model.layer_kinds import keras_name, kind
from ..context import Case, unwrapped
from ..fixes import replacements, sizes
from .finding import Finding, shortened, shown, type_of


def locked_model(case: Case) -> Finding | None:
    """Check for a model that ``quantize`` has locked."""
    if not case.locked:
        return None
    return Finding(message("quantize has locked the model, so no layer can be added; add all layers first, and quantize last."))


def not_a_layer(case: Case) -> Finding | None:
    """Check for an object that is not a layer."""
    thing = case.layer
    if is_layer(thing):
        return None
    place = next((words for kind, words in _PLACES.items() if isinstance(thing, kind)), None)
    if isinstance(thing, type):
        what = message("{name} is a class, not a layer; create a layer by calling it: {name}(...).", name=thing.__name__)
    elif isinstance(thing, keras.KerasTensor):
        what = message("received the output of a layer, not the layer; pass the layer itself, without calling it on an input.")
    elif isinstance(thing, list | tuple):
        what = message(
            "received a {type} of {count}; add takes one layer at a time.", type=type(thing).__name__, count=len(thing)
        )
    elif place is not None:
        what = place
    elif isinstance(thing, types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        what = message("{name} is a function, not a layer.", name=shortened(thing.__name__))
    elif thing is None:
        what = message("received None, perhaps the result of a function that returns nothing, such as add itself.")
    else:
        what = message("received {thing} of type {type}.", thing=shortened(shown(thing)), type=type(thing).__name__)
    moves = replacements.for_no_layer(case) if place is None else ()
    return Finding(message("a stack consists of layers; {what}", what=what), moves=moves)


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
"""Where objects belong that are not layers; also a layer that is none yet."""


def second_input(case: Case) -> Finding | None:
    """Check for an ``InputLayer`` that is not the first layer."""
    if not isinstance(case.layer, keras.layers.InputLayer):
        return None
    given, has = tuple(case.layer.batch_shape), case.input_shape or message("none yet")
    return Finding(
        message(
            "a stack has one input, as its first layer, and this one already has {has}; {given} cannot be added as a second.",
            has=has,
            given=given,
        ),
        moves=replacements.for_second_input(case, given),
    )


def same_name(case: Case) -> Finding | None:
    """Check for a layer name that the model already uses."""
    twin = next((i for i, one in enumerate(case.layers) if one.name == case.layer.name and one is not case.layer), None)
    if twin is None:
        return None
    return Finding(
        message(
            "the model already has a layer named {name!r} at position {position}; layer names must be unique.",
            name=case.layer.name,
            position=twin,
        ),
        moves=replacements.for_same_name(case),
    )


def other_model_input(case: Case) -> Finding | None:
    """Check for a nested model that expects another input shape than it receives."""
    if not isinstance(case.layer, keras.Model) or not getattr(case.layer, "inputs", None):
        return None
    wanted = tuple(case.layer.inputs[0].shape)
    if len(wanted) == case.rank and all(w in (None, came) for w, came in zip(wanted[1:], case.sizes, strict=True)):
        return None
    return Finding(
        message(
            "the model {name!r} expects the input {wanted}, but receives {came}.",
            name=case.layer.name,
            wanted=wanted,
            came=case.shape,
        ),
        moves=replacements.for_model(case, wanted),
    )


def stateful_without_batch(case: Case) -> Finding | None:
    """Check for a stateful layer in a model without a fixed batch size."""
    if not case.rank or case.shape[0] is not None or not getattr(unwrapped(case.layer), "stateful", False):
        return None
    return Finding(
        message(
            "{type} is stateful: it keeps a state for each sample of the batch, but the batch size is not fixed: {shape}.",
            type=type_of(case),
            shape=case.shape,
        ),
        moves=sizes.for_batch(case),
    )


def receives_strings(case: Case) -> Finding | None:
    """Check for one of Keras's layers that computes with numbers, and receives strings."""
    received = any(getattr(x, "dtype", "") == "string" for x in keras.tree.flatten(case.tensors[-1:]))
    if not received or not keras_name(case.layer) or kind(case.layer) in ("shape", "preprocessing", "model"):
        return None
    return Finding(
        message(
            "{type} computes with numbers, but the input holds strings: put a TextVectorization or a StringLookup before it.",
            type=type_of(case),
        )
    )
