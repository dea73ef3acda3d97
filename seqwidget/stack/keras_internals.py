"""The one file of `stack` that reads what Keras keeps to itself; each use says what it falls back to.

Keras documents no way to ask which call of a layer belongs to a model: ``layer.output`` is the layer's first call
anywhere, and ``summary()`` its last.
"""

from __future__ import annotations

import contextlib
import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

import keras

from .errors import CycleError

TAIL = "_seqwidget_tail"
"""Where a Sequential that is built layer by layer (see `live.keras_edits`) has its output, until its graph is asked for."""

READ = "_seqwidget_read"
"""Where such a Sequential has what was read of it: elsewhere, that would keep it alive."""

OF_EVERY_LAYER = frozenset(vars(keras.layers.Layer(name="any")))
"""The attributes that Keras gives a layer of any kind."""

TELLING = ("name", "built", "_trainable", "_dtype_policy")
"""Those of them that tell of one layer what others may not have."""


_LISTS = ("_trainable_variables", "_non_trainable_variables")
_ARE_LISTS = all(type(vars(keras.layers.Layer(name="any")).get(name)) is list for name in _LISTS)


def own_weights(layer: Any) -> list[Any]:
    """Give the weights of a layer that has none inside: quickly where Keras keeps them in two lists, as it does today."""
    state = vars(layer)
    return state[_LISTS[0]] + state[_LISTS[1]] if _ARE_LISTS else layer.weights


def trains_by_flag(model: Any) -> bool:
    """Whether a model trains what is flagged among its weights, and has no rule of its own."""
    return type(model).trainable_weights is keras.layers.Layer.trainable_weights


def graph(model: Any) -> Any | None:
    """Give the functional graph that a model runs, or None where it has none (yet)."""
    if isinstance(model, keras.Sequential):
        return getattr(model, "_functional", None)
    return model if hasattr(model, "_nodes_by_depth") and hasattr(model, "_run_through_graph") else None


def output(model: Any) -> Any | None:
    """Give what a built Sequential gives, in the structure in which its last layer gives it; None while it is not known."""
    if TAIL in vars(model):
        return vars(model)[TAIL]
    functional = graph(model)
    return None if functional is None else getattr(functional, "_outputs_struct", None)


def back_from(end: Any) -> Iterator[tuple[Any, Any]]:
    """Give a tensor and the call that made it, the one that it was made from and its call, and so on back to the input."""
    while True:
        operation, index, _ = end._keras_history  # noqa: SLF001
        node = operation._inbound_nodes[index]  # noqa: SLF001
        if node.is_input:
            return
        yield end, node
        end = node.input_tensors[0]


def nodes(functional: Any) -> list[Any]:
    """Return the calls of a graph in the order in which Keras runs them, without inputs and what only makes a mask.

    Masks are Keras's own doing: nobody wrote the operations that compute them.
    """
    by_depth = functional._nodes_by_depth  # noqa: SLF001
    found = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth] if not node.is_input]
    if all(isinstance(node.operation, keras.Layer) for node in found):
        return found
    needed, kept = set(map(id, functional.outputs)), []
    for node in reversed(found):
        if isinstance(node.operation, keras.Layer) or any(id(x) in needed for x in node.outputs):
            args, kwargs = arguments(node)
            needed.update(map(id, keras.tree.flatten((args, {k: v for k, v in kwargs.items() if not k.endswith("mask")}))))
            kept.append(node)
    return kept[::-1]


def arguments(node: Any, known: dict[int, Any] | None = None) -> tuple[Any, Any]:
    """Return what a call was given, each symbolic tensor replaced by what is known of it (a mask may be by None)."""
    given = node.arguments
    if known is None:
        return given.args, given.kwargs
    return given.fill_in(known)


def in_order(functional: Any, inputs: Any) -> list[Any]:
    """Return what a graph is called with in the order of its inputs."""
    if isinstance(inputs, dict) and not isinstance(functional._inputs_struct, dict):  # noqa: SLF001
        return [inputs[x.name] for x in functional.inputs]
    return keras.tree.flatten(inputs)


def as_outputs(functional: Any, outputs: list[Any]) -> Any:
    """Return outputs in the structure in which a graph gives them."""
    return keras.tree.pack_sequence_as(functional._outputs_struct, outputs)  # noqa: SLF001


def runs_graph(model: Any) -> bool:
    """Whether a model does nothing but run its layers: a Sequential or Functional model without a ``call`` of its own."""
    if "call" in vars(model) or not (isinstance(model, keras.Sequential) or graph(model)):
        return False
    code = getattr(type(model).call, "__module__", "")
    return code.startswith("keras.src.models.")


def run(functional: Any, inputs: Any, noting: Callable[[Any], Callable[..., Any]]) -> Any:
    """Run a graph on real tensors, each operation by way of what ``noting`` makes of it."""
    tensors = functional._standardize_inputs(inputs)  # noqa: SLF001
    outputs = functional._run_through_graph(tensors, operation_fn=noting)  # noqa: SLF001
    return outputs[0] if isinstance(outputs, list | tuple) and len(outputs) == 1 else outputs


def standardized(functional: Any, inputs: Any) -> Any:
    """Return inputs as a graph of one input takes them: as a tensor of its dtype and rank."""
    return functional._standardize_inputs(inputs)[0]  # noqa: SLF001


def takes_training(layer: Any) -> bool:
    """Whether a layer behaves differently in training. A graph remembers the mode it was made in, and must be told."""
    return "training" in getattr(layer, "_call_context_args", ())


def input_layer(model: Any) -> Any | None:
    """Give the InputLayer that Keras hides at the head of a Sequential, if it is there."""
    layers = getattr(model, "_layers", None) or [None]
    return layers[0] if isinstance(layers[0], keras.layers.InputLayer) else None


def parts(layer: Any) -> list[Any]:
    """Give the layers that a layer is made of: a wrapper, a recurrent layer, attention."""
    return layer._layers  # noqa: SLF001


def check_input(layer: Any, tensor: Any) -> None:
    """Raise what Keras would raise when ``layer`` is called on ``tensor``, without calling it."""
    check = getattr(layer, "_assert_input_compatibility", None)
    if check is not None:
        check(tensor)


def as_layer(layer: Any) -> Any:
    """Give the InputLayer that what ``keras.Input`` gives stands for, as in ``add``; anything else as it is."""
    origin = getattr(layer, "_keras_history", (layer,))[0]
    return origin if isinstance(origin, keras.layers.InputLayer) else layer


def holds(layer: Any, model: Any) -> bool:
    """Return whether a layer is a model, or has it somewhere inside."""
    todo, seen = [layer], set()
    while todo:
        one = todo.pop()
        if one is model:
            return True
        if id(one) not in seen:
            seen.add(id(one))
            todo += getattr(one, "_layers", ())
    return False


def check_no_cycle(model: Any, layer: Any) -> None:
    """Raise an error if a layer is, or holds, the model that it is added to: Keras would recurse without end."""
    if holds(layer, model):
        msg = f"add expected a layer that does not contain {model.name!r} itself, received {layer.name!r}; add another layer."
        raise CycleError(msg)


def is_locked(model: Any) -> bool:
    """Return whether Keras lets no layer be added to a model any more: ``quantize`` leaves it like that."""
    return bool(getattr(getattr(model, "_tracker", None), "locked", False))


def check_add(model: Any, layer: Any) -> None:
    """Raise what Keras raises when ``layer`` is added to a Sequential, before it looks at any shape, and add nothing."""
    check_no_cycle(model, layer)
    if is_locked(model):
        raise ValueError(model._tracker._lock_violation_msg)  # noqa: SLF001
    stand_in = keras.Sequential(name=model.name)
    stand_in._layers = list(model._layers)  # noqa: SLF001
    stand_in.add(layer, rebuild=False)


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Build layers inside without memory for their weights, and leave names and seeds as they were.

    Weights made in a StatelessScope have a shape and no value. Keras keeps a list of them to fill in later, which for a
    layer that is thrown away would only cost time and memory.
    """
    from keras.src.backend.common import global_state  # noqa: PLC0415

    names = ("uninitialized_variables", "object_name_uids", "name_scope_stack")  # of scopes, an error can leave some open
    kept = {name: copy.copy(global_state.get_global_attribute(name)) for name in names}
    python_seed = random.getstate()
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        random.setstate(python_seed)
        for name, value in kept.items():
            global_state.set_global_attribute(name, value)


@contextlib.contextmanager
def real_variables() -> Iterator[None]:
    """Make variables with values inside, also in `scratch`."""
    from keras.src.backend.common import global_state  # noqa: PLC0415

    scope = global_state.get_global_attribute("stateless_scope")
    global_state.set_global_attribute("stateless_scope", None)
    try:
        yield
    finally:
        global_state.set_global_attribute("stateless_scope", scope)


def needs_values(error: BaseException) -> bool:
    """Return whether an error says that a layer makes variables of values that it has, as a stateful RNN does."""
    return "stateless scope" in str(error)


# What is compiled. Keras documents no way to ask what a compiled step trains, nor which optimizer variables belong to a weight.

_TRAINED = "_seqwidget_trained"


def optimizer_weights(optimizer: Any) -> list[Any] | None:
    """Give the weights that an optimizer was built for, or None where it was not built (or does not tell)."""
    return getattr(optimizer, "_trainable_variables", None) if getattr(optimizer, "built", False) else None


def mark_traced(model: Any) -> None:
    """Note on a training function that was just made what it will be traced for; the note goes when the function does."""
    with contextlib.suppress(AttributeError, TypeError):  # where functions take no notes, the optimizer's weights have to do
        setattr(model.train_function, _TRAINED, list(model.trainable_weights))


def traced_weights(model: Any) -> list[Any] | None:
    """Give the weights that a model's training function was traced for, or None where nobody noted it."""
    return getattr(getattr(model, "train_function", None), _TRAINED, None)


def slots(optimizer: Any) -> dict[int, dict[str, Any]]:
    """Give an optimizer's own variables for each weight, by the ``id`` of the weight and the name of the list they are in.

    Empty where the optimizer was not built, or keeps its variables in another way than Keras's optimizers do.
    """
    weights = optimizer_weights(optimizer) or []
    found: dict[int, dict[str, Any]] = {id(weight): {} for weight in weights}
    for name, value in vars(optimizer).items():
        if isinstance(value, keras.optimizers.Optimizer):
            for key, inner in slots(value).items():
                found.setdefault(key, {}).update({f"{name}.{slot}": variable for slot, variable in inner.items()})
        elif isinstance(value, list) and len(value) == len(weights) and value is not weights and name not in _NOT_SLOTS:
            for weight, variable in zip(weights, value, strict=True):
                if isinstance(variable, keras.Variable):
                    found[id(weight)][name] = variable
    return found


_NOT_SLOTS = frozenset({"_trainable_variables", "_variables"})


def scalars(optimizer: Any) -> dict[str, Any]:
    """Give an optimizer's variables that belong to no weight: its step count, learning rate, loss scale."""
    found: dict[str, Any] = {}
    for name, value in vars(optimizer).items():
        if isinstance(value, keras.optimizers.Optimizer):
            found.update({f"{name}.{inner}": variable for inner, variable in scalars(value).items()})
        elif isinstance(value, keras.Variable):
            found[name] = value
    return found


def learning_rate(optimizer: Any) -> Any:
    """Give the learning rate as the optimizer holds it: a variable, a schedule or a function."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return getattr(inner, "_learning_rate", inner.learning_rate)


def unbuilt_copy(optimizer: Any) -> Any:
    """Make an optimizer of the same settings that was not built. A schedule is shared, so that it need not be serializable."""
    inner = getattr(optimizer, "inner_optimizer", None)
    if inner is not None:
        config = {name: value for name, value in optimizer.get_config().items() if name != "inner_optimizer"}
        return type(optimizer)(unbuilt_copy(inner), **config)
    rate = learning_rate(optimizer)
    described = object.__new__(type(optimizer))
    vars(described).update(vars(optimizer), _learning_rate=None)
    config = described.get_config()
    config["learning_rate"] = float(keras.ops.convert_to_numpy(rate)) if isinstance(rate, keras.Variable) else rate
    copied = type(optimizer).from_config(config)
    for name, value in list(vars(optimizer).items()):
        if name.startswith("_exclude_from_weight_decay"):
            setattr(copied, name, copy.copy(value))
    return copied


def compile_arguments(model: Any) -> dict[str, Any]:
    """Give the arguments of a model's last ``compile``, as the objects that they were; empty where Keras does not tell."""
    return dict(getattr(getattr(model, "_compile_config", None), "config", {}))


def sublayers(layer: Any) -> list[Any]:
    """Give the layers right inside a layer; for a model, and where Keras does not tell, those of its ``layers``."""
    inside: Any = getattr(layer, "_layers", None) or getattr(layer, "layers", ())
    return list(inside)


def could_train(layer: Any) -> list[Any]:
    """Give the weights that train when nothing is frozen, each once."""
    own = getattr(layer, "_trainable_variables", ())
    inside = [weight for one in sublayers(layer) for weight in could_train(one)]
    return list({id(weight): weight for weight in (*own, *inside)}.values())
