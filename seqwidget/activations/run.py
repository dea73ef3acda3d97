"""Run a model one layer at a time, and report the outputs of layers, including those inside nested models."""

from __future__ import annotations

import collections
from collections.abc import Callable, Generator, Iterable
from typing import TypeAlias, TypeVar

import keras

from ..errors import InputError, NoSuchLayerError
from ..i18n.messages import message
from ..keras_compat import keras_graph, keras_layers
from ..keras_compat.inner_layers import every_layer
from ..keras_compat.origin import is_from_keras
from ..model.layer_kinds import keras_name, shows_inside
from ..model.tensor_specs import Structure
from ..model.trial import first_line

T = TypeVar("T")
Steps: TypeAlias = Generator[str, None, Structure]
"""Yields the path of each layer that has run, and returns the output of the last one."""
Seen = Callable[[str, Structure], None]
"""Receives a layer's path and output as soon as it is computed, so that none has to be kept."""


class Paths:
    """A counter of the uses of each layer in a walk through a model."""

    def __init__(self) -> None:
        self._uses: collections.Counter[str] = collections.Counter()

    def copy(self) -> Paths:
        """Return a copy that continues counting independently."""
        copied = Paths()
        copied._uses.update(self._uses)
        return copied

    def next(self, path: str) -> str:
        """Return the unique path of the next use of the layer at ``path``."""
        self._uses[path] += 1
        return path if self._uses[path] == 1 else f"{path}:{self._uses[path]}"


class Run:
    """One run of a model, including nested models.

    Layers run one after the other, and tensors that no later layer needs are dropped at once.

    Parameters
    ----------
    paths
        The paths of the layers whose outputs are reported.
    training
        Whether the layers run in training mode.
    seen
        Receives the outputs. By default, they are kept in `found`.
    """

    def __init__(self, paths: Iterable[str], *, training: bool, seen: Seen | None = None, uses: Paths | None = None) -> None:
        self.paths = tuple(paths)
        self.found: dict[str, Structure] = {}
        self.training = training
        self.wanted = set(self.paths)
        self._seen = seen or self.found.__setitem__
        self._uses = uses or Paths()

    def outputs(self, model: keras.Model, inputs: Structure) -> list[Structure]:
        """Run a model up to the last requested output, and return the outputs in order.

        Raises
        ------
        NoSuchLayerError
            If the model no longer has one of the layers.
        """
        for _ in self.steps(model, inputs):
            if not self.wanted:
                return [self.found[path] for path in self.paths]
        raise self.missing(model)

    def missing(self, model: keras.Model) -> NoSuchLayerError:
        """Return the error for a model that no longer has some of the layers."""
        missing = ", ".join(repr(path) for path in self.paths if path in self.wanted)
        msg = message(
            "{model} no longer has {missing}; create a new extractor after an edit.", model=model.name, missing=missing
        )
        return NoSuchLayerError(msg)

    def steps(self, model: keras.Model, inputs: Structure, prefix: str = "") -> Steps:
        """Run the layers of a model; yield the path of each, and return the output of the model."""
        graph = keras_graph.graph(model)
        if graph is not None and not isinstance(model, keras.Sequential):
            return (yield from self._graph_steps(graph, inputs, prefix))
        # Not as a graph: a Sequential whose last layers do not fit has none.
        x = keras_graph.standardized(model, inputs)
        del inputs
        for layer in model.layers:
            if not isinstance(layer, keras.layers.InputLayer):  # Keras skips later ones, too
                x = yield from self._call(prefix, layer, x)
        return x

    def _graph_steps(self, graph: keras.Model, inputs: Structure, prefix: str) -> Steps:
        calls = keras_graph.calls(graph, inputs)
        try:
            operation, args, kwargs = next(calls)
            while True:
                outputs = yield from self._call(prefix, operation, *args, **kwargs)
                del args, kwargs
                operation, args, kwargs = calls.send(outputs)
        except StopIteration as end:
            return end.value

    def _call(self, prefix: str, operation: keras.Operation, *args: Structure, **kwargs: Structure) -> Steps:
        if keras_layers.takes_training(operation):
            kwargs["training"] = self.training
        path = self._uses.next(f"{prefix}{operation.name}")
        inside = f"{prefix}{operation.name}/"
        wanted = any(one.startswith(inside) for one in self.wanted) and shows_inside(operation)
        if wanted or (type(operation).call is keras.Sequential.call and keras_graph.graph(operation) is not None):
            inputs = args[0]
            del args
            outputs = yield from self._inside(operation, inputs, inside)
        else:
            try:
                outputs = self._outputs(path, operation, args, kwargs)
            except Exception as error:
                if not runs_only_keras(operation):  # its author needs the traceback
                    raise
                msg = message("{path} cannot take these values: {words}", path=path, words=first_line(error))
                raise InputError(msg) from error
            del args
        self.note(path, outputs)
        yield path
        return outputs

    def _outputs(self, _path: str, operation: keras.Operation, args: Structure, kwargs: Structure) -> Structure:
        return operation(*args, **kwargs)

    def note(self, path: str, outputs: Structure) -> None:
        """Report the outputs of a layer, if they are wanted."""
        if path in self.wanted:
            self._seen(path, outputs)
            self.wanted.remove(path)

    def _inside(self, layer: keras.Layer, inputs: Structure, prefix: str) -> Steps:
        """Run the layers inside a nested model or a wrapper of one."""
        if keras_name(layer) == "TimeDistributed":
            return self._each_time_step(layer, inputs, prefix)
        return (yield from self.steps(layer, inputs, prefix))

    def _each_time_step(self, layer: keras.Layer, inputs: Structure, prefix: str) -> Structure:
        """Run the layers inside a ``TimeDistributed`` for each time step.

        The outputs are stacked along a time axis.
        """
        count = inputs.shape[1]
        if count is None:
            msg = message(
                "{path} runs for each time step, and their number is not fixed; call the extractor on arrays.", path=prefix[:-1]
            )
            raise NoSuchLayerError(msg)
        wanted = [one for one in self.paths if one in self.wanted and one.startswith(prefix)]
        steps = []
        for step in range(count):
            run = Run(wanted, training=self.training, uses=self._uses.copy())
            outputs = last(run._inside(layer.layer, inputs[:, step], prefix))
            steps.append((outputs, run.found))
        self._uses = run._uses
        joined = [
            keras.tree.map_structure(lambda *each: keras.ops.stack(each, axis=1), *each) for each in zip(*steps, strict=True)
        ]
        for path, outputs in joined[1].items():
            self.note(path, outputs)
        return joined[0]


def runs_only_keras(operation: keras.Operation) -> bool:
    """Return whether a layer runs only code of Keras, so that an error must come from its input."""
    parts = every_layer(operation) if isinstance(operation, keras.Layer) else [operation]
    return all(is_from_keras(type(one)) and not isinstance(one, keras.layers.Lambda) for one in parts)


def last(steps: Generator[object, None, T]) -> T:
    """Run all steps, and return the result."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value
