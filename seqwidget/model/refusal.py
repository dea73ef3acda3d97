"""Frozen records of an edit that Keras refuses: the reason, and edits that fit instead."""

from __future__ import annotations

import copy
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

import keras

from ..errors import UserError
from ..i18n.languages import ENGLISH, translate
from ..i18n.messages import Text, message
from ..printable import line
from . import config_lookup
from .records import Facts, Json, Shape, Shapes, plain, public_repr

REFUSED = -1
"""A slot of an edit that stands for the refused layer itself, unchanged."""


@dataclass(frozen=True, slots=True)
class New:
    """A layer to be made from a class and a config. The config may lack a name.

    ``holds`` has the classes and function names found in the layer that the config was read from.
    Only these, and Keras classes that their arguments define completely, are used to make the
    objects that the config names. ``weights_of`` is the slot of the layer that the new layer
    replaces, and whose weights it takes over.
    """

    cls: type[keras.Layer]
    config: Mapping[str, object]
    holds: config_lookup.Holds = field(default=frozenset(), repr=False, compare=False)
    weights_of: int | None = field(default=None, kw_only=True)

    def make(self, taken: Container[str] = ()) -> keras.Layer:
        """Return a new layer with new weights.

        If the config has no name, the layer gets a name that is not in ``taken``.
        """
        if not config_lookup.may_make(self.config, self.holds):
            msg = f"the config of {self.cls.__name__} names objects that no layer at hand holds"
            raise ValueError(msg)
        while True:
            layer = self.cls.from_config(copy.deepcopy(dict(self.config)))
            if "name" in self.config or layer.name not in taken:
                return layer


@dataclass(frozen=True, slots=True)
class Called(New):
    """A layer to be made by a call with objects as arguments, which no config can contain."""

    def make(self, taken: Container[str] = ()) -> keras.Layer:
        """Return a new layer; see `New.make`."""
        while True:
            layer = self.cls(**self.config)
            if layer.name not in taken:
                return layer


Slot = int | New


@dataclass(frozen=True, slots=True)
class Edit:
    """The content that a stack should have after an edit.

    Attributes
    ----------
    slots
        The layers in order. Each slot is the position of an existing layer, which stays the same
        object with its weights, or `REFUSED`, or a `New` layer.
    input_shape
        New input shape of the model, including the batch axis; ``None`` keeps the present one.
    """

    slots: tuple[Slot, ...]
    input_shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """An edit that was tried and fits.

    Attributes
    ----------
    description
        What the edit changes, in plain words.
    code
        Python code that makes the same edit to a model named ``model``.
    output_shape
        Output shape of the model after the edit, including the batch axis; ``None`` if it has no
        layers or does not know its input.
    edit
        The edit itself.
    run
        The function that performs the edit, set by the owner of the model.
    """

    description_message: Text
    code: str
    output_shape: Shapes | None
    edit: Edit = field(repr=False)
    run: Callable[[Edit], None] | None = field(default=None, repr=False, compare=False)
    __repr__ = public_repr

    @property
    def description(self) -> str:
        """What the edit changes, in English."""
        return str(self.description_message)

    def apply(self) -> None:
        """Apply the edit to the model.

        The model's output shape is then ``output_shape``.

        Raises
        ------
        UserError
            If the fix does not belong to a live model.
        """
        if self.run is None:
            msg = message("this fix cannot be applied, because its model is not watched; paste its code instead.")
            raise UserError(msg)
        self.run(self.edit)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a layer does not fit on a stack, and which edits would fit.

    Attributes
    ----------
    layer
        Name of the refused layer.
    type
        Name of its class.
    input_shape
        Shape of the layer's input, including the batch axis; ``None`` if the stack does not know
        its input.
    cause
        What the layer needs and what it received, in one sentence.
    arithmetic
        The calculation that does not work out, in one line; empty if there is none.
    fixes
        Edits that were tried on this stack and fit, the smallest change first.
    words
        Keras's error message, in one line.
    alternative
        For a layer that a stack cannot contain: code of the same stack as a functional model, which
        can contain it. Otherwise empty.
    form
        The facts about that functional model, which was built as a trial; None without one.
    """

    layer: str
    type: str
    input_shape: Shapes | None
    cause_message: Text
    arithmetic_message: Text
    fixes: tuple[Fix, ...]
    words: str
    alternative: str = ""
    form: Facts | None = field(default=None, repr=False, compare=False, metadata={"internal": True})
    __repr__ = public_repr

    @property
    def cause(self) -> str:
        """What the layer needs and what it received, in English."""
        return str(self.cause_message)

    @property
    def arithmetic(self) -> str:
        """The calculation that does not work out, in English."""
        return str(self.arithmetic_message)

    def __str__(self) -> str:
        """Return the diagnosis as plain text, as a terminal shows it below the error."""
        title = message(
            "seqwidget: {layer} ({type}) does not fit: {cause}", layer=self.layer, type=self.type, cause=self.cause_message
        )
        lines = [translate(title)]
        lines += [f"  {translate(self.arithmetic_message)}"] if self.arithmetic_message else []
        lines += [translate(message("Fixes (each was tried on this model):"))] if self.fixes else []
        for fix in self.fixes:
            gives = message(": the output is then {shape}", shape=fix.output_shape) if fix.output_shape else ""
            lines += [f"  - {translate(fix.description_message)}{translate(gives)}", *_indented(fix.code)]
        lines += [translate(message("As a functional model:")), *_indented(self.alternative)] if self.alternative else []
        return "\n".join(map(line, lines))

    def to_dict(self) -> Json:
        """Return the record as JSON data, with sentences in English."""
        return self.to_dict_in(ENGLISH)

    def to_dict_in(self, language: str) -> Json:
        """Return the record as `to_dict` does, with sentences in another language."""
        fixes = [
            {"description": fix.description_message, "code": fix.code, "output_shape": fix.output_shape} for fix in self.fixes
        ]
        record = {
            "layer": self.layer,
            "type": self.type,
            "input_shape": self.input_shape,
            "cause": self.cause_message,
            "arithmetic": self.arithmetic_message,
            "fixes": fixes,
            "words": self.words,
            "alternative": self.alternative,
        }
        return plain(record, language)


def _indented(code: str) -> list[str]:
    return [f"      {one}" for one in code.split("\n")]
