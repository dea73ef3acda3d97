"""Find the rule that explains why a layer does not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import keras

from ...i18n.messages import message
from ...keras_compat.keras_layers import is_layer
from ...model.call_graph import read
from ..context import RefusedAdd
from ..fixes import common, replacements
from .finding import Finding
from .placement import (
    locked_model,
    not_a_layer,
    other_model_input,
    receives_strings,
    same_name,
    second_input,
    stateful_without_batch,
)
from .several_tensors import needs_several_inputs, receives_several_tensors
from .sizes import (
    built_for_another,
    channels_first,
    size_not_fixed,
    unmet_input_spec,
    wrong_axis,
    wrong_groups,
    wrong_rank,
    wrong_reshape,
)
from .windows import crops_everything, window_too_large


def find(refused: RefusedAdd) -> Finding:
    """Return the finding of the first rule that applies, or `not_known` if none does."""
    for rule in _RULES if is_layer(refused.layer) else _BEFORE_ANY_SHAPE:
        finding = rule(refused)
        if finding is not None:
            return finding
    return not_known(refused)


def not_known(refused: RefusedAdd) -> Finding:
    """Return a finding that says that the mistake is unknown and quotes Keras's message."""
    candidates = common.general(refused) if is_layer(refused.layer) else ()
    return Finding(
        message("seqwidget does not recognize this mistake; Keras says: {words}", words=refused.words), candidates=candidates
    )


def _inside_nested_model(refused: RefusedAdd) -> Finding | None:
    """Find the layer inside a nested Sequential that does not fit, and explain that one."""
    if not isinstance(refused.layer, keras.Sequential) or not refused.rank:
        return None
    calls = read(refused.layer, refused.shape).calls
    bad = next((i for i, call in enumerate(calls) if call.why and call.input_shape), None)
    if bad is None:
        return None
    inner = RefusedAdd.through(refused.layer.layers[:bad], refused.tensors[-1], calls[bad].layer, str(calls[bad].why))
    finding = find(inner)
    return replace(
        finding,
        cause=message("inside it, {layer} does not fit: {cause}", layer=inner.layer.name, cause=finding.cause),
        candidates=replacements.for_inside(refused, inner, finding.candidates),
    )


_Rule = Callable[[RefusedAdd], Finding | None]


_BEFORE_ANY_SHAPE: tuple[_Rule, ...] = (not_a_layer,)


_RULES: tuple[_Rule, ...] = (
    locked_model,
    *(second_input, same_name, needs_several_inputs, receives_several_tensors, other_model_input, _inside_nested_model),
    *(receives_strings, channels_first, wrong_rank, stateful_without_batch, size_not_fixed),
    *(built_for_another, wrong_groups, window_too_large, crops_everything, wrong_axis, wrong_reshape, unmet_input_spec),
)
