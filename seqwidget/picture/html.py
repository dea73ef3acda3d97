"""A `Stack` as HTML without scripts: what a saved notebook shows when there is no kernel."""

from __future__ import annotations

from ..stack.records import LayerRow, Stack
from . import words
from .diagram import Diagram, diagram
from .svg import drawing, escape, style_sheet
from .text import below, one_line, sentence

_HEADERS = (
    ("index", "#"),
    ("layer", "Layer"),
    ("output_shape", "Output shape"),
    ("params", "Params"),
    ("kernel", "Kernel"),
    ("receptive_field", "Receptive field"),
    ("macs", "Multiply-adds"),
    ("activation_bytes", "Activation"),
)
_NUMBERS = frozenset({"index", "params", "macs", "activation_bytes"})
HELD = "≈ held at a bound, not to scale"


def html(stack: Stack) -> str:
    """Give the panel as an element with its style, to stand anywhere in a page."""
    return f"<style>{style_sheet()}</style>{_panel(stack)}"


def page(stack: Stack) -> str:
    """Give the panel as a whole document."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(one_line(stack.name))}</title>'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<style>body {{ margin: 16px; }}\n{style_sheet()}</style></head><body>{_panel(stack)}</body></html>\n"
    )


def _panel(stack: Stack) -> str:
    return f'<div class="seqwidget sw-static">{_head(stack)}{_figure(diagram(stack))}{_table(stack)}{_notes(stack)}</div>'


def _head(stack: Stack) -> str:
    totals = stack.totals
    layers = sum(row.depth == 0 for row in stack.rows)
    stats = [
        ("", f"<b>{layers}</b> layer{'' if layers == 1 else 's'}"),
        ("", f"<b>{words.count(totals.params)}</b> params{_bar(stack)}"),
        (words.count(totals.macs), f"<b>{words.short(totals.macs)}</b> multiply-adds"),
        (words.count(totals.activation_bytes), f"<b>{words.memory(totals.activation_bytes)}</b> activations"),
    ]
    spans = "".join(f'<span class="sw-stat"{_titled(title)}>{stat}</span>' for title, stat in stats)
    name = f'<span class="sw-name" title="{escape(stack.name)}"><bdi>{escape(one_line(stack.name, 300))}</bdi></span>'
    return f'<div class="sw-head">{name}{spans}<span class="sw-state sw-state-{stack.state}">{stack.state}</span></div>'


def _bar(stack: Stack) -> str:
    totals = stack.totals
    if not totals.params or totals.trainable_params is None:
        return ""
    label = f"{words.count(totals.trainable_params)} trained, {words.count(totals.non_trainable_params)} frozen"
    share = 100 * totals.trainable_params / totals.params
    return f'<span class="sw-bar" role="img" aria-label="{label}" title="{label}"><i style="width:{share:.4g}%"></i></span>'


def _figure(picture: Diagram) -> str:
    keys = "".join(f'<span class="sw-key {cls}">{escape(label)}</span>' for cls, label in picture.legend)
    held = f"<span>{HELD}</span>" if any(block.held for block in picture.blocks) else ""
    return (
        '<figure class="sw-figure"><div class="sw-scroll" tabindex="0" role="group" aria-label="Shape diagram">'
        f'{drawing(picture)}</div><figcaption class="sw-caption">{keys}'
        f'<span class="sw-scale">{escape(picture.scale)}</span>{held}</figcaption></figure>'
    )


def _table(stack: Stack) -> str:
    head = "".join(f'<th scope="col" data-column="{key}"{_number(key)}>{label}</th>' for key, label in _HEADERS)
    totals = stack.totals
    foot = {
        "layer": "Total",
        "params": words.count(totals.params),
        "macs": words.short(totals.macs),
        "activation_bytes": words.memory(totals.activation_bytes),
    }
    sums = "".join(f'<td data-column="{key}"{_number(key)}>{foot.get(key, "")}</td>' for key, _ in _HEADERS)
    return (
        '<div class="sw-scroll" tabindex="0" role="group" aria-label="Layers"><table class="sw-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, stack.rows))}</tbody>"
        f"<tfoot><tr>{sums}</tr></tfoot></table></div>"
    )


def _row(row: LayerRow) -> str:
    layer = (
        f'<th scope="row" data-column="layer" class="sw-layer" title="{escape(row.path)}">'
        f'<span class="sw-swatch kind-{row.kind}"></span>'
        f'<bdi>{escape(one_line(row.name))}</bdi><span class="sw-type">{escape(row.type)}{words.training(row)}</span>'
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
    exact = {"macs": words.count(row.macs), "activation_bytes": words.count(row.activation_bytes)}
    titles = {key: _titled(row.unknown.get(key) or exact.get(key, "")) for key in cells}
    tds = "".join(
        layer if key == "layer" else f'<td data-column="{key}"{_number(key)}{titles[key]}>{escape(cells[key])}</td>'
        for key, _ in _HEADERS
    )
    return f'<tr data-depth="{row.depth}">{tds}</tr>'


def _sign(row: LayerRow) -> str:
    said = " ".join(sentence(note) for note in row.notes)
    return f'<span class="sw-sign" role="img" aria-label="Note" title="{escape(said)}">▲</span>' if said else ""


def _notes(stack: Stack) -> str:
    stale = [stack.stale] if stack.stale else []
    notes = "".join(f"<li>{escape(note)}</li>" for note in [*stale, *below(stack)])
    return f'<ul class="sw-notes">{notes}</ul>' if notes else ""


def _number(key: str) -> str:
    return ' class="sw-num"' if key in _NUMBERS else ""


def _titled(title: str) -> str:
    return f' title="{escape(title)}"' if title and title != words.DASH else ""
