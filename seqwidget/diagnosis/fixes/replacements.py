"""Propose edits that replace what cannot be added to a Sequential with what was probably meant."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

import keras

from ...i18n.messages import N_, message
from ...keras_compat import keras_graph
from ...keras_compat.origin import is_from_keras
from ...model.refusal import REFUSED, Called, New
from ..context import RefusedAdd, config_of, converted, fresh
from .common import PUT, PUT_UNITS, Candidate, earlier_with, inserting, new, taking, with_arguments


def for_no_layer(refused: RefusedAdd) -> Iterator[Candidate]:
    """Yield the layer that was probably meant, for an object that is not a layer."""
    thing: Any = refused.layer
    if isinstance(thing, type) and issubclass(thing, keras.Layer):
        yield message("call it: {call}", call=f"{thing.__name__}()"), refused.instead(New(thing, {}))
    elif isinstance(thing, keras.KerasTensor):
        layer = keras_graph.made_by(thing)
        if isinstance(layer, keras.Layer):
            yield message("add the layer {layer} itself", layer=layer.name), refused.instead(fresh(layer))
    elif isinstance(thing, list | tuple) and all(isinstance(one, keras.Layer) for one in thing) and thing:
        yield message("add them one by one"), refused.instead(*map(fresh, thing))
    elif isinstance(thing, str) or (callable(thing) and not isinstance(thing, type)):
        name = thing if isinstance(thing, str) else getattr(thing, "__name__", "")
        if callable(getattr(keras.activations, name, None)):
            yield message("add it as an Activation"), refused.instead(new("Activation", activation=name))
        elif isinstance(thing, str):
            return
        elif is_from_keras(thing, "applications"):
            made = Called(thing, {"include_top": False, "weights": None, "input_shape": refused.sizes})
            yield message("call it, here without its top and with random weights"), refused.instead(made)
        else:
            yield message("wrap it in a Lambda"), refused.instead(Called(keras.layers.Lambda, {"function": thing}))
    elif isinstance(thing, int) and not isinstance(thing, bool) and thing > 0:
        yield message("add Dense with {units} units", units=thing), refused.instead(new("Dense", units=thing))


def for_second_input(refused: RefusedAdd, given: tuple[int | None, ...]) -> Iterator[Candidate]:
    """Yield edits that leave a second ``InputLayer`` out, or reach its shape with a layer."""
    yield message("leave it out: the shapes inside a stack follow from its input"), refused.instead()
    if refused.rank and given[1:] != refused.sizes and None not in given[1:]:
        yield message("reshape to {shape}", shape=given[1:]), refused.instead(new("Reshape", target_shape=given[1:]))
        if len(given) == refused.rank:
            yield message("reach {shape} with a Dense", shape=given), refused.instead(new("Dense", units=given[-1]))


def for_same_name(refused: RefusedAdd) -> Iterator[Candidate]:
    """Yield the edit that gives the layer an unused name."""
    base = re.sub(r"_\d+$", "", refused.layer.name)
    taken = {layer.name for layer in refused.layers}
    free = next(name for n in itertools.count(1) if (name := f"{base}_{n}") not in taken)
    yield with_arguments(refused, name=free)


def for_cell(refused: RefusedAdd) -> Iterator[Candidate]:
    """Yield layers that run a recurrent cell over the time steps, for an input with 3 axes.

    For other inputs, yield nothing: ``RNN`` accepts symbolic tensors with any number of axes, but
    fails when it runs on real ones.
    """
    if refused.rank != 3:  # (batch, steps, features)
        return
    cell = {"class_name": type(refused.layer).__name__, "config": config_of(refused.layer), "module": "keras.layers"}
    whole = converted(refused.layer, type(refused.layer).__name__.removesuffix("Cell"))
    if whole is not None:
        yield message("use {layer}, which runs this cell over the steps", layer=whole.cls.__name__), refused.instead(whole)
    yield message("wrap it in an RNN"), refused.instead(new("RNN", cell={**cell, "registered_name": None}))


def for_inside(refused: RefusedAdd, inner: RefusedAdd, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield edits that put layers before a nested Sequential whose first layer does not fit.

    ``candidates`` are the candidate edits for that first layer. Only those that put layers before it are
    used.
    """
    for words, edit in candidates if not inner.layers else ():
        *before, last = edit.slots
        if before and last == REFUSED and edit.input_shape is None:
            yield words, refused.before(*before)


def for_several(refused: RefusedAdd) -> Iterator[Candidate]:
    """Yield edits that make the previous layer return one tensor, or that merge its tensors."""
    last = len(refused.layers) - 1
    yield earlier_with(refused, last, return_state=False)
    for sequences in (True, False):
        yield earlier_with(refused, last, return_state=False, return_sequences=sequences)
    if "merge_mode" in (config_of(refused.layers[last]) or ()):
        yield earlier_with(refused, last, merge_mode="concat")
    yield from (inserting(refused, PUT, new(merge)) for merge in ("Concatenate", "Average"))


def for_model(refused: RefusedAdd, wanted: tuple[int | None, ...]) -> Iterator[Candidate]:
    """Yield edits that convert the input to the shape that a nested model expects."""
    sizes = wanted[1:]
    fixed = None not in sizes
    if fixed and len(wanted) == 4 == refused.rank:  # images
        resize = new("Resizing", height=sizes[0], width=sizes[1])
        yield inserting(refused, N_("add {layers} before it, which resizes the images"), resize)
        to_channels = new("Conv2D", filters=sizes[2], kernel_size=1)
        yield inserting(refused, N_("add {layers} before it, which sets the number of channels"), to_channels)
        yield inserting(refused, PUT, resize, new("Conv2D", filters=sizes[2], kernel_size=1))
    if fixed and refused.rank and len(wanted) == refused.rank:
        yield inserting(refused, PUT_UNITS, new("Dense", units=sizes[-1]), units=sizes[-1])
    if fixed:
        yield inserting(refused, PUT, new("Reshape", target_shape=sizes))
    if len(wanted) == 2:  # a vector
        yield inserting(refused, PUT, new("Flatten"))
        yield inserting(refused, PUT, new("Flatten"), new("Dense", units=sizes[-1]))
    if not refused.layers:
        yield taking(refused, *sizes)
