"""Cache the calls of a Sequential's layers, so that unchanged layers are not read again."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from ..keras_compat import keras_graph
from .calls import Call, Node
from .tensor_specs import Structure


class CallCache:
    """The calls of a live Sequential, as they were last read.

    The calls that led to a tensor never change, so each of them is read only once.
    """

    def __init__(self) -> None:
        self._nodes: list[Node] = []
        self._outputs: list[keras.KerasTensor] = []
        self._counts: dict[int, int] = {}  # number of calls up to an output, by its id
        self._found: list[tuple[keras.DTypePolicy, Structure, tuple[Call, Structure | None]]] = []

    def read(self, end: keras.KerasTensor) -> list[Node]:
        """Return the calls, as Keras recorded them, that lead to a tensor."""
        count, new = 0, []
        for output, node in keras_graph.back_from(end):
            if count := self._counts.get(id(output), 0):
                break
            new.append((output, node))
        for output in self._outputs[count:]:
            del self._counts[id(output)]
        del self._nodes[count:], self._outputs[count:], self._found[count:]
        for output, node in reversed(new):
            self._nodes.append(node)
            self._outputs.append(output)
            self._counts[id(output)] = len(self._outputs)
        return self._nodes

    def unchanged(self, layers: Sequence[keras.Layer], x: Structure) -> tuple[list[Call], Structure | None]:
        """Return the leading calls that are the same as before for an input, and the output of the last of them.

        The results are used only if the input and the layers' dtype policies are the same as before.
        Calls of layers that contain layers are never taken from the cache.
        """
        calls: list[Call] = []
        if self._found and self._found[0][1] == x:
            # Each later call takes the output of the call before it.
            for layer, (policy, _, (call, y)) in zip(layers, self._found, strict=False):
                if policy is not layer.dtype_policy or call.inside is not None:
                    break
                calls.append(call)
                x = y
        return calls, x

    def keep(self, at: int, layer: keras.Layer, x: Structure, call: Call, y: Structure | None) -> None:
        """Cache the result of a call, and drop the results of all later positions."""
        del self._found[at:]
        self._found.append((layer.dtype_policy, x, (call, y)))
