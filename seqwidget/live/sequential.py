"""A ``keras.Sequential`` that tells its observers, and the adoption of models that are there already."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Iterable
from typing import Any

import keras

from ..stack.errors import NotAModelError
from .fitting import FitGuard
from .observe import editing, holding


class _Live(FitGuard):
    """What a watched Sequential does beyond Keras's own. `_written_as` is the class that it stands for, if not its own."""

    _written_as: type

    # Whoever asks an instance for its class in order to write it down or to make another one (Keras's saving, pickling,
    # cloning) is told the class that Keras knows: what is saved opens in a Python that never heard of seqwidget.
    @property  # type: ignore[misc]  # Python lets it be overridden, and typing does not know
    def __class__(self) -> type:
        cls: type = vars(type(self)).get("_written_as", type(self))
        return cls

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = super().__reduce__()[1]  # Keras would name our class as the one to load with
        return self.__class__._unpickle_model, arguments  # type: ignore[attr-defined]  # noqa: SLF001

    def add(self, layer: Any, rebuild: bool = True) -> None:  # noqa: FBT001, FBT002  Keras's signature
        """Add a layer on top of the stack; see ``keras.Sequential.add``."""
        with editing(self):
            super().add(layer, rebuild=rebuild)  # type: ignore[misc]

    def pop(self, rebuild: bool = True) -> Any:  # noqa: FBT001, FBT002  Keras's signature
        """Take the last layer off the stack and return it; see ``keras.Sequential.pop``."""
        with editing(self):
            return super().pop(rebuild=rebuild)  # type: ignore[misc]


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
        with editing(self):
            super().__init__(layers, trainable=trainable, name=name)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Make a model from what ``get_config`` gave."""
        with holding():
            return super().from_config(config, custom_objects=custom_objects)


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
            f"watch expected a keras.Sequential, received {model!r:.60} (of type {type(model).__name__}); "
            "seqwidget.inspect and seqwidget.Summary can show any Keras model."
        )
        raise NotAModelError(msg)
    if not isinstance(model, _Live):
        _hear_build(model)
        _set_class(model, _live_class(type(model)))
        _adopted.add(model)
    return model


def unwatch(model: Any) -> Any:
    """Let an adopted model go: it is of the class that it was before `watch`. Any other object is left as it is.

    Returns
    -------
    object
        The same model.
    """
    if isinstance(model, _Live) and model in _adopted:
        _adopted.remove(model)
        vars(model)["build"] = vars(model)["build"].__wrapped__
        _set_class(model, model.__class__)
    return model


def _live_class(cls: type) -> type:
    if cls is keras.Sequential:
        return Sequential
    return type(cls.__name__, (_Live, cls), {"_written_as": cls, "__module__": cls.__module__, "__doc__": cls.__doc__})


def _set_class(model: Any, cls: type) -> None:
    object.__dict__["__class__"].__set__(model, cls)  # past `_Live.__class__`, which says what to write


def _hear_build(model: Any) -> None:
    """Have a model's ``build`` count as an edit. Keras wraps it on each instance, and marks it as built after it ends."""
    build, reference = vars(model)["build"], weakref.ref(model)

    @functools.wraps(build)
    def heard_build(*args: Any, **kwargs: Any) -> Any:
        with editing(reference()):
            return build(*args, **kwargs)

    vars(model)["build"] = heard_build
