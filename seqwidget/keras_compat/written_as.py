"""Models of a class of ours that are written down as the class that they stand for.

Keras's saving, pickling and cloning ask an instance for its class in order to write it down, or to make another one. They are
told the class that Keras knows, so that what is saved opens in a Python without seqwidget.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import graph_edit


class WrittenAs:
    """A Sequential whose graph may be made later, and which is written down as ``_written_as``."""

    _written_as: type
    _functional = graph_edit.DeferredGraph()

    @property  # type: ignore[misc]  # Python lets it be overridden, and typing does not know
    def __class__(self) -> type:
        cls: type = vars(type(self)).get("_written_as", type(self))
        return cls

    def __dir__(self) -> Iterable[str]:
        return [name for name in super().__dir__() if not name.startswith("_seqwidget")]

    def _trackable_children(self, *args: Any, **kwargs: Any) -> Any:
        graph_edit.hand_over(self)  # TensorFlow's checkpoints reach the weights by way of the graph
        return super()._trackable_children(*args, **kwargs)  # type: ignore[misc]

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = super().__reduce__()[1]  # Keras would name our class as the one to load with
        return self.__class__._unpickle_model, arguments  # type: ignore[attr-defined]


def stand_for(cls: type, written_as: type) -> None:
    """Have the models of a class be written down as those of another one."""
    cls._written_as = written_as  # type: ignore[attr-defined]


def subclass_for(cls: type, mixin: type) -> type:
    """Return the class of a model of ``cls`` with a mixin: one class for each, as long as there are models of it."""
    known: list[type] = type.__subclasses__(cls)
    for made in known:
        if vars(made).get("_written_as") is cls:
            return made
    return type(cls.__name__, (mixin, cls), {"_written_as": cls, "__module__": cls.__module__, "__doc__": cls.__doc__})


def set_class(model: Any, cls: type) -> None:
    """Make a model one of another class."""
    object.__dict__["__class__"].__set__(model, cls)  # past `WrittenAs.__class__`, which says what to write


def start_without_graph(model: Any) -> None:
    """Prepare a model of ours for Keras's constructor, which sets the graph to None."""
    vars(model)["_functional"] = None  # Keras's own setting of it is passed over: it reads as None already
