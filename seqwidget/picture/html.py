"""A `Stack` as HTML without scripts: what a saved notebook shows when there is no kernel."""

from __future__ import annotations

from ..stack.languages import still
from ..stack.records import LayerRow, Stack
from ..stack.said import counted, joined, said
from . import words
from .diagram import Diagram, diagram
from .svg import drawing, escape, speaks, style_sheet
from .text import below, one_line, sentence

_HEADERS = (
    ("index", "#"),
    ("layer", said("Layer")),
    ("output_shape", said("Output shape")),
    ("params", said("Params")),
    ("kernel", said("Kernel")),
    ("receptive_field", said("Receptive field")),
    ("macs", said("Multiply-adds")),
    ("activation_bytes", said("Activation")),
)
_NUMBERS = frozenset({"index", "params", "macs", "activation_bytes"})
_HELD = said("≈ held at a bound, not to scale")


def html(stack: Stack) -> str:
    """Give the panel as an element with its style, to stand anywhere in a page."""
    return f"<style>{style_sheet()}</style>{_panel(stack)}"


def page(stack: Stack) -> str:
    """Give the panel as a whole document."""
    return (
        f'<!doctype html>\n<html lang="{still()}"><head><meta charset="utf-8"><title>{escape(one_line(stack.name))}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<style>body {{ margin: 16px; }}\n{style_sheet()}</style></head><body>{_panel(stack)}</body></html>\n"
    )


def _panel(stack: Stack) -> str:
    inside = f"{_head(stack)}{_figure(diagram(stack))}{_table(stack)}{_notes(stack)}"
    return f'<div class="seqwidget sw-static"{speaks()}>{inside}</div>'


def _head(stack: Stack) -> str:
    totals = stack.totals
    layers = sum(row.depth == 0 for row in stack.rows)
    stats = [
        ("", _stat(str(layers), counted("layer", "layers", layers))),
        ("", _stat(words.count(totals.params), said("params")) + _bar(stack)),
        (words.count(totals.macs), _stat(words.short(totals.macs), said("multiply-adds"))),
        (words.count(totals.activation_bytes), _stat(words.memory(totals.activation_bytes), said("activations"))),
    ]
    spans = "".join(f'<span class="sw-stat"{_titled(title)}>{stat}</span>' for title, stat in stats)
    name = f'<span class="sw-name" title="{escape(stack.name)}"><bdi>{escape(one_line(stack.name, 300))}</bdi></span>'
    state = f'<span class="sw-state sw-state-{stack.state}">{escape(words.STATES[stack.state])}</span>'
    return f'<div class="sw-head">{name}{spans}{state}</div>'


def _stat(figure: str, what: str) -> str:
    return f"<b>{escape(figure)}</b> {escape(what)}"


def _bar(stack: Stack) -> str:
    totals = stack.totals
    if not totals.params or totals.trainable_params is None:
        return ""
    trained, frozen = words.count(totals.trainable_params), words.count(totals.non_trainable_params)
    label = escape(said("{trained} trained, {frozen} frozen", trained=trained, frozen=frozen))
    share = 100 * totals.trainable_params / totals.params
    return f'<span class="sw-bar" role="img" aria-label="{label}" title="{label}"><i style="width:{share:.4g}%"></i></span>'


def _figure(picture: Diagram) -> str:
    keys = "".join(f'<span class="sw-key {cls}">{escape(label)}</span>' for cls, label in picture.legend)
    held = f"<span>{escape(_HELD)}</span>" if any(block.held for block in picture.blocks) else ""
    return (
        f'<figure class="sw-figure"><div class="sw-scroll" tabindex="0" role="group" aria-label="{escape(_DIAGRAM)}">'
        f'{drawing(picture)}</div><figcaption class="sw-caption">{keys}'
        f'<span class="sw-scale">{escape(picture.scale)}</span>{held}</figcaption></figure>'
    )


def _table(stack: Stack) -> str:
    head = "".join(f'<th scope="col" data-column="{key}"{_number(key)}>{escape(label)}</th>' for key, label in _HEADERS)
    totals = stack.totals
    foot = {
        "layer": said("Total"),
        "params": words.count(totals.params),
        "macs": words.short(totals.macs),
        "activation_bytes": words.memory(totals.activation_bytes),
    }
    sums = "".join(f'<td data-column="{key}"{_number(key)}>{escape(foot.get(key, ""))}</td>' for key, _ in _HEADERS)
    return (
        f'<div class="sw-scroll" tabindex="0" role="group" aria-label="{escape(_LAYERS)}"><table class="sw-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, stack.rows))}</tbody>"
        f"<tfoot><tr>{sums}</tr></tfoot></table></div>"
    )


def _row(row: LayerRow) -> str:
    layer = (
        f'<th scope="row" data-column="layer" class="sw-layer" title="{escape(row.path)}">'
        f'<span class="sw-swatch kind-{row.kind}"></span>'
        f'<bdi>{escape(one_line(row.name))}</bdi><span class="sw-type">{escape(row.type)}{escape(words.training(row))}</span>'
        f"{_sign(row)}</th>"
    )
    cells = {
        "index": "" if row.depth else str(row.index),
        "output_shape": words.shape(row.output_shape),
        "params": words.count(row.params),
        "kernel": words.window(row),
        "receptive_field": words.receptive_field(row),
        "macs": words.short(row.macs),
        "activation_bytes": words.memory(row.activation_bytes),
    }
    cells = {key: cell or (words.DASH if key in row.unknown else "") for key, cell in cells.items()}
    exact = {"macs": words.count(row.macs), "activation_bytes": words.count(row.activation_bytes)}
    titles = {key: _titled(row.unknown.get(key) or exact.get(key, "")) for key in cells}
    tds = "".join(
        layer if key == "layer" else f'<td data-column="{key}"{_number(key)}{titles[key]}>{escape(cells[key])}</td>'
        for key, _ in _HEADERS
    )
    return f'<tr data-depth="{row.depth}">{tds}</tr>'


def _sign(row: LayerRow) -> str:
    notes = joined(" ", map(sentence, row.notes))
    return f'<span class="sw-sign" role="img" aria-label="{escape(_NOTE)}" title="{escape(notes)}">▲</span>' if notes else ""


_DIAGRAM, _LAYERS, _NOTE = said("Shape diagram"), said("Layers"), said("Note")


def _notes(stack: Stack) -> str:
    stale = [stack.stale] if stack.stale else []
    notes = "".join(f"<li>{escape(note)}</li>" for note in [*stale, *below(stack)])
    return f'<ul class="sw-notes">{notes}</ul>' if notes else ""


def _number(key: str) -> str:
    return ' class="sw-num"' if key in _NUMBERS else ""


def _titled(title: str) -> str:
    return f' title="{escape(title)}"' if title and title != words.DASH else ""
