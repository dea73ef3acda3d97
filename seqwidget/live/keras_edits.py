"""The one file of `live` that uses what Keras keeps to itself: building one layer more or less, and taking an edit back.

Keras calls every layer again at each ``add`` and ``pop``, and makes the functional graph anew. Where a stack is built already,
calling the new layer on the current output gives the same; the graph is made when somebody asks for it. What is used is
checked once, when this file is imported with Keras; where it is not as expected, Keras's own way is taken.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras.src.backend.common import global_state
from keras.src.models.functional import Functional

from ..stack import keras_internals
from ..stack.keras_internals import TAIL as _TAIL
from ..stack.records import same

_GRAPH = "_functional"


class DeferredGraph:
    """Stands for ``_functional`` on a model: gives the graph that Keras made, or makes it when it is asked for."""

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        if model is None:
            return self
        state = vars(model)
        if _TAIL in state:
            graph = Functional(inputs=model._layers[0].output, outputs=state[_TAIL])  # noqa: SLF001
            del state[_TAIL]
            model._functional = graph  # noqa: SLF001  Keras's own way to set it: checkpoints find the graph where Keras's are
        return state.get(_GRAPH)

    def __set__(self, model: Any, value: Any) -> None:
        _set_graph(model, graph=value)


def _set_graph(model: Any, *, graph: Any = None, tail: Any = None) -> None:
    """Hold a graph, or the output to make it from."""
    state = vars(model)
    old = state.get(_GRAPH)
    if old is not None and old is not graph:
        # Keras tracks each graph for ever, and with it the layers that were taken away.
        model._tracker.untrack(old)  # noqa: SLF001
        if graph is None and hasattr(model, "_delete_tracking"):  # TensorFlow's
            model._delete_tracking(_GRAPH)  # noqa: SLF001
    state[_GRAPH] = graph
    if tail is None:
        state.pop(_TAIL, None)
    else:
        state[_TAIL] = tail


def is_known_keras() -> bool:
    """Tell whether this Keras is built as this file expects."""
    cls = keras.Sequential
    return (
        all(callable(getattr(cls, name, None)) for name in ("_maybe_rebuild", "_is_layer_name_unique", "_flatten_layers"))
        and tuple(inspect.signature(Functional.__init__).parameters)[:3] == ("self", "inputs", "outputs")
        and all(name in cls.add.__code__.co_names for name in ("_layers", "_maybe_rebuild", "_functional"))
        and all(name in cls.pop.__code__.co_names for name in ("_layers", "_maybe_rebuild", "_functional"))
    )


KNOWN = is_known_keras()


def head(model: Any) -> Any | None:
    """Give the InputLayer at the head of a Sequential, or None."""
    return keras_internals.input_layer(model)


def is_input(layer: Any) -> bool:
    """Whether a layer is an InputLayer."""
    return isinstance(layer, keras.layers.InputLayer)


def make_input(batch_shape: tuple[int | None, ...], dtype: str | None) -> Any:
    """Make an InputLayer."""
    return keras.layers.InputLayer(batch_shape=batch_shape, dtype=dtype)


def contents(model: Any) -> tuple[Any, ...]:
    """Give all that a Sequential holds, its InputLayer too."""
    return tuple(model._layers)  # noqa: SLF001


def tail(model: Any) -> Any | None:
    """Give the symbolic output of a built stack, or None where it is not built or gives several tensors."""
    end = keras_internals.output(model)
    return end if isinstance(end, keras.KerasTensor) else None


def before(tensor: Any) -> tuple[Any, Any]:
    """Give the layer that made a tensor of a stack, and the tensor that it was made from (None for an InputLayer)."""
    layer, node, _ = tensor._keras_history  # noqa: SLF001
    inputs = layer._inbound_nodes[node].input_tensors  # noqa: SLF001
    return layer, inputs[0] if inputs else None


def append(model: Any, layer: Any) -> bool:
    """Call ``layer`` on a built stack's output and put it on top; False where that is for Keras to do, nothing being done.

    Raises
    ------
    Exception
        What Keras raises when the layer does not fit.
    """
    __tracebackhide__ = True  # of whoever is refused a layer
    end = tail(model)
    fits = isinstance(layer, keras.layers.Layer) and not is_input(layer) and model._is_layer_name_unique(layer)  # noqa: SLF001
    if not KNOWN or not fits or end is None or not model.built or _changes_inside(model, layer):
        return False
    nodes, made_end = len(layer._inbound_nodes), end._keras_history  # noqa: SLF001
    try:
        with model._open_name_scope():  # noqa: SLF001  the weights' paths begin with the model's name
            output = layer(end)
    except (TypeError, NotImplementedError):
        return False  # Keras words the one in its own way, and leaves such a model without a graph
    history = getattr(output, "_keras_history", None)
    if output is end:  # which Keras now takes for its own source, and refuses
        end._keras_history = made_end  # noqa: SLF001
        history = None
    if len(layer._inbound_nodes) != nodes + 1 or not history or history[:2] != (layer, nodes):  # noqa: SLF001
        del layer._inbound_nodes[nodes:]  # noqa: SLF001
        return False
    model._layers.append(layer)  # noqa: SLF001
    _set_graph(model, tail=output)
    return True


def remove_last(model: Any) -> bool:
    """Take the last layer off a built stack; False where that is for Keras to do."""
    end = tail(model)
    if not KNOWN or end is None or not model.built or _changes_inside(model) or len(contents(model)) < 3:  # noqa: PLR2004
        return False
    layer, tensor = before(end)
    if layer is not contents(model)[-1] or tensor is None:
        return False
    model._layers.pop()  # noqa: SLF001
    if layer in contents(model):  # added twice: it is still a part of the model
        model._tracker.track(layer)  # noqa: SLF001
    _set_graph(model, tail=tensor)
    return True


def fill(model: Any, layers: tuple[Any, ...]) -> None:
    """Have a Sequential hold these layers, and nothing be built of them yet; what is there already at the start stays."""
    rows = model._layers  # noqa: SLF001
    kept = same(rows, layers)
    gone = [rows.pop() for _ in range(len(rows) - kept)]
    for layer in gone:
        if layer in rows:  # held twice: Keras has let go of it with the first
            model._tracker.track(layer)  # noqa: SLF001
    rows.extend(layers[kept:])


def hand_over(model: Any) -> None:
    """Make the graph that was put off, for a model that is to be Keras's own again; or before Keras takes an edit over."""
    model._functional  # noqa: B018, SLF001  reading it makes it


def replace(model: Any, layers: tuple[Any, ...], end: Any | None) -> None:
    """Make a Sequential hold ``layers``, which gave ``end`` when they were last called in this order."""
    fill(model, layers)
    if end is not None and not _changes_inside(model) and _made_by(end) == layers:
        _set_graph(model, tail=end)
        model.built = True
        return
    _set_graph(model)
    model.built = False
    if layers:
        model._maybe_rebuild()  # noqa: SLF001


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
        for node in layer._inbound_nodes:  # noqa: SLF001
            for tensor in node.input_tensors:
                outbound = tensor._keras_history.operation._outbound_nodes  # noqa: SLF001
                if node in outbound:
                    outbound.remove(node)


def forget_functions(model: Any) -> None:
    """Have the next fit, evaluate and predict trace the stack as it is now: Keras would go on with the one that it traced."""
    for name in ("train_function", "test_function", "predict_function"):
        if getattr(model, name, None) is not None:
            setattr(model, name, None)


@contextlib.contextmanager
def all_or_nothing(model: Any, *incoming: Any) -> Iterator[None]:
    """Put a model, its layers and those that are to come back as they were if what is done inside raises."""
    layers = [layer for layer in (*contents(model), *incoming) if isinstance(layer, keras.layers.Layer)]
    undo = [_model_restorer(model), _nodes_restorer(layers)]
    undo += [_layer_restorer(part) for layer in layers if not layer.built for part in (layer, *layer._flatten_layers(False))]  # noqa: SLF001, FBT003
    names = dict(global_state.get_global_attribute("object_name_uids") or {})
    try:
        yield
    except BaseException:
        for restore in undo:
            restore()
        uids = global_state.get_global_attribute("object_name_uids")
        if uids is not None:
            uids.clear()
            uids.update(names)
        raise


def _changes_inside(model: Any, *incoming: Any) -> bool:
    """Whether a part of the stack is itself a Sequential, whose shapes may have changed unseen."""
    return any(
        isinstance(part, keras.Sequential)
        for layer in (*contents(model), *incoming)
        if layer._layers  # noqa: SLF001
        for part in (layer, *layer._flatten_layers(include_self=False))  # noqa: SLF001
    )


def _made_by(end: Any) -> tuple[Any, ...]:
    layers = []
    tensor = end
    while tensor is not None:
        layer, tensor = before(tensor)
        layers.append(layer)
    return tuple(reversed(layers))


def _model_restorer(model: Any) -> Callable[[], None]:
    layers, built, shapes = contents(model), model.built, model._build_shapes_dict  # noqa: SLF001
    rows = model._layers  # noqa: SLF001
    graph, end = vars(model).get(_GRAPH), vars(model).get(_TAIL)
    ends = [layer.output for layer in layers[:1] if is_input(layer)]  # a layer that gives what it got makes it its own
    made = [(tensor, tensor._keras_history) for tensor in ends if isinstance(tensor, keras.KerasTensor)]  # noqa: SLF001

    def restore() -> None:
        for tensor, history in made:
            tensor._keras_history = history  # noqa: SLF001
        _set_graph(model)
        model._layers = rows  # noqa: SLF001  a build of its own makes a new list
        fill(model, layers)
        _set_graph(model, graph=graph, tail=end)
        model.built, model._build_shapes_dict = built, shapes  # noqa: SLF001

    return restore


def _nodes_restorer(layers: list[Any]) -> Callable[[], None]:
    counts = [(len(layer._inbound_nodes), len(layer._outbound_nodes)) for layer in layers]  # noqa: SLF001

    def restore() -> None:
        for layer, (inbound, outbound) in zip(layers, counts, strict=True):
            del layer._inbound_nodes[inbound:]  # noqa: SLF001
            del layer._outbound_nodes[outbound:]  # noqa: SLF001

    return restore


def _layer_restorer(layer: Any) -> Callable[[], None]:
    """Take back what building gives a layer: its attributes, and what Keras tracks of them."""
    attributes = dict(vars(layer))
    inner = [(held, type(held)(held)) for held in attributes.values() if type(held) in (list, dict)]
    tracker = layer._tracker  # noqa: SLF001
    stores = {name: (list(store), set(tracker.stored_ids[name])) for name, (_, store) in tracker.config.items()}
    locked = tracker.locked

    def restore() -> None:
        vars(layer).clear()
        vars(layer).update(attributes)
        for held, value in inner:
            held.clear()
            held.extend(value) if isinstance(held, list) else held.update(value)
        for name, (values, ids) in stores.items():
            tracker.config[name][1][:] = values
            tracker.stored_ids[name] = ids
        tracker.locked = locked

    return restore
