"""A `Diagram` as SVG: inside the static panel, and as a document of its own."""

from __future__ import annotations

import functools
import importlib.resources
import re
import zlib
from html import escape as _escape

from ..stack.languages import still, tell
from .diagram import Block, Diagram

_STYLE = """
text { font: 10.5px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; text-anchor: middle; fill: #1f2328; }
.sw-label { font-weight: 600; } .sw-shape, .sw-note { fill: #57606a; } .sw-note { text-anchor: start; }
@media (prefers-color-scheme: dark) { text { fill: #e4e7eb; } .sw-shape, .sw-note { fill: #a9b1bb; } }
"""
_NOTE = 18.0
_SWATCH = 9.0
_CHAR = 6.0
# Characters that XML 1.0 has no way to write.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


NO_MATH = "tex2jax_ignore mathjax_ignore"
"""Classes by which MathJax, of version 2 and of 3, leaves a name such as ``price$low$high`` alone."""


def escape(value: object) -> str:
    """Escape text for HTML and XML, in elements and attributes, in the language of what is written once."""
    return _escape(_FORBIDDEN.sub("\ufffd", tell(value) if isinstance(value, str) else str(value)))


def speaks() -> str:
    """Give the attribute that tells readers the language of an element's words, whatever the page around it speaks."""
    return f' lang="{still()}"'


@functools.cache
def style_sheet() -> str:
    """Give the style sheet that static and live panels share."""
    return importlib.resources.files(__package__).joinpath("panel.css").read_text(encoding="utf-8")


@functools.cache
def _palette() -> dict[str, str]:
    return dict(re.findall(r"--sw-((?:kind|heat)-\w+): (#[0-9a-f]{6})", style_sheet()))


def drawing(diagram: Diagram) -> str:
    """Give the ``<svg>`` element for a page that has the style sheet."""
    return (
        f'<svg class="sw-svg" role="img" aria-label="{escape(diagram.description)}" '
        f'viewBox="0 0 {diagram.width:g} {diagram.height:g}" width="{diagram.width:g}" height="{diagram.height:g}">'
        f"{_blocks(diagram)}</svg>"
    )


def svg(diagram: Diagram) -> str:
    """Give a document of its own: the diagram with its legend and scale, and nothing from elsewhere."""
    notes = _notes(diagram)
    width = max(diagram.width, 20 + _CHAR * len(tell(diagram.scale)))
    height = diagram.height + _NOTE * 2 + 6
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'role="img"><title>{escape(diagram.description)}</title><style>{_STYLE}</style>'
        f"{_blocks(diagram)}{notes}</svg>\n"
    )


def _blocks(diagram: Diagram) -> str:
    hatch = f"sw-hatch-{zlib.crc32(repr(diagram).encode()):x}"
    frozen = any(block.frozen for block in diagram.blocks)
    return (_hatch(hatch) if frozen else "") + "".join(_block(block, hatch) for block in diagram.blocks)


def _hatch(name: str) -> str:
    return (
        f'<defs><pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="2.4" height="6" fill="#ffffff" fill-opacity="0.65"/></pattern></defs>'
    )


def _block(block: Block, hatch: str) -> str:
    states = [block.cls, *(f"is-{state}" for state in ("frozen", "unknown") if getattr(block, state))]
    color = _palette().get(block.cls, "#8d8d8d")
    x, y, right, bottom, dx, dy = block.x, block.y, block.x + block.w, block.y + block.h, block.dx, block.dy
    solid = dx > 0 and not block.unknown
    parts = [f'<g class="sw-block {" ".join(states)}" data-row="{block.row}"><title>{escape(block.title)}</title>']
    if solid:
        parts += [
            _face("top", f"M{x:g} {y:g}l{dx:g} {-dy:g}h{block.w:g}L{right:g} {y:g}z", _mixed(color, 255, 0.34)),
            _face("side", f"M{right:g} {y:g}l{dx:g} {-dy:g}v{block.h:g}L{right:g} {bottom:g}z", _mixed(color, 0, 0.28)),
        ]
    front = f"M{x:g} {y:g}h{block.w:g}v{block.h:g}h{-block.w:g}z"
    parts.append(_face("front", front, "none" if block.unknown else color, dashed=block.unknown))
    if block.frozen:
        parts.append(f'<path d="{front}" fill="url(#{hatch})"/>')
    held = " ≈" if block.held else ""
    parts += [
        f'<text class="sw-label" x="{block.cx:g}" y="{block.label_y:g}">{escape(block.label)}</text>',
        f'<text class="sw-shape" x="{block.cx:g}" y="{block.shape_y:g}">{escape(block.shape)}{held}</text></g>',
    ]
    return "".join(parts)


def _face(side: str, path: str, fill: str, *, dashed: bool = False) -> str:
    line = 'stroke="#808890" stroke-dasharray="4 3"' if dashed else 'stroke="#333c46" stroke-opacity="0.55" stroke-width="0.6"'
    return f'<path class="sw-face sw-{side}" d="{path}" fill="{fill}" {line}/>'


def _mixed(color: str, other: int, share: float) -> str:
    channels = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel * (1 - share) + other * share):02x}" for channel in channels)


def _notes(diagram: Diagram) -> str:
    """Write the legend and the scale below a diagram that stands alone."""
    x, y = 10.0, diagram.height + 10
    parts = []
    for cls, label in diagram.legend:
        parts.append(
            f'<rect x="{x:g}" y="{y - _SWATCH + 1:g}" width="{_SWATCH:g}" height="{_SWATCH:g}" fill="{_palette()[cls]}"/>'
        )
        parts.append(f'<text class="sw-note" x="{x + _SWATCH + 5:g}" y="{y:g}">{escape(label)}</text>')
        x += _SWATCH + 5 + _CHAR * len(tell(label)) + 14
    parts.append(f'<text class="sw-note" x="10" y="{y + _NOTE:g}">{escape(diagram.scale)}</text>')
    return "".join(parts)
