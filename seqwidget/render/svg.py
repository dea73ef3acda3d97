"""Render a `Diagram` as SVG: single blocks for the static panel, or a complete document."""

from __future__ import annotations

import base64
import functools
import importlib.resources
import re
from collections.abc import Container, Sequence
from html import escape as _escape

from ..i18n.languages import default_locale, translate
from ..i18n.messages import Message, Text, joined
from .block_positions import DrawnBlock
from .columns import NARROW, columns_of, number_positions
from .diagram import Block
from .figure import SWATCH, Figure, Note
from .formatting import px
from .scales import SKEW_X, SKEW_Y
from .themes import Paint, Theme

_FONT_SIZE = 10.5  # px
_COLOR = re.compile(r"\.((?:kind|heat)-\w+)\{--c:(#[0-9a-f]{6})\}")
_SHEETS = ("theme", "panel", "diagram", "rail", "table")
# Characters that XML 1.0 cannot represent.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


SYSTEM_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, 'DejaVu Sans', sans-serif"

NO_MATH = "tex2jax_ignore mathjax_ignore"
"""CSS classes that stop MathJax 2 and 3 from typesetting names such as ``price$low$high``."""


def escape(value: object) -> str:
    """Return a value translated for static output, and escaped for HTML and XML."""
    return _escape(_FORBIDDEN.sub("\ufffd", translate(value) if isinstance(value, Message) else str(value)))


def speaks() -> str:
    """Return the ``lang`` attribute for static output, which may differ from that of the page."""
    return f' lang="{default_locale()}"'


def style_sheet(kinds: Container[str] = (), *, rail: bool = False) -> str:
    """Return the style sheet of the static panel, with the colours of some kinds of layers only.

    The styles of the rail are left out, unless there is one.

    Every static panel contains a style sheet, so it is kept short.
    """
    return _COLOR.sub(lambda rule: rule[0] if rule[1] in kinds else "", _minified(rail=rail))


@functools.cache
def _minified(*, rail: bool = False) -> str:
    css = _panel_css(tuple(name for name in _SHEETS if rail or name != "rail"))
    css = re.sub(r"/\*.*?\*/|\n", "", css, flags=re.DOTALL).replace("--sw-", "--")
    css = re.sub(r" *([{};,]) *|(?<=:) +", r"\1", re.sub(r" +", " ", css))
    css = re.sub(r"\.seqwidget(?=\{| \.sw)", ".sw-static", css)  # not live panels
    css = re.sub(r"[^{};]+(?=\{)", lambda selector: re.sub(r' ([>+]) |"', r"\1", selector[0]), css)
    css = re.sub(r"(?<=[ :])0(?=\.)", "", css).replace(";}", "}").strip()
    css = css.replace(".sw-number", ",".join(number_positions(columns_of("static"))))
    names = (f"&:nth-child({at}){{--h:var(--h{at})}}" for at in NARROW)
    return css.replace("&.sw-position{--h:var(--h)}", "".join(names))


@functools.cache
def _panel_css(names: Sequence[str]) -> str:
    """Return sheets as one, with the rules for the panel in one block."""
    files = importlib.resources.files(__package__)
    theme, *sheets = (files.joinpath(f"{name}.css").read_text(encoding="utf-8") for name in names)
    css = theme.partition("/* Only for live panels")[0]
    for sheet in sheets:
        css = css.rstrip().removesuffix("}") + sheet.partition(".seqwidget {")[2]
    return css


@functools.cache
def palette() -> dict[str, str]:
    """Return the colours of the static panel by CSS class."""
    return dict(_COLOR.findall(_minified()))


def block_svg(block: Block) -> str:
    """Return one block as an ``<svg>`` element, for a page that contains the style sheet."""
    paths = "".join(f'<path d="{path}"/>' for path in _faces(block, 0, block.dy))
    hatch = _hatch(block, 0, block.dy, "") if block.frozen else ""
    return f"<svg width={px(block.w + block.dx)} height={px(block.h + block.dy)}>{paths}{hatch}</svg>"


def shape(block: Block) -> Text:
    """Return the shape label of a block, with ``≈`` if the block is not to scale."""
    return joined("", (block.shape, " ≈")) if block.held else block.shape


def svg(figure: Figure, theme: Theme, font: str, canvas: float, size: str) -> str:
    """Return a picture as an SVG document without external resources, styles or ids.

    Parameters
    ----------
    figure : Figure
        The layout.
    theme : Theme
        The colours.
    font : str
        The names of fonts, as in CSS.
    canvas : float
        The width to draw on, in px, with the picture in its middle.
    size : str
        The attributes for the size of the document.
    """
    width, height = max(canvas, figure.width), figure.height
    left = (figure.width - width) / 2
    ground = f'<rect x="{left:g}" width="{width:g}" height="{height:g}" fill="{theme.background}"/>' if theme.background else ""
    links = ' xmlns:xlink="http://www.w3.org/1999/xlink"' if any(one.image for one in figure.drawn) else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg"{links} viewBox="{left:g} 0 {width:g} {height:g}" '
        f'{size} font-family="{escape(font)}" font-size="{_FONT_SIZE}" text-anchor="middle" fill="{theme.muted}" '
        f'role="img"><title>{escape(figure.description)}</title>{ground}'
        f"{_arcs(figure, theme)}{_blocks(figure, theme)}{_brackets(figure, theme)}"
        f'<g text-anchor="start">{"".join(_note(note, theme) for note in figure.notes)}</g></svg>\n'
    )


def _arcs(figure: Figure, theme: Theme) -> str:
    """Return the connections of a model that is not a chain."""
    paths = "".join(f'<path d="{path}"/>' for path in figure.arcs)
    return f'<g fill="none" stroke="{theme.muted}">{paths}</g>' if paths else ""


def _faces(block: Block, x: float, y: float) -> list[str]:
    """Return the paths of a block's faces, with the front face at (x, y).

    A block with depth has a top and a side face, too.
    """
    left, right, back = px(x), px(x + block.w), px(x + block.w + block.dx)
    top, bottom, above = px(y), px(y + block.h), px(y - block.dy)
    front = f"M{left} {top}H{right}V{bottom}H{left}z"
    if block.dx <= 0 or block.unknown:
        return [front]
    return [
        front,
        f"M{left} {top} {px(x + block.dx)} {above}H{back}L{right} {top}z",
        f"M{right} {top} {back} {above}V{px(y - block.dy + block.h)}L{right} {bottom}z",
    ]


def _hatch(block: Block, x: float, y: float, attributes: str) -> str:
    """Return the stripes of a frozen block."""
    return _clipped(x, y, block.w, block.h, f'<path{attributes} d="M0 0l199 199"/>')


def _clipped(x: float, y: float, w: float, h: float, stripes: str) -> str:
    """Return stripes that end at the edges of a rectangle.

    They are very thick dashed lines, clipped by a nested ``<svg>``. An SVG pattern would need an
    id, and a page that shows a panel twice would contain that id twice.
    """
    return f'<svg x="{px(x)}" y="{px(y)}" width="{px(w)}" height="{px(h)}">{stripes}</svg>'


def _surface(x: float, y: float, w: float, h: float, paint: Paint, frozen: str) -> str:
    """Return the stripes on a rectangle: those of its paint, and those of a frozen layer."""
    if not paint.stripes and not frozen:
        return ""
    drawn = ""
    if paint.stripes in ("rows", "grid"):
        drawn += f'<path d="M{px(w / 2)} 0v{px(h)}" stroke-width="{px(w)}"/>'
    if paint.stripes in ("columns", "grid"):
        drawn += f'<path d="M0 {px(h / 2)}h{px(w)}" stroke-width="{px(h)}"/>'
    lines = f'<g fill="none" stroke="#000000" stroke-dasharray=".6 2.4">{drawn}</g>' if drawn else ""
    return _clipped(x, y, w, h, lines + (f'<path{frozen} d="M0 0l199 199"/>' if frozen else ""))


def _frozen(theme: Theme) -> str:
    """Return the attributes of the hatching of a frozen layer."""
    dashes = "2.4 3.6" if theme.hatch == "#ffffff" else ".8 3.2"  # dark lines are thinner
    return f' fill="none" stroke="{theme.hatch}" stroke-opacity=".65" stroke-width="300" stroke-dasharray="{dashes}"'


def _blocks(figure: Figure, theme: Theme) -> str:
    blocks = "".join(_block(one, theme) for one in figure.drawn)
    return f'<g text-anchor="start">{blocks}</g>' if figure.column else blocks


def _block(drawn: DrawnBlock, theme: Theme) -> str:
    block, paint = drawn.block, drawn.paint
    line = f'stroke="{theme.muted}" stroke-dasharray="4 3"' if block.unknown else f'stroke="{theme.edge}" stroke-width=".6"'
    fills = ("none" if block.unknown else paint.color, _mixed(paint.color, 255, 0.34), _mixed(paint.color, 0, 0.28))
    faces = zip(_faces(block, block.x, block.y), fills, strict=False)
    paths = "".join(f'<path d="{path}" fill="{fill}"/>' for path, fill in faces)
    plain = Paint(paint.color) if block.unknown else paint
    surface = _surface(block.x, block.y, block.w, block.h, plain, _frozen(theme) if block.frozen else "")
    name = f' font-weight="600" fill="{theme.ink}"' if drawn.named else ""
    texts = "".join(
        f'<text{"" if at else name} x="{x:g}" y="{y:g}">{escape(text)}</text>'
        for at, ((x, y), text) in enumerate(zip(drawn.spots, drawn.lines, strict=True))
        if text
    )
    return f"<g><title>{escape(block.title)}</title><g {line}>{paths}</g>{_image(drawn)}{surface}{texts}</g>"


def _image(drawn: DrawnBlock) -> str:
    """Return the picture on the front face, framed in the colour of the block.

    The link is an ``xlink:href``, the older form, which all programs read.
    """
    if not drawn.image:
        return ""
    block, data = drawn.block, base64.b64encode(drawn.image).decode("ascii")
    place = f'x="{px(block.x)}" y="{px(block.y)}" width="{px(block.w)}" height="{px(block.h)}"'
    frame = f'<rect {place} fill="none" stroke="{drawn.paint.color}" stroke-width="1.5"/>'
    return f'<image {place} preserveAspectRatio="none" xlink:href="data:image/png;base64,{data}"/>{frame}'


def _brackets(figure: Figure, theme: Theme) -> str:
    """Return the brackets of groups, with their titles."""
    paths = "".join(f'<path d="{bracket.path}" fill="none" stroke="{theme.muted}"/>' for bracket in figure.brackets)
    titles = "".join(f'<text x="{one.x:g}" y="{one.y:g}">{escape(one.title)}</text>' for one in figure.brackets)
    anchor = ' text-anchor="start"' if figure.column else ""
    return f'<g fill="{theme.ink}"{anchor}>{paths}{titles}</g>' if paths else ""


def _note(note: Note, theme: Theme) -> str:
    """Return an entry of the legend or of the scale."""
    x, y = note.x, note.y - SWATCH + 1
    drawn = f'<text x="{note.text_x:g}" y="{note.y:g}">{escape(note.text)}</text>'
    if note.paint:
        square = f'<rect x="{x:g}" y="{y:g}" width="{SWATCH:g}" height="{SWATCH:g}" fill="{note.paint.color}" '
        square += f'stroke="{theme.edge}" stroke-width=".6"/>'
        surface = _surface(x, y, SWATCH, SWATCH, note.paint, _frozen(theme) if note.frozen else "")
        return square + surface + drawn
    if note.oblique:
        right, up = note.ruler * SKEW_X, note.ruler * SKEW_Y
        path = f"M{px(x)} {px(note.y - 3.5 + up / 2)}l{px(right)} {px(-up)}"
        return f'<path d="{path}" fill="none" stroke="{theme.ink}"/>{drawn}'
    if note.ruler:
        middle = note.y - 3.5
        path = f"M{px(x)} {px(middle - 3)}v6M{px(x)} {px(middle)}h{px(note.ruler)}m0 -3v6"
        return f'<path d="{path}" fill="none" stroke="{theme.ink}"/>{drawn}'
    return drawn


def _mixed(color: str, other: int, share: float) -> str:
    channels = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(channel * (1 - share) + other * share):02x}" for channel in channels)
