"""A stack as the Python that builds it: only arguments that matter, names only where somebody chose them.

An argument matters if the layer made without it has another config, which is tried, so no table of defaults can go stale.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import inspect
import json
import math
import re
import weakref
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from . import keras_internals
from .chain import first_line
from .code_state import state_comments
from .errors import UserError
from .said import phrase, said

_FIRST_WITHOUT_ITS_NAME = frozenset({"pool_size", "size", "cropping"})
_KERAS_ADDS = frozenset({"name", "build_config", "registered_name", "build_input_shape"})


@dataclass(frozen=True)
class Source:
    """The layers that a model had at one moment, as long as somebody keeps them; called, it gives their code.

    A stack that is kept must not keep layers alive, and reading every config would make looking slow: so it holds them weakly,
    and reads them when it is asked to.
    """

    name: str
    type: str
    trainable: bool
    layers: tuple[Callable[[], Any], ...] | None

    @classmethod
    def of(cls, model: Any) -> Source:
        """Remember a model's layers; those of a model that is no stack have no order to write down."""
        layers = None
        if isinstance(model, keras.Sequential):
            head = keras_internals.input_layer(model)
            layers = tuple(weakref.ref(layer) for layer in [*([] if head is None else [head]), *model.layers])
        return cls(model.name, type(model).__name__, bool(model.trainable), layers)

    def __call__(self) -> str:
        """Give a whole script: imports, a comment for what it cannot write out, and ``model = keras.Sequential([...])``."""
        if self.layers is None:
            raise UserError(
                said(
                    "to_code expected a keras.Sequential, received {name!r}, a {type} model: only a stack has code.",
                    name=self.name,
                    type=self.type,
                )
            )
        layers = [reference() for reference in self.layers]
        if None in layers:
            gone = phrase("to_code expected the layers of {name!r}, and some are gone; inspect a model that has them.")
            raise UserError(said(gone, name=self.name))
        return _script(self.name, layers, [] if self.trainable else ["trainable=False"])

    def __reduce__(self) -> tuple[Any, ...]:
        return Source, (self.name, self.type, self.trainable, self.layers and (_gone,))  # another process has no such layers


def _gone() -> None:
    """Stand for a reference to a layer that is no more."""


def _script(name: str, layers: Iterable[Any], options: list[str]) -> str:
    layers, writer = list(layers), Writer()
    lines = [writer.layer(layer) for layer in layers]
    body = stack_code(lines, [*options, *([] if is_automatic(name, keras.Sequential) else [f"name={_text(name)}"])])
    uses_layers = any("layers." in line for line in lines)
    imports = [
        "import keras",
        *(["from keras import layers"] if uses_layers else []),
        *writer.imports(),
        *state_comments(layers),
    ]
    return "\n".join([*imports, "", f"model = {body}", ""])


def stack_code(lines: list[str], options: list[str] | None = None) -> str:
    """Give the call that makes a stack of layers that are written out already."""
    options = options or []
    if not lines:
        return f"keras.Sequential({', '.join(options)})"
    if not options:
        return f"keras.Sequential([\n{_indented(lines)}])"
    inner = f"[\n{_indented(lines)}]"
    return f"keras.Sequential(\n{_indented([inner, *options])})"


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line},\n".replace("\n", "\n    ").rstrip(" ") for line in lines)


def layer_code(layer: Any) -> str:
    """Give the call that makes one layer: ``layers.Dense(3, activation="relu")``."""
    return Writer().layer(layer)


def class_code(cls: type, config: Mapping[str, Any], said: Container[str] = ()) -> str:
    """Give the call that makes a layer of a class with a config; what is in ``said`` is written even if it is the default."""
    with keras_internals.scratch():
        return Writer().call(cls, config, said)


def value_code(value: Any) -> str:
    """Give one argument's value, as it stands in a config."""
    return Writer().value(value)


def is_automatic(name: str, cls: type) -> bool:
    """Whether Keras gave a name by itself: ``dense_3`` to a Dense."""
    base = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", cls.__name__)).lower()
    return re.fullmatch(rf"{re.escape(base)}(_\d+)?", name) is not None


class _NoCodeError(Exception):
    """A value that cannot be written out; the message is what to put in its place."""


class Writer:
    """Writes calls, and remembers what a reader must supply for them."""

    def __init__(self) -> None:
        self._imports: dict[str, None] = {}
        self._comments: dict[str, None] = {}

    def imports(self) -> list[str]:
        """Give the import lines for what is not Keras's, and a comment for what no import gives."""
        return [*self._imports, *self._comments]

    def layer(self, layer: Any) -> str:
        """Give the call that makes a layer as it is."""
        with keras_internals.scratch():
            if isinstance(layer, keras.Model) and not isinstance(layer, keras.Sequential):
                return self._model(type(layer), {"name": layer.name})
            try:
                config = layer.get_config()
            except Exception as error:  # noqa: BLE001  a layer of someone's own may fail in any way
                self._say(f"{type(layer).__name__} does not tell its arguments, fill them in: {first_line(error):.120}")
                return f"{self._class(type(layer))}(...)"
            return self.call(type(layer), config)

    def call(self, cls: type, config: Mapping[str, Any], said: Container[str] = ()) -> str:
        """Give the call that makes an object of a class with a config; arguments in ``said`` in any case."""
        if issubclass(cls, keras.layers.InputLayer):
            return input_code(config)
        if issubclass(cls, keras.Model):
            return self._model(cls, config)
        arguments = _needed(cls, config, said)
        if "name" in config and not is_automatic(_own_name(config["name"]), cls):
            arguments["name"] = config["name"]
        parameters = [p for p in inspect.signature(cls.__init__).parameters if p != "self"]  # type: ignore[misc]
        words: list[str] = []
        positional = True
        for key in sorted(arguments, key=lambda key: _place(key, parameters)):
            positional = positional and key == (parameters[len(words)] if len(words) < len(parameters) else "")
            text = self._argument(cls, key, arguments[key])
            bare = positional and (_is_required(cls, key) or (not words and key in _FIRST_WITHOUT_ITS_NAME))
            positional = bare
            words.append(text if bare else f"{key}={text}")
        return f"{self._class(cls)}({', '.join(words)})"

    def value(self, value: Any) -> str:  # noqa: PLR0911  a kind of value a line
        """Give a value of a config."""
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, float):
            return _number(value)
        if value is None or isinstance(value, int):
            return repr(value)
        if isinstance(value, list):
            return f"[{', '.join(map(self.value, value))}]"
        if isinstance(value, tuple):
            return f"({', '.join(map(self.value, value))}{',' if len(value) == 1 else ''})"
        if isinstance(value, Mapping) and {"class_name", "config"} <= value.keys():
            return self._object(value)
        if isinstance(value, Mapping) and not _is_marshalled(value):
            return f"{{{', '.join(f'{self.value(key)}: {self.value(item)}' for key, item in value.items())}}}"
        raise _NoCodeError(type(value).__name__)

    def _argument(self, cls: type, key: str, value: Any) -> str:
        try:
            return self.value(value)
        except _NoCodeError:
            placeholder = f"{key}_of_{cls.__name__.lower()}"
            self._say(f"{placeholder} = ...  (a value that cannot be written out, such as a lambda: put it here)")
            return placeholder

    def _object(self, value: Mapping[str, Any]) -> str:
        name, config = value["class_name"], value["config"]
        if name == "DTypePolicy":
            return _text(config["name"])
        if name == "__numpy__":
            self._imports["import numpy as np"] = None
            return f"np.array({self.value(config['value'])}, dtype={_text(config['dtype'])})"
        if name == "function":
            self._import(value.get("module") or "__main__", config)
            return str(config)
        found = _class_of(value)
        if found is None or not isinstance(config, Mapping):
            raise _NoCodeError(name)
        return self.call(found, config)

    def _model(self, cls: type, config: Mapping[str, Any]) -> str:
        name = str(config.get("name", ""))
        if not issubclass(cls, keras.Sequential) or "layers" not in config:
            placeholder = re.sub(r"\W", "_", name) or "inner_model"
            self._say(f"{placeholder} = ...  (a {cls.__name__} model, which is not a stack: build or load it here)")
            return placeholder
        lines = [self._object(item) for item in config["layers"]]
        options = [] if is_automatic(name, cls) else [f"name={_text(name)}"]
        return stack_code(lines, [*options, *(["trainable=False"] if config.get("trainable") is False else [])])

    def _class(self, cls: type) -> str:
        module = cls.__module__
        if module.partition(".")[0] != "keras":
            self._import(module, cls.__qualname__)
            return cls.__name__
        for home in ("layers", "initializers", "regularizers", "constraints", "dtype_policies", "quantizers"):
            if getattr(getattr(keras, home, None), cls.__name__, None) is cls:
                return f"layers.{cls.__name__}" if home == "layers" else f"keras.{home}.{cls.__name__}"
        self._import(module, cls.__qualname__)
        return cls.__name__

    def _import(self, module: str, name: str) -> None:
        if module in ("__main__", "builtins") or "." in name:
            self._say(f"{name.rpartition('.')[2]} is of your own: define it before this runs")
        else:
            self._imports[f"from {module} import {name}"] = None

    def _say(self, sentence: str) -> None:
        self._comments[f"# {sentence}"] = None


def input_code(config: Mapping[str, Any]) -> str:
    """Give the ``keras.Input(...)`` of an InputLayer's config."""
    batch, *shape = config["batch_shape"]
    words = [f"({', '.join(map(repr, shape))}{',' if len(shape) == 1 else ''})"]
    words += [f"batch_size={batch}"] if batch is not None else []
    words += [f"dtype={_text(config['dtype'])}"] if config.get("dtype", "float32") != keras.config.floatx() else []
    words += [f"{key}=True" for key in ("sparse", "ragged", "optional") if config.get(key)]
    name = config.get("name")
    words += [f"name={_text(name)}"] if name and not is_automatic(name, keras.layers.InputLayer) else []
    return f"keras.Input({', '.join(words)})"


def _needed(cls: type, config: Mapping[str, Any], said: Container[str]) -> dict[str, Any]:
    """Leave out of a config what makes no difference, and put the rest as people write it."""
    parameters = inspect.signature(cls.__init__).parameters  # type: ignore[misc]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    given = {key: value for key, value in config.items() if key not in _KERAS_ADDS and (takes_any or key in parameters)}
    opaque = {key: value for key, value in given.items() if _is_opaque(value)}
    given = {key: value for key, value in given.items() if key not in opaque}
    made = _maker(cls)
    whole = made(given)
    if whole is None:  # it cannot be made from its config: only what every layer has is known to be the default
        return {**{key: value for key, value in given.items() if not _is_usual(key, value, parameters)}, **opaque}

    def same(key: str, value: Any) -> bool:
        return made({**given, key: value}) == whole

    for key in [key for key in given if key not in said]:
        rest = {other: value for other, value in given.items() if other != key}
        given = rest if made(rest) == whole else given
    for key, value in given.items():
        shorter = next((short for short in _shorter(value) if same(key, short)), value)
        given = {**given, key: _inner_needed(shorter, lambda short, key=key: same(key, short))}  # type: ignore[misc]
    return {**given, **opaque}


def _inner_needed(value: Any, same: Callable[[Any], bool]) -> Any:
    """Leave out of a wrapped layer's config what its wrapper sets anyway."""
    if not isinstance(value, Mapping) or value.get("module") != "keras.layers":
        return value
    for key in value["config"]:
        config = {other: item for other, item in value["config"].items() if other != key}
        value = {**value, "config": config} if key != "name" and same({**value, "config": config}) else value
    return value


def _is_usual(key: str, value: Any, parameters: Mapping[str, Any]) -> bool:
    if key == "dtype":
        return bool(value == keras.dtype_policies.serialize(keras.config.dtype_policy()))
    if key == "trainable":
        return value is True
    return key in parameters and value in (parameters[key].default, parameters[key].default or {})


def _maker(cls: type) -> Callable[[Mapping[str, Any]], Any]:
    def made(config: Mapping[str, Any]) -> Any:
        for make in (cls.from_config, lambda arguments: cls(**arguments)):  # type: ignore[attr-defined]
            with contextlib.suppress(Exception):  # what cannot be made is no shorter way to write it
                return _bare(make(copy.deepcopy(dict(config))).get_config())
        return None

    return made


def _bare(value: Any) -> Any:
    """Give a config without names, which Keras counts up, and with no difference between lists, tuples and one of a kind."""
    if isinstance(value, Mapping):
        named = "DTypePolicy" in str(value.get("class_name"))  # a policy's name is all that it is
        return value if named else {key: _bare(item) for key, item in value.items() if key not in _KERAS_ADDS}
    if isinstance(value, list | tuple):
        return _bare(value[0]) if len(value) == 1 else tuple(map(_bare, value))  # Keras makes a list of an axis
    return value


def _shorter(value: Any) -> list[Any]:
    """Give the ways in which people write a value, the shortest first: ``3`` for ``(3, 3)``, ``"he_normal"``."""
    if isinstance(value, list | tuple) and value and all(item == value[0] for item in value):
        inner = value[0]
        return [*(_shorter(inner) if isinstance(inner, list | tuple) else []), inner]
    if isinstance(value, Mapping) and isinstance(value.get("class_name"), str):
        return [re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", value["class_name"]).lower()]
    return []


def _is_required(cls: type, key: str) -> bool:
    parameter = inspect.signature(cls.__init__).parameters.get(key)  # type: ignore[misc]
    return parameter is not None and parameter.default is parameter.empty and parameter.kind is not parameter.KEYWORD_ONLY


def _place(key: str, parameters: list[str]) -> tuple[int, int]:
    """Sort arguments as the signature does, the name last."""
    return (key == "name", parameters.index(key) if key in parameters else len(parameters))


def _own_name(name: str) -> str:
    """Give the name of a wrapped layer without what a Bidirectional put before it."""
    return re.sub(r"^(forward|backward)_", "", name)


def _class_of(value: Mapping[str, Any]) -> type | None:
    registered = keras.saving.get_registered_object(value.get("registered_name") or "")
    if registered is None and value.get("module"):
        try:
            registered = getattr(importlib.import_module(value["module"]), value["class_name"], None)
        except ImportError:
            return None
    return registered if isinstance(registered, type) else None


def _is_opaque(value: Any) -> bool:
    """Whether a value of a config is somebody's function, which Keras cannot make again from it."""
    return isinstance(value, Mapping) and (value.get("class_name") in ("function", "__lambda__") or _is_marshalled(value))


def _is_marshalled(value: Mapping[str, Any]) -> bool:
    """Whether a value is how Keras hides a lambda that is an argument: its bytecode."""
    return set(value) == {"value"}


def _number(value: float) -> str:
    if not math.isfinite(value):
        return f'float("{value}")'
    whole = round(1 / value) if value else 0
    return f"1 / {whole}" if whole > 1 and 1 / whole == value and len(repr(value)) > 8 else repr(value)  # noqa: PLR2004  1 / 255


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
