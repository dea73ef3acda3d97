"""Extract the outputs of the layers of a model.

The extractor is a model that runs the source model's own layers in order, and collects their
outputs. A second Functional graph over the same layers would add a node to each of them. It also
could not reach into a nested model without running that model twice.
"""

from __future__ import annotations

import collections
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras

from ..checks import describe
from ..errors import ArgumentError, NoSuchLayerError
from ..i18n.messages import message
from ..inspection.inspect import inspect
from ..inspection.stack import Stack
from ..keras_compat import keras_graph, keras_layers
from ..model.layer_kinds import keras_name, shows_inside
from ..model.records import LayerRow

Seen = Callable[[str, Any], None]
"""Receives a layer's path and output as soon as it is computed, so that none has to be kept."""


class FeatureExtractor(keras.Model):
    """A model that returns the outputs of another model's layers.

    Create it with `seqwidget.feature_extractor`. It uses the layers of the source model, not
    copies, so it always has their current weights. Layers that are added to the source model later
    do not become outputs.

    Attributes
    ----------
    paths : tuple of str
        The paths of the layers whose outputs it returns, in order.
    """

    def __init__(self, source: Any, paths: Sequence[str], *, single: bool = False, seen: Seen | None = None) -> None:
        super().__init__(name=f"{source.name}_features", dtype=source.dtype_policy)
        self.source = source
        self.paths = tuple(paths)
        self._single = single
        self._seen = seen
        self._symbolic: tuple[Any, Any] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the layer outputs for a batch; see ``keras.Model``."""
        shape = getattr(args[0] if args else kwargs.get("inputs"), "shape", None)
        if shape is not None:
            build(self.source, shape[1:])
        return super().__call__(*args, **kwargs)

    def build(self, _input_shape: Any) -> None:
        """Do nothing: the source model is already built, as far as its layers fit."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:  # noqa: FBT001  Keras's signature
        """Run the layers of the source model in order, up to the last requested output."""
        outputs = _Run(self.paths, training=bool(training), seen=self._seen).outputs(self.source, inputs)
        return outputs[0] if self._single else outputs

    @property
    def inputs(self) -> list[Any]:
        """The symbolic inputs, connected to `outputs` through this model."""
        return self._connected()[0]

    @property
    def outputs(self) -> list[Any]:
        """The symbolic outputs, one for each path."""
        return self._connected()[1]

    def _connected(self) -> tuple[list[Any], list[Any]]:
        if self._symbolic is None:
            graph = keras_graph.graph(self.source)
            if graph is None:
                msg = f"{self.source.name} is not built, so its inputs are not known; call it or build it first."
                raise NoSuchLayerError(msg)
            inputs = [keras.Input(batch_shape=x.shape, dtype=x.dtype, name=x.name) for x in graph.inputs]
            outputs = self(inputs[0] if len(inputs) == 1 else inputs)
            self._symbolic = inputs, [outputs] if self._single else list(outputs)
        return self._symbolic


def feature_extractor(model: keras.Model, layers: str | int | Iterable[str | int] | None = None) -> FeatureExtractor:
    """Return a model that computes the outputs of layers of ``model``.

    This also works for shared layers, for layers of nested models, and after edits of the model.

    Parameters
    ----------
    model : keras.Model
        A ``keras.Sequential`` or a Functional model. A Sequential that is not built yet is built
        when the extractor is first called.
    layers : str, int, or a list of these, optional
        The layers, by name or by index (negative indices count from the end). A layer of a nested
        model is given by its path, such as ``"base/block3_conv1"``. If a layer is used twice, its
        name means the first use, and ``"name:2"`` the second. By default, all layers of the model
        itself, without those inside nested models.

    Returns
    -------
    keras.Model
        The extractor. It takes the same input as ``model``. It returns a list with one output for
        each layer, batch first, or the output itself if ``layers`` is a single name or index.
        Layers run in inference mode, unless the extractor is called with ``training=True``.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model.
    CycleError
        If ``model`` contains itself.
    NoSuchLayerError
        If the model has no such layer, or if the layer is inside a model or layer with a custom
        ``call``, where its output cannot be extracted.
    ArgumentError
        If ``layers`` is not a name, a path, an index or a list of these.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv")])
    >>> extractor = seqwidget.feature_extractor(model, "conv")
    >>> extractor(np.zeros((2, 8, 8, 3))).shape
    TensorShape([2, 6, 6, 4])
    """
    points = points_of(inspect(model))
    own = [path for path, row in points.items() if row.depth == 0]
    single = isinstance(layers, str | int)
    try:
        wanted: list[Any] = own if layers is None else [layers] if isinstance(layers, str | int) else list(layers)
        wanted = [one if isinstance(one, str) else operator.index(one) for one in wanted]
    except Exception:  # noqa: BLE001  not iterable, or not names and indices
        wanted = []
    if layers is not None and (not wanted or isinstance(layers, bytes | dict)):
        msg = f"layers expected the name, path or index of a layer, or a list of these, received {describe(layers)}."
        raise ArgumentError(msg)
    paths = [_find(one, points, own, model) for one in wanted]
    for path in paths:
        _check(path, points, model)
    return FeatureExtractor(model, paths, single=single)


def _check(path: str, points: dict[str, LayerRow], model: keras.Model) -> None:
    """Raise NoSuchLayerError if the layer is inside a model or layer with a custom ``call``."""
    if points[path].output_shape is not None:
        return
    holder = path
    while "/" in holder:
        holder = holder.rpartition("/")[0]
        if points[holder].output_shape is not None:
            break
    else:
        if keras_graph.runs_graph(model):
            return  # the model may not be built yet
        holder = model.name
    msg = f"the output of {path!r} is not available: {holder} overrides call; choose a layer that is not inside it."
    raise NoSuchLayerError(msg)


def points_of(stack: Stack) -> dict[str, LayerRow]:
    """Return the rows of a stack by unique path: a layer's second use has a path with ``:2``."""
    paths = Paths()
    return {paths.next(row.path): row for row in stack.rows}


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


def build(model: keras.Model, input_shape: Sequence[int | None]) -> bool:
    """Build a Sequential that is not built yet, and return whether this was necessary.

    ``input_shape`` has no batch axis.
    """
    waiting = isinstance(model, keras.Sequential) and not model.built and inspect(model).state == "unbuilt"
    if waiting:
        model.build((None, *input_shape))
    return waiting


def _find(layer: str | int, points: dict[str, LayerRow], own: list[str], model: keras.Model) -> str:
    if isinstance(layer, int) and -len(own) <= layer < len(own):
        return own[layer]
    if layer in points:
        return str(layer)
    known = ", ".join(map(repr, list(points)[:20])) + (", …" if len(points) > 20 else "")
    what = f"an index from {-len(own)} to {len(own) - 1}" if isinstance(layer, int) else f"one of {known}"
    msg = f"{model.name} has no layer {describe(layer)}; expected {what}."
    raise NoSuchLayerError(msg)


class _CompleteError(Exception):
    """Raised to end a run when all requested outputs have been computed."""


class _Run:
    """One run of a model, including nested models, that ends after the last requested output.

    With ``to_the_end``, the run continues to the output of the model.
    """

    def __init__(
        self,
        paths: Sequence[str],
        *,
        training: bool,
        seen: Seen | None = None,
        uses: Paths | None = None,
        to_the_end: bool = False,
    ) -> None:
        self.paths = paths
        self.found: dict[str, Any] = {}
        self.seen = seen or self.found.__setitem__
        self.training = training
        self.wanted = set(paths)
        self.uses = uses or Paths()
        self.to_the_end = to_the_end

    def outputs(self, model: keras.Model, inputs: Any) -> list[Any]:
        try:
            self._through(model, inputs, "")
        except _CompleteError:
            return [self.found[path] for path in self.paths] if self.found else []
        missing = ", ".join(repr(path) for path in self.paths if path in self.wanted)
        msg = message(
            "{model} no longer has {missing}; create a new extractor after an edit.", model=model.name, missing=missing
        )
        raise NoSuchLayerError(msg)

    def _through(self, model: keras.Model, inputs: Any, prefix: str) -> Any:
        graph = keras_graph.graph(model)
        if graph is not None and not isinstance(model, keras.Sequential):
            return keras_graph.run(graph, inputs, lambda operation: self._noting(operation, prefix))
        # Run one layer after the other. A graph would keep all outputs until its end, and a
        # Sequential whose last layers do not fit has no graph.
        x = inputs if graph is None else keras_graph.standardized(graph, inputs)
        for layer in model.layers:
            if not isinstance(layer, keras.layers.InputLayer):  # Keras skips later ones, too
                x = self._noting(layer, prefix)(x)
        return x

    def _noting(self, operation: keras.Operation, prefix: str) -> Any:
        def noted(*args: Any, **kwargs: Any) -> Any:
            if keras_layers.takes_training(operation):
                kwargs["training"] = self.training
            path = self.uses.next(f"{prefix}{operation.name}")
            inside = f"{prefix}{operation.name}/"
            wanted = any(one.startswith(inside) for one in self.wanted) and shows_inside(operation)
            if wanted or (type(operation).call is keras.Sequential.call and keras_graph.graph(operation) is not None):
                outputs = self._inside(operation, args[0], inside)
            else:
                outputs = operation(*args, **kwargs)
            self._note(path, outputs)
            return outputs

        return noted

    def _note(self, path: str, outputs: Any) -> None:
        if path in self.wanted:
            self.seen(path, outputs)
            self.wanted.remove(path)
            if not self.wanted and not self.to_the_end:
                raise _CompleteError

    def _inside(self, layer: keras.Layer, inputs: Any, prefix: str) -> Any:
        """Run the layers inside a nested model or layer.

        Inside a ``TimeDistributed``, they run for each time step, and the outputs are stacked along
        a time axis.
        """
        if keras_name(layer) != "TimeDistributed":
            return self._through(layer, inputs, prefix)
        count = inputs.shape[1]
        if count is None:
            msg = message(
                "{path} runs for each time step, and their number is not fixed; call the extractor on arrays.", path=prefix[:-1]
            )
            raise NoSuchLayerError(msg)
        wanted = {one for one in self.wanted if one.startswith(prefix)}
        steps = []
        for step in range(count):
            run = _Run(sorted(wanted), training=self.training, uses=self.uses.copy(), to_the_end=True)
            outputs = run._inside(layer.layer, inputs[:, step], prefix)
            steps.append((outputs, run.found))
        self.uses = run.uses
        joined = [
            keras.tree.map_structure(lambda *each: keras.ops.stack(each, axis=1), *each) for each in zip(*steps, strict=True)
        ]
        for path, outputs in joined[1].items():
            self._note(path, outputs)
        return joined[0]
