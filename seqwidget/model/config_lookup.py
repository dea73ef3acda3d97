"""Look up the classes and functions that a Keras config names, without importing anything.

Only modules that are already loaded are searched, and nothing is called to find an object. A
config can come from a file, and a file can name anything. Therefore an object is made from a
config only if every class in it is safe. A class is safe if it is one of Keras's own that its
arguments define completely, or if the layer in question already holds an object of it.
"""

from __future__ import annotations

import collections
import sys
import types
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import keras

from ..keras_compat.origin import is_from_keras

Holds: TypeAlias = frozenset[type | str]
"""The classes of objects, and the names of functions, that layers hold."""

_DATA = frozenset({"__numpy__", "__tensor__", "__bytes__", "__ellipsis__", "__slice__"})
_SUBPACKAGES = ("layers", "initializers", "regularizers", "constraints", "dtype_policies", "quantizers")


def loaded(module: object, name: object) -> Any | None:
    """Return the attribute of a loaded module by its name, or None if there is none.

    The module's ``__dict__`` is read directly, so that a lazy attribute is not loaded.
    """
    found = sys.modules.get(module) if isinstance(module, str) else None
    if not isinstance(name, str) or not issubclass(type(found), types.ModuleType):
        return None
    return object.__getattribute__(found, "__dict__").get(name)


def registered(name: object) -> Any | None:
    """Return the object that is registered with Keras under a name, or None."""
    return keras.saving.get_registered_object(name) if isinstance(name, str) and name else None


def named(value: Mapping[str, object]) -> type | None:
    """Return the class that a serialized object names.

    Return None if the class is neither registered with Keras nor loaded.
    """
    found = registered(value.get("registered_name"))
    if found is None:
        found = loaded(value.get("module"), value.get("class_name"))
    return found if issubclass(type(found), type) else None


def is_object(value: object) -> bool:
    """Return whether a config value describes an object.

    Keras would look up a class or a function for such a value.
    """
    return isinstance(value, Mapping) and "class_name" in value


def is_made_of_arguments(cls: type) -> bool:
    """Return whether a class is one of Keras's own that its arguments define completely.

    Classes that load assets, such as a vocabulary, are excluded.
    """
    own = is_from_keras(cls, *_SUBPACKAGES)
    return own and loaded(cls.__module__, cls.__name__) is cls and not hasattr(cls, "load_assets")


def held(layers: Iterable[keras.Layer]) -> Holds:
    """Return the classes of all objects inside layers, and the names of all functions."""
    found: set[type | str] = set()
    queue = [value for layer in layers for value in vars(layer).values()]
    seen: dict[int, object] = {}
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


def may_make(value: object, holds: Holds = frozenset()) -> bool:
    """Return whether Keras may make the objects that a config describes.

    Making them calls the classes that the config names.
    """
    if isinstance(value, list | tuple):
        return all(may_make(item, holds) for item in value)
    if not isinstance(value, Mapping):
        return True
    return (not is_object(value) or _is_known(value, holds)) and all(may_make(item, holds) for item in value.values())


def inert(value: Any, holds: Holds = frozenset()) -> Any:
    """Copy a config, with a mapping in place of each object that may not be made.

    Keras treats such a mapping as plain data.
    """
    if isinstance(value, Mapping):
        known = not is_object(value) or _is_known(value, holds)
        return (dict if known else collections.UserDict)({key: inert(item, holds) for key, item in value.items()})
    return type(value)([inert(item, holds) for item in value]) if type(value) in (list, tuple) else value


def _is_known(value: Mapping[str, object], holds: Holds) -> bool:
    name = value["class_name"]
    if name == "function":
        return function(value, holds) is not None
    if isinstance(name, str) and name in _DATA:
        return True
    cls = named(value)
    return cls is not None and (cls in holds or is_made_of_arguments(cls))


def function(value: Mapping[str, object], holds: Holds) -> types.FunctionType | str | None:
    """Return the function that a serialized function names.

    If it is not found, return its name if a layer holds a function of that name, else None.
    """
    name = value.get("config")
    found = registered(name)
    if found is None and isinstance(module := value.get("module"), str) and module.partition(".")[0] == "keras":
        found = loaded(module, name)
    if issubclass(type(found), types.FunctionType):
        return found
    return name if isinstance(name, str) and name in holds else None
