"""A model's own chain: which layers run in it, on what shapes, whatever else those layers are used for."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import keras

from . import keras_internals
from .layer_state import is_whole, tried
from .records import Shapes, same
from .said import said


class Call(NamedTuple):
    """One run of a layer (or of another Keras operation) inside a model.

    Attributes
    ----------
    layer
        What runs.
    weights_of
        Where its weights are counted: the layer itself, or for a layer that is not built yet a copy that is.
    input_shape, output_shape
        ``None`` while unknown.
    why
        Why the shapes, or the weights, are unknown.
    """

    layer: Any
    weights_of: Any
    input_shape: Shapes | None = None
    output_shape: Shapes | None = None
    why: str = ""


def chain(model: Any, input_shape: Shapes | None = None) -> list[Call]:
    """Give the calls that a model makes of its layers, in order.

    Parameters
    ----------
    model
        A Keras model. One that runs code of its own (a subclassed model) gives its layers without shapes.
    input_shape
        The shape of the input, batch first; by default the model's own.
    """
    if isinstance(model, keras.Sequential):
        calls = _read(model, input_shape)
        return _step(model, input_shape) if calls is None else calls
    graph = keras_internals.graph(model)
    if graph is None:
        why = said("the model runs code of its own, so its layers' shapes are not known")
        return [_unknown(layer, why) for layer in model.layers]
    if _is_current(model, input_shape, model.layers):
        return [_recorded(node, node.input_tensors) for node in keras_internals.nodes(graph)]
    tensors = [keras.KerasTensor(shape, dtype=x.dtype) for shape, x in zip(_listed(input_shape), graph.inputs, strict=True)]
    return [
        Call(operation, operation, shapes_of(ins), shapes_of(outs))
        for operation, ins, outs in keras_internals.rerun(graph, tensors)
    ]


def is_line(calls: list[Call]) -> bool:
    """Whether each call takes just what the one before it gave."""
    return all(a.output_shape is not None and a.output_shape == b.input_shape for a, b in itertools.pairwise(calls))


def own_input(model: Any) -> tuple[Shapes | None, str | None]:
    """Give the shape and dtype of a model's input, or ``(None, None)`` while it is not known."""
    if isinstance(model, keras.Sequential):
        layer = keras_internals.input_layer(model)
        return (tuple(layer.batch_shape), keras.backend.standardize_dtype(layer.dtype)) if layer is not None else (None, None)
    graph = keras_internals.graph(model)
    return (shapes_of(graph.inputs), keras.backend.standardize_dtype(graph.inputs[0].dtype)) if graph else (None, None)


def top(model: Any) -> Any | None:
    """Give symbolic stand-ins for what a Sequential gives; None while its input is not known.

    Raises
    ------
    Exception
        What Keras raises for a layer that does not fit.
    """
    end = keras_internals.output(model)
    if end is not None and _is_current(model, None, model.layers):
        return keras.tree.map_structure(_stand_in, end)
    shape, dtype = own_input(model)
    if shape is None:
        return None
    x: Any = keras.KerasTensor(shape, dtype=dtype)
    for layer in model.layers:
        x = trial(layer, x)[1]
    return x


def _stand_in(tensor: Any) -> Any:
    """Give a tensor without history: calling a layer on the model's own would leave a mark on the model's layers."""
    return keras.KerasTensor(tensor.shape, dtype=tensor.dtype)


def _is_current(model: Any, input_shape: Shapes | None, layers: list[Any]) -> bool:
    """Whether the shapes that Keras recorded still hold: same input, and no nested stack that may have changed since."""
    same_input = input_shape is None or input_shape == own_input(model)[0]
    return same_input and not any(isinstance(layer, keras.Sequential) for layer in layers)


def _read(model: Any, input_shape: Shapes | None) -> list[Call] | None:
    """Read the calls that Keras recorded of a Sequential; None where they do not hold, or are no line of its layers."""
    state, layers = vars(model), model.layers
    end = state.get(keras_internals.TAIL)
    if end is None:
        state.pop(keras_internals.READ, None)  # it would keep layers that no step has any more
        graph = keras_internals.graph(model)
        if graph is None or not _is_current(model, input_shape, layers):
            return None
        calls = [_recorded(node, node.input_tensors) for node in keras_internals.nodes(graph)]
        return calls if [call.layer for call in calls] == layers else None
    line = state.setdefault(keras_internals.READ, _Line())
    if not _is_current(model, input_shape, layers[same(line.layers, layers) :]):
        return None
    calls = line.read(end)
    return calls if line.layers == layers else None


def _step(model: Any, input_shape: Shapes | None) -> list[Call]:
    """Infer the shapes of a Sequential layer by layer, up to the first that does not fit."""
    own_shape, dtype = own_input(model)
    shape = input_shape if input_shape is not None else own_shape
    if shape is None:
        why = said("not built: the input's shape is not known yet")
        return [_unknown(layer, why) for layer in model.layers]
    if dtype is None and model.layers:
        dtype = model.layers[0].compute_dtype
    calls: list[Call] = []
    behind = ""
    x: Any = keras.KerasTensor(shape, dtype=dtype)
    for layer in model.layers:
        if behind:
            calls.append(_unknown(layer, behind))
            continue
        try:
            built, y = trial(layer, x)
        except Exception as error:  # noqa: BLE001  a layer may raise anything, and what it says is the fact
            reason = first_line(error)
            calls.append(Call(layer, layer, shapes_of(x), None, reason))
            behind = said("behind {name}, which does not fit: {reason}", name=layer.name, reason=reason)
            continue
        calls.append(Call(layer, built, shapes_of(x), shapes_of(y)))
        x = y
    return calls


def trial(layer: Any, tensor: Any) -> tuple[Any, Any]:
    """Find what ``layer`` would give for a symbolic tensor, without changing the layer.

    Returns
    -------
    tuple
        The layer, or where it is not built what it was while it was; and the symbolic output.

    Raises
    ------
    Exception
        What Keras raises when the layer does not fit.
    """
    with keras_internals.scratch():
        if not is_whole(layer):
            return tried(layer, tensor)
        keras_internals.check_input(layer, tensor)
        return layer, layer.compute_output_spec(tensor)


def first_line(error: BaseException) -> str:
    """Give what an error says, in one line, without Keras's own framing around it."""
    text = str(error).strip()
    frame = "Error encountered:"
    if frame in text:
        text = text.rsplit(frame, 1)[1].strip()
    head, _, _ = text.partition("\n\nArguments received by")
    return " ".join(head.replace("\x1b[1m", "").replace("\x1b[0m", "").split()) or type(error).__name__


def shapes_of(tensors: Any) -> Shapes:
    """Give one shape for one tensor, a tuple of shapes for several."""
    return _shapes(keras.tree.flatten(tensors))


def _shapes(tensors: list[Any]) -> Shapes:
    if len(tensors) == 1:
        return tuple(tensors[0].shape)
    return tuple(tuple(x.shape) for x in tensors)


class _Line:
    """The calls of a live Sequential as they were read last. What a tensor was made of never changes: each is read once."""

    def __init__(self) -> None:
        self.layers: list[Any] = []
        self._calls: list[Call] = []
        self._outputs: list[Any] = []
        self._counts: dict[int, int] = {}  # of calls up to an output, by its id

    def read(self, end: Any) -> list[Call]:
        """Give the calls that lead to a tensor."""
        count, new = 0, []
        for output, node in keras_internals.back_from(end):
            if count := self._counts.get(id(output), 0):
                break
            new.append((output, node))
        for output in self._outputs[count:]:
            del self._counts[id(output)]
        del self.layers[count:], self._calls[count:], self._outputs[count:]
        for output, node in reversed(new):
            self.layers.append(node.operation)
            self._calls.append(_recorded(node, node.input_tensors[:1]))  # what else came along is a mask
            self._outputs.append(output)
            self._counts[id(output)] = len(self._outputs)
        return self._calls.copy()


def _recorded(node: Any, tensors: list[Any]) -> Call:
    return Call(node.operation, node.operation, _shapes(tensors), _shapes(node.outputs))


def _unknown(layer: Any, why: str) -> Call:
    return Call(layer, layer, why=why)


def _listed(shapes: Shapes | None) -> list[Any]:
    return list(shapes) if shapes and isinstance(shapes[0], tuple) else [shapes]
