"""Extract the outputs of the layers of a model.

The extractor is a model that runs the source model's own layers in order, and collects their
outputs. A second Functional graph over the same layers would add a node to each of them. It also
could not reach into a nested model without running that model twice.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Iterable, Sequence

import keras

from ..checks import describe
from ..errors import ArgumentError, InputError, NoSuchLayerError, UserError
from ..i18n.messages import message
from ..inspection.inspect import inspect
from ..inspection.stack import Stack
from ..keras_compat import keras_graph
from ..model.records import LayerRow, Shapes
from ..model.tensor_specs import Structure
from ..model.trial import first_line
from .model_inputs import named_inputs, split
from .refused_input import words
from .run import Paths, Run, runs_only_keras


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

    def __init__(self, source: keras.Model, paths: Sequence[str], *, single: bool = False) -> None:
        super().__init__(name=f"{source.name}_features", dtype=source.dtype_policy)
        self.source = source
        self.paths = tuple(paths)
        self._single = single
        self._symbolic: tuple[list[keras.KerasTensor], list[keras.KerasTensor]] | None = None

    def __call__(self, *args: object, **kwargs: object) -> Structure:
        """Return the layer outputs for a batch; see ``keras.Model``."""
        given = args[0] if args else kwargs.pop("inputs", None)
        shape, there = getattr(given, "shape", None), named_inputs(self.source)
        if there is not None:
            given = keras_graph.as_inputs(self.source, split(given, there))
        elif shape is not None:
            build(self.source, shape[1:])
        args = (given, *args[1:])
        try:
            return super().__call__(*args, **kwargs)
        except UserError as error:  # to whose message Keras has added lines
            raise type(error)(first_line(Exception(*error.args))) from None

    def build(self, _input_shape: Shapes) -> None:
        """Do nothing: the source model is already built, as far as its layers fit."""

    def call(self, inputs: Structure, training: bool | None = None) -> Structure:  # noqa: FBT001  Keras's signature
        """Run the layers of the source model in order, up to the last requested output."""
        outputs = Run(self.paths, training=bool(training)).outputs(self.source, inputs)
        return outputs[0] if self._single else outputs

    @property
    def inputs(self) -> list[keras.KerasTensor]:
        """The symbolic inputs, connected to `outputs` through this model."""
        return self._connected()[0]

    @property
    def outputs(self) -> list[keras.KerasTensor]:
        """The symbolic outputs, one for each path."""
        return self._connected()[1]

    def _connected(self) -> tuple[list[keras.KerasTensor], list[keras.KerasTensor]]:
        if self._symbolic is None:
            graph = keras_graph.graph(self.source)
            if graph is None:
                msg = f"{self.source.name} is not built, so its inputs are not known; call it or build it first."
                raise NoSuchLayerError(msg)
            inputs = [keras.Input(batch_shape=x.shape, dtype=x.dtype, name=x.name) for x in graph.inputs]
            outputs = self(inputs[0] if isinstance(self.source, keras.Sequential) else keras_graph.as_inputs(graph, inputs))
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
        The extractor. It takes the same inputs as ``model``. It returns a list with one output for
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
    >>> tuple(extractor(np.zeros((2, 8, 8, 3))).shape)
    (2, 6, 6, 4)
    """
    points = points_of(inspect(model))
    own = [path for path, row in points.items() if row.depth == 0]
    single = isinstance(layers, str | int)
    wanted: list[str | int] = []
    with contextlib.suppress(Exception):  # not iterable, or not names and indices
        given = own if layers is None else [layers] if isinstance(layers, str | int) else list(layers)
        wanted = [one if isinstance(one, str) else operator.index(one) for one in given]
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


def build(model: keras.Model, input_shape: Sequence[int | None]) -> bool:
    """Build a Sequential that is not built yet, and return whether this was necessary.

    ``input_shape`` has no batch axis.

    Raises
    ------
    InputError
        If layers of Keras cannot be built for this shape. Errors in a user's own layer are raised as they are.
    """
    waiting = isinstance(model, keras.Sequential) and not model.built and inspect(model).state == "unbuilt"
    if waiting:
        try:
            model.build((None, *input_shape))
        except Exception as error:
            if not all(map(runs_only_keras, model.layers)):
                raise
            msg = message(
                "{model} cannot be built for samples of shape {shape}: {error}",
                model=model.name,
                shape=words(input_shape),
                error=first_line(error),
            )
            raise InputError(msg) from error
    return waiting


def _find(layer: str | int, points: dict[str, LayerRow], own: list[str], model: keras.Model) -> str:
    if isinstance(layer, int) and -len(own) <= layer < len(own):
        return own[layer]
    if layer in points:
        return str(layer)
    known = ", ".join(map(repr, list(points)[:20])) + (", …" if len(points) > 20 else "")
    what = f"an index from {-len(own)} to {len(own) - 1}" if isinstance(layer, int) else f"one of {known}"
    msg = f"{model.name} has no layer {describe(layer)}; {f'expected {what}' if points else 'it has no layers yet'}."
    raise NoSuchLayerError(msg)
