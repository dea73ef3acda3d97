"""Frozen records: what is known about a model at one moment.

A value that is not known is ``None``, and `LayerRow.unknown` or `Stack.unknown` has the reason.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from ..i18n.languages import ENGLISH, translate
from ..i18n.messages import Message, Text
from ..printable import line
from .edges import Graphs
from .settings import Settings

Shape: TypeAlias = tuple[int | None, ...]
"""A tensor's shape as in Keras: the batch axis first, ``None`` for a size that is not fixed."""

Shapes: TypeAlias = Shape | tuple[Shape, ...]
"""The shape of one tensor, or a tuple of shapes if a layer takes or returns several tensors."""

State: TypeAlias = Literal["unbuilt", "broken", "built", "compiled", "stale"]
"""The state of a model; see `Facts.state`."""

Json: TypeAlias = dict[str, Any]
"""A record as JSON data: dicts, lists, strings, numbers, bools and ``None``."""


def public_name(field: str) -> str:
    """Return the public name of a field's value; the field of a message has a longer name."""
    return re.sub("_messages?$", "", field)


def public_repr(record: Any) -> str:
    """Return the ``repr`` of a record, with its sentences in English and under their public names."""
    shown = [public_name(one.name) for one in fields(record) if one.repr]
    values = [f"{name}={getattr(record, name)!r}" for name in shown]
    return f"{type(record).__name__}({', '.join(values)})"


@dataclass(frozen=True, slots=True)
class Note:
    """A hint about a model that works.

    Attributes
    ----------
    key
        The kind of note, which `seqwidget.silence` accepts.
    row
        The position in `Stack.rows` of the layer that the note is about; ``None`` if it is about
        the whole stack.
    text
        One plain sentence, without the layer's name.
    why
        Why it matters, and what to do about it.
    """

    key: str
    row: int | None
    text_message: Text
    why_message: Text
    __repr__ = public_repr

    @property
    def text(self) -> str:
        """The sentence in English."""
        return str(self.text_message)

    @property
    def why(self) -> str:
        """The reason and the advice in English."""
        return str(self.why_message)

    def __str__(self) -> str:
        """Return the text of the note in one line."""
        return line(self.text)


@dataclass(frozen=True, slots=True)
class LayerRow:
    """What is known about one layer in one model.

    Attributes
    ----------
    index
        Position among the layers and operations of the model that contains the layer, counted from
        0 in the order in which they run.
    name
        Keras's name of the layer, or of an operation of ``keras.ops``.
    type
        Name of the layer's class.
    path
        The layer's name after the names of the nested models around it: ``"base/block1_conv1"``.
    kind
        Family of the layer, which determines its colour; one of ``seqwidget.model.records.KINDS``.
    depth
        0 for the model's own layers, 1 for the layers of a nested model, and so on.
    input_shape
        Shape of the input, including the batch axis; a tuple of shapes for several tensors.
    output_shape
        Shape of the output, in the same form.
    dtype
        Dtype of the output. If several tensors have different dtypes, they are joined by ``" + "``.
    params
        Number of parameters, as Keras's ``count_params`` returns it.
    trainable_params
        Number of these parameters that are in the layer's ``trainable_weights``.
    shared_with
        Position in `Stack.rows` of the earlier row of the same layer, if the layer is used more
        than once. Both rows count the same weights.
    trainable
        The layer's own ``trainable`` flag.
    trains
        Whether any weight of the layer is in the root model's ``trainable_weights``; ``None``
        without weights.
    stale
        Whether the compiled training step treats any weight of the layer differently from
        ``trains``; ``None`` without weights, and for a model that is not compiled.
    data_format
        ``"channels_last"`` or ``"channels_first"`` if the layer's output has channels and spatial
        axes, else ``None``.
    kernel
        Size of the kernel, one number per spatial axis.
    strides
        Strides of the kernel, one number per spatial axis.
    dilation
        Dilation of the kernel, one number per spatial axis.
    padding
        ``"valid"``, ``"same"`` or ``"causal"``.
    receptive_field
        Number of input pixels (or time steps) that one output cell sees, along each spatial axis of
        the model's input.
    receptive_field_stride
        Distance between the receptive fields of two neighbouring output cells, in input pixels (or
        time steps), along each spatial axis of the model's input.
    cropped
        Number of positions that no output cell sees, along each spatial axis of the layer's own
        input.
    macs
        Multiply-adds of matrix products and convolutions, for `Stack.batch_size`
        samples.
    activation_bytes
        Memory of the layer's output in bytes, for `Stack.batch_size` samples.
    notes
        Notes on the layer.
    training_notes
        What is not obvious about how the layer trains or what freezing it changes.
    unknown
        The reason for each field that is ``None`` although a value exists, by the field's name.
    """

    index: int
    name: str
    path: str
    type: str
    kind: str
    depth: int
    input_shape: Shapes | None
    output_shape: Shapes | None
    dtype: str | None
    params: int | None
    trainable_params: int | None
    shared_with: int | None
    trainable: bool
    trains: bool | None
    stale: bool | None
    data_format: str | None
    kernel: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    dilation: tuple[int, ...] | None
    padding: str | None
    receptive_field: tuple[int, ...] | None
    receptive_field_stride: tuple[float, ...] | None
    cropped: tuple[int, ...] | None
    macs: int | None
    activation_bytes: int | None
    notes: tuple[Note, ...] = ()
    training_notes_messages: tuple[Text, ...] = ()
    unknown_messages: Mapping[str, Text] = field(default_factory=dict)
    settings: Settings = field(default=(), repr=False, compare=False, metadata={"internal": True})
    memo: Json = field(default_factory=dict, init=False, repr=False, compare=False, metadata={"internal": True})
    """Values that were computed from this row alone, by name; an edit keeps the rows of unchanged layers."""
    __repr__ = public_repr

    @property
    def training_notes(self) -> tuple[str, ...]:
        """What is not obvious about how the layer trains, in English."""
        return tuple(map(str, self.training_notes_messages))

    @property
    def unknown(self) -> dict[str, str]:
        """The reason for each unknown value, in English."""
        return {name: str(reason) for name, reason in self.unknown_messages.items()}


_KINDS = "input dense conv pool norm dropout shape recurrent attention embedding preprocessing activation model other"
KINDS = tuple(_KINDS.split())
"""The families of layers, in the order of the diagram's legend."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a stack. Every weight counts once.

    A sum is ``None`` if a part of it is unknown.
    """

    params: int | None
    trainable_params: int | None
    non_trainable_params: int | None
    macs: int | None
    activation_bytes: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts about a model at one moment.

    These are the fields of a `seqwidget.Stack`, which adds code and pictures.
    """

    name: str
    rows: tuple[LayerRow, ...]
    totals: Totals
    input_shape: Shapes | None
    input_dtype: str | None
    built: bool
    compiled: bool
    broken: bool = False
    stale_message: Text = ""
    batch_size: int = 1
    notes: tuple[Note, ...] = ()
    unknown_messages: Mapping[str, Text] = field(default_factory=dict)
    graphs: Graphs = field(default_factory=dict, repr=False)
    source: Callable[[], str] | None = field(default=None, repr=False, compare=False)
    __repr__ = public_repr

    @property
    def stale(self) -> str:
        """What has changed since ``compile``, in English."""
        return str(self.stale_message)

    @property
    def unknown(self) -> dict[str, str]:
        """The reason for each unknown value, in English."""
        return {name: str(reason) for name, reason in self.unknown_messages.items()}

    def to_dict(self) -> Json:
        """Return the record as JSON data: dicts, lists, strings, numbers, bools and ``None``."""
        data = {**plain(replace(self, graphs={}, source=None)), "state": self.state}
        del data["graphs"]
        return data

    def to_page(
        self, before: Facts | None = None, data: Mapping[str, Any] = MappingProxyType({}), language: str = ENGLISH
    ) -> Json:
        """Return the JSON data of the record that a live panel needs, without empty values.

        Rows and notes that ``before`` also contains are taken from its ``data``.
        """
        rows = _page_rows(before.rows if before else (), data.get("rows", ()), self.rows, language)
        notes = _page_rows(before.notes if before else (), data.get("notes", ()), self.notes, language)
        rest = plain(replace(self, rows=(), notes=(), graphs={}, source=None), language)
        return {**rest, "rows": rows, "notes": notes, "state": self.state}

    @property
    def state(self) -> State:
        """The state of the model.

        A broken model has a layer that does not fit its input. A stale model has a compiled
        training step that does not do what the layers' ``trainable`` flags say.
        """
        if not self.built:
            return "broken" if self.broken else "unbuilt"
        return "stale" if self.stale_message else "compiled" if self.compiled else "built"


def same(before: Sequence[object], after: Sequence[object]) -> int:
    """Return the number of leading items that are the same objects in both sequences."""
    return next((at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a is not b), min(len(before), len(after)))


def _page_rows(before: Sequence[object], data: Sequence[Json], records: Sequence[object], language: str) -> list[Json]:
    """Return records as data for a live panel.

    The data of records that existed before is reused.
    """
    if len(before) != len(data):
        return [page_row(one, language) for one in records]
    start = same(before, records)
    known = dict(zip(map(id, before[start:]), data[start:], strict=True))
    return [*data[:start], *(known.get(id(one)) or page_row(one, language) for one in records[start:])]


def page_row(record: object, language: str) -> Json:
    """Return a row or a note as data for a live panel, without empty values."""
    data = plain(record, language)
    if "notes" in data:
        data["notes"] = [note["text"] for note in data["notes"]]
    return {name: item for name, item in data.items() if name not in UNSHOWN and item is not None and item not in ([], {})}


UNSHOWN = frozenset({"input_shape", "data_format", "cropped", "shared_with"})
"""Fields of a row that a live panel does not receive; nor does it receive empty ones. Of the notes, it has only the texts."""


def plain(value: Any, language: str = ENGLISH) -> Any:
    """Return records, and the values in them, as JSON data, with messages in one language.

    This is faster than `dataclasses.asdict`, which copies frozen values.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is tuple or kind is list:
        return [item if type(item) in _ATOMS else plain(item, language) for item in value]
    if kind is Message:
        return translate(value, language)
    if isinstance(value, str):
        return str(value)
    if is_dataclass(kind):
        items: Iterable[tuple[str, object]] = [(public, getattr(value, name)) for name, public in _public_names(kind)]
    else:
        items = value.items()
    return {name: item if type(item) in _ATOMS else plain(item, language) for name, item in items}


@functools.cache
def _public_names(record: type[Any]) -> list[tuple[str, str]]:
    """Return the fields of a record, each with the public name of its value."""
    each = record.__dataclass_fields__.items()
    return [(name, public_name(name)) for name, one in each if not one.metadata.get("internal")]


_ATOMS = frozenset({str, int, float, bool, type(None)})
