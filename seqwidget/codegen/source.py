"""Write the whole script that builds a model."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from ..errors import UserError
from ..i18n.messages import N_, message
from ..keras_compat import inner_layers, keras_graph, scratch
from .adapted_state import state_comments
from .graph_code import is_graph
from .writer import Writer, name_options, stack_code


@dataclass(frozen=True)
class Source:
    """The layers that a model had at one moment. A call returns their code.

    A stored stack must not keep the layers alive, so this holds weak references: to the layers or,
    for a Functional model, whose layers do not change, to the model. The configs are read only when
    the code is requested, because reading them all is slow.
    """

    name: str
    type: str
    trainable: bool
    layers: tuple[Callable[[], keras.Layer | None], ...] | None
    is_graph: bool = False

    @classmethod
    def of(cls, model: keras.Model) -> Source:
        """Return the source of a model; a model with its own code has none."""
        layers = None
        if isinstance(model, keras.Sequential):
            head = inner_layers.input_layer(model)
            layers = tuple(weakref.ref(layer) for layer in [*([] if head is None else [head]), *model.layers])
        elif keras_graph.runs_graph(model):
            return cls(model.name, type(model).__name__, bool(model.trainable), (weakref.ref(model),), is_graph=True)
        return cls(model.name, type(model).__name__, bool(model.trainable), layers)

    def __call__(self) -> str:
        """Return a complete script: imports, comments on what cannot be written, and the model."""
        layers: list[Any] = [reference() for reference in self.layers or ()]
        if None in layers:
            gone = N_("to_code needs the layers of {name!r}, but some were deleted; inspect a model that has them.")
            raise UserError(message(gone, name=self.name))
        if self.layers is None or (self.is_graph and not is_graph(type(layers[0]), layers[0].get_config())):
            raise UserError(
                message(
                    "to_code expected a keras.Sequential or a Functional model, received {name!r} of type {type}.",
                    name=self.name,
                    type=self.type,
                )
            )
        return self._script(layers)

    def _script(self, layers: list[keras.Layer]) -> str:
        writer = Writer(layers, whole=True)
        with scratch.scratch():
            if self.is_graph:
                body = writer.graph(type(layers[0]), layers[0].get_config(), "model")
            else:
                lines = [writer.layer(layer) for layer in layers]
                options = [] if self.trainable else ["trainable=False"]
                body = f"model = {stack_code(lines, [*options, *name_options(self.name, keras.Sequential)])}"
        return "\n".join(["import keras", *writer.imports(), *state_comments(layers), *writer.models(), "", body, ""])

    def __reduce__(self) -> tuple[object, ...]:
        # Another process does not have these layers.
        return Source, (self.name, self.type, self.trainable, self.layers and (_gone,), self.is_graph)


def _gone() -> None:
    """Return None, in place of a weak reference to a layer that no longer exists."""
