"""Write the types and tables that the page shares with Python: ``python -m js.generate``.

They are declared in Python once: records, columns, number formats, colormaps, traits and requests.
The files in ``js/src/generated`` are in git, because the wheel is built in an environment that has
neither Keras nor ipywidgets. ``make build`` updates them, and a test fails if they are outdated.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

import traitlets
from traitlets import HasTraits

from seqwidget.i18n.messages import Message
from seqwidget.model import records as model_records
from seqwidget.model.array_layout import Form
from seqwidget.model.records import Facts, LayerRow, Note, Shape, State, public_name
from seqwidget.model.refusal import Diagnosis, Fix
from seqwidget.model.training_run import NotFinite, RunState
from seqwidget.model.training_state import Switch
from seqwidget.render import colormaps, columns, diagram, formatting, rail, tiles, training_run
from seqwidget.widgets import export, schema
from seqwidget.widgets.base import LiveWidget
from seqwidget.widgets.edit_news import EditNews
from seqwidget.widgets.feature_maps import FeatureMaps
from seqwidget.widgets.localized import LocalizedWidget
from seqwidget.widgets.map_choices import MapChoices
from seqwidget.widgets.records import Empty, Progress
from seqwidget.widgets.runs import Runs
from seqwidget.widgets.summary import Summary
from seqwidget.widgets.switches import Switches
from seqwidget.widgets.trainable import Trainable
from seqwidget.widgets.training import Training

GENERATED = pathlib.Path(__file__).parent / "src" / "generated"
HEADER = "// Generated from Python's declarations by js/generate.py. Do not edit: run `make build`.\n"

SCALARS = {
    int: "number",
    float: "number",
    str: "string",
    Message: "string",  # translated when it is sent
    bool: "boolean",
    bytes: "DataView",
    NoneType: "null",
    Any: "unknown",
    Empty: "Record<string, never>",
}
UNIONS = (Union, UnionType)
ALIASES = {
    Shape: "Shape",
    State: "State",
    Switch: "SwitchState",
    Form: "Form",
    RunState: "RunState",
    columns.Format: "Format",
    columns.Table: "Table",
}
"""Types that have a name in the page."""
NAMES = {Facts: "Stack", Diagnosis: "Refusal"}
"""Records that have another name in the page."""
OMITTED = {
    Facts: {"source", "graphs"},
    LayerRow: {*model_records.UNSHOWN, "memo", "settings"},
    Fix: {"edit", "run"},
    Diagnosis: {"form"},
    diagram.Diagram: {"work"},
    columns.Column: {"hidden"},
    NotFinite: {"inputs"},
}
"""Fields that are not sent to the page."""
SPARSE = {LayerRow, Note}
"""Records without their empty fields; see `Facts.to_page`."""
REPLACED: Mapping[type, Mapping[str, Any]] = {
    Facts: {"state": State},
    LayerRow: {"notes": Sequence[str]},
}
"""Fields that differ from those of the record; see `Facts.to_page`."""
TRAIT_TYPES = {traitlets.Unicode: str, traitlets.Int: int, traitlets.Bytes: bytes}
WIDGETS: tuple[type[LocalizedWidget], ...] = (
    *(LocalizedWidget, LiveWidget, Switches, Runs, EditNews, Summary, Trainable, Training, MapChoices, FeatureMaps),
)
"""All classes with traits, a base before the classes derived from it."""


class Writer:
    """Write Python types as TypeScript, and remember the records and aliases that they mention."""

    def __init__(self) -> None:
        self.records: dict[type, None] = {}
        self.names: set[str] = set()

    def type(self, hint: Any) -> str:
        """Return a Python type as TypeScript."""
        if hint in ALIASES:
            return self._named(ALIASES[hint])
        if hint in SCALARS:
            return SCALARS[hint]
        if dataclasses.is_dataclass(hint) or typing.is_typeddict(hint):
            self.records.setdefault(hint)
            return self._named(NAMES.get(hint, hint.__name__))
        return self._composed(get_origin(hint), get_args(hint))

    def _composed(self, origin: Any, args: tuple[Any, ...]) -> str:
        if origin is Literal:
            return " | ".join(map(literal, args))
        if origin in UNIONS:
            return " | ".join(dict.fromkeys(map(self.type, args)))
        if origin is tuple and args[-1] is not ...:
            return f"[{', '.join(map(self.type, args))}]"
        if origin in (list, tuple, Sequence):
            item = self.type(args[0])
            return f"({item})[]" if "|" in item else f"{item}[]"
        if origin in (dict, Mapping):
            return f"Record<string, {self.type(args[1])}>"
        msg = f"no TypeScript type for {origin!r} of {args!r}"
        raise TypeError(msg)

    def _named(self, name: str) -> str:
        self.names.add(name)
        return name

    def record(self, record: type) -> str:
        """Return a record as an interface."""
        hints = get_type_hints(record, include_extras=True)
        if dataclasses.is_dataclass(record):
            hints = {field.name: hints[field.name] for field in dataclasses.fields(record)}
        hints |= REPLACED.get(record, {})
        fields = [self._field(record, name, hint) for name, hint in hints.items() if name not in OMITTED.get(record, ())]
        return interface(NAMES.get(record, record.__name__), fields, record.__doc__)

    def _field(self, record: type, name: str, hint: Any) -> str:
        required = getattr(record, "__total__", True)
        if get_origin(hint) is NotRequired:
            required, (hint,) = False, get_args(hint)
        if record in SPARSE:
            parts = get_args(hint) if get_origin(hint) in UNIONS else (hint,)
            required = not any(part is NoneType or get_origin(part) in (tuple, Sequence, Mapping) for part in parts)
            hint = Union[tuple(part for part in parts if part is not NoneType)]  # noqa: UP007  of a tuple
        return f"{public_name(name)}{'' if required else '?'}: {self.type(hint)}"


def literal(value: Any) -> str:
    """Return a value as TypeScript. The pattern of a message is marked for translation."""
    if isinstance(value, Message):
        return f"N_({json.dumps(value.pattern, ensure_ascii=False)})"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key}: {literal(item)}' for key, item in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, value))}]"
    return json.dumps(value, ensure_ascii=False)


def interface(name: str, members: Iterable[str], doc: str | None = None) -> str:
    """Return an interface, with the first line of a docstring."""
    first = f"/** {doc.partition(chr(10))[0]} */\n" if doc else ""
    return f"{first}export interface {name} {{\n{''.join(f'  {member};{chr(10)}' for member in members)}}}\n"


def constant(name: str, value: Any, doc: str = "") -> str:
    """Return a constant. A mapping has one line for each entry."""
    text = literal(value)
    if isinstance(value, Mapping):
        text = f"{{\n{''.join(f'  {key}: {literal(item)},{chr(10)}' for key, item in value.items())}}}"
    first = f"/** {doc} */\n" if doc else ""
    return f"{first}export const {name} = {text} as const;\n"


def alias(hint: Any) -> str:
    """Return the definition of an alias."""
    args = get_args(hint)
    text = " | ".join(map(literal, args)) if get_origin(hint) is Literal else f"({Writer().type(args[0])})[]"
    return f"export type {ALIASES[hint]} = {text};\n"


def traits_of(widget: type[LocalizedWidget]) -> dict[str, Any]:
    """Return the traits that the page receives and that a class of ours adds to those of its bases."""
    inherited = {name for base in widget.__mro__[1:] if issubclass(base, HasTraits) for name in base.class_trait_names()}
    own = widget.class_own_traits(sync=True)
    return {name: trait for name, trait in own.items() if name not in inherited and not name.startswith("_")}


def trait_type(trait: Any, writer: Writer) -> str:
    """Return the type of a trait's values."""
    if (check := trait.metadata.get("choice")) is not None:
        return " | ".join(map(literal, check.labels)) or writer.type(check.type)
    return writer.type(trait.metadata.get("fact") or TRAIT_TYPES[type(trait)])


def component(widget: type[LocalizedWidget]) -> str:
    """Return the name of the component that draws a widget; it is empty for the bases."""
    trait = widget.class_traits().get("component")
    return trait.default_value if trait else ""


def trait_names(widget: type[LocalizedWidget]) -> dict[str, list[str]]:
    """Return which traits only the kernel writes, which the page may set, and which never change."""
    traits = {name: trait for base in WIDGETS if issubclass(widget, base) for name, trait in traits_of(base).items()}
    facts = [name for name, trait in traits.items() if "fact" in trait.metadata]
    choices = [name for name, trait in traits.items() if "choice" in trait.metadata]
    constants = [name for name in traits if name not in {*facts, *choices, *traits_of(LiveWidget)}]
    return {"facts": facts, "choices": choices, "constants": constants}


def traits_file(writer: Writer) -> Iterator[str]:
    """Return the traits of all widgets, and the labels of the choices in menus."""
    for widget in WIDGETS:
        members = [f"{name}: {trait_type(trait, writer)}" for name, trait in traits_of(widget).items()]
        base = next((base for base in widget.__mro__[1:] if base in WIDGETS), None)
        extends = f" extends {base.__name__}Traits" if base else ""
        yield interface(f"{widget.__name__}Traits{extends}", members, f"The traits of `{widget.__name__}`.")
    shown = {component(widget): widget for widget in WIDGETS if component(widget)}
    members = [f"{name}: {widget.__name__}Traits" for name, widget in shown.items()]
    yield interface("WidgetTraits", members, "The traits by the name of the component that draws the widget.")
    yield constant("TRAITS", {name: trait_names(widget) for name, widget in shown.items()})
    choices = {name: trait.metadata.get("choice") for widget in WIDGETS for name, trait in traits_of(widget).items()}
    yield constant("LABELS", {name: check.labels for name, check in choices.items() if check and check.labels})


def requests_file(writer: Writer) -> Iterator[str]:
    """Return the fields and the answer of each request."""
    fields = []
    for name, request in schema.REQUESTS.items():
        members = [f"{key}{'' if one.required else '?'}: {writer.type(one.check.type)}" for key, one in request.fields.items()]
        fields.append(f"{name}: {{ {'; '.join(members)} }}" if members else f"{name}: {writer.type(Empty)}")
    yield interface("RequestFields", fields, "The fields of each request.")
    answers = [f"{name}: {writer.type(request.answer)}" for name, request in schema.REQUESTS.items()]
    yield interface("Answers", answers, "The record in the answer to each request. Arrays are sent separately.")


def tables_file(writer: Writer) -> Iterator[str]:
    """Return the columns, number formats and other values that both sides need."""
    red, green, blue = colormaps.NOT_FINITE
    yield constant("DASH", formatting.DASH)
    yield constant("PREFIXES", formatting.PREFIXES)
    yield constant("ROUNDS_UP", formatting.ROUNDS_UP)
    yield constant("DECIMALS", formatting.DECIMALS)
    yield constant("STATES", formatting.STATES)
    yield constant("RUN_STATES", training_run.STATES)
    yield constant("COLORMAPS", list(colormaps.COLORMAPS))
    rgba = (255 << 24) + (blue << 16) + (green << 8) + red
    yield constant("NOT_FINITE", rgba, "The colour of values that are not finite, as the pixel of a canvas.")
    yield constant("STEPS", tiles.STEPS, "The steps from the minimum to the maximum of a channel, as bytes.")
    yield constant("PAGE", export.PAGE, "The number of maps on one page.")
    yield constant("INPUT_ROW", diagram.INPUT_ROW, "The row of the block that stands for the input.")
    yield constant("REFUSED_ROW", diagram.REFUSED_ROW, "The row of the block of a layer that did not fit.")
    yield constant("DOT_Y", rail.DOT_Y, "The distance of a dot of the rail from the top of its row, in px.")
    yield alias(columns.Table)
    yield alias(columns.Format)
    yield writer.record(columns.Column)
    kept = [field.name for field in dataclasses.fields(columns.Column) if field.name not in OMITTED[columns.Column]]
    lines = "".join(f"  {literal({name: getattr(one, name) for name in kept})},\n" for one in columns.COLUMNS)
    yield f"export const COLUMNS: Column[] = [\n{lines}];\n"


def records_file(writer: Writer) -> Iterator[str]:
    """Return the records that the writer remembers, and those that they mention."""
    yield from map(alias, (Shape, State, Switch, Form, RunState))
    written: set[type] = set()
    while left := [record for record in writer.records if record not in written]:
        written.update(left)
        yield from map(writer.record, left)


def files() -> dict[str, str]:
    """Return the text of each generated file."""
    traits, requests, records = Writer(), Writer(), Writer()
    parts = {"traits": [*traits_file(traits)], "requests": [*requests_file(requests)], "tables": [*tables_file(Writer())]}
    records.records = {**traits.records, **requests.records, Progress: None}
    parts["records"] = [*records_file(records)]
    marker = 'import { N_ } from "../shared/language";\n'
    imports = {
        "traits": f'{marker}import type {{ {", ".join(sorted(traits.names))} }} from "./records";\n',
        "requests": f'import type {{ {", ".join(sorted(requests.names))} }} from "./records";\n',
        "tables": marker,
    }
    return {
        f"{name}.ts": "\n".join([HEADER, *filter(None, [imports.get(name)]), *texts]) for name, texts in sorted(parts.items())
    }


def main() -> None:
    """Write the files that have changed."""
    GENERATED.mkdir(exist_ok=True)
    for name, text in files().items():
        path = GENERATED / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
