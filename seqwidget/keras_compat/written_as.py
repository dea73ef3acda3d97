"""Save models of seqwidget's own classes as models of the Keras classes that they stand for.

To save, pickle or clone a model, Keras asks the instance for its class. The instance answers with
the class that Keras knows. A saved model can therefore be loaded in Python without seqwidget.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import keras

from . import graph_edit
from .capabilities import SAVING
from .deferred_graph import DeferredGraph
from .scratch import scratch


def _saving(name: str) -> Callable[..., Any]:
    """Return a method that saves a model.

    If Keras does not ask the instance for its class, the model has its Keras class while the method
    runs.
    """

    @functools.wraps(getattr(keras.Sequential, name))
    def method(self: keras.Sequential, *args: object, **kwargs: object) -> object:
        __tracebackhide__ = True
        if SAVING.works:
            return getattr(super(WrittenAs, self), name)(*args, **kwargs)
        graph_edit.hand_over(self)
        own = type(self)
        set_class(self, written_class(self))
        try:
            return getattr(self, name)(*args, **kwargs)
        finally:
            set_class(self, own)

    return method


class WrittenAs(DeferredGraph):
    """A Sequential whose graph may be made later, and which is saved as ``_written_as``."""

    _written_as: type

    @property  # type: ignore[misc]  # Python allows it, type checkers do not
    def __class__(self) -> type:
        return written_class(self) if SAVING.works else type(self)

    def __dir__(self) -> Iterable[str]:
        return [name for name in super().__dir__() if not name.startswith("_seqwidget")]

    def _trackable_children(self, *args: object, **kwargs: object) -> object:
        graph_edit.hand_over(self)  # TensorFlow checkpoints reach the weights through the graph
        return super()._trackable_children(*args, **kwargs)  # type: ignore[misc]

    def __reduce__(self) -> tuple[object, ...]:
        if not SAVING.works:
            return self._reduced()
        arguments = super().__reduce__()[1]  # not the rest, which names our class as the one to load
        return self.__class__._unpickle_model, arguments  # type: ignore[attr-defined]

    _reduced = _saving("__reduce__")
    save = _saving("save")
    export = _saving("export")
    to_json = _saving("to_json")


def written_class(model: keras.Model) -> type:
    """Return the class that a model is saved as."""
    cls: type = vars(type(model)).get("_written_as", type(model))
    return cls


def stand_for(cls: type, written_as: type) -> None:
    """Make the models of a class be saved as models of another class."""
    cls._written_as = written_as  # type: ignore[attr-defined]


def subclass_for(cls: type, mixin: type) -> type:
    """Return the subclass of ``cls`` with a mixin.

    The same subclass is returned each time, as long as there are models of it.
    """
    known: list[type] = type.__subclasses__(cls)
    for made in known:
        if vars(made).get("_written_as") is cls:
            return made
    return type(cls.__name__, (mixin, cls), {"_written_as": cls, "__module__": cls.__module__, "__doc__": cls.__doc__})


def set_class(model: keras.Model, cls: type) -> None:
    """Change the class of a model."""
    object.__dict__["__class__"].__set__(model, cls)  # bypass `WrittenAs.__class__`


def start_without_graph(model: keras.Model) -> None:
    """Prepare a model for Keras's constructor, which sets the graph to None."""
    vars(model)["_functional"] = None  # Keras then skips its own assignment of None


class _Written(WrittenAs, keras.Sequential):
    """A Sequential that is saved as Keras's, for the probe."""


stand_for(_Written, keras.Sequential)


@SAVING.probe
def _probe() -> bool:
    with scratch():
        rows = [keras.layers.InputLayer((2,), name="input"), keras.layers.Identity(name="same")]
        models = [cls(rows, name="m") for cls in (_Written, keras.Sequential)]
        ours, theirs = (keras.saving.serialize_keras_object(model) for model in models)
        pickled = pickle.loads(pickle.dumps(models[0]))  # noqa: S301  made in this line
    return ours == theirs and type(pickled) is keras.Sequential and [layer.name for layer in pickled.layers] == ["same"]


SAVING.works  # noqa: B018  probed at import, while the name ``keras.Sequential`` is still Keras's class
