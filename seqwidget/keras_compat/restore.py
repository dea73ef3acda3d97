"""Restore a model and its layers after an edit that failed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial

import keras

from . import deferred_graph, layer_state, names, tracking
from .capabilities import RESTORE
from .inner_layers import contents, every_layer, is_input
from .keras_layers import is_layer
from .scratch import scratch

Restore = Callable[[], None]


def restorer(model: keras.Model, *incoming: object, flags: bool = False) -> Restore:
    """Return a function that restores the present state of a model and its layers.

    The state of the layers in ``incoming`` is restored, too. With ``flags``, so are the
    ``trainable`` flags. The function can be called twice.
    """
    layers = [*contents(model), *filter(is_layer, incoming)]
    makers: list[Callable[[], Restore]] = [partial(flags_restorer, model, *layers)] if flags else []
    if RESTORE.works:
        makers = [partial(_model_restorer, model), partial(_nodes_restorer, layers), _names_restorer, *makers]
        makers += [partial(layer_state.restorer, layer) for layer in layers if not layer.built]
    else:
        makers = [partial(_restorer_by_keras, model), *makers]
    parts = [make() for make in makers]

    def restore() -> None:
        for part in parts:
            part()

    return restore


def flags_restorer(*layers: keras.Layer) -> Restore:
    """Return a function that restores which of these layers, and those inside them, train."""
    every = [part for layer in layers for part in every_layer(layer)]
    if not RESTORE.works:
        shown = [(layer, layer.trainable) for layer in every]  # the outer ones first: their flags reach inside

        def set_flags() -> None:
            for layer, flag in shown:
                layer.trainable = flag

        return set_flags
    flags = [(layer, vars(layer)["_trainable"]) for layer in every]
    weights = {id(weight): (weight, weight.trainable) for layer in every for weight in layer._trainable_variables}

    def restore() -> None:
        for layer, flag in flags:
            vars(layer)["_trainable"] = flag
        for weight, flag in weights.values():
            weight.trainable = flag

    return restore


def _restorer_by_keras(model: keras.Model) -> Restore:
    rows, built = contents(model), model.built

    def restore() -> None:
        if contents(model) != rows or model.built != built:
            tracking.hold_by_keras(model, rows, build=built)

    return restore


def _model_restorer(model: keras.Model) -> Restore:
    layers, rows = contents(model), model._layers
    attributes = {name: value for name, value in vars(model).items() if name != names.SESSION}
    graph, tracked = deferred_graph.restorer(model), tracking.restorer(model)
    # A layer that returns its input overwrites the history of that tensor.
    ends = [layer.output for layer in layers[:1] if is_input(layer)]
    made = [(tensor, tensor._keras_history) for tensor in ends if isinstance(tensor, keras.KerasTensor)]

    def restore() -> None:
        for tensor, history in made:
            tensor._keras_history = history
        graph()
        list.__setitem__(rows, slice(None), layers)
        tracked()
        state = vars(model)
        for name in [name for name in state if name not in attributes and name != names.SESSION]:
            del state[name]
        state.update(attributes)

    return restore


def _nodes_restorer(layers: list[keras.Layer]) -> Restore:
    counts = [(nodes, len(nodes)) for layer in layers for nodes in (layer._inbound_nodes, layer._outbound_nodes)]

    def restore() -> None:
        for nodes, count in counts:
            del nodes[count:]

    return restore


def _names_restorer() -> Restore:
    """Return a function that resets the counters from which Keras makes automatic names."""
    from keras.src.backend.common import global_state

    numbers = copy.copy(global_state.get_global_attribute("object_name_uids"))
    return lambda: global_state.set_global_attribute("object_name_uids", copy.copy(numbers))


class _Refusing(keras.layers.Layer):
    """A layer that makes a weight, and then refuses its input."""

    def build(self, _shape: object) -> None:
        self.add_weight(shape=(1,), name="weight")

    def call(self, inputs: object) -> None:
        msg = "refused"
        raise ValueError(msg, inputs)


@RESTORE.probe
def _probe() -> bool:
    with scratch():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="a")], name="m")
        layer, before, tracked = _Refusing(name="bad"), dict(vars(model)), tracking.tracked(model)
        every = [*contents(model), layer]
        nodes = [[*one._inbound_nodes, *one._outbound_nodes] for one in every]
        name, numbers = keras.layers.Identity().name, restorer(model)
        restore = restorer(model, layer, flags=True)
        model.trainable = False
        refused = False
        try:
            model.add(layer)
        except ValueError:
            refused = True
        restore()
        restore()
        same = [vars(model).get(key) is value for key, value in before.items()]
        same += [tracking.tracked(model) == tracked, [*contents(model), layer] == every, model.trainable]
        same += [[[*one._inbound_nodes, *one._outbound_nodes] for one in every] == nodes]
        same += [layer.built is False, layer.weights == [], model.built, all(w.trainable for w in model.weights)]
        next_name = keras.layers.Identity().name
        numbers()
        same += [keras.layers.Identity().name == next_name != name]
        model.add(keras.layers.Dense(2, name="b"))
    return refused and all(same) and (model.count_params(), model.output_shape) == (23, (None, 2))
