"""Write a Sequential as a Functional model, in which a layer can have several inputs or outputs.

The functions return Python code. They are for layers that take or return several tensors.
"""

from __future__ import annotations

from ..codegen.writer import Writer, input_code
from ..model.layer_kinds import kind
from ..model.tensor_specs import spec_of
from .context import RefusedAdd


def with_branch(refused: RefusedAdd, arguments: int) -> str:
    """Return the code of a Functional model in which the refused layer receives several tensors.

    A layer with several ``arguments`` receives one tensor for each; any other layer receives a list
    of two tensors. The other branch begins at the first tensor of the same shape, as a residual
    connection does.
    """
    writer = Writer()
    call = writer.layer(refused.layer)
    head, name = _head(refused, writer)
    query = refused.name in ("MultiHeadAttention", "GroupedQueryAttention")
    branch = [] if query or not refused.rank else ["y = x  # the other branch: layers of its own on x, or on inputs"]
    last = spec_of(refused.tensors[-1]) if branch else None
    same = [hasattr(one, "shape") and spec_of(one) == last for one in refused.tensors] if branch else []
    if any(same[:-1]):
        at = len(head) - len(refused.layers) + same.index(True)
        head[at:at] = branch
    given = ", ".join(["x", *["y" if branch else "x"] * (max(arguments, 2) - 1)])
    other = given if query or arguments > 1 else f"[{given}]"
    comment = "  # self-attention: query and value" if query else ""
    rest = branch if not any(same[:-1]) else []
    return "\n".join([*head, *rest, f"x = {call}({other}){comment}", _model(name)])


def with_inputs(refused: RefusedAdd) -> str:
    """Return the code of a Functional model that calls the refused model with all its inputs."""
    writer = Writer()
    head, name = _head(refused, writer)
    inner = writer.name(refused.layer.name, refused.layer)
    more = [f"other_{n} = keras.Input({tuple(one.shape[1:])})" for n, one in enumerate(refused.layer.inputs[1:], 1)]
    others = ", ".join(f"other_{n}" for n in range(1, len(refused.layer.inputs)))
    return "\n".join(
        [
            *head,
            *more,
            f"x = {inner}([x, {others}])  # {inner}: the model that was refused",
            f"model = keras.Model([{name}, {others}], x)",
        ]
    )


def first_of_several(refused: RefusedAdd) -> str:
    """Return the code of a Functional model that passes on only the first of several outputs."""
    writer = Writer()
    call = writer.layer(refused.layer)
    head, name = _head(refused, writer)
    *before, last = head
    several = refused.tensors[-1]
    if isinstance(several, dict):
        pick = [last.replace("x = ", "outputs = ", 1), f"x = outputs[{writer.value(next(iter(several)))}]"]
    else:
        rest = "state" if kind(refused.layers[-1]) == "recurrent" else "other"
        names = ", ".join(["x", *(f"{rest}_{n}" for n in range(1, len(several)))])
        pick = [last.replace("x = ", f"{names} = ", 1)]
    return "\n".join([*before, *pick, f"x = {call}(x)", _model(name)])


def _head(refused: RefusedAdd, writer: Writer) -> tuple[list[str], str]:
    lines = [f"inputs = {input_code(refused.head) if refused.tensors else 'keras.Input(...)'}", "x = inputs"]
    lines += [f"x = {writer.layer(layer)}(x)" for layer in refused.layers]
    return [*writer.imports(), *lines], "inputs"


def _model(inputs: str) -> str:
    return f"model = keras.Model({inputs}, x)"
