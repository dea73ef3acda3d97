"""Rules for layers that take or return several tensors."""

from __future__ import annotations

import inspect

import keras

from ...i18n.messages import message, plural
from ...model.layer_kinds import keras_name
from .. import functional_form
from ..context import RefusedAdd
from ..fixes import replacements
from .finding import Finding, type_of


def receives_several_tensors(refused: RefusedAdd) -> Finding | None:
    """Check for a layer that receives several tensors, because the previous layer returns them."""
    if not refused.several:
        return None
    giver = refused.layers[-1]
    return Finding(
        message(
            "it takes one tensor, but {layer} returns {count}: {shapes}.",
            layer=giver.name,
            count=len(refused.shape),
            shapes=", ".join(map(str, refused.shape)),
        ),
        candidates=replacements.for_several(refused),
        alternative=functional_form.first_of_several(refused),
    )


_SEVERAL = {
    "Dot": message("two tensors, to multiply"),
    "Attention": message("a query and a value"),
    "AdditiveAttention": message("a query and a value"),
    "MultiHeadAttention": message("a query and a value"),
    "GroupedQueryAttention": message("a query and a value"),
}


_MERGE = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")


def needs_several_inputs(refused: RefusedAdd) -> Finding | None:
    """Check for a layer that needs several inputs, such as a merging layer or a recurrent cell."""
    count = _arguments(refused.layer)
    if refused.name in _MERGE or refused.name in _SEVERAL or count > 1:
        merged = message("a list of tensors, to merge into one")
        what = plural("{n} tensor", "{n} tensors", count) if count > 1 else _SEVERAL.get(refused.name, merged)
        return Finding(
            message(
                "{type} needs {what}, but in a stack each layer receives only the output of the layer before it.",
                type=type_of(refused),
                what=what,
            ),
            alternative=functional_form.with_branch(refused, count),
        )
    if refused.name.endswith("Cell") or refused.name == "StackedRNNCells":
        return Finding(
            message(
                "{type} is one step of a recurrent layer and also needs a state; wrap it in an RNN, "
                "which runs it over all steps.",
                type=type_of(refused),
            ),
            candidates=replacements.for_cell(refused),
        )
    if isinstance(refused.layer, keras.Model) and len(getattr(refused.layer, "inputs", None) or [0]) > 1:
        return Finding(
            message(
                "the model {name!r} needs {count} inputs, but in a stack each layer receives only the "
                "output of the layer before it.",
                name=refused.layer.name,
                count=len(refused.layer.inputs),
            ),
            alternative=functional_form.with_inputs(refused),
        )
    return None


def _arguments(layer: keras.Layer) -> int:
    """Return the number of required arguments of a custom layer's ``call``."""
    taken = () if keras_name(layer) or isinstance(layer, keras.Model) else inspect.signature(layer.call).parameters.values()
    tensors = [one for one in taken if one.name not in ("training", "mask")]  # which are not tensors of the stack
    return sum(one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) for one in tensors)
