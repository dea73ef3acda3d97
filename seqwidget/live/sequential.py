"""A ``keras.Sequential`` that tells its observers, and the adoption of models that are there already."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Iterable
from typing import Any

import keras

from ..stack import keras_internals
from ..stack.diagnosis import preview
from ..stack.errors import NotAModelError
from ..stack.received import describe
from ..stack.records import LayerRow
from ..stack.refusal import Diagnosis
from ..stack.said import joined, said
from . import keras_edits
from .edits import building, edit, forget, history, travel_by
from .fitting import FitGuard
from .history import Edits, EmptyStackError, Step
from .observe import as_one, holding
from .refusals import explain, find_broken, refused
from .session import lock


class _Live(FitGuard):
    """What a watched Sequential does beyond Keras's own. `_written_as` is the class that it stands for, if not its own."""

    _written_as: type

    # Whoever asks an instance for its class in order to write it down or to make another one (Keras's saving, pickling,
    # cloning) is told the class that Keras knows: what is saved opens in a Python that never heard of seqwidget.
    @property  # type: ignore[misc]  # Python lets it be overridden, and typing does not know
    def __class__(self) -> type:
        cls: type = vars(type(self)).get("_written_as", type(self))
        return cls

    def __dir__(self) -> Iterable[str]:
        return [name for name in super().__dir__() if not name.startswith("_seqwidget")]

    def _trackable_children(self, *args: Any, **kwargs: Any) -> Any:
        keras_edits.hand_over(self)  # TensorFlow's checkpoints reach the weights by way of the graph
        return super()._trackable_children(*args, **kwargs)  # type: ignore[misc]

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = super().__reduce__()[1]  # Keras would name our class as the one to load with
        return self.__class__._unpickle_model, arguments  # type: ignore[attr-defined]  # noqa: SLF001

    name: str
    _functional = keras_edits.DeferredGraph()

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
        keras_internals.check_no_cycle(self, layer)
        if not rebuild:  # the constructor's way, which builds at its end
            as_one(self, lambda: add(layer, rebuild=False))
            return

        def put() -> None:
            __tracebackhide__ = True
            if not (self._builds_as_keras("add") and keras_edits.append(self, layer)):
                keras_edits.hand_over(self)
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
            rows = keras_edits.contents(self)
            if not rows:
                msg = (
                    f"pop expected a model with at least one layer, received {self.name!r}, which is empty; add a layer first."
                )
                raise EmptyStackError(msg)

            def take() -> None:
                __tracebackhide__ = True
                if rebuild and len(rows) == 1:
                    keras_edits.replace(self, (), None)
                elif not (rebuild and self._builds_as_keras("pop") and keras_edits.remove_last(self)):
                    keras_edits.hand_over(self)
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
            keras_edits.replace(self, rows, None)
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
    layer = getattr(layer, "_keras_history", [layer])[0]
    if keras_edits.is_input(layer):
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
        self.__dict__["_functional"] = None  # Keras's own setting of it is passed over: it reads as None already
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


Sequential._written_as = keras.Sequential  # noqa: SLF001  set here, so that a user's subclass is written as itself

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
        _set_class(model, _live_class(type(model)))
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
        keras_edits.hand_over(model)
        forget(model)
        vars(model)["build"] = vars(model)["build"].__wrapped__
        _set_class(model, model.__class__)
    return model


def _live_class(cls: type) -> type:
    """Return what a watched model of a class is: one class for each, as long as there are models of it."""
    if cls is keras.Sequential:
        return Sequential
    known: list[type] = type.__subclasses__(cls)
    for made in known:
        if vars(made).get("_written_as") is cls:
            return made
    return type(cls.__name__, (_Live, cls), {"_written_as": cls, "__module__": cls.__module__, "__doc__": cls.__doc__})


def _set_class(model: Any, cls: type) -> None:
    object.__dict__["__class__"].__set__(model, cls)  # past `_Live.__class__`, which says what to write


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
