"""Find the calls that a model makes of its layers, and the shape and dtype of each output.

Only the calls of this model count, even if a layer is also used in other models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from ..errors import InputShapeError
from ..i18n.messages import Text, joined, message
from ..keras_compat import inner_layers, keras_graph, keras_layers
from ..keras_compat.deferred_graph import live_output
from .call_cache import CallCache
from .calls import Call, Link, Node, Reading
from .layer_kinds import keras_name, shows_inside
from .model_inputs import own_input
from .records import Shapes
from .session import drop, part
from .tensor_specs import Spec, Structure, inputs_of, output_specs, shapes_of, spec_of, specs_in, stand_ins
from .trial import first_line, trial


def read(model: keras.Model, input_shape: Shapes | None = None) -> Reading:
    """Return the calls and the outputs of a model, for its own input or for another input shape.

    Raises
    ------
    InputShapeError
        If the number of inputs of a Functional model differs from the number of shapes given.
    """
    return _read(model, None if input_shape is None else _specs(model, input_shape))


def _specs(model: keras.Model, shapes: Shapes) -> list[Spec]:
    each = list(shapes) if shapes and isinstance(shapes[0], tuple) else [shapes]
    graph = None if isinstance(model, keras.Sequential) else keras_graph.graph(model)
    if graph is not None and len(graph.inputs) != len(each):
        msg = (
            f"input_shape expected one shape for each of the {len(graph.inputs)} inputs of {model.name!r}, "
            f"received {len(each)}; leave input_shape out: their shapes are known."
        )
        raise InputShapeError(msg)
    return [Spec(tuple(shape), None) for shape in each]  # type: ignore[arg-type]


def top(model: keras.Model) -> Structure | None:
    """Return symbolic tensors in place of a Sequential's output, or None while it is unknown.

    A model without an Input takes the input of its first layer if that is a built model, as Keras
    does when a second layer is added.

    Raises
    ------
    ValueError
        If one of the model's layers does not fit its input.
    """
    first = model.layers[0] if own_input(model)[0] is None and model.layers else None
    reading = read(model, getattr(first, "input_shape", None))
    wrong = next((call.why for call in reading.calls if call.misfit), None)
    if wrong is not None:
        raise ValueError(str(wrong))
    return None if reading.outputs is None else stand_ins(reading.outputs)


def call_on_top(model: keras.Model, layer: keras.Layer) -> Call:
    """Return the call of a layer on a Sequential's output.

    Raises
    ------
    ValueError
        If the layer, or one of the model's layers, does not fit its input.
    """
    outputs = top(model)
    if outputs is None:
        return _unknown(layer, message("not built: the input's shape is not known yet"))
    call, _ = _call(layer, (keras.tree.map_structure(spec_of, outputs),), {})
    if call.misfit:
        raise ValueError(str(call.why))
    return call


def _read(model: keras.Model, inputs: Structure | None) -> Reading:
    """Read a model; ``inputs`` is a structure of specs, or None for the model's own input."""
    if not keras_graph.runs_graph(model):
        return _listed(model)
    return _sequence(model, inputs) if isinstance(model, keras.Sequential) else _graph(model, inputs)


def _listed(layer: keras.Layer, why: Text = "") -> Reading:
    """Return the layers inside a layer, without shapes, if their calls are not known."""
    why = why or message("{name} has a custom call, so the shapes of its layers are not known", name=layer.name)
    layer = _runs(layer)
    runs_graph = isinstance(layer, keras.Model) and keras_graph.runs_graph(layer)
    return Reading([_unknown(one, why) for one in held(layer)], None, isinstance(layer, keras.Sequential), not runs_graph)


def held(layer: keras.Layer) -> list[keras.Layer]:
    """Return the layers that are displayed inside a layer or a model."""
    layer = _runs(layer)
    if isinstance(layer, keras.Sequential):
        return layer.layers
    inside = dict.fromkeys(inner_layers.sublayers(layer))
    return [one for one in inside if not isinstance(one, keras.layers.InputLayer)]


def _unknown(layer: keras.Layer, why: Text) -> Call:
    """Return a call without shapes, with the layers inside the layer."""
    return Call(layer, layer, why=why, inside=_listed(layer, why) if shows_inside(layer) else None)


def _runs(layer: keras.Layer) -> keras.Layer:
    """Return the model inside a TimeDistributed layer, or the layer itself if there is none."""
    inner = layer
    while keras_name(inner) == "TimeDistributed":
        inner = inner.layer
    return inner if isinstance(inner, keras.Model) else layer


def _sequence(model: keras.Model, inputs: Structure | None) -> Reading:
    """Read a Sequential: call each layer on the output of the layer before it.

    After the first call whose output is unknown, all calls are unknown.
    """
    layers = model.layers
    shape, dtype = own_input(model)
    if inputs is not None:
        given = specs_in(inputs)
        x: Structure = Spec(given[0].shape, dtype or _first_dtype(layers, given[0])) if len(given) == 1 else inputs
    elif shape is not None:
        x = Spec(shape, dtype)  # type: ignore[arg-type]
    else:
        return _listed(model, message("not built: the input's shape is not known yet"))
    nodes, cache = _recorded(model, layers)
    calls, x = cache.unchanged(layers, x) if cache else (list[Call](), x)
    behind: Text = _behind(calls[-1]) if calls else ""
    for at, layer in enumerate(layers[len(calls) :], len(calls)):
        if behind:
            calls.append(_unknown(layer, behind))
            continue
        call, y = _call(layer, (x,), {}, nodes[at] if nodes else None)
        if cache:
            cache.keep(at, layer, x, call, y)
        calls.append(call)
        behind = _behind(call)
        x = y
    return Reading(calls, None if behind else x)


def _first_dtype(layers: list[keras.Layer], given: Spec) -> str | None:
    """Return the dtype of the Input that Keras adds to a Sequential at its first call."""
    return layers[0].compute_dtype if layers else given.dtype


def _behind(call: Call) -> Text:
    """Return why everything after a call is unknown; empty if its output is known."""
    if call.output_shape is not None:
        return ""
    if call.misfit:
        return message("after {name}, which does not fit: {reason}", name=call.layer.name, reason=call.why)
    return message("after {name}, whose output is not known: {reason}", name=call.layer.name, reason=call.why)


def _recorded(model: keras.Model, layers: list[keras.Layer]) -> tuple[list[Node] | None, CallCache | None]:
    """Return the calls that Keras recorded for a Sequential, and the cache of what was read.

    The calls are None if they do not match the model's layers one by one.
    """
    end = live_output(model)
    if end is not None and keras_graph.is_readable():
        cache = part(model, CallCache)
        nodes = cache.read(end)
        return (nodes, cache) if [node.operation for node in nodes] == layers else (None, None)
    drop(model, CallCache)  # the cache would keep layers alive that no step of the history has any more
    graph = keras_graph.graph(model)
    nodes = [] if graph is None else keras_graph.nodes(graph)
    return (nodes if [node.operation for node in nodes] == layers else None), None


def _graph(graph: keras.Model, inputs: Structure | None) -> Reading:
    """Read a Functional model by following the calls in its graph."""
    known: dict[int, Any] = {id(x): spec_of(x) for x in graph.inputs}  # a Spec, or a _Behind
    if inputs is not None:
        for x, given in zip(graph.inputs, keras_graph.in_order(graph, inputs), strict=True):
            known[id(x)] = Spec(given.shape, known[id(x)].dtype)  # a graph casts its inputs
    made: dict[int, tuple[int | None, int]] = {id(x): (None, at) for at, x in enumerate(graph.inputs)}
    calls, links, line, last = list[Call](), list[Link](), True, list(graph.inputs)
    for node in keras_graph.nodes(graph):
        args, kwargs = keras_graph.arguments(node, known)
        behind = next((why for x in node.input_tensors if isinstance(why := known.get(id(x)), _Behind)), None)
        if behind is None:
            same = all(id(x) not in known or known[id(x)].shape == tuple(x.shape) for x in node.input_tensors)
            call, given = _call(node.operation, args, kwargs, node if same else None)
            found = [_Behind(_behind(call))] * len(node.outputs) if given is None else keras.tree.flatten(given)
        else:
            call, found = _unknown(node.operation, behind.why), [behind] * len(node.outputs)
        links += [Link(*made[id(x)], len(calls)) for x in node.input_tensors if id(x) in made]
        made.update((id(x), (len(calls), at)) for at, x in enumerate(node.outputs))
        calls.append(call)
        known.update(zip(map(id, node.outputs), found, strict=True))
        line = line and list(map(id, _taken(node))) == list(map(id, last))
        last = node.outputs
    outputs = [known[id(x)] for x in graph.outputs]
    given = None if any(isinstance(x, _Behind) for x in outputs) else keras_graph.as_outputs(graph, outputs)
    line = line and list(map(id, graph.outputs)) == list(map(id, last))
    links += [Link(*made[id(x)], None) for x in graph.outputs]
    return Reading(calls, given, line, links=() if line else tuple(dict.fromkeys(links)))


@dataclass(frozen=True)
class _Behind:
    """A placeholder for a tensor about which nothing is known, with the reason."""

    why: Text


def _call(
    layer: keras.Layer, args: tuple[Structure, ...], kwargs: dict[str, Structure], node: Node | None = None
) -> tuple[Call, Structure | None]:
    """Return one call of a layer, and the specs of its output.

    Parameters
    ----------
    layer
        A layer, or another operation.
    args, kwargs
        Arguments of the call, with a `Spec` in place of each tensor.
    node
        The node that Keras recorded for this call; None if there is none, or if it was recorded for
        other shapes.

    Returns
    -------
    tuple
        The call, and a structure of specs for its output. The specs are None if they are not known.
    """
    taken = [one for one in inputs_of(args, kwargs) if isinstance(one, Spec)]
    shape = shapes_of(taken) if taken else None
    inside: Reading | None = None
    try:
        inside, steps, through = _inside(layer, args, kwargs, checked=node is not None)
        wrong = next((call for call in inside.calls if call.misfit), None) if inside and through else None
        if wrong is not None:
            why = joined(": ", (wrong.layer.name, wrong.why))
            return Call(layer, layer, shape, why=why, misfit=True, inside=inside), None
        if inside is not None and through:
            built, given = (layer if layer.built else _Parts(inside)), _stepped(inside.outputs, steps)
            if given is None:
                last = next(call for call in reversed(inside.calls) if call.why)
                return Call(layer, built, shape, None, last.why, inside=inside, steps=steps), None
        else:
            built, given = _run(layer, args, kwargs, taken, node)
    except Exception as error:  # noqa: BLE001  a layer may raise anything; its message is reported
        tolerated = isinstance(error, NotImplementedError)  # Keras leaves the shape open
        return _unknown(layer, first_line(error))._replace(input_shape=shape, misfit=not tolerated), None
    found = specs_in(given)
    kinds = tuple(one.dtype for one in found)
    arguments = None if isinstance(layer, keras.Layer) else (args, kwargs)
    dtype = kinds[0] if len(set(kinds)) == 1 else kinds
    return Call(layer, built, shape, shapes_of(found), dtype=dtype, arguments=arguments, inside=inside, steps=steps), given


def _run(
    layer: keras.Layer, args: Structure, kwargs: Structure, taken: list[Spec], node: Node | None
) -> tuple[keras.Layer, Structure]:
    """Return the layer, built, and the specs of its output."""
    if node is not None and len(node.outputs) == 1 and not _differs(layer, taken, node):
        built, given = layer, node.outputs[0]
    else:
        built, given = _step(layer, args, kwargs)
    declared = [given] if isinstance(given, keras.KerasTensor) else keras.tree.flatten(given)
    specs = output_specs(built, args, kwargs, declared, node)
    return built, specs[0] if given is declared[0] else keras.tree.pack_sequence_as(given, specs)


def _step(layer: keras.Layer, args: Structure, kwargs: Structure) -> tuple[keras.Layer, Structure]:
    return trial(layer, *stand_ins(args), **stand_ins(kwargs))


def _differs(layer: keras.Layer, taken: list[Spec], node: Node) -> bool:
    """Return whether the inputs of a call differ from those that Keras recorded.

    The shapes are always compared, the dtypes only for an operation that is not a layer.
    """
    before = _taken(node)
    if len(before) != len(taken) or any(tuple(x.shape) != one.shape for x, one in zip(before, taken, strict=True)):
        return True
    return not isinstance(layer, keras.Layer) and any(spec_of(x) != one for x, one in zip(before, taken, strict=True))


def _taken(node: Node) -> list[keras.KerasTensor]:
    """Return the tensors that a call takes, without masks."""
    args, kwargs = keras_graph.arguments(node)
    if not kwargs:
        return list(node.input_tensors)
    return [x for x in inputs_of(args, kwargs) if isinstance(x, keras.KerasTensor)]


def _inside(
    layer: keras.Layer, args: tuple[Structure, ...], kwargs: dict[str, Structure], *, checked: bool
) -> tuple[Reading | None, tuple[int | None, ...], bool]:
    """Return what runs inside a layer, its time steps, and whether the layer does nothing else."""
    if not shows_inside(layer):
        return None, (), False
    model, inputs = layer, args[0] if args else next(iter(kwargs.values()), None)
    steps: tuple[int | None, ...] = ()
    while keras_name(model) == "TimeDistributed" and isinstance(inputs, Spec) and len(inputs.shape) > 2:  # (batch, time, …)
        steps = (*steps, inputs.shape[1])
        model, inputs = model.layer, Spec((inputs.shape[0], *inputs.shape[2:]), inputs.dtype)
    if isinstance(model, keras.Model) and keras_graph.runs_graph(model):
        if not checked:
            keras_layers.check_input(model, stand_ins(inputs))
        return _read(model, inputs), steps, True
    return _listed(layer), (), False


def _stepped(outputs: Structure | None, steps: tuple[int | None, ...]) -> Structure | None:
    """Insert the time axes into the output of a model that runs once for each time step."""
    if not steps or outputs is None:
        return outputs
    return keras.tree.map_structure(lambda one: Spec((one.shape[0], *steps, *one.shape[1:]), one.dtype), outputs)


class _Parts:
    """The weights of a model that is not built, taken from built copies of its layers."""

    def __init__(self, inside: Reading) -> None:
        parts = [call.weights_of for call in inside.calls if isinstance(call.layer, keras.Layer)]
        self.built = all(part.built for part in parts)
        self.weights = list({id(one): one for part in parts for one in part.weights}.values())
        self.trainable_weights = list({id(one): one for part in parts for one in part.trainable_weights}.values())
