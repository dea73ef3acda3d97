"""Building one layer more or less on top of a Sequential, and taking an edit back.

Keras calls every layer again at each ``add`` and ``pop``, and makes the functional graph anew. Where a stack is built already,
calling the new layer on the current output gives the same; the graph is made when somebody asks for it. What is used is
checked once, when this file is imported with Keras; where it is not as expected, Keras's own way is taken.
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
    """Stands for ``_functional`` on a model: gives the graph that Keras made, or makes it when it is asked for."""

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        if model is None:
            return self
        state = vars(model)
        if names.TAIL in state:
            _set_graph(model, graph=Functional(inputs=model._layers[0].output, outputs=state[names.TAIL]))
        return state.get(_GRAPH)

    def __set__(self, model: Any, value: Any) -> None:
        _set_graph(model, graph=value)


def _set_graph(model: Any, *, graph: Any = None, tail: Any = None) -> None:
    """Hold a graph, or the output to make it from; the output goes last, so that an interrupted change can be made again."""
    state = vars(model)
    old = state.get(_GRAPH)
    if KNOWN and old is not None and old is not graph:
        # Keras tracks each graph for ever, and with it the layers that were taken away.
        model._tracker.untrack(old)
        if graph is None and hasattr(model, "_delete_tracking"):  # TensorFlow's
            model._delete_tracking(_GRAPH)
    state[_GRAPH] = graph
    if KNOWN and graph is not None:
        _track(model, graph)
        if hasattr(model, "_track_trackable"):  # TensorFlow's checkpoints find the graph where Keras's are
            model._track_trackable(graph, name=_GRAPH, overwrite=True)
    if tail is None:
        state.pop(names.TAIL, None)
    else:
        state[names.TAIL] = tail


def _track(model: Any, layer: Any) -> None:
    """Have Keras count a layer as a part of a model, also of one that it has locked since, as ``quantize`` does."""
    tracker = model._tracker
    if not tracker.is_in_store("layers", layer):
        tracker.config["layers"][1].append(layer)
        tracker.stored_ids["layers"].add(id(layer))


def is_known_keras() -> bool:
    """Return whether this Keras is built as this file expects: what is used must be there on a small model."""
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
    except Exception:  # noqa: BLE001  whatever is missing
        return False


def head(model: Any) -> Any | None:
    """Give the InputLayer at the head of a Sequential, or None."""
    return keras_graph.input_layer(model)


def is_input(layer: Any) -> bool:
    """Whether a layer is an InputLayer."""
    return isinstance(layer, keras.layers.InputLayer)


def make_input(batch_shape: tuple[int | None, ...], like: Any | None) -> Any:
    """Make an InputLayer of the same settings as another one, if there is one."""
    settings = {} if like is None else like.get_config()
    return keras.layers.InputLayer(**{**settings, "batch_shape": batch_shape})


def contents(model: Any) -> tuple[Any, ...]:
    """Give all that a Sequential holds, its InputLayer too."""
    return tuple(getattr(model, "_layers", model.layers))


def tail(model: Any) -> Any | None:
    """Give the symbolic output of a built stack, or None where it is not built or gives several tensors."""
    end = keras_graph.output(model)
    return end if isinstance(end, keras.KerasTensor) else None


def before(tensor: Any) -> tuple[Any, Any]:
    """Give the layer that made a tensor of a stack, and the tensor that it was made from (None for an InputLayer)."""
    layer, node, _ = tensor._keras_history
    inputs = layer._inbound_nodes[node].input_tensors
    return layer, inputs[0] if inputs else None


def append(model: Any, layer: Any) -> bool:
    """Call ``layer`` on a built stack's output and put it on top; False where that is for Keras to do, nothing being done.

    Raises
    ------
    Exception
        What Keras raises when the layer does not fit.
    """
    __tracebackhide__ = True  # of whoever is refused a layer
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
        return False  # Keras words the one in its own way, and leaves such a model without a graph
    history = getattr(output, "_keras_history", None)
    if output is end:  # which Keras now takes for its own source, and refuses
        end._keras_history = made_end
        history = None
    if len(layer._inbound_nodes) != nodes + 1 or not history or history[:2] != (layer, nodes):
        del layer._inbound_nodes[nodes:]
        return False
    model._layers.append(layer)
    _set_graph(model, tail=output)
    return True


def remove_last(model: Any) -> bool:
    """Take the last layer off a built stack; False where that is for Keras to do."""
    end = tail(model)
    if not KNOWN or end is None or not model.built or _changes_inside(model) or len(contents(model)) < 3:
        return False
    layer, tensor = before(end)
    if layer is not contents(model)[-1] or tensor is None:
        return False
    fill(model, contents(model)[:-1])
    _set_graph(model, tail=tensor)
    return True


def fill(model: Any, layers: tuple[Any, ...]) -> None:
    """Have a Sequential hold these layers, and nothing be built of them yet."""
    if not KNOWN:
        model._layers = list(layers)
        return
    rows = model._layers
    kept = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] is pair[1], zip(rows, layers, strict=False)))
    gone = rows[kept:]
    list.__setitem__(rows, slice(None), layers)  # Keras's own ways raise for a model that is locked
    held = set(map(id, layers))
    for layer in gone:
        if id(layer) not in held:
            model._tracker.untrack(layer)
    for layer in layers:
        _track(model, layer)


def hand_over(model: Any) -> None:
    """Make the graph that was put off, for a model that is to be Keras's own again; or before Keras takes an edit over."""
    model._functional  # noqa: B018  reading it makes it


def replace(model: Any, layers: tuple[Any, ...], end: Any | None) -> None:
    """Make a Sequential hold ``layers``, which gave ``end`` when they were last called in this order."""
    fill(model, layers)
    if KNOWN and end is not None and not _changes_inside(model) and _made_by(end) == layers:
        _set_graph(model, tail=end)
        model.built = True
        return
    _set_graph(model)
    model.built = False
    if layers:
        model._maybe_rebuild()


def stand_in(model: Any, layers: tuple[Any, ...], end: Any | None) -> Any:
    """Make a model to look at that holds other layers than ``model`` does, without calling them."""
    other = keras.Sequential(name=model.name, trainable=model.trainable)
    fill(other, layers)
    if end is not None:
        _set_graph(other, tail=end)
        other.built = True
    return other


def forget(layers: list[Any]) -> None:
    """Cut what leads from other layers to these, which no stack holds any more, so that they can be freed."""
    for layer in layers:
        for node in layer._inbound_nodes:
            for tensor in node.input_tensors:
                outbound = tensor._keras_history.operation._outbound_nodes
                if node in outbound:
                    outbound.remove(node)


def forget_functions(model: Any) -> None:
    """Have the next fit, evaluate and predict trace the stack as it is now: Keras would go on with the one that it traced."""
    for name in ("train_function", "test_function", "predict_function"):
        if getattr(model, name, None) is not None:
            setattr(model, name, None)


def restorer(model: Any, *incoming: Any, flags: bool = False) -> Callable[[], None]:
    """Return what puts a model, its layers and those that are to come back as they are now; it can be called twice."""
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
            if KNOWN:  # else as much as this Keras lets us put back
                raise

    def restore() -> None:
        for part in parts:
            part()

    return restore


def flags_restorer(*layers: Any) -> Callable[[], None]:
    """Return what puts back which of these layers train, and of those in them."""
    every = [part for layer in layers for part in keras_layers.every_layer(layer)]
    flags = [(layer, vars(layer)["_trainable"]) for layer in every]
    weights = {id(weight): (weight, weight.trainable) for layer in every for weight in layer._trainable_variables}

    def restore() -> None:
        for layer, flag in flags:
            vars(layer)["_trainable"] = flag
        for weight, flag in weights.values():
            weight.trainable = flag

    return restore


def _changes_inside(model: Any, *incoming: Any) -> bool:
    """Whether a part of the stack is itself a Sequential, whose shapes may have changed unseen."""
    return any(
        isinstance(part, keras.Sequential)
        for layer in (*contents(model), *incoming)
        if layer._layers
        for part in (layer, *layer._flatten_layers(include_self=False))
    )


def _made_by(end: Any) -> tuple[Any, ...]:
    layers = []
    tensor = end
    while tensor is not None:
        layer, tensor = before(tensor)
        layers.append(layer)
    return tuple(reversed(layers))


def _model_restorer(model: Any) -> Callable[[], None]:
    layers, rows = contents(model), model._layers
    attributes = {name: value for name, value in vars(model).items() if name != names.RECORD}
    tracked = layer_state.tracking_restorer(model)
    ends = [layer.output for layer in layers[:1] if is_input(layer)]  # a layer that gives what it got makes it its own
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


def _nodes_restorer(layers: list[Any]) -> Callable[[], None]:
    counts = [(nodes, len(nodes)) for layer in layers for nodes in (layer._inbound_nodes, layer._outbound_nodes)]

    def restore() -> None:
        for nodes, count in counts:
            del nodes[count:]

    return restore


def _names_restorer() -> Callable[[], None]:
    """Take back the numbers that Keras has given to names."""
    uids = global_state.get_global_attribute("object_name_uids")
    names = dict(uids or {})

    def restore() -> None:
        now = global_state.get_global_attribute("object_name_uids") if uids is None else uids
        if now is not None:
            now.clear()
            now.update(names)

    return restore


KNOWN = is_known_keras()
