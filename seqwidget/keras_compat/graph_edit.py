"""Add or remove the last layer of a Sequential, and undo an edit.

At each ``add`` and ``pop``, Keras calls every layer again and makes a new functional graph. For a
stack that is already built, it is enough to call the new layer on the current output. The graph is
then made when it is first requested. The private names of Keras that this module needs are checked
once, when it is imported. If they are not as expected, Keras's own methods are used.
"""

from __future__ import annotations

import inspect
import itertools
import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras.src.backend.common import global_state
from keras.src.models.functional import Functional

from . import keras_graph, keras_layers, layer_state, names, scratch

_GRAPH = "_functional"


class DeferredGraph:
    """A descriptor for ``_functional``, which makes a missing graph when it is requested."""

    def __get__(self, model: keras.Model, owner: type | None = None) -> Any:
        if model is None:
            return self
        state = vars(model)
        if names.TAIL in state:
            _set_graph(model, graph=Functional(inputs=model._layers[0].output, outputs=state[names.TAIL]))
        return state.get(_GRAPH)

    def __set__(self, model: keras.Model, value: Any) -> None:
        _set_graph(model, graph=value)


def _set_graph(model: keras.Model, *, graph: Any = None, tail: Any = None) -> None:
    """Store a graph, or the output from which to make it.

    The output is stored last, so that an interrupted change can be repeated.
    """
    state = vars(model)
    old = state.get(_GRAPH)
    if KNOWN and old is not None and old is not graph:
        # Keras would track the old graph forever, and with it the removed layers.
        model._tracker.untrack(old)
        if graph is None and hasattr(model, "_delete_tracking"):  # only on TensorFlow
            model._delete_tracking(_GRAPH)
    state[_GRAPH] = graph
    if KNOWN and graph is not None:
        _track(model, graph)
        if hasattr(model, "_track_trackable"):  # TensorFlow checkpoints expect it
            model._track_trackable(graph, name=_GRAPH, overwrite=True)
    if tail is None:
        state.pop(names.TAIL, None)
    else:
        state[names.TAIL] = tail


def _track(model: keras.Model, layer: keras.Layer) -> None:
    """Make Keras count a layer as a part of a model, even if ``quantize`` has locked the model."""
    tracker = model._tracker
    if not tracker.is_in_store("layers", layer):
        tracker.config["layers"][1].append(layer)
        tracker.stored_ids["layers"].add(id(layer))


def is_known_keras() -> bool:
    """Return whether this Keras works as this module expects, tried on a small model."""
    try:
        with scratch.scratch():
            layer = keras.layers.Identity()
            model = keras.Sequential([keras.Input((1,)), layer])
        end = model._functional._outputs_struct
        return (
            tuple(inspect.signature(Functional.__init__).parameters)[:3] == ("self", "inputs", "outputs")
            and model._layers[1:] == [layer]
            and all(map(operator.is_, before(end), (layer, model._layers[0].output)))
            and all(model._tracker.is_in_store("layers", one) for one in (layer, model._functional))
            and all(callable(getattr(model, name)) for name in ("_maybe_rebuild", "_is_layer_name_unique", "_open_name_scope"))
        )
    except Exception:  # noqa: BLE001  anything may be missing
        return False


def head(model: keras.Model) -> Any | None:
    """Return the InputLayer of a Sequential, or None."""
    return keras_graph.input_layer(model)


def is_input(layer: keras.Layer) -> bool:
    """Return whether a layer is an InputLayer."""
    return isinstance(layer, keras.layers.InputLayer)


def make_input(batch_shape: tuple[int | None, ...], like: Any | None) -> Any:
    """Return an InputLayer with a batch shape, and the other settings of ``like`` if given."""
    settings = {} if like is None else like.get_config()
    return keras.layers.InputLayer(**{**settings, "batch_shape": batch_shape})


def contents(model: keras.Model) -> tuple[Any, ...]:
    """Return all layers that a Sequential holds, including its InputLayer."""
    return tuple(getattr(model, "_layers", model.layers))


def tail(model: keras.Model) -> Any | None:
    """Return the output tensor of a built stack; None if it is not built or has several outputs."""
    end = keras_graph.output(model)
    return end if isinstance(end, keras.KerasTensor) else None


def before(tensor: keras.KerasTensor) -> tuple[Any, Any]:
    """Return the layer that made a tensor, and the layer's input (None for an InputLayer)."""
    layer, node, _ = tensor._keras_history
    inputs = layer._inbound_nodes[node].input_tensors
    return layer, inputs[0] if inputs else None


def append(model: keras.Model, layer: keras.Layer) -> bool:
    """Call ``layer`` on the output of a built stack, and add it to the stack.

    Return False, without changing anything, if Keras must add the layer itself.

    Raises
    ------
    Exception
        The error that Keras raises if the layer does not fit.
    """
    __tracebackhide__ = True  # users whose layer is refused need not see this frame
    if not KNOWN:
        return False
    end = tail(model)
    fits = isinstance(layer, keras.layers.Layer) and not is_input(layer) and model._is_layer_name_unique(layer)
    if not fits or end is None or not model.built or keras_graph.is_locked(model) or _changes_inside(model, layer):
        return False
    nodes, made_end = len(layer._inbound_nodes), end._keras_history
    try:
        with model._open_name_scope():  # the weights' paths begin with the model's name
            output = layer(end)
    except (TypeError, NotImplementedError):
        # Keras has its own message for a TypeError. After a NotImplementedError, it leaves the
        # model without a graph.
        return False
    history = getattr(output, "_keras_history", None)
    if output is end:  # its history now says that it was made from itself, which Keras refuses
        end._keras_history = made_end
        history = None
    if len(layer._inbound_nodes) != nodes + 1 or not history or history[:2] != (layer, nodes):
        del layer._inbound_nodes[nodes:]
        return False
    model._layers.append(layer)
    _set_graph(model, tail=output)
    return True


def remove_last(model: keras.Model) -> bool:
    """Remove the last layer of a built stack; return False if this is left to Keras."""
    end = tail(model)
    if not KNOWN or end is None or not model.built or _changes_inside(model) or len(contents(model)) < 3:
        return False
    layer, tensor = before(end)
    if layer is not contents(model)[-1] or tensor is None:
        return False
    fill(model, contents(model)[:-1])
    _set_graph(model, tail=tensor)
    return True


def fill(model: keras.Model, layers: tuple[keras.Layer, ...]) -> None:
    """Make a Sequential hold these layers, without building anything."""
    if not KNOWN:
        model._layers = list(layers)
        return
    rows = model._layers
    kept = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] is pair[1], zip(rows, layers, strict=False)))
    gone = rows[kept:]
    list.__setitem__(rows, slice(None), layers)  # Keras's methods raise if the model is locked
    held = set(map(id, layers))
    for layer in gone:
        if id(layer) not in held:
            model._tracker.untrack(layer)
    for layer in layers:
        _track(model, layer)


def hand_over(model: keras.Model) -> None:
    """Make the deferred graph, before a model is plain Keras again or Keras takes over an edit."""
    model._functional  # noqa: B018  reading the attribute makes the graph


def replace(model: keras.Model, layers: tuple[keras.Layer, ...], end: keras.KerasTensor | None) -> None:
    """Make a Sequential hold ``layers``; ``end`` is the output of their last call in this order."""
    fill(model, layers)
    if KNOWN and end is not None and not _changes_inside(model) and _made_by(end) == layers:
        _set_graph(model, tail=end)
        model.built = True
        return
    _set_graph(model)
    model.built = False
    if layers:
        model._maybe_rebuild()


def stand_in(model: keras.Model, layers: tuple[keras.Layer, ...], end: keras.KerasTensor | None) -> Any:
    """Return a model to inspect that holds other layers than ``model``; no layer is called."""
    other = keras.Sequential(name=model.name, trainable=model.trainable)
    fill(other, layers)
    if end is not None:
        _set_graph(other, tail=end)
        other.built = True
    return other


def forget(layers: list[keras.Layer]) -> None:
    """Unlink layers that no stack holds any more from other layers, so that they can be freed."""
    for layer in layers:
        for node in layer._inbound_nodes:
            for tensor in node.input_tensors:
                outbound = tensor._keras_history.operation._outbound_nodes
                if node in outbound:
                    outbound.remove(node)


def forget_functions(model: keras.Model) -> None:
    """Make the next fit, evaluate and predict trace the stack again, as it is now."""
    for name in ("train_function", "test_function", "predict_function"):
        if getattr(model, name, None) is not None:
            setattr(model, name, None)


def restorer(model: keras.Model, *incoming: Any, flags: bool = False) -> Callable[[], None]:
    """Return a function that restores the present state of a model and its layers.

    The state of the layers in ``incoming`` is restored, too. With ``flags``, so are the
    ``trainable`` flags. The function can be called twice.
    """
    layers = [layer for layer in (*contents(model), *incoming) if isinstance(layer, keras.layers.Layer)]
    unbuilt = [layer for layer in layers if not layer.built]
    makers: list[Callable[[], Callable[[], None]]] = [
        partial(_model_restorer, model),
        partial(_nodes_restorer, layers),
        _names_restorer,
    ]
    makers += [partial(layer_state.restorer, layer) for layer in unbuilt]
    makers += [partial(flags_restorer, model, *layers)] if flags else []
    parts = []
    for make in makers:
        try:
            parts.append(make())
        except Exception:
            if KNOWN:  # else restore as much as this version of Keras allows
                raise

    def restore() -> None:
        for part in parts:
            part()

    return restore


def flags_restorer(*layers: keras.Layer) -> Callable[[], None]:
    """Return a function that restores which of these layers, and those inside them, train."""
    every = [part for layer in layers for part in keras_layers.every_layer(layer)]
    flags = [(layer, vars(layer)["_trainable"]) for layer in every]
    weights = {id(weight): (weight, weight.trainable) for layer in every for weight in layer._trainable_variables}

    def restore() -> None:
        for layer, flag in flags:
            vars(layer)["_trainable"] = flag
        for weight, flag in weights.values():
            weight.trainable = flag

    return restore


def _changes_inside(model: keras.Model, *incoming: Any) -> bool:
    """Return whether a part is itself a Sequential, whose shapes may have changed unseen."""
    return any(
        isinstance(part, keras.Sequential)
        for layer in (*contents(model), *incoming)
        if layer._layers
        for part in (layer, *layer._flatten_layers(include_self=False))
    )


def _made_by(end: keras.KerasTensor) -> tuple[Any, ...]:
    layers = []
    tensor = end
    while tensor is not None:
        layer, tensor = before(tensor)
        layers.append(layer)
    return tuple(reversed(layers))


def _model_restorer(model: keras.Model) -> Callable[[], None]:
    layers, rows = contents(model), model._layers
    attributes = {name: value for name, value in vars(model).items() if name != names.RECORD}
    tracked = layer_state.tracking_restorer(model)
    # A layer that returns its input overwrites the history of that tensor.
    ends = [layer.output for layer in layers[:1] if is_input(layer)]
    made = [(tensor, tensor._keras_history) for tensor in ends if isinstance(tensor, keras.KerasTensor)]

    def restore() -> None:
        for tensor, history in made:
            tensor._keras_history = history
        _set_graph(model, graph=attributes.get(_GRAPH), tail=attributes.get(names.TAIL))
        list.__setitem__(rows, slice(None), layers)
        tracked()
        state = vars(model)
        for name in [name for name in state if name not in attributes and name != names.RECORD]:
            del state[name]
        state.update(attributes)

    return restore


def _nodes_restorer(layers: list[keras.Layer]) -> Callable[[], None]:
    counts = [(nodes, len(nodes)) for layer in layers for nodes in (layer._inbound_nodes, layer._outbound_nodes)]

    def restore() -> None:
        for nodes, count in counts:
            del nodes[count:]

    return restore


def _names_restorer() -> Callable[[], None]:
    """Return a function that resets the numbers that Keras has given to names."""
    uids = global_state.get_global_attribute("object_name_uids")
    names = dict(uids or {})

    def restore() -> None:
        now = global_state.get_global_attribute("object_name_uids") if uids is None else uids
        if now is not None:
            now.clear()
            now.update(names)

    return restore


KNOWN = is_known_keras()
