"""Find the arguments of a layer that matter, and the shortest way to write them.

An argument matters if a layer made without it has a different config. A value that equals the
default in the signature is left out at once. All other values are tried, so there is no table of
defaults that could become outdated. Only Keras's own classes are instantiated for this, and only
with plain values.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import json
import marshal
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

import keras

from ..model import config_lookup

_KERAS_ADDS = frozenset({"name", "build_config", "registered_name", "build_input_shape"})
T = TypeVar("T")
_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@functools.lru_cache(256)
def own_parameters(cls: Any) -> tuple[inspect.Parameter, ...]:
    """Return the parameters of a class's own constructor, without ``self``."""
    return tuple(inspect.signature(cls.__init__).parameters.values())[1:]


@functools.lru_cache(256)
def positions(cls: Any) -> tuple[str, ...]:
    """Return the names of the arguments that a class's constructor takes by position, in order."""
    return tuple(p.name for p in own_parameters(cls) if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))


@functools.lru_cache(256)
def parameters(cls: type) -> Mapping[str, inspect.Parameter]:
    """Return the parameters that a class accepts by name.

    These are the parameters of its constructor and those of its base classes to which ``**kwargs``
    is passed on.
    """
    found: dict[str, inspect.Parameter] = {}
    for one in cls.__mro__:
        if "__init__" in vars(one):
            own = own_parameters(one)
            found = {**{p.name: p for p in own if p.kind not in _VARIABLE}, **found}
            if all(p.kind is not p.VAR_KEYWORD for p in own):
                break
    return found


class Arguments:
    """Find the arguments that matter, and remember what was tried for one piece of code."""

    def __init__(self, holds: Callable[[], frozenset[object]]) -> None:
        self._holds = holds  # classes of the objects in the layers
        self._looks = 0  # at these classes
        self._found: dict[object, Any] = {}

    def needed(self, cls: type, config: Mapping[str, object], required: Collection[str] = ()) -> dict[str, object]:
        """Return the arguments of a config that make a difference, in their shortest form.

        Arguments in ``required`` are always kept. Layers of a stack often have equal configs: their
        arguments are found once, unless they depend on the classes in a layer.
        """
        before = self._looks
        what = sorted(required), {key: config[key] for key in config if key not in _KERAS_ADDS}
        return dict(self._once("needed", cls, what, lambda: self._find(cls, config, required), lambda: self._looks == before))

    def _once(
        self, question: str, cls: type, what: object, answer: Callable[[], T], is_final: Callable[[], bool] = lambda: True
    ) -> T:
        """Return the result of ``answer``, and cache it for this plain data if it is final."""
        try:
            key = question, cls, _key(what)
        except ValueError:  # values that are not plain data cannot be compared
            return answer()
        if key in self._found:
            return self._found[key]
        found = answer()
        if is_final():
            self._found[key] = found
        return found

    def _find(self, cls: type, config: Mapping[str, object], required: Collection[str]) -> dict[str, object]:
        known = parameters(cls)
        takes_any = not _is_defined_by_keras(cls) and any(p.kind is p.VAR_KEYWORD for p in own_parameters(cls))
        given = {key: value for key, value in config.items() if key not in _KERAS_ADDS and (takes_any or key in known)}
        given = {key: value for key, value in given.items() if key in required or not self._is_default(value, known.get(key))}
        free = {key: value for key, value in given.items() if config_lookup.may_make(value)}
        for key, value in list(free.items()):
            if key in required or not _may_come_from_default(known.get(key), value):
                continue
            rest = {other: item for other, item in free.items() if other != key}
            same = self._same(cls, free, rest, key)
            if same or (same is None and _is_usual(key, value, known.get(key))):
                del free[key], given[key]
        for key, value in list(free.items()):

            def is_short(short: object, key: str = key) -> bool:
                return bool(self._same(cls, free, {**free, key: short}, key))

            shorter = next((short for short in _shorter(value) if is_short(short)), value)
            given[key] = free[key] = self._inner(shorter, is_short)
        if len(free) == len(given) and config_lookup.is_made_of_arguments(cls) and not self._is_taken(cls, given):
            for key in reversed(list(given)):
                rest = {other: item for other, item in given.items() if other != key}
                if self._is_taken(cls, rest):
                    return rest
        return given

    def _is_taken(self, cls: type, arguments: Mapping[str, object]) -> bool:
        """Return whether a constructor accepts this combination of arguments.

        An adapted ``Discretization``, for example, has two arguments in its config that exclude
        each other. Numbers make no difference, so configs that differ only in numbers are tried
        only once.
        """

        def is_taken() -> bool:
            with contextlib.suppress(Exception):  # Keras raises errors of many types
                cls(**config_lookup.inert(arguments))
                return True
            return False

        return self._once("is_taken", cls, _words(arguments), is_taken)

    def _inner(self, value: Any, same: Callable[[object], bool]) -> object:
        """Return a wrapped layer's config without the arguments that need not be written.

        These are defaults, and values that the wrapper sets anyway.
        """
        cls: Any = config_lookup.named(value) if config_lookup.is_object(value) else None
        if cls is None or not issubclass(cls, keras.Layer):
            return value
        self._looks += 1
        if cls not in self._holds():
            return value
        config = value.get("config")
        if not isinstance(config, Mapping):
            return value
        named = {key: item for key, item in config.items() if key == "name"}
        needed, known = self.needed(cls, config), parameters(cls)
        for key in list(needed):
            rest = {other: item for other, item in needed.items() if other != key}
            if _may_come_from_default(known.get(key), ...) and same({**value, "config": {**named, **rest}}):
                needed = rest
        return {**value, "config": {**named, **needed}}

    def _is_default(self, value: Any, parameter: inspect.Parameter | None) -> bool:
        if parameter is None or parameter.default is parameter.empty:
            return False
        if value is parameter.default:
            return True
        if isinstance(parameter.default, str) and config_lookup.is_object(value):
            cls, config = config_lookup.named(value), value.get("config")
            known = cls is not None and config_lookup.is_made_of_arguments(cls) and isinstance(config, Mapping)
            return known and _snake(cls.__name__) == parameter.default and not self.needed(cls, config)  # type: ignore[union-attr, arg-type]
        # A value that is not plain data is not a default.
        with contextlib.suppress(TypeError, ValueError):
            return json.dumps(value) == json.dumps(parameter.default)
        return False

    def _same(self, cls: type, before: Mapping[str, object], after: Mapping[str, object], key: str) -> bool | None:
        """Return whether two configs that differ in one argument make the same layer.

        Return None if the layer cannot be created. Neither the default of an argument without numbers nor the
        shortest form of a value depends on numbers in other arguments. Configs that differ only in
        such numbers are therefore tried only once.
        """
        value, rest = before[key], {other: item for other, item in before.items() if other != key}
        around = _words(rest) if key in after or _words(value) == value else rest

        def same() -> bool | None:
            made = self._made(cls, after) if config_lookup.is_made_of_arguments(cls) else None
            return None if made is None else made == self._made(cls, before)

        return self._once("same", cls, [key, value, after.get(key), around], same)

    def _made(self, cls: type, config: Mapping[str, object]) -> object:
        """Return the config of a layer made from a config; None if it cannot be made."""

        def made() -> object:
            for make in (cls.from_config, lambda arguments: cls(**arguments)):  # type: ignore[attr-defined]
                with contextlib.suppress(Exception):  # a config that creates no layer is not valid
                    return _bare(make(config_lookup.inert(config)).get_config())
            return None

        return self._once("made", cls, config, made)


def _key(value: Any) -> bytes:
    """Return a key for plain data: two keys are equal if both types and values are equal.

    Raise ValueError for other data. Format 2 of `marshal` does not depend on the identity of
    objects.
    """
    return marshal.dumps(value, 2)


def _is_defined_by_keras(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "keras"


def _words(value: object) -> object:
    """Return a config with all numbers replaced by the same placeholder."""
    if isinstance(value, Mapping):
        return {key: _words(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_words, value)) if type(value) in (list, tuple) else tuple(map(_words, value))
    return value if value is None or isinstance(value, str | bool) else ...


def _may_come_from_default(parameter: inspect.Parameter | None, value: object) -> bool:
    """Return whether a layer may turn the default of a parameter into this value.

    For example, a layer may turn a number into a tuple.
    """
    if parameter is None or parameter.default is None:
        return True
    if parameter.default is parameter.empty or isinstance(value, tuple) is not isinstance(parameter.default, tuple):
        return parameter.default is not parameter.empty
    flat = [item for one in (parameter.default, value) for item in (one if isinstance(one, tuple) else [one])]
    return not all(isinstance(item, str | float | int) for item in flat)


def _is_usual(key: str, value: object, parameter: inspect.Parameter | None) -> bool:
    if key == "dtype":
        return bool(value == keras.dtype_policies.serialize(keras.config.dtype_policy()))
    return value == {} and parameter is not None and parameter.default is None


def _bare(value: object) -> object:
    """Return a config in a form that can be compared.

    Names are left out, because Keras numbers them. Lists and tuples are treated as equal, and a
    list of one item as equal to that item.
    """
    if isinstance(value, Mapping):
        named = "DTypePolicy" in str(value.get("class_name"))  # a name defines a policy
        return value if named else {key: _bare(item) for key, item in value.items() if key not in _KERAS_ADDS}
    if isinstance(value, list | tuple):
        # Keras turns an axis into a list.
        return _bare(value[0]) if len(value) == 1 else tuple(map(_bare, value))
    return value


def _shorter(value: object) -> list[object]:
    """Return shorter ways to write a value, the shortest first.

    For example, ``3`` stands for ``(3, 3)``, and ``"he_normal"`` for an initializer.
    """
    if isinstance(value, list | tuple) and value and all(item == value[0] for item in value):
        inner = value[0]
        return [*(_shorter(inner) if isinstance(inner, list | tuple) else []), inner]
    if isinstance(value, Mapping) and isinstance(value.get("class_name"), str):
        return [_snake(value["class_name"])]
    return []


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
