"""Save models of seqwidget's own classes as models of the Keras classes that they stand for.

To save, pickle or clone a model, Keras asks the instance for its class. The instance answers with
the class that Keras knows. A saved model can therefore be loaded in Python without seqwidget.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from . import graph_edit


class WrittenAs:
    """A Sequential whose graph may be made later, and which is saved as ``_written_as``."""

    _written_as: type
    _functional = graph_edit.DeferredGraph()

    @property  # type: ignore[misc]  # Python allows it, type checkers do not
    def __class__(self) -> type:
        cls: type = vars(type(self)).get("_written_as", type(self))
        return cls

    def __dir__(self) -> Iterable[str]:
        return [name for name in super().__dir__() if not name.startswith("_seqwidget")]

    def _trackable_children(self, *args: Any, **kwargs: Any) -> Any:
        graph_edit.hand_over(self)  # TensorFlow checkpoints reach the weights through the graph
        return super()._trackable_children(*args, **kwargs)  # type: ignore[misc]

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = super().__reduce__()[1]  # Keras would save our class as the one to load
        return self.__class__._unpickle_model, arguments  # type: ignore[attr-defined]


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
