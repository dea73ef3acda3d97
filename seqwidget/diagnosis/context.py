"""The context of a diagnosis: a refused layer, the model it was added to, and trial edits.

A `RefusedAdd` holds what the rules read. `attempt` tries an edit on symbolic tensors.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from ..keras_compat import keras_layers
from ..keras_compat.inner_layers import input_layer
from ..keras_compat.layer_state import called
from ..keras_compat.tracking import is_locked
from ..model import config_lookup
from ..model.layer_kinds import wrapped
from ..model.model_inputs import own_input
from ..model.records import Shapes
from ..model.refusal import REFUSED, Edit, New, Slot
from ..model.tensor_specs import shapes_of
from ..model.trial import trial


@dataclass(frozen=True)
class RefusedAdd:
    """A model whose layers all fit, and the object that Keras refused to add on top.

    Attributes
    ----------
    layers
        The layers of the model, without the refused one.
    tensors
        The symbolic input of each layer, then the output of the last one. Empty while the input
        shape of the model is unknown.
    layer
        The object that Keras refused. It may be something other than a layer.
    words
        Keras's error message, in one line.
    locked
        Whether Keras refuses every new layer, as it does after ``quantize``.
    head
        The config of the model's ``InputLayer``. Empty while the input shape is unknown.
    """

    layers: tuple[keras.Layer, ...]
    tensors: tuple[keras.KerasTensor, ...]
    layer: keras.Layer
    words: str
    locked: bool = False
    head: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, model: keras.Model, layer: keras.Layer, words: str, below: int | None = None) -> RefusedAdd:
        """Return the context of a refused layer and the model that it was added to.

        Parameters
        ----------
        model : keras.Sequential
            The model.
        layer
            The object that Keras refused.
        words : str
            Keras's error message.
        below : int, optional
            The number of layers below the refused one, if the model already contains it. By
            default, the model does not contain it, and all layers of the model are below it.
        """
        shape, dtype = own_input(model)
        layers = tuple(model.layers[:below])
        if shape is None:
            return cls(layers, (), layer, words)
        refused = cls.through(layers, keras.KerasTensor(shape, dtype=dtype), layer, words)
        return replace(refused, locked=is_locked(model), head=config_of(input_layer(model)) or {})

    @classmethod
    def through(cls, layers: Iterable[keras.Layer], tensor: keras.KerasTensor, layer: keras.Layer, words: str) -> RefusedAdd:
        """Return the context of a refused layer and the layers that a symbolic tensor passes through."""
        layers, tensors = tuple(layers), [tensor]
        for one in layers:
            tensors.append(trial(one, tensors[-1])[1])
        return cls(layers, tuple(tensors), layer, words)

    def at(self, slot: int) -> keras.Layer:
        """Return the layer in a slot: one of the model's layers, or the refused one."""
        return self.layer if slot == REFUSED else self.layers[slot]

    @property
    def name(self) -> str:
        """The name of the layer's class, or of its nearest base class that Keras defines."""
        return next((c.__name__ for c in type(self.layer).__mro__ if c.__module__.startswith("keras.")), "")

    @property
    def shape(self) -> Any:
        """The shape that the layer receives, batch first.

        A tuple of shapes for several tensors; ``()`` while it is unknown.
        """
        return shapes_of(self.tensors[-1]) if self.tensors else ()

    @property
    def sizes(self) -> Any:
        """The shape that the layer receives, without the batch axis."""
        return self.shape[1:]

    @property
    def rank(self) -> int:
        """The number of axes that the layer receives, including the batch axis.

        0 for several tensors, and while the shape is unknown.
        """
        return 0 if self.several else len(self.shape)

    @property
    def several(self) -> bool:
        """Whether the layer receives several tensors."""
        return bool(self.shape) and isinstance(self.shape[0], tuple)

    @property
    def input_shape(self) -> Any:
        """The input shape of the model, batch first; ``()`` while it is unknown."""
        return tuple(self.tensors[0].shape) if self.tensors else ()

    def shape_before(self, index: int) -> Any:
        """Return the input shape of one of the model's layers; ``()`` while it is unknown."""
        return shapes_of(self.tensors[index]) if self.tensors else ()

    # The methods below build edits. An edit keeps everything that it does not mention.

    @property
    def kept(self) -> tuple[int, ...]:
        """The slots of the model's layers."""
        return tuple(range(len(self.layers)))

    def instead(self, *layers: Slot) -> Edit:
        """Return an edit that adds other layers in place of the refused one."""
        return Edit((*self.kept, *_with_weights(layers, self.layer, REFUSED)))

    def before(self, *layers: Slot) -> Edit:
        """Return an edit that puts layers between the model and the refused layer."""
        return Edit((*self.kept, *layers, REFUSED))

    def earlier(self, index: int, *layers: Slot) -> Edit:
        """Return an edit that replaces one of the model's layers, or removes it."""
        changed = _with_weights(layers, self.layers[index], index)
        return Edit((*self.kept[:index], *changed, *self.kept[index + 1 :], REFUSED))

    def taking(self, *sizes: int | None, head: tuple[Slot, ...] = ()) -> Edit:
        """Return an edit that changes the input shape of the model.

        ``sizes`` has no batch axis. The layers of ``head`` become the first layers of the model.
        """
        return Edit((*head, *self.kept, REFUSED), (*self.input_shape[:1], *sizes))


def _with_weights(slots: Iterable[Slot], layer: keras.Layer, at: int) -> Iterator[Slot]:
    """Yield the slots; a changed copy of ``layer`` takes its weights from slot ``at``."""
    for slot in slots:
        is_change = isinstance(slot, New) and type(layer) is slot.cls and slot.config.get("name") == layer.name
        yield replace(slot, weights_of=at) if isinstance(slot, New) and is_change else slot


_NO_CONFIG = {"no config": None}  # an argument that no class accepts, so building the layer fails


def config_of(layer: keras.Layer) -> dict[str, Any] | None:
    """Return the config of a layer, or None: ``get_config`` of a custom layer may fail."""
    with contextlib.suppress(Exception):  # a custom get_config may raise anything
        return keras_layers.config_of(layer)
    return None


def _has_config(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("config"), Mapping)


def changed(layer: keras.Layer, **arguments: object) -> New:
    """Return a new layer like ``layer``, with some arguments changed.

    For a wrapper, arguments that are not in its own config change the layers inside it.
    """
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


def fresh(layer: keras.Layer) -> New:
    """Return a new layer with the same config."""
    return New(type(layer), config_of(layer) or _NO_CONFIG, config_lookup.held([layer]))


def converted(layer: keras.Layer, name: str) -> New | None:
    """Return a new layer of another Keras class, with the arguments that both classes have.

    A tuple or list of equal values becomes one value, so that it suits any number of axes. Return
    None if Keras has no such class, or the config of ``layer`` is unknown.
    """
    cls, config = getattr(keras.layers, name, None), config_of(layer)
    if cls is None or config is None:
        return None
    known = set(_signature(cls))
    rest = {key: value for key, value in config.items() if key in known and key != "name"}
    for key, value in rest.items():
        if isinstance(value, tuple | list) and len(set(map(str, value))) == 1:
            rest[key] = value[0]
    return New(cls, rest, config_lookup.held([layer]))


def _signature(cls: type) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(cls.__init__).parameters  # type: ignore[misc]


def unwrapped(layer: keras.Layer) -> keras.Layer:
    """Return the innermost layer inside any wrappers; the layer itself if there are none."""
    while hasattr(layer, "forward_layer") or isinstance(layer, keras.layers.Wrapper):
        layer = wrapped(layer)
    return layer


@dataclass(frozen=True)
class FittingEdit:
    """An edit that fits, in the form in which it can be applied."""

    edit: Edit
    output_shape: Shapes | None  # of the model afterwards; None while unknown, or without layers
    renewed: tuple[str, ...]  # names of the layers whose weights are re-initialised


def attempt(refused: RefusedAdd, edit: Edit) -> FittingEdit | None:
    """Try an edit on symbolic tensors, layer by layer; return None if it does not fit.

    The caller provides the `scratch.scratch` context. A layer whose weights do not fit its new
    input is rebuilt from its config.
    """
    if not edit.slots:
        return FittingEdit(edit, None, ())
    edit = replace(edit, slots=tuple(_named_apart(refused, edit.slots)))
    if not refused.tensors:
        return _unbuilt(refused, edit)
    x: keras.KerasTensor = keras.KerasTensor(edit.input_shape or refused.input_shape, dtype=refused.tensors[0].dtype)
    slots: list[Slot] = []
    renewed: list[str] = []
    for position, slot in enumerate(edit.slots):
        if slot == position < len(refused.tensors) - 1 and shapes_of(x) == shapes_of(refused.tensors[position]):
            slots.append(slot)
            x = refused.tensors[position + 1]
            continue
        try:
            taken, x = _fitted(refused, slot, x)
        except Exception:  # noqa: BLE001  a layer may raise anything; any error means that the edit does not fit
            return None
        before = slot if isinstance(slot, int) else slot.weights_of
        if before is not None and before != (taken if isinstance(taken, int) else taken.weights_of):
            layer = refused.at(before)
            renewed += [layer.name] if layer.built and layer.weights else []
        slots.append(taken)
    if not isinstance(x, keras.KerasTensor) or not all(size is None or size > 0 for size in x.shape):
        return None
    if not x.shape or x.shape[0] not in (None, (edit.input_shape or refused.input_shape)[0]):
        return None  # the axis of the samples is lost
    return FittingEdit(Edit(tuple(slots), edit.input_shape), shapes_of(x), tuple(renewed))


def _named_apart(refused: RefusedAdd, slots: tuple[Slot, ...]) -> Iterator[Slot]:
    """Yield the slots; a new layer loses its name if an existing layer has the same name.

    This happens when a layer is added a second time: the copy needs another name.
    """
    stay = [refused.at(slot) for slot in slots if not isinstance(slot, New)]
    taken = {getattr(layer, "name", None) for layer in stay}
    for slot in slots:
        if isinstance(slot, New) and slot.config.get("name") in taken:
            yield replace(slot, config={key: value for key, value in slot.config.items() if key != "name"})
        else:
            yield slot


def _unbuilt(refused: RefusedAdd, edit: Edit) -> FittingEdit | None:
    """Accept an edit of a model whose input shape is unknown if the layer names are unique.

    Keras checks nothing else before it knows the input shape.
    """
    try:
        layers = [slot.make() if isinstance(slot, New) else refused.at(slot) for slot in edit.slots]
    except Exception:  # noqa: BLE001  a constructor may raise anything; any error means that the edit does not fit
        return None
    names = {layer.name for layer in {id(layer): layer for layer in layers}.values()}
    distinct = len({id(layer) for layer in layers})
    return FittingEdit(edit, None, ()) if len(names) == distinct and edit.input_shape is None else None


def _fitted(refused: RefusedAdd, slot: Slot, x: keras.KerasTensor) -> tuple[Slot, keras.KerasTensor]:
    layer = slot.make() if isinstance(slot, New) else refused.at(slot)
    if isinstance(layer, keras.Model) and getattr(layer, "inputs", None):
        _check_inner_input(layer, x)
    if isinstance(slot, New):
        y = called(layer, x)
        origin = None if slot.weights_of is None else refused.at(slot.weights_of)
        if origin is None or not origin.built or not _same_weights(layer, origin):
            slot = replace(slot, weights_of=None)
        return slot, y
    as_it_is = not layer.built or not layer.weights or _checks_its_input(layer)
    if as_it_is:
        with contextlib.suppress(Exception):  # if this fails, the layer is rebuilt below
            return slot, trial(layer, x)[1]
    new = fresh(layer)
    made = new.make()
    y = called(made, x)
    return (slot if not as_it_is and _same_weights(made, layer) else new), y


def _same_weights(one: keras.Layer, other: keras.Layer) -> bool:
    return [tuple(w.shape) for w in one.weights] == [tuple(w.shape) for w in other.weights]


def _checks_its_input(layer: keras.Layer) -> bool:
    """Return whether Keras checks the input of a built layer against the sizes of its weights.

    It does not for recurrent layers.
    """
    return any(getattr(spec, "axes", None) for spec in keras.tree.flatten(layer.input_spec))


def _check_inner_input(model: keras.Model, x: keras.KerasTensor) -> None:
    """Raise an error if ``x`` does not have the input shape of a nested model.

    Keras does not check this if the last axis has size 1.
    """
    wanted = tuple(model.inputs[0].shape)
    if len(model.inputs) > 1 or len(wanted) != len(x.shape):
        msg = f"{model.name} was made for a different number of tensors or axes"
        raise ValueError(msg)
    if not all(want in (None, came) for want, came in zip(wanted[1:], x.shape[1:], strict=True)):
        msg = f"{model.name} was made for {wanted}"
        raise ValueError(msg)
