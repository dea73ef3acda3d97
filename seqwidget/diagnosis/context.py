"""One refused layer on one stack: what its diagnosis reads, and how an edit of that stack is tried."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from ..keras_compat.keras_graph import input_layer, is_locked
from ..keras_compat.layer_state import called
from ..model import config_lookup
from ..model.call_graph import own_input, shapes_of
from ..model.layer_kinds import wrapped
from ..model.records import Shapes
from ..model.refusal import REFUSED, Edit, New, Slot
from ..model.trial import trial


@dataclass(frozen=True)
class Case:
    """A stack in its good state, and what was to come on top of it.

    Attributes
    ----------
    layers
        The stack's own layers.
    tensors
        The symbolic input of each, and the output of the last; empty while the stack does not know its input.
    layer
        What Keras refused; it may be no layer at all.
    words
        What Keras says.
    locked
        Whether Keras lets no layer at all be added.
    head
        The settings of the stack's Input; empty while it does not know its input.
    """

    layers: tuple[Any, ...]
    tensors: tuple[Any, ...]
    layer: Any
    words: str
    locked: bool = False
    head: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, model: Any, layer: Any, words: str, below: int | None = None) -> Case:
        """Read a case off a model that has not got the layer; or has, and then ``below`` tells how many are below it."""
        shape, dtype = own_input(model)
        layers = tuple(model.layers[:below])
        if shape is None:
            return cls(layers, (), layer, words)
        case = cls.through(layers, keras.KerasTensor(shape, dtype=dtype), layer, words)
        return replace(case, locked=is_locked(model), head=config_of(input_layer(model)) or {})

    @classmethod
    def through(cls, layers: Iterable[Any], tensor: Any, layer: Any, words: str) -> Case:
        """Make a case of layers that a tensor goes through."""
        layers, tensors = tuple(layers), [tensor]
        for one in layers:
            tensors.append(trial(one, tensors[-1])[1])
        return cls(layers, tuple(tensors), layer, words)

    def at(self, slot: int) -> Any:
        """Return the layer of a slot: one of the stack's own, or the refused one."""
        return self.layer if slot == REFUSED else self.layers[slot]

    @property
    def name(self) -> str:
        """Name the Keras class that the layer is, or the nearest that it derives from."""
        return next((c.__name__ for c in type(self.layer).__mro__ if c.__module__.startswith("keras.")), "")

    @property
    def shape(self) -> Any:
        """What came in; a tuple of shapes for several tensors, ``()`` while that is not known."""
        return shapes_of(self.tensors[-1]) if self.tensors else ()

    @property
    def sizes(self) -> Any:
        """What came in, without the batch."""
        return self.shape[1:]

    @property
    def rank(self) -> int:
        """The number of axes that came in, with the batch; 0 for several tensors or none."""
        return 0 if self.several else len(self.shape)

    @property
    def several(self) -> bool:
        """Whether several tensors came in."""
        return bool(self.shape) and isinstance(self.shape[0], tuple)

    @property
    def input_shape(self) -> Any:
        """What the model takes."""
        return tuple(self.tensors[0].shape) if self.tensors else ()

    def shape_before(self, index: int) -> Any:
        """Give what comes into one of the stack's own layers."""
        return shapes_of(self.tensors[index]) if self.tensors else ()

    # Edits. Each keeps everything else as it is.

    @property
    def kept(self) -> tuple[int, ...]:
        """The slots of the stack's own layers."""
        return tuple(range(len(self.layers)))

    def instead(self, *layers: Slot) -> Edit:
        """Put other layers on top instead of the refused one."""
        return Edit((*self.kept, *_with_weights(layers, self.layer, REFUSED)))

    def before(self, *layers: Slot) -> Edit:
        """Put layers between the stack and the refused one."""
        return Edit((*self.kept, *layers, REFUSED))

    def earlier(self, index: int, *layers: Slot) -> Edit:
        """Replace one of the stack's own layers."""
        changed = _with_weights(layers, self.layers[index], index)
        return Edit((*self.kept[:index], *changed, *self.kept[index + 1 :], REFUSED))

    def taking(self, *sizes: int | None, head: tuple[Slot, ...] = ()) -> Edit:
        """Have the model take another input, with layers at its head."""
        return Edit((*head, *self.kept, REFUSED), (*self.input_shape[:1], *sizes))


def _with_weights(slots: Iterable[Slot], layer: Any, at: int) -> Iterator[Slot]:
    """Give new layers that are one that is there with other settings the weights that it has."""
    for slot in slots:
        is_change = isinstance(slot, New) and type(layer) is slot.cls and slot.config.get("name") == layer.name
        yield replace(slot, weights_of=at) if isinstance(slot, New) and is_change else slot


_NO_CONFIG = {"no config": None}  # which no class takes: such a layer cannot be made


def config_of(layer: Any) -> dict[str, Any] | None:
    """Return the settings of a layer, or None: one of somebody's own may not tell them."""
    try:
        return dict(layer.get_config())
    except Exception:  # noqa: BLE001  it may raise anything
        return None


def _has_config(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("config"), Mapping)


def changed(layer: Any, **arguments: Any) -> New:
    """Give a layer with some arguments changed; in a wrapper they are those of what it wraps, if the wrapper has none such."""
    config = config_of(layer)
    if config is None:
        return New(type(layer), _NO_CONFIG)
    for key, value in arguments.items():
        inner = {side: config[side] for side in ("layer", "backward_layer") if _has_config(config.get(side))}
        if key not in config and inner:
            for side, one in inner.items():
                config[side] = {**one, "config": {**one["config"], key: value}}
        else:
            config[key] = value
    return New(type(layer), config, config_lookup.held([layer]))


def fresh(layer: Any) -> New:
    """Give a layer of the same settings."""
    return New(type(layer), config_of(layer) or _NO_CONFIG, config_lookup.held([layer]))


def converted(layer: Any, name: str) -> New | None:
    """Give a layer of another Keras class with the settings that both know."""
    cls, config = getattr(keras.layers, name, None), config_of(layer)
    if cls is None or config is None:
        return None
    known = set(_signature(cls))
    rest = {key: value for key, value in config.items() if key in known and key != "name"}
    for key, value in rest.items():
        if isinstance(value, tuple | list) and len(set(map(str, value))) == 1:
            rest[key] = value[0]
    return New(cls, rest, config_lookup.held([layer]))


def _signature(cls: type) -> Mapping[str, Any]:
    import inspect  # noqa: PLC0415

    return inspect.signature(cls.__init__).parameters  # type: ignore[misc]


def unwrapped(layer: Any) -> Any:
    """Give the layer that does the work: inside the wrappers, if there are any."""
    while hasattr(layer, "forward_layer") or isinstance(layer, keras.layers.Wrapper):
        layer = wrapped(layer)
    return layer


@dataclass(frozen=True)
class Tried:
    """An edit that fits: as it can be carried out, what it gives, and whose weights start anew."""

    edit: Edit
    output_shape: Shapes | None
    renewed: tuple[str, ...]


def attempt(case: Case, edit: Edit) -> Tried | None:
    """Try an edit symbolically, layer by layer, in the caller's scratch; None where it does not fit.

    A layer whose weights would not fit what now comes in is made anew from its config.
    """
    if not edit.slots:
        return Tried(edit, None, ())
    edit = replace(edit, slots=tuple(_named_apart(case, edit.slots)))
    if not case.tensors:
        return _unbuilt(case, edit)
    x: Any = keras.KerasTensor(edit.input_shape or case.input_shape, dtype=case.tensors[0].dtype)
    slots: list[Slot] = []
    renewed: list[str] = []
    for position, slot in enumerate(edit.slots):
        if slot == position < len(case.tensors) - 1 and shapes_of(x) == shapes_of(case.tensors[position]):
            slots.append(slot)
            x = case.tensors[position + 1]
            continue
        try:
            taken, x = _fitted(case, slot, x)
        except Exception:  # noqa: BLE001  a layer may raise anything: it does not fit, which is the answer
            return None
        before = slot if isinstance(slot, int) else slot.weights_of
        if before is not None and before != (taken if isinstance(taken, int) else taken.weights_of):
            layer = case.at(before)
            renewed += [layer.name] if layer.built and layer.weights else []
        slots.append(taken)
    if not isinstance(x, keras.KerasTensor) or not all(size is None or size > 0 for size in x.shape):
        return None
    return Tried(Edit(tuple(slots), edit.input_shape), shapes_of(x), tuple(renewed))


def _named_apart(case: Case, slots: tuple[Slot, ...]) -> Iterator[Slot]:
    """Take the name from a new layer where another one has it: of a layer that is added again, there are two then."""
    stay = [case.at(slot) for slot in slots if not isinstance(slot, New)]
    taken = {getattr(layer, "name", None) for layer in stay}
    for slot in slots:
        if isinstance(slot, New) and slot.config.get("name") in taken:
            yield replace(slot, config={key: value for key, value in slot.config.items() if key != "name"})
        else:
            yield slot


def _unbuilt(case: Case, edit: Edit) -> Tried | None:
    """Accept an edit of a stack without shapes if its names differ, which is all that Keras checks then."""
    try:
        layers = [slot.make() if isinstance(slot, New) else case.at(slot) for slot in edit.slots]
    except Exception:  # noqa: BLE001  as below
        return None
    names = {layer.name for layer in {id(layer): layer for layer in layers}.values()}
    distinct = len({id(layer) for layer in layers})
    return Tried(edit, None, ()) if len(names) == distinct and edit.input_shape is None else None


def _fitted(case: Case, slot: Slot, x: Any) -> tuple[Slot, Any]:
    layer = slot.make() if isinstance(slot, New) else case.at(slot)
    if isinstance(layer, keras.Model) and getattr(layer, "inputs", None):
        _check_inner_input(layer, x)
    if isinstance(slot, New):
        y = called(layer, x)
        origin = None if slot.weights_of is None else case.at(slot.weights_of)
        if origin is None or not origin.built or not _same_weights(layer, origin):
            slot = replace(slot, weights_of=None)
        return slot, y
    as_it_is = not layer.built or not layer.weights or _checks_its_input(layer)
    if as_it_is:
        with contextlib.suppress(Exception):  # its weights do not fit, or it failed half built: it is made anew
            return slot, trial(layer, x)[1]
    new = fresh(layer)
    made = new.make()
    y = called(made, x)
    return (slot if not as_it_is and _same_weights(made, layer) else new), y


def _same_weights(one: Any, other: Any) -> bool:
    return [tuple(w.shape) for w in one.weights] == [tuple(w.shape) for w in other.weights]


def _checks_its_input(layer: Any) -> bool:
    """Whether Keras holds a built layer to the sizes that its weights were made for; it does not for recurrent ones."""
    return any(getattr(spec, "axes", None) for spec in keras.tree.flatten(layer.input_spec))


def _check_inner_input(model: Any, x: Any) -> None:
    """Hold a nested model to the input that it was made for, which Keras does not for a last axis of 1."""
    wanted = tuple(model.inputs[0].shape)
    if len(model.inputs) > 1 or len(wanted) != len(x.shape):
        msg = f"{model.name} was made for another number of tensors or axes"
        raise ValueError(msg)
    if not all(want in (None, came) for want, came in zip(wanted[1:], x.shape[1:], strict=True)):
        msg = f"{model.name} was made for {wanted}"
        raise ValueError(msg)
