"""A ``keras.Sequential`` that tells its observers, and the adoption of models that are there already."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Iterable
from typing import Any

import keras

from ..checks import describe
from ..diagnosis.diagnose import preview
from ..errors import EmptyStackError, NotAModelError
from ..i18n.messages import joined, said
from ..keras_compat import graph_edit, keras_graph
from ..keras_compat.written_as import WrittenAs, set_class, stand_for, start_without_graph, subclass_for
from ..model.records import LayerRow
from ..model.refusal import Diagnosis
from .edits import building, edit, forget, history, travel_by
from .fit_guard import FitGuard
from .history import Edits
from .observers import as_one, holding
from .refusals import explain, find_broken, refused
from .session import lock
from .step import Step


class _Live(WrittenAs, FitGuard):
    """What a watched Sequential does beyond Keras's own."""

    name: str

    def add(self, layer: Any, rebuild: bool = True) -> None:  # noqa: FBT001, FBT002  Keras's signature
        """Add a layer on top of the stack, or leave everything as it was; see ``keras.Sequential.add``.

        Parameters
        ----------
        layer : keras.Layer
            The layer, or what ``keras.Input`` gives.
        rebuild : bool
            Whether to build the model at once, where its input is known.

        Raises
        ------
        Exception
            What Keras raises when the layer does not fit. Model and layer are then as they were before.
        """
        __tracebackhide__ = True  # IPython shows the user's line and Keras's
        add = super().add  # type: ignore[misc]
        keras_graph.check_no_cycle(self, layer)
        if not rebuild:  # the constructor's way, which builds at its end
            as_one(self, lambda: add(layer, rebuild=False))
            return

        def put() -> None:
            __tracebackhide__ = True
            if not (self._builds_as_keras("add") and graph_edit.append(self, layer)):
                graph_edit.hand_over(self)
                add(layer)

        edit(self, said("add {layer}", layer=_label(layer)), put, layer)

    def pop(self, rebuild: bool = True) -> Any:  # noqa: FBT001, FBT002  Keras's signature
        """Take the last layer off the stack and return it.

        As ``keras.Sequential.pop``, save that it can take away the only layer, and an ``Input`` with no layer behind it,
        where Keras removes the one and the other and raises then.

        Raises
        ------
        EmptyStackError
            If the model is empty: an ``IndexError``, as with Keras.
        """
        __tracebackhide__ = True
        pop = super().pop  # type: ignore[misc]
        with lock(self):
            rows = graph_edit.contents(self)
            if not rows:
                msg = (
                    f"pop expected a model with at least one layer, received {self.name!r}, which is empty; add a layer first."
                )
                raise EmptyStackError(msg)

            def take() -> None:
                __tracebackhide__ = True
                if rebuild and len(rows) == 1:
                    graph_edit.replace(self, (), None)
                elif not (rebuild and self._builds_as_keras("pop") and graph_edit.remove_last(self)):
                    graph_edit.hand_over(self)
                    pop(rebuild=rebuild)

            edit(self, said("pop {layer}", layer=_label(rows[-1])), take)
        return rows[-1]

    @property
    def refused(self) -> Diagnosis | None:
        """Why the last edit was refused and what would fit, until the next edit; None after one that happened."""
        return refused(self)

    def preview(self, layer: Any) -> LayerRow | Diagnosis:
        """Tell what adding a layer would give, or why it does not fit. Model and layer stay as they are.

        Returns
        -------
        LayerRow or Diagnosis
            The row that the layer would have; where Keras would refuse it, the diagnosis.
        """
        return preview(self, layer)

    def _become(self, what: str, rows: tuple[Any, ...], pairs: Iterable[tuple[Any, Any]] = ()) -> None:
        """Hold other layers, as one edit; of each pair, the first takes the weights of the second."""

        def become() -> None:
            graph_edit.replace(self, rows, None)
            for new, old in pairs:
                if old.built:
                    new.set_weights(old.get_weights())

        edit(self, what, become, *rows)

    @property
    def edits(self) -> Edits:
        """The edits of this model as steps, each with its `Stack`, and the position of the one that it is in."""
        return history(self)

    def undo(self) -> Step:
        """Go back one step: the layers of that step come back, with their weights.

        What is compiled is kept. An optimizer that knows other weights is for `recompile` to renew.

        Returns
        -------
        Step
            The step that the model is in now.

        Raises
        ------
        NoStepError
            If there is no step before this one.
        """
        return travel_by(self, -1, "undo")

    def redo(self) -> Step:
        """Go forth one step again after `undo`; see there.

        Raises
        ------
        NoStepError
            If there is no step after this one: an edit after `undo` drops what was undone.
        """
        return travel_by(self, 1, "redo")

    def _builds_as_keras(self, edit: str) -> bool:
        """Whether neither this edit nor the building after it is a subclass's own."""
        own = getattr(super(), edit).__func__ is not getattr(_KERAS, edit)
        return not own and all(getattr(type(self), name) is getattr(_KERAS, name) for name in _BUILDING)


def _label(layer: Any) -> str:
    """Name a layer in the words of a step; what is no layer is refused anyway."""
    layer = keras_graph.made_by(layer) or layer
    if graph_edit.is_input(layer):
        return joined(" ", (said("Input"), str(tuple(layer.batch_shape[1:]))))
    return f"{getattr(layer, 'name', layer)} ({type(layer).__name__})"


_KERAS = keras.Sequential  # whatever that name is made to stand for later
_BUILDING = ("build", "call", "_maybe_rebuild")


class Sequential(_Live, keras.Sequential):
    """A ``keras.Sequential`` whose every edit is seen by the panels that show it.

    A drop-in: it behaves as Keras's class does, and what it saves, pickles or clones to is a plain ``keras.Sequential``.

    Parameters
    ----------
    layers : list of keras.Layer, optional
        The layers, in order.
    trainable : bool
        Whether the model's weights are to be trained.
    name : str, optional
        The model's name.
    """

    def __init__(self, layers: Iterable[Any] | None = None, trainable: bool = True, name: str | None = None) -> None:  # noqa: FBT001, FBT002
        _hear_build(self)
        start_without_graph(self)
        make = super().__init__
        try:
            as_one(self, lambda: make(layers, trainable=trainable, name=name))
        except Exception as error:
            explain(self, error)
            raise

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Make a model from what ``get_config`` gave."""
        make = super().from_config
        return holding(lambda: make(config, custom_objects=custom_objects))


stand_for(Sequential, keras.Sequential)  # set here, so that a user's subclass is written as itself

_adopted: weakref.WeakSet[Any] = weakref.WeakSet()


def watch(model: Any) -> Any:
    """Adopt a ``keras.Sequential`` that is there already, so that panels follow its edits. Nothing else changes.

    Parameters
    ----------
    model : keras.Sequential
        The model, built, compiled and trained or not; also of a class of your own. Watching twice is watching once.

    Returns
    -------
    keras.Sequential
        The same model.

    Raises
    ------
    NotAModelError
        If ``model`` is not a ``keras.Sequential``: other models have no ``add`` and ``pop`` to follow.
    """
    if not isinstance(model, keras.Sequential):
        msg = (
            f"watch expected a keras.Sequential, received {describe(model)}; "
            "seqwidget.inspect and seqwidget.Summary can show any Keras model."
        )
        raise NotAModelError(msg)
    if not isinstance(model, _Live):
        _hear_build(model)
        set_class(model, _live_class(type(model)))
        _adopted.add(model)
        find_broken(model)
    return model


def unwatch(model: Any) -> Any:
    """Let an adopted model go: it is of the class that it was before `watch`. Any other object is left as it is.

    Parameters
    ----------
    model : keras.Sequential
        The model.

    Returns
    -------
    object
        The same model.
    """
    if isinstance(model, _Live) and model in _adopted:
        _adopted.remove(model)
        graph_edit.hand_over(model)
        forget(model)
        vars(model)["build"] = vars(model)["build"].__wrapped__
        set_class(model, model.__class__)
    return model


def _live_class(cls: type) -> type:
    """Return what a watched model of a class is: one class for each, as long as there are models of it."""
    if cls is keras.Sequential:
        return Sequential
    return subclass_for(cls, _Live)


def _hear_build(model: Any) -> None:
    """Have a model's ``build`` count as an edit. Keras wraps it on each instance, and marks it as built after it ends."""
    build, reference = vars(model)["build"], weakref.ref(model)

    @functools.wraps(build)
    def heard_build(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        model = reference()
        shape = args[0] if args else kwargs.get("input_shape")
        building(model, shape, lambda: build(*args, **kwargs))

    vars(model)["build"] = heard_build
