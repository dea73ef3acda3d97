"""Write a Sequential as a Functional model, in which a layer can have several inputs or outputs.

The functions return Python code. They are for layers that take or return several tensors.
"""

from __future__ import annotations

from ..codegen.writer import Writer, input_code
from ..model.layer_kinds import kind
from ..model.tensor_specs import spec_of
from .context import Case


def with_branch(case: Case, arguments: int) -> str:
    """Return the code of a Functional model in which the refused layer receives several tensors.

    A layer with several ``arguments`` receives one tensor for each, another a list of two. The
    other branch begins at the first tensor of the same shape, as a residual connection does.
    """
    writer = Writer()
    call = writer.layer(case.layer)
    head, name = _head(case, writer)
    query = case.name in ("MultiHeadAttention", "GroupedQueryAttention")
    branch = [] if query or not case.rank else ["y = x  # the other branch: layers of its own on x, or on inputs"]
    last = spec_of(case.tensors[-1]) if branch else None
    same = [hasattr(one, "shape") and spec_of(one) == last for one in case.tensors] if branch else []
    if any(same[:-1]):
        at = len(head) - len(case.layers) + same.index(True)
        head[at:at] = branch
    given = ", ".join(["x", *["y" if branch else "x"] * (max(arguments, 2) - 1)])
    other = given if query or arguments > 1 else f"[{given}]"
    comment = "  # self-attention: query and value" if query else ""
    rest = branch if not any(same[:-1]) else []
    return "\n".join([*head, *rest, f"x = {call}({other}){comment}", _model(name)])


def with_inputs(case: Case) -> str:
    """Return the code of a Functional model that calls the refused model with all its inputs."""
    writer = Writer()
    head, name = _head(case, writer)
    inner = writer.name(case.layer.name, case.layer)
    more = [f"other_{n} = keras.Input({tuple(one.shape[1:])})" for n, one in enumerate(case.layer.inputs[1:], 1)]
    others = ", ".join(f"other_{n}" for n in range(1, len(case.layer.inputs)))
    return "\n".join(
        [
            *head,
            *more,
            f"x = {inner}([x, {others}])  # {inner}: the model that was refused",
            f"model = keras.Model([{name}, {others}], x)",
        ]
    )


def first_of_several(case: Case) -> str:
    """Return the code of a Functional model that passes on only the first of several outputs."""
    writer = Writer()
    call = writer.layer(case.layer)
    head, name = _head(case, writer)
    *before, last = head
    several = case.tensors[-1]
    if isinstance(several, dict):
        pick = [last.replace("x = ", "outputs = ", 1), f"x = outputs[{writer.value(next(iter(several)))}]"]
    else:
        rest = "state" if kind(case.layers[-1]) == "recurrent" else "other"
        names = ", ".join(["x", *(f"{rest}_{n}" for n in range(1, len(several)))])
        pick = [last.replace("x = ", f"{names} = ", 1)]
    return "\n".join([*before, *pick, f"x = {call}(x)", _model(name)])


def _head(case: Case, writer: Writer) -> tuple[list[str], str]:
    lines = [f"inputs = {input_code(case.head) if case.tensors else 'keras.Input(...)'}", "x = inputs"]
    lines += [f"x = {writer.layer(layer)}(x)" for layer in case.layers]
    return [*writer.imports(), *lines], "inputs"


def _model(inputs: str) -> str:
    return f"model = keras.Model({inputs}, x)"
