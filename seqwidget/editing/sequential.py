"""A ``keras.Sequential`` that notifies its observers, and functions to watch existing models."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Iterable

import keras

from ..diagnosis.diagnose import preview
from ..errors import EmptyStackError
from ..i18n.messages import Text, joined, message
from ..keras_compat import graph_edit, inner_layers, keras_graph
from ..keras_compat.written_as import WrittenAs, stand_for, start_without_graph
from ..model.records import LayerRow
from ..model.refusal import Diagnosis
from .edits import building, edit, history, travel_by
from .events import as_one, holding
from .fit_guard import FitGuard
from .history import Edits
from .refusals import explain, refused
from .step import Step
from .transaction import lock


class Live(WrittenAs, FitGuard):
    """The methods that a watched Sequential adds to Keras's class, or replaces."""

    name: str

    def add(self, layer: keras.Layer, rebuild: bool = True) -> None:  # noqa: FBT001, FBT002  Keras's signature
        """Add a layer on top of the stack. If it fails, nothing changes.

        See also ``keras.Sequential.add``.

        Parameters
        ----------
        layer : keras.Layer
            The layer, or a tensor from ``keras.Input``.
        rebuild : bool
            Whether to build the model immediately if its input is known.

        Raises
        ------
        CycleError
            If the layer is the model itself, or contains it.
        UserError
            If the model is in ``fit`` in another thread.
        Exception
            The error that Keras raises if the layer does not fit. Model and layer are restored.
        """
        __tracebackhide__ = True  # IPython then shows only the user's line and Keras's
        add = super().add  # type: ignore[misc]
        keras_graph.check_no_cycle(self, layer)
        if not rebuild:  # called by the constructor, which builds once at its end
            as_one(self, functools.partial(add, layer, rebuild=False))
            return

        def put() -> None:
            __tracebackhide__ = True
            if not (graph_edit.is_by_keras(self, add) and graph_edit.append(self, layer)):
                graph_edit.hand_over(self)
                add(layer)

        edit(self, message("add {layer}", layer=_label(layer)), put, layer)

    def pop(self, rebuild: bool = True) -> keras.Layer:  # noqa: FBT001, FBT002  Keras's signature
        """Remove the last layer from the stack, and return it.

        This is ``keras.Sequential.pop``, except that it can also remove the only layer of a model,
        and an ``Input`` without layers after it. In these cases, Keras removes it and then raises
        an error.

        Parameters
        ----------
        rebuild : bool
            Whether to rebuild the model immediately.

        Returns
        -------
        keras.Layer
            The removed layer.

        Raises
        ------
        EmptyStackError
            If the model is empty. It is an ``IndexError``, as in Keras.
        UserError
            If the model is in ``fit`` in another thread.
        """
        __tracebackhide__ = True
        pop = super().pop  # type: ignore[misc]
        with lock(self):
            rows = inner_layers.contents(self)
            if not rows:
                msg = (
                    f"pop expected a model with at least one layer, received {self.name!r}, which is empty; add a layer first."
                )
                raise EmptyStackError(msg)

            def take() -> None:
                __tracebackhide__ = True
                if rebuild and len(rows) == 1:
                    graph_edit.replace(self, (), None)
                elif not (rebuild and graph_edit.is_by_keras(self, pop) and graph_edit.remove_last(self)):
                    graph_edit.hand_over(self)
                    pop(rebuild=rebuild)

            edit(self, message("pop {layer}", layer=_label(rows[-1])), take)
        return rows[-1]

    @property
    def refused(self) -> Diagnosis | None:
        """The diagnosis of the last edit if it was refused, with fixes; None if it succeeded."""
        return refused(self)

    def preview(self, layer: keras.Layer) -> LayerRow | Diagnosis:
        """Return what adding a layer would lead to. Neither the model nor the layer changes.

        Parameters
        ----------
        layer : keras.Layer
            The layer.

        Returns
        -------
        LayerRow or Diagnosis
            The row that the layer would have in the table. If Keras would refuse the layer, the
            diagnosis.
        """
        return preview(self, layer)

    def _become(self, what: Text, rows: tuple[keras.Layer, ...], pairs: Iterable[tuple[keras.Layer, keras.Layer]] = ()) -> None:
        """Replace the layers as one edit. In each pair, copy the second's weights to the first."""

        def become() -> None:
            graph_edit.replace(self, rows, None)
            for new, old in pairs:
                if old.built:
                    new.set_weights(old.get_weights())

        edit(self, what, become, *rows)

    @property
    def edits(self) -> Edits:
        """The edits of this model as steps, each with its `Stack`, and the current position."""
        return history(self)

    def undo(self) -> Step:
        """Go back one step: restore the layers of that step, with their weights.

        The model stays compiled. If its optimizer was built for other weights, call `recompile`.

        Returns
        -------
        Step
            The step that the model is at now.

        Raises
        ------
        NoStepError
            If there is no earlier step.
        UserError
            If the model is in ``fit`` in another thread.
        """
        return travel_by(self, -1, "undo")

    def redo(self) -> Step:
        """Go forward one step after `undo`, in the same way.

        Returns
        -------
        Step
            The step that the model is at now.

        Raises
        ------
        NoStepError
            If there is no later step. A new edit after `undo` drops the undone steps.
        UserError
            If the model is in ``fit`` in another thread.
        """
        return travel_by(self, 1, "redo")


def _label(layer: keras.Layer) -> Text:
    """Return the name of a layer for a step. Anything that is not a layer is refused later."""
    layer = keras_graph.made_by(layer) or layer
    if inner_layers.is_input(layer):
        return joined(" ", (message("Input"), str(tuple(layer.batch_shape[1:]))))
    return f"{getattr(layer, 'name', '')} ({type(layer).__name__})"


class Sequential(Live, keras.Sequential):
    """A ``keras.Sequential`` that notifies its panels of every edit.

    It is a drop-in replacement: it behaves like Keras's class. When it is saved, pickled or
    cloned, the result is a plain ``keras.Sequential``.

    Parameters
    ----------
    layers : list of keras.Layer, optional
        The layers, in order.
    trainable : bool
        Whether the model's weights are trainable.
    name : str, optional
        The name of the model.

    Raises
    ------
    Exception
        The error that Keras raises if the layers do not fit together, with a note that explains it.

    Examples
    --------
    >>> model = seqwidget.Sequential([keras.Input((8, 8, 3))])
    >>> model.add(layers.Conv2D(4, 3))
    >>> model.preview(layers.Flatten()).output_shape
    (None, 144)
    >>> model.undo()
    Step(what='start')
    >>> len(model.layers)
    0
    """

    def __init__(self, layers: Iterable[keras.Layer] | None = None, trainable: bool = True, name: str | None = None) -> None:  # noqa: FBT001, FBT002
        __tracebackhide__ = True
        observe_build(self)
        start_without_graph(self)
        make = super().__init__
        try:
            as_one(self, functools.partial(make, layers, trainable=trainable, name=name))
        except Exception as error:
            explain(self, error)
            raise

    @classmethod
    def from_config(cls, config: dict[str, object], custom_objects: dict[str, object] | None = None) -> keras.Sequential:
        """Build a model from the config that ``get_config`` returned.

        Parameters
        ----------
        config : dict
            The config.
        custom_objects : dict, optional
            Custom classes and functions by name, as in Keras.

        Returns
        -------
        Sequential
            The model.
        """
        __tracebackhide__ = True
        return holding(functools.partial(super().from_config, config, custom_objects=custom_objects))


stand_for(Sequential, keras.Sequential)  # not inherited: a user's subclass is saved under its own name


def observe_build(model: keras.Model) -> None:
    """Make ``build`` of a model count as an edit.

    The wrapper goes around Keras's own wrapper, which is on each instance and marks the model as
    built at the end.
    """
    build, reference = vars(model)["build"], weakref.ref(model)

    @functools.wraps(build)
    def heard_build(*args: object, **kwargs: object) -> None:
        __tracebackhide__ = True
        model = reference()
        shape = args[0] if args else kwargs.get("input_shape")
        building(model, shape, functools.partial(build, *args, **kwargs))  # a lambda would be a line in a traceback

    vars(model)["build"] = heard_build
