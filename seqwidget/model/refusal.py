"""Frozen records of an edit that Keras refuses: why, and what would fit instead."""

from __future__ import annotations

import copy
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import UserError
from ..i18n.languages import ENGLISH, tell
from ..i18n.messages import said
from ..printable import line
from . import config_lookup
from .records import Shape, Shapes, plain

REFUSED = -1
"""Among an edit's slots: the refused layer itself, as it is."""


@dataclass(frozen=True, slots=True)
class New:
    """A layer to be made: a class and a config, in which a name may be missing.

    ``holds`` is what the layer holds that the config was read from: nothing else that the config names is made.
    ``weights_of`` is the slot of the layer that it is a change of, and whose weights it is to have.
    """

    cls: type[Any]
    config: Mapping[str, Any]
    holds: frozenset[Any] = field(default=frozenset(), repr=False, compare=False)
    weights_of: int | None = field(default=None, kw_only=True)

    def make(self, taken: Container[str] = ()) -> Any:
        """Make the layer, with fresh weights; without a name of its own it gets one that is not ``taken``."""
        if not config_lookup.may_make(self.config, self.holds):
            msg = f"the config of {self.cls.__name__} names objects that no layer at hand holds"
            raise ValueError(msg)
        while True:
            layer = self.cls.from_config(copy.deepcopy(dict(self.config)))
            if "name" in self.config or layer.name not in taken:
                return layer


@dataclass(frozen=True, slots=True)
class Called(New):
    """A layer to be made by a call with arguments as they are: objects, which no config holds."""

    def make(self, taken: Container[str] = ()) -> Any:
        """Make the layer; see `New.make`."""
        while True:
            layer = self.cls(**self.config)
            if layer.name not in taken:
                return layer


Slot = int | New


@dataclass(frozen=True, slots=True)
class Edit:
    """What a whole stack should become.

    Attributes
    ----------
    slots
        Its layers in order: the position of a layer that is there already and stays the same object with its weights,
        `REFUSED`, or a `New` one.
    input_shape
        What the model shall take, batch first; ``None`` leaves it as it is.
    """

    slots: tuple[Slot, ...]
    input_shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """An edit that was tried and fits.

    Attributes
    ----------
    description
        What it changes, in plain words.
    code
        Python that does the same to a model named ``model``.
    output_shape
        What the model gives afterwards; ``None`` without layers, or while it does not know its input.
    edit
        The edit itself.
    run
        What carries an edit out; bound by whoever owns the model.
    """

    description: str
    code: str
    output_shape: Shapes | None
    edit: Edit = field(repr=False)
    run: Callable[[Edit], None] | None = field(default=None, repr=False, compare=False)

    def apply(self) -> None:
        """Change the model; its ``output_shape`` is then the one promised."""
        if self.run is None:
            msg = said("this fix cannot be applied, because its model is not watched; paste its code instead.")
            raise UserError(msg)
        self.run(self.edit)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a layer does not fit on a stack, and what would.

    Attributes
    ----------
    layer
        The refused layer's name.
    type
        The name of its class.
    input_shape
        What came in, batch first; ``None`` where the stack does not know its input.
    cause
        What the layer needs and what came, in one sentence.
    arithmetic
        The sum that does not work out, in one line; empty where there is none.
    fixes
        Edits that were tried on this stack and fit, the least change first.
    words
        What Keras says, in one line.
    alternative
        For a layer that has no place in a stack: this stack in the form that has one. Else empty.
    """

    layer: str
    type: str
    input_shape: Shapes | None
    cause: str
    arithmetic: str
    fixes: tuple[Fix, ...]
    words: str
    alternative: str = ""

    def __str__(self) -> str:
        """Give the diagnosis as plain text: what a terminal shows below the error."""
        title = said("seqwidget: {layer} ({type}) does not fit: {cause}", layer=self.layer, type=self.type, cause=self.cause)
        lines = [tell(title)]
        lines += [f"  {tell(self.arithmetic)}"] if self.arithmetic else []
        lines += [tell(said("Fixes (each was tried on this model):"))] if self.fixes else []
        for fix in self.fixes:
            gives = said(": the output is then {shape}", shape=fix.output_shape) if fix.output_shape else ""
            lines += [f"  - {tell(fix.description)}{tell(gives)}", *_indented(fix.code)]
        lines += [tell(said("As a functional model:")), *_indented(self.alternative)] if self.alternative else []
        return "\n".join(map(line, lines))

    def to_dict(self) -> dict[str, Any]:
        """Give the record as plain JSON data."""
        return self.to_dict_in(ENGLISH)

    def to_dict_in(self, language: str) -> dict[str, Any]:
        """Give the record as `to_dict` does, with its sentences in a language."""
        fixes = [{"description": fix.description, "code": fix.code, "output_shape": fix.output_shape} for fix in self.fixes]
        record = {
            "layer": self.layer,
            "type": self.type,
            "input_shape": self.input_shape,
            "cause": self.cause,
            "arithmetic": self.arithmetic,
            "fixes": fixes,
            "words": self.words,
            "alternative": self.alternative,
        }
        return plain(record, language)


def _indented(code: str) -> list[str]:
    return [f"      {one}" for one in code.split("\n")]
