"""Render a `Stack` as HTML without scripts, for saved notebooks and files.

A notebook stores such a panel for every model that it shows, so the markup is short. Columns are
styled by their position, and colours by one class per row. Titles add only what no cell contains.

A sanitizer may remove the style sheet and the drawings. The labels, legend and scale of the
drawings are therefore attributes, which only the style sheet makes visible. Separators between
texts are part of the markup, so that words do not run together without the style sheet.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ..i18n.languages import default_locale, translate
from ..i18n.messages import Text, joined, message, plural
from ..model.folds import first_folds
from ..model.records import Facts, LayerRow
from . import formatting
from .columns import NARROW, Column, columns_of
from .diagram import Block, Diagram, diagram
from .rail import MAIN_X, Rail, rails
from .svg import NO_MATH, block_svg, escape, shape, speaks, style_sheet
from .text import below, one_line

_COLUMNS = columns_of("static")
_HELD = message("≈ clamped, not to scale")
_DIAGRAM, _LAYERS, _TOTAL = message("Shape diagram"), message("Layers"), message("Total")
SEPARATOR = " <i>·</i> "
_LONGEST = 1000
_WIDEST_RAIL = 96  # px
_PLAIN = re.compile(r"[\w×.,()?-]+")


def html(stack: Facts) -> str:
    """Return the panel as an element with its own style sheet, for use inside any page."""
    beside = _rails(stack)
    return f"<style>{_style(stack, beside)}</style>{_panel(stack, beside)}"


def page(stack: Facts) -> str:
    """Return the panel as a complete HTML document."""
    beside = _rails(stack)
    return document(stack.name, _style(stack, beside), _panel(stack, beside))


def _style(stack: Facts, beside: Sequence[Rail | None]) -> str:
    return style_sheet({"kind-input", *(f"kind-{row.kind}" for row in stack.rows)}, rail=_is_drawn(beside))


def _is_drawn(beside: Sequence[Rail | None]) -> bool:
    return any(rail and rail.path for rail in beside)


def _rails(stack: Facts) -> list[Rail | None]:
    """Return the rail of each row, without lines if they would need too much room: the words in the table are then enough."""
    found = rails(stack)
    wide = any(rail and rail.width > _WIDEST_RAIL for rail in found)
    return [replace(rail, width=0, path="") if rail and wide else rail for rail in found]


def document(name: Text, style: str, panel: str) -> str:
    """Return a panel as an HTML document.

    It follows the light or dark theme of the system, and scrolls as one page.
    """
    return (
        f'<!doctype html>\n<html lang="{default_locale()}"><head><meta charset="utf-8"><title>{escape(one_line(name))}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<style>body{{margin:16px}}{style}.sw-static .sw-blocks{{max-height:none}}</style></head>"
        f"<body>{panel}</body></html>\n"
    )


def _panel(stack: Facts, beside: Sequence[Rail | None]) -> str:
    inside = "\n".join(
        [
            _head(stack),
            _figure(diagram(stack, folds=first_folds(stack.rows, stack.graphs)), lined=_is_drawn(beside)),
            _table(stack, beside),
            *_notes(stack),
        ]
    )
    return f'<div class="seqwidget sw-static {NO_MATH}"{speaks()}>{inside}</div>'


def _head(stack: Facts) -> str:
    totals = stack.totals
    layers = sum(row.depth == 0 for row in stack.rows)
    unknown = stack.unknown_messages.get
    macs = unknown("macs") or formatting.count(totals.macs)
    memory = unknown("activation_bytes") or formatting.count(totals.activation_bytes)
    stats = [
        _stat(str(layers), plural("layer", "layers", layers)),
        _stat(formatting.count(totals.params), message("params"), unknown("params", ""), _bar(stack)),
        _stat(formatting.short(totals.macs), message("multiply-adds"), macs),
        _stat(formatting.memory(totals.activation_bytes), message("activations"), memory),
    ]
    if stack.input_shape:
        stats.append(f"<span>{escape(message('input {shape}', shape=formatting.shape(stack.input_shape)))}</span>")
    name = f"<b class=sw-name>{_name(stack.name)}</b>"
    state = f'<span class="sw-state sw-state-{stack.state}">{escape(formatting.STATES[stack.state])}</span>'
    return f"<div class=sw-head>{SEPARATOR.join([name, *stats, state])}</div>"


def _stat(figure: Text, what: Text, title: Text = "", more: str = "") -> str:
    return f"<span{_titled(title, figure)}><b>{escape(figure)}</b> {escape(what)}{more}</span>"


def _bar(stack: Facts) -> str:
    totals = stack.totals
    if not totals.params or totals.trainable_params is None:
        return ""
    trained, frozen = formatting.count(totals.trainable_params), formatting.count(totals.non_trainable_params)
    label = message("{trained} trained, {frozen} frozen", trained=trained, frozen=frozen)
    share = 100 * totals.trainable_params / totals.params
    return f"<i class=sw-bar role=img title={_quoted(label)} style=--p:{share:.4g}%></i>"


def _figure(picture: Diagram, *, lined: bool) -> str:
    """Return the diagram, with lines above its blocks if the page has the styles for them."""
    lanes = picture.work.lanes if lined and picture.work else None
    blocks = "".join(_block(block, lanes.above(at) if lanes else "") for at, block in enumerate(picture.blocks))
    room = f" style=--r:{lanes.height:g}px" if lanes and lanes.lines else ""
    keys = "".join(f"<i class={key.cls}{_data('t', key.label)}></i>" for key in picture.legend)
    held = [_HELD] if any(block.held for block in picture.blocks) else []
    scale = "".join(f"<span{_data('t', line)}></span>" for line in (picture.scale, *held))
    return (
        f"<figure class=sw-figure aria-label={_quoted(_DIAGRAM)}><div class=sw-blocks tabindex=0{room}>"
        f"{blocks}</div><div class=sw-caption>{keys}{scale}</div></figure>"
    )


def _block(block: Block, lines: str = "") -> str:
    cls = f'"{block.cls} is-unknown"' if block.unknown else block.cls
    above = f'<svg><path d="{lines}"/></svg>' if lines else ""
    return f"<i class={cls}{_data('l', block.label)}{_data('s', shape(block))}>{above}{block_svg(block)}</i>"


def _table(stack: Facts, beside: Sequence[Rail | None]) -> str:
    head = " ".join(f"<th scope=col>{escape(column.header)}</th>" for column in _COLUMNS)
    sums = [_TOTAL if column.format == "layer" else column.sum(stack.totals) for column in _COLUMNS]
    foot = " ".join(f"<td>{escape(cell)}</td>" for cell in sums)
    width = beside[0].width if beside and beside[0] else 0
    rows = "".join(_row(row, rail, width) for row, rail in zip(stack.rows, beside, strict=True))
    named = f"--r:{width}px;" if width else ""
    named += ";".join(f"--h{at}:{_css(_COLUMNS[at - 1].header)}" for at in NARROW)
    return (
        f'<table class="sw-table sw-layers" aria-label={_quoted(_LAYERS)} '
        f"style='{named}'>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>{rows}</tbody>\n<tfoot><tr>{foot}</tr></tfoot></table>"
    )


def _row(row: LayerRow, rail: Rail | None, width: int) -> str:
    """Return a row; ``width`` is that of most rails."""
    if rail and rail.path:
        changes = {"--r": rail.width if rail.width != width else 0, "--x": rail.x if rail.x != MAIN_X else 0}
        style = ";".join(f"{name}:{value}px" for name, value in changes.items() if value)
    else:
        style = f"--d:{row.depth}" if row.depth else ""
    styled = f" style={style}" if style else ""
    cells = (_layer(row, rail) if column.format == "layer" else _cell(column, row) for column in _COLUMNS)
    return f"<tr{styled}>{' '.join(cells)}</tr>\n"


def _layer(row: LayerRow, rail: Rail | None) -> str:
    kind = escape(joined("", (row.type, formatting.training(row))))
    cls = f'"kind-{row.kind} is-noted"' if row.notes else f"kind-{row.kind}"
    lines = f'<svg><path d="{rail.path}"/></svg>' if rail and rail.path else ""
    feeds = f" <i>{escape(rail.feeds)}</i>" if rail and rail.feeds else ""
    return f"<th scope=row class={cls}>{lines}{_name(row.name)} <span>{kind}</span>{feeds}</th>"


def _name(name: Text) -> str:
    """Return a name, isolated so that right-to-left text does not affect the text around it."""
    return f"<bdi>{escape(one_line(name, _LONGEST))}</bdi>"


def _cell(column: Column, row: LayerRow) -> str:
    """Return a cell. Its title is the reason for a dash, or the exact value without its unit."""
    text = translate(column.text(row))
    title = row.unknown_messages.get(column.id, "") or (formatting.count(getattr(row, column.id)) if column.exact else "")
    # The reason for an unknown receptive field is below the table, and most rows would repeat it.
    titled = "" if column.format == "receptive_field" else _titled(translate(title), text)
    return f"<td{titled}>{escape(text)}</td>"


def _notes(stack: Facts) -> list[str]:
    lines = [*([stack.stale_message] if stack.stale_message else []), *below(stack)]
    notes = "\n".join(f"<li>{escape(line)}</li>" for line in lines)
    return [f'<ul class="sw-notes">{notes}</ul>'] if notes else []


def _titled(title: Text, text: Text) -> str:
    """Return a ``title`` attribute, or nothing if the title adds nothing to the text."""
    title, text = translate(title), translate(text)
    says_more = title and title not in (formatting.DASH, text) and title != text.removesuffix(" B")
    return f" title={_quoted(title)}" if says_more else ""


def _data(key: str, text: Text) -> str:
    return f" data-{key}={_quoted(text)}"


def _quoted(text: Text) -> str:
    """Return an escaped attribute value, with quotes only if they are necessary."""
    value = escape(text)
    return value if _PLAIN.fullmatch(value) else f'"{value}"'


def _css(text: Text) -> str:
    """Return a text as a CSS string that is safe inside an HTML attribute."""
    return '"' + re.sub(r"[\\\"'<>&\n]", lambda char: f"\\{ord(char[0]):x} ", translate(text)) + '"'
