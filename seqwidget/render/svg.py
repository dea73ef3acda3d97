"""Render a `Diagram` as SVG: single blocks for the static panel, or a complete document."""

from __future__ import annotations

import functools
import importlib.resources
import re
from collections.abc import Container
from html import escape as _escape

from ..i18n.languages import default_locale, translate
from ..i18n.messages import Message, Text, joined
from .columns import NARROW, columns_of, number_positions
from .diagram import Block, Diagram, wrapped

# An exported file may appear on a white or a dark page, whatever the theme of the system. So its
# text is in a grey that is legible on both, and no colour depends on the theme.
_STYLE = (
    "text{font:10.5px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;text-anchor:middle;fill:#757575}"
    ".l{font-weight:600}.n{text-anchor:start}"
    ".h{fill:none;stroke:#fff;stroke-opacity:.65;stroke-width:300;stroke-dasharray:2.4 3.6}"
)
_COLOR = re.compile(r"\.((?:kind|heat)-\w+)\{--c:(#[0-9a-f]{6})\}")
_SHEETS = ("theme", "panel", "diagram", "table")
_WIDEST = 1200.0
_NOTE = 18.0
_SWATCH = 9.0
_CHAR = 6.0
# Characters that XML 1.0 cannot represent.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


NO_MATH = "tex2jax_ignore mathjax_ignore"
"""CSS classes that stop MathJax 2 and 3 from typesetting names such as ``price$low$high``."""


def escape(value: object) -> str:
    """Return a value translated for static output, and escaped for HTML and XML."""
    return _escape(_FORBIDDEN.sub("\ufffd", translate(value) if isinstance(value, Message) else str(value)))


def speaks() -> str:
    """Return the ``lang`` attribute for static output, which may differ from that of the page."""
    return f' lang="{default_locale()}"'


def style_sheet(kinds: Container[str] = ()) -> str:
    """Return the style sheet of the static panel, with the colours of some kinds of layers only.

    Every static panel contains a style sheet, so it is kept short.
    """
    return _COLOR.sub(lambda rule: rule[0] if rule[1] in kinds else "", _minified())


@functools.cache
def _minified() -> str:
    css = re.sub(r"/\*.*?\*/|\n", "", _panel_css(), flags=re.DOTALL).replace("--sw-", "--")
    css = re.sub(r" *([{};,]) *|(?<=:) +", r"\1", re.sub(r" +", " ", css))
    css = re.sub(r"\.seqwidget(?=\{| \.sw)", ".sw-static", css)  # not live panels
    css = re.sub(r"[^{};]+(?=\{)", lambda selector: re.sub(r' ([>+]) |"', r"\1", selector[0]), css)
    css = re.sub(r"(?<=[ :])0(?=\.)", "", css).replace(";}", "}").strip()
    css = css.replace(".sw-number", ",".join(number_positions(columns_of("static"))))
    names = (f"&:nth-child({at}){{--h:var(--h{at})}}" for at in NARROW)
    return css.replace("&.sw-position{--h:var(--h)}", "".join(names))


@functools.cache
def _panel_css() -> str:
    """Return the sheets as one, with the rules for the panel in one block."""
    files = importlib.resources.files(__package__)
    theme, *sheets = (files.joinpath(f"{name}.css").read_text(encoding="utf-8") for name in _SHEETS)
    css = theme.partition("/* Only for live panels")[0]
    for sheet in sheets:
        css = css.rstrip().removesuffix("}") + sheet.partition(".seqwidget {")[2]
    return css


@functools.cache
def _palette() -> dict[str, str]:
    return dict(_COLOR.findall(_minified()))


def block_svg(block: Block) -> str:
    """Return one block as an ``<svg>`` element, for a page that contains the style sheet."""
    paths = "".join(f'<path d="{path}"/>' for path in _faces(block, 0, block.dy))
    hatch = _hatch(block, 0, block.dy, "") if block.frozen else ""
    return f"<svg width={_px(block.w + block.dx)} height={_px(block.h + block.dy)}>{paths}{hatch}</svg>"


def shape(block: Block) -> Text:
    """Return the shape label of a block, with ``≈`` if the block is not to scale."""
    return joined("", (block.shape, " ≈")) if block.held else block.shape


def svg(diagram: Diagram) -> str:
    """Return the diagram with legend and scale as an SVG document without external resources."""
    diagram = wrapped(diagram, _WIDEST)
    notes, right = _notes(diagram)
    width = max(diagram.width, right, 20 + _CHAR * len(translate(diagram.scale)))
    height = diagram.height + _NOTE * 2 + 6
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'role="img"><title>{escape(diagram.description)}</title><style>{_STYLE}</style>'
        f"{''.join(map(_block, diagram.blocks))}{notes}</svg>\n"
    )


def _faces(block: Block, x: float, y: float) -> list[str]:
    """Return the paths of a block's faces, with the front face at (x, y).

    A block with depth has a top and a side face, too.
    """
    left, right, back = _px(x), _px(x + block.w), _px(x + block.w + block.dx)
    top, bottom, above = _px(y), _px(y + block.h), _px(y - block.dy)
    front = f"M{left} {top}H{right}V{bottom}H{left}z"
    if block.dx <= 0 or block.unknown:
        return [front]
    return [
        front,
        f"M{left} {top} {_px(x + block.dx)} {above}H{back}L{right} {top}z",
        f"M{right} {top} {back} {above}V{_px(y - block.dy + block.h)}L{right} {bottom}z",
    ]


def _px(value: float) -> str:
    return f"{round(value, 1):g}"


def _hatch(block: Block, x: float, y: float, cls: str) -> str:
    """Return the stripes of a frozen block.

    They are one very thick dashed line, clipped to the front face by a nested ``<svg>``. An SVG
    pattern would need an id, and a page that shows a panel twice would contain that id twice.
    """
    place = f'x="{_px(x)}" y="{_px(y)}" width="{_px(block.w)}" height="{_px(block.h)}"'
    return f'<svg {place}><path{cls} d="M0 0l199 199"/></svg>'


def _block(block: Block) -> str:
    color = _palette().get(block.cls, "#8d8d8d")
    line = (
        'stroke="#808890" stroke-dasharray="4 3"'
        if block.unknown
        else 'stroke="#333c46" stroke-opacity=".55" stroke-width=".6"'
    )
    fills = ("none" if block.unknown else color, _mixed(color, 255, 0.34), _mixed(color, 0, 0.28))
    faces = zip(_faces(block, block.x, block.y), fills, strict=False)
    paths = "".join(f'<path d="{path}" fill="{fill}"/>' for path, fill in faces)
    hatch = _hatch(block, block.x, block.y, ' class="h"') if block.frozen else ""
    return (
        f"<g {line}><title>{escape(block.title)}</title>{paths}{hatch}"
        f'<text stroke="none" class="l" x="{block.cx:g}" y="{block.label_y:g}">{escape(block.label)}</text>'
        f'<text stroke="none" x="{block.cx:g}" y="{block.shape_y:g}">{escape(shape(block))}</text></g>'
    )


def _mixed(color: str, other: int, share: float) -> str:
    channels = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel * (1 - share) + other * share):02x}" for channel in channels)


def _notes(diagram: Diagram) -> tuple[str, float]:
    """Return the legend and scale for an SVG document, and the x coordinate of the legend's end."""
    x, y = 10.0, diagram.height + 10
    parts = []
    for key in diagram.legend:
        parts.append(
            f'<rect x="{x:g}" y="{y - _SWATCH + 1:g}" width="{_SWATCH:g}" height="{_SWATCH:g}" fill="{_palette()[key.cls]}"/>'
            f'<text class="n" x="{x + _SWATCH + 5:g}" y="{y:g}">{escape(key.label)}</text>'
        )
        x += _SWATCH + 5 + _CHAR * len(translate(key.label)) + 14
    parts.append(f'<text class="n" x="10" y="{y + _NOTE:g}">{escape(diagram.scale)}</text>')
    return "".join(parts), x
