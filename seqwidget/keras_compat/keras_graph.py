"""Read the graph of a model: its nodes in order, and the layers that the model holds.

Keras documents no way to find the call of a layer that belongs to a model. ``layer.output`` belongs
to the layer's first call anywhere, and ``summary()`` shows its last call.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import keras

from ..errors import CycleError
from .capabilities import GRAPH
from .inner_layers import contents, holds
from .names import TAIL
from .scratch import scratch
from .tracking import is_locked


def graph(model: keras.Model) -> keras.Model | None:
    """Return the functional graph that a model runs; None if it has none (yet), or if it cannot be read."""
    if not GRAPH.works:
        return None
    if isinstance(model, keras.Sequential):
        return getattr(model, "_functional", None)
    return model if hasattr(model, "_nodes_by_depth") and hasattr(model, "_run_through_graph") else None


def is_readable() -> bool:
    """Return whether the calls of a graph can be read."""
    return GRAPH.works


@functools.cache
def lists_one_tensor() -> bool:
    """Return whether a config has a list even for the only input or output of a model, as in older versions."""
    with scratch():
        x = keras.Input((1,))
        return isinstance(keras.Model(x, keras.layers.ReLU()(x)).get_config()["input_layers"][0], list)


def output(model: keras.Model) -> keras.KerasTensor | None:
    """Return the output of a built Sequential, in the structure that its last layer returns.

    Return None while it is not known.
    """
    if TAIL in vars(model):
        return vars(model)[TAIL]
    return getattr(getattr(model, "_functional", None), "_outputs_struct", None)


def made_by(tensor: keras.KerasTensor) -> keras.Operation | None:
    """Return the layer or operation that made a symbolic tensor; None for anything else."""
    return getattr(getattr(tensor, "_keras_history", None), "operation", None)


def back_from(end: keras.KerasTensor) -> Iterator[tuple[keras.KerasTensor, Any]]:
    """Yield a tensor and the call that made it, then do the same for the input of that call.

    The last tensor is the one made from the model's input.
    """
    while True:
        operation, index, _ = end._keras_history
        node = operation._inbound_nodes[index]
        if node.is_input:
            return
        yield end, node
        end = node.input_tensors[0]


def nodes(functional: keras.Model) -> list[Any]:
    """Return the calls of a graph in an order in which they can run.

    Inputs and operations that only compute a mask are left out. Keras adds the mask operations
    itself; they are not part of the user's code.
    """
    found = _in_order(functional)
    if all(isinstance(node.operation, keras.Layer) for node in found):
        return found
    needed, kept = set(map(id, functional.outputs)), []
    for node in reversed(found):
        if isinstance(node.operation, keras.Layer) or any(id(x) in needed for x in node.outputs):
            args, kwargs = arguments(node)
            needed.update(map(id, keras.tree.flatten((args, {k: v for k, v in kwargs.items() if not k.endswith("mask")}))))
            kept.append(node)
    return kept[::-1]


def _in_order(functional: keras.Model) -> list[Any]:
    """Return the calls of a graph in an order in which they can run: by depth, as Keras does.

    Keras runs calls of the same depth in any order. Here, those of one layer are in the order in
    which they were made.
    """
    by_depth, found = functional._nodes_by_depth, list[Any]()
    for depth in sorted(by_depth, reverse=True):
        some = [node for node in by_depth[depth] if not node.is_input]
        calls_of: dict[int, list[Any]] = {}
        for node in some:
            calls_of.setdefault(id(node.operation), []).append(node)
        for same in calls_of.values():
            if len(same) > 1:
                made = {id(node): at for at, node in enumerate(same[0].operation._inbound_nodes)}
                same.sort(key=lambda node: made[id(node)], reverse=True)
        found += [calls_of[id(node.operation)].pop() for node in some]
    return found


def arguments(node: Any, known: Mapping[int, object] | None = None) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call.

    With ``known``, each symbolic tensor is replaced by what is known about it. A mask may become
    None.
    """
    given = node.arguments
    if known is None:
        return given.args, given.kwargs
    return given.fill_in(known)


def in_order(functional: keras.Model, inputs: object) -> list[Any]:
    """Return the inputs of a call of a graph, in the order of the graph's inputs."""
    if isinstance(inputs, dict) and not isinstance(functional._inputs_struct, dict):
        return [inputs[x.name] for x in functional.inputs]
    return keras.tree.flatten(inputs)


def takes_a_dict(functional: keras.Model) -> bool:
    """Return whether a graph takes its inputs as a dict by name."""
    return isinstance(functional._inputs_struct, dict)


def as_inputs(functional: keras.Model, inputs: list[Any]) -> Any:
    """Return inputs, which are in the order of the graph's inputs, in the structure in which it takes them."""
    return keras.tree.pack_sequence_as(functional._inputs_struct, inputs)


def as_outputs(functional: keras.Model, outputs: list[object]) -> object:
    """Return outputs in the structure in which a graph returns them."""
    return keras.tree.pack_sequence_as(functional._outputs_struct, outputs)


def runs_graph(model: keras.Model) -> bool:
    """Return whether a model does nothing but run its layers.

    This holds for a Sequential or Functional model that does not define its own ``call``.
    """
    if "call" in vars(model) or not (isinstance(model, keras.Sequential) or graph(model)):
        return False
    code = getattr(type(model).call, "__module__", "")
    return code.startswith("keras.src.models.")


def calls(functional: keras.Model, inputs: object) -> Generator[tuple[keras.Operation, Any, Any], object, object]:
    """Run a graph on real tensors, one operation at a time.

    Yield each operation with its arguments, and take its outputs by ``send``. Return the output of
    the graph. Unlike Keras, drop each tensor as soon as no later operation needs it.
    """
    known = dict(zip(map(id, functional.inputs), functional._standardize_inputs(inputs), strict=True))
    waiting = _in_order(functional)
    ends = set(map(id, functional.outputs))
    last = {id(x): at for at, node in enumerate(waiting) for x in node.input_tensors}
    del inputs
    for at, node in enumerate(waiting):
        if any(id(x) not in known for x in node.input_tensors):
            continue  # as Keras does
        args, kwargs = node.arguments.fill_in(known)
        for x in node.input_tensors:
            if last[id(x)] == at and id(x) not in ends:
                known.pop(id(x), None)
        outputs = yield node.operation, args, kwargs
        del args, kwargs
        for x, y in zip(node.outputs, keras.tree.flatten(outputs), strict=False):
            if id(x) in last or id(x) in ends:
                known[id(x)] = y
        del outputs
    found = keras.tree.pack_sequence_as(functional._outputs_struct, [known[id(x)] for x in functional.outputs])
    return found[0] if isinstance(found, list | tuple) and len(found) == 1 else found


def standardized(model: keras.Model, inputs: object) -> object:
    """Return inputs as a Sequential takes them: a tensor of its dtype and rank, if these are known."""
    functional = graph(model)
    if functional is not None:
        return functional._standardize_inputs(inputs)[0]
    known = not GRAPH.works and output(model) is not None
    return keras.ops.convert_to_tensor(inputs, model.inputs[0].dtype) if known else inputs


def check_no_cycle(model: keras.Model, layer: keras.Layer) -> None:
    """Raise an error if a layer is, or contains, the model that it is added to.

    Keras would recurse without end.
    """
    if holds(layer, model):
        msg = f"add expected a layer that does not contain {model.name!r} itself, received {layer.name!r}; add another layer."
        raise CycleError(msg)


def check_add(model: keras.Model, layer: keras.Layer) -> None:
    """Raise the error that Keras raises when ``layer`` is added to a Sequential, without adding it.

    Only the checks that Keras makes before it looks at shapes are done.
    """
    check_no_cycle(model, layer)
    if is_locked(model):
        raise ValueError(model._tracker._lock_violation_msg)
    stand_in = keras.Sequential(name=model.name)
    for one in contents(model):
        stand_in.add(one, rebuild=False)
    stand_in.add(layer, rebuild=False)


@GRAPH.probe
def _probe() -> bool:
    twice, join = keras.layers.Identity(name="twice"), keras.layers.Add(name="join")
    with scratch():
        x = keras.Input((2,), name="x")
        y = twice(twice(x))
        model = keras.Model(x, join([x, y]))
    found, ran = nodes(graph(model)), []
    first, second, last = found
    tensors = [x, first.outputs[0], second.outputs[0]]
    known = {id(tensor): position for position, tensor in enumerate(tensors)}

    def run(inputs: keras.KerasTensor) -> keras.KerasTensor:
        steps = calls(graph(model), inputs)
        try:
            operation, args, kwargs = next(steps)
            while True:
                ran.append(operation)
                operation, args, kwargs = steps.send(operation(*args, **kwargs))
        except StopIteration as end:
            return end.value

    with scratch():
        ends = [one(keras.KerasTensor((5, 2))) for one in (run, model)]
    return (
        [node.operation for node in found] == [twice, twice, join]
        and [arguments(node, known)[0] for node in found] == [(0,), (1,), ([0, 2],)]
        and [node.operation for _, node in back_from(y)] == [twice, twice]
        and made_by(model.outputs[0]) is join
        and y is tensors[2]
        and all(a is b for a, b in zip((*first.input_tensors, *second.input_tensors), tensors[:2], strict=True))
        and in_order(graph(model), {"x": 1}) == [1]
        and keras.tree.flatten(as_inputs(graph(model), [1])) == [1]
        and not takes_a_dict(graph(model))
        and as_outputs(graph(model), [last.outputs[0]]) is last.outputs[0]
        and [tuple(end.shape) for end in ends] == [(5, 2)] * 2
        and ran == [twice, twice, join]
        and runs_graph(model)
    )
