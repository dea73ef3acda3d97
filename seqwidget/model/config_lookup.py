"""What a config names, found among what is loaded already: nothing is imported, and nothing is called to find it.

A config can come from a file, and a file can name anything. So an object is made from a config only if every class in it is
one of Keras's own that is nothing but its arguments, or one whose objects the layer at hand holds already.
"""

from __future__ import annotations

import collections
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any

import keras

from ..keras_compat.origin import is_from_keras

_DATA = frozenset({"__numpy__", "__tensor__", "__bytes__", "__ellipsis__", "__slice__"})
_ROOMS = ("layers", "initializers", "regularizers", "constraints", "dtype_policies", "quantizers")


def loaded(module: object, name: object) -> Any | None:
    """Return what a loaded module holds under a name; None if there is none. Nothing lazy is woken."""
    found = sys.modules.get(module) if isinstance(module, str) else None
    if not isinstance(name, str) or not issubclass(type(found), types.ModuleType):
        return None
    return object.__getattribute__(found, "__dict__").get(name)


def registered(name: object) -> Any | None:
    """Return what is registered with Keras under a name."""
    return keras.saving.get_registered_object(name) if isinstance(name, str) and name else None


def named(value: Mapping[str, Any]) -> type[Any] | None:
    """Return the class that a serialized object names, if it is registered with Keras or loaded."""
    found = registered(value.get("registered_name"))
    if found is None:
        found = loaded(value.get("module"), value.get("class_name"))
    return found if issubclass(type(found), type) else None


def is_object(value: object) -> bool:
    """Whether a value of a config stands for an object: Keras would look for a class or a function."""
    return isinstance(value, Mapping) and "class_name" in value


def is_made_of_arguments(cls: type) -> bool:
    """Whether a class is one of Keras's own whose objects are their arguments, without a file, code or a vocabulary."""
    own = is_from_keras(cls, *_ROOMS)
    return own and loaded(cls.__module__, cls.__name__) is cls and not hasattr(cls, "load_assets")


def held(layers: Iterable[Any]) -> frozenset[Any]:
    """Return the classes of the objects inside layers, at any depth, and the names of the functions."""
    found: set[Any] = set()
    queue = [value for layer in layers for value in vars(layer).values()]
    seen: dict[int, Any] = {}
    while queue:
        one = queue.pop()
        if id(one) in seen:
            continue
        seen[id(one)] = one
        kind = type(one)
        if issubclass(kind, list | tuple | set):
            queue += one
        elif issubclass(kind, dict):
            queue += one.values()
        elif issubclass(kind, types.FunctionType):
            found.add(one.__name__)
        elif hasattr(kind, "get_config"):
            found.add(kind)
            queue += getattr(one, "__dict__", {}).values()
    return frozenset(found)


def may_make(value: object, holds: frozenset[Any] = frozenset()) -> bool:
    """Whether Keras may make objects of what a config says, which calls the classes that it names."""
    if isinstance(value, list | tuple):
        return all(may_make(item, holds) for item in value)
    if not isinstance(value, Mapping):
        return True
    return (not is_object(value) or _is_known(value, holds)) and all(may_make(item, holds) for item in value.values())


def inert(value: Any, holds: frozenset[Any] = frozenset()) -> Any:
    """Copy a config, with objects that may not be made as mappings that Keras takes for plain data."""
    if isinstance(value, Mapping):
        known = not is_object(value) or _is_known(value, holds)
        return (dict if known else collections.UserDict)({key: inert(item, holds) for key, item in value.items()})
    return type(value)([inert(item, holds) for item in value]) if type(value) in (list, tuple) else value


def _is_known(value: Mapping[str, Any], holds: frozenset[Any]) -> bool:
    name = value["class_name"]
    if name == "function":
        return function(value, holds) is not None
    if isinstance(name, str) and name in _DATA:
        return True
    cls = named(value)
    return cls is not None and (cls in holds or is_made_of_arguments(cls))


def function(value: Mapping[str, Any], holds: frozenset[Any]) -> Any | None:
    """Return the function that a serialized one names, or its name if a layer holds one of that name; else None."""
    name = value.get("config")
    found = registered(name)
    if found is None and isinstance(module := value.get("module"), str) and module.partition(".")[0] == "keras":
        found = loaded(module, name)
    if issubclass(type(found), types.FunctionType):
        return found
    return name if isinstance(name, str) and name in holds else None
