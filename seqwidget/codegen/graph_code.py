"""Write a Functional model as the calls that build it, from its config."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import keras

from ..keras_compat import keras_graph
from ..keras_compat.origin import is_from_keras
from ..model import config_lookup

History: TypeAlias = tuple[str, int, int]
"""A tensor in a config: the name of the layer that returns it, the number of the call, and which output it is."""


class _Node(NamedTuple):
    """One call of a layer or an operation."""

    layer: Mapping[str, Any]
    number: int
    arguments: tuple[Any, Mapping[str, Any]]

    @property
    def key(self) -> tuple[str, int]:
        return self.layer["name"], self.number


def is_graph(cls: type, config: Mapping[str, Any]) -> bool:
    """Return whether a config is that of a Functional model with all its layers."""
    return is_from_keras(cls, "models") and {"layers", "input_layers", "output_layers"} <= config.keys()


class GraphCode:
    """The code of one Functional model.

    A tensor that only the next call takes is named ``x``. Other tensors are named after their
    layers.

    Parameters
    ----------
    config
        The config of the model.
    value
        A function that returns the code of a value in a config, such as a layer.
    name
        A function that returns a free name like the given one, for an object.
    comment
        A function that adds a comment on what cannot be written.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        value: Callable[[Any], str],
        name: Callable[[str, object], str],
        comment: Callable[[str], None],
    ) -> None:
        self._config, self._value, self._name, self._comment = config, value, name, comment
        self._layers = {layer["name"]: layer for layer in config["layers"]}
        self._nodes = list(self._in_order())
        self._calls = Counter(node.layer["name"] for node in self._nodes)
        self._uses: dict[tuple[str, int], set[int]] = {}
        for at, node in enumerate(self._nodes):
            for source, number, _ in _histories(node.arguments):
                self._uses.setdefault((source, number), set()).add(at)
        for source, number, _ in _histories(config["output_layers"]):
            self._uses.setdefault((source, number), set()).add(len(self._nodes))
        taken = [
            history
            for part in (*(node.arguments for node in self._nodes), config["output_layers"])
            for history in _histories(part)
        ]
        self._several = {(source, number) for source, number, output in taken if output}
        self._variables: dict[tuple[str, int], str] = {}

    def lines(self, variable: str, options: list[str]) -> str:
        """Return the lines that build the model and assign it to a variable; ``options`` are further arguments of the model."""
        lines, shared = list[str](), dict[str, str]()
        entries = [self._layers[name] for name, *_ in _histories(self._config["input_layers"])]
        lines += [f"{self._input(at, layer, variable)} = {self._value(layer)}" for at, layer in enumerate(entries, 1)]
        for at, node in enumerate(self._nodes):
            name = node.layer["name"]
            if name not in shared and not _is_operation(node.layer):
                made = self._value(node.layer)
                if made.isidentifier():  # a model whose code comes earlier
                    shared[name] = made
                elif self._calls[name] > 1 or "\n" in made:
                    shared[name] = self._name(_plain(name), object())
                    lines.append(f"{shared[name]} = {made}")
            call = self._call(node, shared.get(name))
            lines.append(f"{self._output(at, node)} = {call}")
        ends = [self._tensors(_ends(self._config, key)) for key in ("input_layers", "output_layers")]
        return "\n".join([*lines, f"{variable} = keras.Model({', '.join([*ends, *options])})"])

    def _in_order(self) -> Iterator[_Node]:
        """Yield the calls of the layers, each after the calls whose outputs it takes."""
        layers = self._config["layers"]
        done = {(layer["name"], 0) for layer in layers if layer["class_name"] == "InputLayer"}
        masks = _own_masks(self._config)
        waiting = [
            _Node(layer, number, (node["args"], _kept(layer, node["kwargs"], masks)))
            for layer in layers
            if layer["name"] not in masks
            for number, node in enumerate(layer["inbound_nodes"])
        ]
        before = None
        while waiting and waiting != before:
            before, waiting = waiting, []
            for node in before:
                if all(history[:2] in done for history in _histories(node.arguments)):
                    done.add(node.key)
                    yield node
                else:
                    waiting.append(node)

    def _input(self, at: int, layer: Mapping[str, Any], model: str) -> str:
        """Return the name of an input; ``at`` is its number, from 1."""
        name = layer["name"]
        if re.fullmatch(r"input_layer(_\d+)?", name):
            single = len(list(_histories(self._config["input_layers"]))) == 1
            name = f"input_{at}" if not single else "inputs" if model == "model" else f"{model}_inputs"
        given = name if name == "inputs" and model == "model" else self._name(name, object())
        self._variables[layer["name"], 0] = given
        return given

    def _output(self, at: int, node: _Node) -> str:
        """Return the name of what a call returns."""
        if self._uses.get(node.key, {at + 1}) == {at + 1}:
            given = "x"
        else:
            plain = _plain(node.layer["name"])
            given = self._name(f"{plain}_{node.number + 1}" if self._calls[node.layer["name"]] > 1 else plain, object())
        self._variables[node.key] = given
        return given

    def _call(self, node: _Node, shared: str | None) -> str:
        layer, (args, options) = node.layer, node.arguments
        if layer["class_name"] == "GetItem" and _is_operation(layer):
            return f"{self._tensors(args[0])}[{self._index(args[1])}]"
        words = [*map(self._tensors, args), *(f"{key}={self._tensors(value)}" for key, value in options.items())]
        if not _is_operation(layer):
            return f"{shared or self._value(layer)}({', '.join(words)})"
        function = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", layer["class_name"]).lower()
        settings = {key: value for key, value in layer["config"].items() if key != "name"}
        public = getattr(keras.ops, function, None)
        defaults = {} if public is None else inspect.signature(public).parameters
        if settings.keys() - defaults.keys():
            own = self._name(function, object())
            self._comment(f"{own} = ...  (the operation {layer['class_name']}, which keras.ops does not have: define it here)")
            return f"{own}({', '.join(words)})"
        words += [
            f"{key}={self._tensors(value)}" for key, value in settings.items() if repr(defaults[key].default) != repr(value)
        ]
        return f"keras.ops.{function}({', '.join(words)})"

    def _index(self, key: Any) -> str:
        """Return the code of an index, as it is written between brackets."""
        if isinstance(key, tuple | list):
            return ", ".join(map(self._index, key))
        match key:
            case {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}:
                ends = ["" if one is None else self._tensors(one) for one in (start, stop)]
                return ":".join([*ends, *([] if step is None else [self._tensors(step)])])
            case {"class_name": "__ellipsis__"}:
                return "..."
        return "None" if key is None else self._tensors(key)

    def _tensors(self, value: Any) -> str:
        """Return the code of a structure of tensors and values."""
        history = _history(value)
        if history is not None:
            return self._tensor(history)
        if isinstance(value, list):
            return f"[{', '.join(map(self._tensors, value))}]"
        if isinstance(value, tuple):
            return f"({', '.join(map(self._tensors, value))}{',' if len(value) == 1 else ''})"
        if isinstance(value, Mapping) and "class_name" not in value:
            return f"{{{', '.join(f'{self._value(key)}: {self._tensors(one)}' for key, one in value.items())}}}"
        return self._value(value)

    def _tensor(self, history: History) -> str:
        *key, output = history
        variable = self._variables[tuple(key)]  # type: ignore[index]
        layer = self._layers[key[0]]
        outputs = _ends(layer["config"], "output_layers")
        if isinstance(outputs, Mapping):
            return f"{variable}[{self._value(sorted(outputs)[output])}]"
        several = tuple(key) in self._several or _returns_several(layer)
        inner = outputs is not None and not isinstance(outputs[0], str)
        return f"{variable}[{output}]" if several or inner else variable


def _ends(config: Mapping[str, Any], key: str) -> Any:
    """Return the inputs or the outputs in the config of a model; None for other layers."""
    ends = config.get(key)
    return ends[0] if isinstance(ends, list) and len(ends) == 1 and keras_graph.lists_one_tensor() else ends


def _own_masks(config: Mapping[str, Any]) -> set[str]:
    """Return the names of the operations with which Keras itself computes masks, for an Embedding or a Masking."""
    layers = {layer["name"]: layer for layer in config["layers"]}
    queue, needed = [name for name, *_ in _histories(config["output_layers"])], set[str]()
    while queue:
        if (name := queue.pop()) not in needed:
            needed.add(name)
            for node in layers[name]["inbound_nodes"]:
                given = [value for key, value in node["kwargs"].items() if not key.endswith("mask")]
                queue += [source for source, *_ in _histories((node["args"], given))]
    masking = [layer for layer in layers.values() if layer["config"].get("mask_zero") or layer["class_name"] == "Masking"]
    masked = {history for layer in masking for node in layer["inbound_nodes"] for history in _histories(node["args"])}
    found: set[str] = set()
    for name, layer in layers.items():
        if name not in needed and _is_operation(layer):
            taken = set(_histories(layer["inbound_nodes"]))
            compares = layer["class_name"] == "NotEqual" and taken <= masked
            if compares or (taken and {source for source, *_ in taken} <= found):
                found.add(name)
    return found


def _kept(layer: Mapping[str, Any], given: Mapping[str, Any], masks: set[str]) -> dict[str, Any]:
    """Return the keyword arguments of a call that Keras did not fill in itself."""
    cls = config_lookup.named(layer)
    defaults = inspect.signature(call).parameters if callable(call := getattr(cls, "call", None)) else {}
    return {
        key: value
        for key, value in given.items()
        if not (key in defaults and repr(defaults[key].default) == repr(value))
        and not (key.endswith("mask") and {source for source, *_ in _histories(value)} <= masks and _is_filled_in(value))
    }


def _is_filled_in(mask: Any) -> bool:
    """Return whether a mask consists of tensors and None."""
    return all(one is None or isinstance(one, str | int) for one in keras.tree.flatten(mask)) and not isinstance(mask, bool)


def _plain(name: str) -> str:
    return re.sub(r"_\d+$", "", name)


def _is_operation(layer: Mapping[str, Any]) -> bool:
    """Return whether a layer in a config is an operation of ``keras.ops``."""
    cls = config_lookup.named(layer)
    return cls is not None and is_from_keras(cls, "ops")


_SEVERAL = frozenset(
    {"ArraySplit", "Split", "Unstack", "TopK", "Meshgrid", "Modf", "Moments", "QR", "SVD", "Eig", "Eigh", "Slogdet"}
)


def _returns_several(layer: Mapping[str, Any]) -> bool:
    """Return whether a layer returns several tensors, even if only the first one is used."""
    config = layer["config"]
    inner = config.get("layer")
    states = config.get("return_state") or (isinstance(inner, Mapping) and inner.get("config", {}).get("return_state"))
    return bool(states) or (_is_operation(layer) and layer["class_name"] in _SEVERAL)


def _history(value: Any) -> History | None:
    match value:
        case {"class_name": "__keras_tensor__", "config": {"keras_history": [str(name), int(number), int(output)]}}:
            return name, number, output
        case [str(name), int(number), int(output)]:
            return name, number, output
    return None


def _histories(value: Any) -> Iterator[History]:
    """Yield the tensors in a structure."""
    history = _history(value)
    if history is not None:
        yield history
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _histories(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _histories(one)
