"""Frozen records: what is known of a model at one moment.

A figure that is not known is ``None``, and ``LayerRow.unknown`` or ``Stack.unknown`` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from types import MappingProxyType
from typing import Any, TypeAlias

from ..i18n.languages import ENGLISH, tell
from ..printable import line

Shape: TypeAlias = tuple[int | None, ...]
"""A tensor's shape as Keras writes it: the batch first, ``None`` for a size that is not fixed."""

Shapes: TypeAlias = Shape | tuple[Shape, ...]
"""One tensor's shape, or a tuple of shapes where a layer takes or gives several tensors."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a person should know about a stack that works.

    Attributes
    ----------
    key
        Which note it is: what `seqwidget.silence` takes.
    row
        The position in `Stack.rows` of the layer that it is about; ``None`` for the whole stack.
    text
        One plain sentence, without the layer's name.
    why
        Why it matters, and what to do.
    """

    key: str
    row: int | None
    text: str
    why: str

    def __str__(self) -> str:
        """Give the sentence."""
        return line(self.text)


@dataclass(frozen=True, slots=True)
class LayerRow:
    """What is known of one layer in one model.

    Attributes
    ----------
    index
        Position among the layers and operations of the model that holds it, counted from 0, in the order in which they run.
    name
        Keras's name of the layer, or of an operation of ``keras.ops``.
    type
        The name of its class.
    path
        The name with those of the nested models around it: ``"base/block1_conv1"``.
    kind
        The family of the layer, which gives it its colour; one of ``seqwidget.model.records.KINDS``.
    depth
        0 for the model's own layers, 1 for the layers of a nested model, and so on.
    input_shape
        What comes in, batch first; a tuple of shapes where there are several tensors.
    output_shape
        What goes out, likewise.
    dtype
        The dtype of the output; those of several tensors that differ are joined by ``" + "``.
    params
        The number of weights, as Keras's ``count_params`` gives it.
    trainable_params
        How many of them are in the layer's ``trainable_weights``.
    shared_with
        The position in `Stack.rows` of the earlier row that shows the same layer, whose weights this row repeats.
    trainable
        The layer's own flag.
    trains
        Whether any weight of the layer is in the root model's ``trainable_weights``; ``None`` without weights.
    stale
        Whether the compiled training step disagrees with ``trains`` about any weight of the layer; ``None`` without weights
        and for a model that is not compiled.
    data_format
        ``"channels_last"`` or ``"channels_first"`` where the layer's output has channels and spatial axes, else ``None``.
    kernel
        Its size, one number a spatial axis.
    strides
        Steps of the kernel, likewise.
    dilation
        Distances between the kernel's cells, likewise.
    padding
        ``"valid"``, ``"same"`` or ``"causal"``.
    receptive_field
        Input pixels (time steps) that one output cell sees, one number a spatial axis of the model's input.
    receptive_field_stride
        The distance in input pixels between the fields of two neighbouring cells, likewise.
    cropped
        Positions along each spatial axis of the layer's own input that no output cell sees.
    macs
        Multiply-adds for the batch asked for (one sample by default): those of matrix products and convolutions.
    activation_bytes
        Memory of the layer's output for the batch asked for.
    notes
        What there is to know about the layer.
    training_notes
        What being frozen means for the layer, where that is not plain.
    unknown
        For a field that is ``None`` though a value exists: the reason, by field name.
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
    training_notes: tuple[str, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)


KINDS = (
    "input",
    "dense",
    "conv",
    "pool",
    "norm",
    "dropout",
    "shape",
    "recurrent",
    "attention",
    "embedding",
    "preprocessing",
    "activation",
    "model",
    "other",
)
"""The families of layers, in the order of the diagram's legend."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a stack in which every weight counts once; ``None`` where a part of the sum is not known."""

    params: int | None
    trainable_params: int | None
    non_trainable_params: int | None
    macs: int | None
    activation_bytes: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts about a model at one moment: the fields of a `seqwidget.Stack`, which adds code and pictures."""

    name: str
    rows: tuple[LayerRow, ...]
    totals: Totals
    input_shape: Shapes | None
    input_dtype: str | None
    built: bool
    compiled: bool
    broken: bool = False
    stale: str = ""
    batch_size: int = 1
    notes: tuple[Note, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)
    source: Callable[[], str] | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the record as plain JSON data: dicts, lists, strings, numbers and ``None``."""
        return {**plain(replace(self, source=None)), "state": self.state}

    def to_page(
        self, before: Facts | None = None, data: Mapping[str, Any] = MappingProxyType({}), language: str = ENGLISH
    ) -> dict[str, Any]:
        """Return what a live panel needs of the record, as JSON data without what is empty.

        The rows and notes that ``before`` has too are taken from its ``data``.
        """
        rows = _page_rows(before.rows if before else (), data.get("rows", ()), self.rows, language)
        notes = _page_rows(before.notes if before else (), data.get("notes", ()), self.notes, language)
        rest = plain(replace(self, rows=(), notes=(), source=None), language)
        return {**rest, "rows": rows, "notes": notes, "state": self.state}

    @property
    def state(self) -> str:
        """The state that the model is in, ``"unbuilt"``, ``"broken"``, ``"built"``, ``"compiled"`` or ``"stale"``.

        Broken is a model that knows its input and has a layer that does not fit; stale is one whose compiled training step
        does not do what its flags say.
        """
        if not self.built:
            return "broken" if self.broken else "unbuilt"
        return "stale" if self.stale else "compiled" if self.compiled else "built"


def same(before: Sequence[Any], after: Sequence[Any]) -> int:
    """Count the leading items that are the very same objects in both."""
    return next((at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a is not b), min(len(before), len(after)))


def _page_rows(before: Sequence[Any], data: Sequence[Any], records: Sequence[Any], language: str) -> list[Any]:
    """Return records for a live panel, with those that were there before taken from the data of then."""
    if len(before) != len(data):
        return [_page_row(one, language) for one in records]
    start = same(before, records)
    known = dict(zip(map(id, before[start:]), data[start:], strict=True))
    return [*data[:start], *(known.get(id(one)) or _page_row(one, language) for one in records[start:])]


def _page_row(record: Any, language: str) -> dict[str, Any]:
    data = plain(record, language)
    if "notes" in data:
        data["notes"] = [note["text"] for note in data["notes"]]
    return {name: item for name, item in data.items() if name not in _UNSHOWN and item is not None and item not in ("", [], {})}


_UNSHOWN = frozenset({"input_shape", "data_format", "cropped", "shared_with"})  # of a row, in a live panel


def plain(value: Any, language: str = ENGLISH) -> Any:
    """Give records, and what they are made of, as JSON data, with sentences in a language.

    It is quicker than `dataclasses.asdict`, which copies what is frozen.
    """
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is tuple or kind is list:
        return [item if type(item) in _ATOMS else plain(item, language) for item in value]
    if isinstance(value, str):
        return tell(value, language)
    if is_dataclass(kind):
        items: Iterable[tuple[str, Any]] = [(name, getattr(value, name)) for name in kind.__dataclass_fields__]
    else:
        items = value.items()
    return {name: item if type(item) in _ATOMS else plain(item, language) for name, item in items}


_ATOMS = frozenset({str, int, float, bool, type(None)})
