"""Rules for layers that take or return several tensors."""

from __future__ import annotations

import inspect

import keras

from ...i18n.messages import message, plural
from ...model.layer_kinds import keras_name
from .. import functional_form
from ..context import Case
from ..fixes import replacements
from .finding import Finding, type_of


def receives_several_tensors(case: Case) -> Finding | None:
    """Check for a layer that receives several tensors, because the previous layer returns them."""
    if not case.several:
        return None
    giver = case.layers[-1]
    return Finding(
        message(
            "it takes one tensor, but {layer} returns {count}: {shapes}.",
            layer=giver.name,
            count=len(case.shape),
            shapes=", ".join(map(str, case.shape)),
        ),
        moves=replacements.for_several(case),
        alternative=functional_form.first_of_several(case),
    )


_SEVERAL = {
    "Dot": message("two tensors, to multiply"),
    "Attention": message("a query and a value"),
    "AdditiveAttention": message("a query and a value"),
    "MultiHeadAttention": message("a query and a value"),
    "GroupedQueryAttention": message("a query and a value"),
}


_MERGE = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")


def needs_several_inputs(case: Case) -> Finding | None:
    """Check for a layer that needs several inputs, such as a merging layer or a recurrent cell."""
    count = _arguments(case.layer)
    if case.name in _MERGE or case.name in _SEVERAL or count > 1:
        merged = message("a list of tensors, to merge into one")
        what = plural("{n} tensor", "{n} tensors", count) if count > 1 else _SEVERAL.get(case.name, merged)
        return Finding(
            message(
                "{type} needs {what}, but in a stack each layer receives only the output of the layer before it.",
                type=type_of(case),
                what=what,
            ),
            alternative=functional_form.with_branch(case, count),
        )
    if case.name.endswith("Cell") or case.name == "StackedRNNCells":
        return Finding(
            message(
                "{type} is one step of a recurrent layer and also needs a state; wrap it in an RNN, "
                "which runs it over all steps.",
                type=type_of(case),
            ),
            moves=replacements.for_cell(case),
        )
    if isinstance(case.layer, keras.Model) and len(getattr(case.layer, "inputs", None) or [0]) > 1:
        return Finding(
            message(
                "the model {name!r} needs {count} inputs, but in a stack each layer receives only the "
                "output of the layer before it.",
                name=case.layer.name,
                count=len(case.layer.inputs),
            ),
            alternative=functional_form.with_inputs(case),
        )
    return None


def _arguments(layer: keras.Layer) -> int:
    """Return the number of required arguments of a custom layer's ``call``."""
    taken = () if keras_name(layer) or isinstance(layer, keras.Model) else inspect.signature(layer.call).parameters.values()
    tensors = [one for one in taken if one.name not in ("training", "mask")]  # which are not tensors of the stack
    return sum(one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) for one in tensors)
