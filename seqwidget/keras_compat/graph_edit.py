"""Add or remove the last layer of a Sequential without calling the others again.

At each ``add`` and ``pop``, Keras calls every layer again and makes a new functional graph. For a
stack that is already built, it is enough to call the new layer on the current output. The graph is
then made when it is first requested; see `deferred_graph`.
"""

from __future__ import annotations

from types import MethodType

import keras

from . import keras_graph, names, tracking
from .capabilities import QUICK_EDITS
from .deferred_graph import DeferredGraph, set_graph, update_modules
from .inner_layers import contents, every_layer, is_input
from .scratch import scratch

_KERAS = keras.Sequential  # the original class, even if that name is replaced later


def is_by_keras(model: keras.Model, edit: MethodType) -> bool:
    """Return whether an inherited method that edits, and the build after it, are Keras's own."""
    own = edit.__func__ is getattr(_KERAS, edit.__name__)
    return own and all(getattr(type(model), name, None) is getattr(_KERAS, name, None) for name in _BUILDING)


_BUILDING = ("build", "call", "_maybe_rebuild")


def make_input(batch_shape: tuple[int | None, ...], like: keras.layers.InputLayer | None) -> keras.layers.InputLayer:
    """Return an InputLayer with a batch shape, and the other settings of ``like`` if given."""
    settings = {} if like is None else like.get_config()
    return keras.layers.InputLayer(**{**settings, "batch_shape": batch_shape})


def tail(model: keras.Model) -> keras.KerasTensor | None:
    """Return the output tensor of a built stack; None if it is not built or has several outputs."""
    end = keras_graph.output(model)
    return end if isinstance(end, keras.KerasTensor) else None


def before(tensor: keras.KerasTensor) -> tuple[keras.Layer, keras.KerasTensor | None]:
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
    if not QUICK_EDITS.works:
        return False
    end = tail(model)
    fits = isinstance(layer, keras.layers.Layer) and not is_input(layer) and model._is_layer_name_unique(layer)
    if not fits or end is None or not model.built or tracking.is_locked(model) or _changes_inside(model, layer):
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
    set_graph(model, tail=output)
    return True


def remove_last(model: keras.Model) -> bool:
    """Remove the last layer of a built stack; return False if this is left to Keras."""
    end = tail(model)
    if not QUICK_EDITS.works or end is None or not model.built or _changes_inside(model) or len(contents(model)) < 3:
        return False
    layer, tensor = before(end)
    if layer is not contents(model)[-1] or tensor is None:
        return False
    tracking.hold(model, contents(model)[:-1])
    set_graph(model, tail=tensor)
    return True


def hand_over(model: keras.Model) -> None:
    """Make the deferred graph, before a model is plain Keras again or Keras takes over an edit."""
    _ = model._functional  # reading the attribute makes the graph
    update_modules(model)


def replace(model: keras.Model, layers: tuple[keras.Layer, ...], end: keras.KerasTensor | None) -> None:
    """Make a Sequential hold ``layers``; ``end`` is the output of their last call in this order."""
    if not QUICK_EDITS.works:
        tracking.hold_by_keras(model, layers, build=True)
        return
    tracking.hold(model, layers)
    if end is not None and not _changes_inside(model) and _made_by(end) == layers:
        set_graph(model, tail=end)
        model.built = True
        return
    set_graph(model)
    model.built = False
    if layers:
        model._maybe_rebuild()


def stand_in(model: keras.Model, layers: tuple[keras.Layer, ...], end: keras.KerasTensor | None) -> keras.Sequential:
    """Return a model to inspect, like ``model`` but with other layers; no layer is called."""
    other = keras.Sequential(name=model.name, trainable=model.trainable)
    tracking.hold(other, layers)
    if end is not None:
        vars(other)[names.TAIL] = end
        other.built = True
    return other


def forget(layers: list[keras.Layer]) -> None:
    """Unlink layers that no stack holds any more from other layers, so that they can be freed."""
    if not QUICK_EDITS.works:
        return
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


def _changes_inside(model: keras.Model, *incoming: keras.Layer) -> bool:
    """Return whether a part is itself a Sequential, whose shapes may have changed unnoticed."""
    return any(
        isinstance(part, keras.Sequential)
        for layer in (*contents(model), *incoming)
        if layer._layers
        for part in every_layer(layer)
    )


def _made_by(end: keras.KerasTensor) -> tuple[keras.Layer, ...]:
    layers = []
    tensor = end
    while tensor is not None:
        layer, tensor = before(tensor)
        layers.append(layer)
    return tuple(reversed(layers))


class _Stack(DeferredGraph, keras.Sequential):
    """A Sequential whose graph may be made later, for the probe."""


@QUICK_EDITS.probe
def _probe() -> bool:
    with scratch():
        ours, theirs = (
            cls([keras.Input((4,), name="x"), keras.layers.Dense(3, name="a")], name="m") for cls in (_Stack, keras.Sequential)
        )
        mine, its = keras.layers.Dense(2, name="b"), keras.layers.Dense(2, name="b")
        done = [append(ours, mine), names.TAIL in vars(ours)]
        theirs.add(its)
        same = [_looks(ours) == _looks(theirs)]
        layers, end = contents(ours), tail(ours)
        hand_over(ours)
        done += [remove_last(ours)]
        theirs.pop()
        same += [_looks(ours) == _looks(theirs)]
        replace(ours, layers, end)
        theirs.add(its)
        same += [_looks(ours) == _looks(theirs)]
        replace(ours, layers[:-1], None)
        theirs.pop()
        same += [_looks(ours) == _looks(theirs)]
        forget([mine])
    return all(done) and all(same) and not contents(ours)[-1]._outbound_nodes


def _looks(model: keras.Model) -> list[object]:
    """Return what Keras reports about a model that was edited."""
    return [
        [layer.name for layer in contents(model)],
        (model.built, bool(model._functional), model.count_params()),
        (model.input_shape, model.output_shape, model(keras.KerasTensor((5, 4))).shape),
        [(weight.path, tuple(weight.shape), weight.trainable) for weight in model.weights],
        model.get_config()["layers"],
        # Keras keeps tracking every graph that a stack has had.
        [(kind, [name for name in found if "functional" not in name], ok) for kind, found, ok in tracking.tracked(model)],
    ]
