"""Write a stack as the Python code that builds it.

Only arguments that matter are written, and only names that somebody chose. The code always parses,
whatever names and values the layers have. Nothing that a config names is imported to write it.
"""

from __future__ import annotations

import functools
import itertools
import json
import keyword
import math
import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from ..keras_compat import keras_layers, scratch
from ..model import config_lookup
from ..model.trial import first_line
from ..printable import escaped
from .arguments import Arguments, own_parameters, parameters, positions
from .graph_code import GraphCode, is_graph

_FIRST_WITHOUT_ITS_NAME = frozenset({"pool_size", "size", "cropping"})
_BOTH_WAYS = re.compile("^(forward|backward)_")  # which a Bidirectional adds to a name


LAYERS = "from keras import layers"


def stack_code(lines: list[str], options: list[str] | None = None) -> str:
    """Return the call that makes a stack from layers that are already written out."""
    options = options or []
    if not lines:
        return f"keras.Sequential({', '.join(options)})"
    if not options:
        return f"keras.Sequential([\n{_indented(lines)}])"
    inner = f"[\n{_indented(lines)}]"
    return f"keras.Sequential(\n{_indented([inner, *options])})"


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line},\n".replace("\n", "\n    ").rstrip(" ") for line in lines)


def layer_code(layer: keras.Layer) -> str:
    """Return the call that makes one layer: ``layers.Dense(3, activation="relu")``."""
    with scratch.scratch():
        return Writer().layer(layer)


def class_code(
    cls: type, config: Mapping[str, object], required: Collection[str] = (), like: Iterable[keras.Layer] = ()
) -> str:
    """Return the call that makes a layer of a class from a config.

    The config describes a layer similar to those in ``like``. An object in the config is written as
    an object only if one of these layers holds it. Arguments in ``required`` are always written.
    """
    with scratch.scratch():
        return Writer(like).call(cls, config, required)


def value_code(value: object) -> str:
    """Return the code of one argument's value, given as in a config."""
    return Writer().value(value)


def is_automatic(name: str, cls: type) -> bool:
    """Return whether Keras chose a name itself, such as ``dense_3`` for a Dense."""
    return _automatic_names(cls.__name__).fullmatch(name) is not None


@functools.lru_cache(256)
def _automatic_names(cls: str) -> re.Pattern[str]:
    """Return the pattern of the names that Keras chooses for the objects of a class."""
    base = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", cls)).lower()
    return re.compile(rf"{re.escape(base)}(_\d+)?")


def name_options(name: str, cls: type) -> list[str]:
    """Return the argument for a name that somebody chose."""
    return [] if is_automatic(name, cls) else [f"name={_text(name)}"]


def is_name(text: object) -> bool:
    """Return whether a text is a Python name that the parser leaves unchanged."""
    if not isinstance(text, str) or not text.isidentifier() or unicodedata.normalize("NFKC", text) != text:
        return False
    return not keyword.iskeyword(text) and text != "__debug__"


class _NoCodeError(Exception):
    """A value that cannot be written out; the message names the kind of value."""


class Writer:
    """Write calls, and remember the imports and comments that the code needs.

    A config names classes, and may come from a file. A call is written only for an object that the
    layers to be written really hold. Everything else is written as plain data. With ``whole``,
    Functional models inside the layers are written, too, before everything else.
    """

    def __init__(self, like: Iterable[keras.Layer] = (), *, whole: bool = False) -> None:
        self._like = list(like)
        self._arguments = Arguments(lambda: self._held)
        self._owners: dict[str, object] = dict.fromkeys(("keras", "layers", "model", "old", "np", "float", "x", "inputs"))
        self._imports: dict[str, None] = {}
        self._comments: dict[str, None] = {}
        self._whole = whole
        self._models: list[str] = []  # the code of inner models, line by line

    def models(self) -> list[str]:
        """Return the code of the inner models that the layers need."""
        return [f"\n{model}" for model in self._models]

    def imports(self) -> list[str]:
        """Return the imports except ``import keras``, and comments on what cannot be imported."""
        return [*sorted(self._imports, key=lambda line: not line.startswith("from keras import")), *self._comments]

    def name(self, wanted: str, owner: object) -> str:
        """Return the name of an object in the code: the wanted one, if it is valid and free."""
        plain = re.sub(r"\W+", "_", wanted)
        base = plain if is_name(plain) else "_".join(["own", *re.findall(r"[A-Za-z0-9]+", wanted)])
        names = (base if n == 1 else f"{base}_{n}" for n in itertools.count(1))
        return next(name for name in names if self._owners.setdefault(name, owner) is owner)

    def layer(self, layer: keras.Layer) -> str:
        """Return the call that makes a layer as it is."""
        self._like = [layer]
        vars(self).pop("_held", None)
        if isinstance(layer, keras.Model) and not isinstance(layer, keras.Sequential) and not self._whole:
            return self._model(type(layer), {"name": layer.name})
        try:
            config = keras_layers.config_of(layer)
        except Exception as error:  # noqa: BLE001  a custom layer may fail in any way
            self._say(f"the arguments of {type(layer).__name__} are not known, fill them in: {first_line(error):.120}")
            return f"{self._class(type(layer))}(...)"
        return self.call(type(layer), config)

    def call(self, cls: type, config: Mapping[str, object], required: Collection[str] = ()) -> str:
        """Return the call that makes an object from a config, with all arguments in ``required``."""
        if issubclass(cls, keras.layers.InputLayer):
            return input_code(config)
        if issubclass(cls, keras.Model):
            return self._model(cls, config)
        arguments = self._arguments.needed(cls, config, required)
        name = config.get("name")
        if isinstance(name, str) and "name" in parameters(cls) and not is_automatic(re.sub(_BOTH_WAYS, "", name), cls):
            arguments["name"] = name
        places = positions(cls)
        words: list[str] = []
        others: list[str] = []
        positional = True
        for key in sorted(arguments, key=lambda key: _place(key, places)):
            positional = positional and key == (places[len(words)] if len(words) < len(places) else "")
            text = self._argument(cls, key, arguments[key])
            bare = positional and (_is_required(cls, key) or (not words and key in _FIRST_WITHOUT_ITS_NAME))
            positional = bare
            if bare or is_name(key):
                words.append(text if bare else f"{key}={text}")
            else:
                others.append(f"{_text(key)}: {text}")
        words += [f"**{{{', '.join(others)}}}"] if others else []
        return f"{self._class(cls)}({', '.join(words)})"

    def value(self, value: Any) -> str:
        """Return the code of a value in a config."""
        return self._object(value) if config_lookup.is_object(value) else self._data(value, self.value)

    def _data(self, value: object, inner: Callable[[object], str]) -> str:  # noqa: PLR0911  one return per kind of value
        """Return the code of plain data; ``inner`` writes the values inside it."""
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, float):
            return _number(float(value))
        if value is None or isinstance(value, bool | bytes):
            return repr(value)
        if isinstance(value, int):
            return repr(int(value))
        if isinstance(value, list):
            return f"[{', '.join(map(inner, value))}]"
        if isinstance(value, tuple):
            return f"({', '.join(map(inner, value))}{',' if len(value) == 1 else ''})"
        if isinstance(value, Mapping) and not _is_marshalled(value):
            return f"{{{', '.join(f'{inner(key)}: {inner(item)}' for key, item in value.items())}}}"
        raise _NoCodeError(type(value).__name__)

    def _as_data(self, value: object) -> str:
        return self._data(value, self._as_data)

    def _argument(self, cls: type, key: str, value: object) -> str:
        if key == "module" and cls is keras.layers.TorchModuleWrapper:
            value = object()  # in the config, it is pickled
        try:
            match value:
                case {"class_name": "DTypePolicy", "config": {"name": str(name)}} if key == "dtype":
                    return _text(name)
            return self.value(value)
        except _NoCodeError:
            placeholder = self.name(f"{key}_of_{cls.__name__.lower()}", object())
            self._say(f"{placeholder} = ...  (a value that cannot be written out, such as a lambda: put it here)")
            return placeholder

    def _object(self, value: Mapping[str, object]) -> str:
        name, config = value["class_name"], value.get("config")
        if name == "__lambda__":
            raise _NoCodeError(name)
        if name == "__numpy__" and isinstance(config, Mapping) and {"value", "dtype"} <= config.keys():
            self._imports["import numpy as np"] = None
            return f"np.array({self._as_data(config['value'])}, dtype={self._as_data(config['dtype'])})"
        if name == "function" and (found := config_lookup.function(value, self._held)) is not None:
            if isinstance(found, str) and not is_name(found):
                raise _NoCodeError(name)
            return self._own(found) if isinstance(found, str) else self._thing(found, value.get("module"))
        if isinstance(config, Mapping) and (cls := config_lookup.named(value)) in self._held:
            return self.call(cls, config)
        data = self._as_data(value)
        self._say(f"{self._as_data(name)} names no object that the layer holds: it is written as data")
        return data

    @functools.cached_property
    def _held(self) -> frozenset[type | str]:
        return config_lookup.held(self._like)

    def _model(self, cls: type, config: Mapping[str, Any]) -> str:
        name = str(config.get("name", ""))
        if self._whole and is_graph(cls, config):
            variable = self.name(name if is_name(name) else "inner_model", object())
            self._models.append(self.graph(cls, config, variable))
            return variable
        if not issubclass(cls, keras.Sequential) or "layers" not in config:
            placeholder = self.name(name or "inner_model", object())
            self._say(f"{placeholder} = ...  ({cls.__name__}, which is not a stack: build or load it here)")
            return placeholder
        lines = [self.value(item) for item in config["layers"]]
        return stack_code(lines, [*name_options(name, cls), *(["trainable=False"] if config.get("trainable") is False else [])])

    def graph(self, cls: type, config: Mapping[str, Any], variable: str) -> str:
        """Return the lines that build a Functional model, and assign it to a variable."""
        options = [*name_options(config["name"], cls), *(["trainable=False"] if config.get("trainable") is False else [])]
        return GraphCode(config, self.value, self.name, self._say).lines(variable, options)

    def _class(self, cls: type) -> str:
        for home in ("layers", "initializers", "regularizers", "constraints", "dtype_policies", "quantizers"):
            if config_lookup.loaded(f"keras.{home}", cls.__name__) is cls:
                if home == "layers":
                    self._imports[LAYERS] = None
                return f"layers.{cls.__name__}" if home == "layers" else f"keras.{home}.{cls.__name__}"
        return self._thing(cls)

    def _thing(self, thing: type | Callable[..., object], home: object = None) -> str:
        """Return the name of a class or a function, and import it if a module has it."""
        name = thing.__name__
        for module in (home, thing.__module__):
            has = module not in ("__main__", "builtins") and config_lookup.loaded(module, name) is thing
            if has and all(map(is_name, [name, *str(module).split(".")])):
                given = self.name(name, thing)
                self._imports[f"from {module} import {name}{'' if given == name else f' as {given}'}"] = None
                return given
        return self._own(name, thing)

    def _own(self, name: str, owner: object = None) -> str:
        given = self.name(name, owner or sys.intern(name))
        called = "" if given == name else f" ({name!r})"
        self._say(f"{given}{called} is a custom object: define it before this code runs")
        return given

    def _say(self, sentence: str) -> None:
        self._comments[f"# {escaped(sentence)}"] = None


def input_code(config: Mapping[str, Any]) -> str:
    """Return the ``keras.Input(...)`` call for the config of an InputLayer."""
    batch, *shape = config["batch_shape"]
    words = [f"({', '.join(map(repr, shape))}{',' if len(shape) == 1 else ''})"]
    words += [f"batch_size={batch}"] if batch is not None else []
    words += [f"dtype={_text(config['dtype'])}"] if config.get("dtype", "float32") != keras.config.floatx() else []
    words += [f"{key}={value_code(config[key])}" for key in ("sparse", "ragged", "optional") if config.get(key)]
    name = config.get("name")
    words += [f"name={_text(name)}"] if name and not is_automatic(name, keras.layers.InputLayer) else []
    return f"keras.Input({', '.join(words)})"


def _is_required(cls: type, key: str) -> bool:
    return any(p.name == key and p.default is p.empty and p.kind is not p.KEYWORD_ONLY for p in own_parameters(cls))


def _place(key: str, parameters: Sequence[str]) -> tuple[int, int]:
    """Return the sort key of an argument: the order of the signature, with the name last."""
    return (key == "name", parameters.index(key) if key in parameters else len(parameters))


def _is_marshalled(value: Mapping[str, object]) -> bool:
    """Return whether a value is the bytecode of a lambda, as Keras stores a lambda argument."""
    return set(value) == {"value"}


def _number(value: float) -> str:
    if not math.isfinite(value):
        return f'float("{value}")'
    inverse = 1 / value if value else 0
    whole = round(inverse) if math.isfinite(inverse) else 0
    return f"1 / {whole}" if whole > 1 and 1 / whole == value and len(repr(value)) > 8 else repr(value)  # 1 / 255


def _text(value: str) -> str:
    return escaped(json.dumps(value, ensure_ascii=False))
