"""Draw the diagram of a stack as a picture for a paper or a slide: SVG, PNG or PDF."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Container, Mapping
from typing import NamedTuple, TypeVar, Unpack

from PIL import ImageColor

from ..checks import brief, describe
from ..errors import ArgumentError, MissingPackageError, NoSuchLayerError
from ..i18n.languages import translate
from ..i18n.messages import Text, message
from ..model.folds import folds
from ..model.records import Facts
from ..printable import line
from .block_images import png_of
from .block_positions import DrawnBlock
from .block_text import DEFAULT_TEXT, is_named, lines
from .brackets import Group
from .diagram import LONGEST_LABEL, Diagram, diagram
from .figure import figure
from .picture_options import MM, PictureOptions, ThemeName, checked, px_of
from .svg import SYSTEM_FONT, palette, svg
from .text import one_line
from .themes import THEMES, Paint, Theme
from .tikz import tikz

_POINT, _INCH = 96 / 72, 96.0  # px
_TEXT = 10.5 / _POINT  # the size of labels in pt, unless they are scaled
_WIDEST, _SMALLEST = 1200.0, 0.8  # lines are wrapped at a width in px, or rather scaled down a little to fit
_MOST_PIXELS, _MOST_DPI = 100_000_000, 2400
_FONTS = {
    "sans-serif": ("Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "Segoe UI", "Roboto", "Noto Sans", "DejaVu Sans"),
    "serif": ("Times New Roman", "Liberation Serif", "Libertinus Serif"),
    "monospace": ("Courier New", "Liberation Mono", "DejaVu Sans Mono"),
}
_Value = TypeVar("_Value", str, bytes)
_BUNDLED = "Libertinus Serif"  # part of typst


class Picture(NamedTuple):
    """A picture as SVG, with its width and height in px."""

    svg: str
    width: float
    height: float


def picture(
    stack: Facts,
    default: ThemeName,
    measured: tuple[str, Mapping[str, float | None]] | None = None,
    opened: Container[int] = (),
    /,
    **options: Unpack[PictureOptions],
) -> Picture:
    """Draw a stack; ``default`` is the theme if no other is chosen, ``measured`` the kind of colours and their values by path.

    The folds that begin at the rows ``opened`` are not collapsed, as in a panel.

    Raises
    ------
    ArgumentError
        If there is no such option, or if an option has a wrong value.
    NoSuchLayerError
        If ``colors``, ``labels``, ``groups`` or ``images`` names a layer that the diagram does not have.
    """
    chosen = checked(options)
    theme = THEMES[chosen.get("theme", default)]
    closed = [fold for fold in folds(stack.rows, stack.graphs) if fold.start not in opened]
    drawn = diagram(
        stack,
        size_by=chosen.get("size_by", "shape"),
        color_by=measured[0] if measured else chosen.get("color_by", "kind"),
        folds=closed if chosen.get("folded") else (),
        measured=measured[1] if measured else {},
    )
    own = _by_row(chosen.get("labels", {}), stack, drawn, "labels")
    colors = {name: (color, _blocks(name, stack, drawn, "colors")) for name, color in chosen.get("colors", {}).items()}
    paints, legend = _painted(drawn, theme, colors, chosen.get("labels", {}))
    columns = chosen.get("text", DEFAULT_TEXT)
    images = _by_row({name: png_of(name, image) for name, image in chosen.get("images", {}).items()}, stack, drawn, "images")
    items = {item.position: item for item in drawn.work.items} if drawn.work else {}
    blocks = [
        DrawnBlock(
            block=one,
            paint=paints[one.row],
            lines=lines(one, items[one.row], stack, columns, own.get(one.row)),
            named=one.row in own or is_named(columns),
            image=images.get(one.row, b""),
        )
        for one in drawn.blocks
    ]
    text, width = chosen.get("font_size", _TEXT) / _TEXT, chosen.get("width")
    room = None if width is None else px_of(width)
    shrinks = room is not None and "font_size" not in chosen
    layout = chosen.get("layout", "wrapped")
    widest = math.inf if layout == "row" else (room or _WIDEST) / (text * (_SMALLEST if shrinks else 1))
    groups = _groups(chosen.get("groups", {}), stack, drawn)
    laid = figure(drawn, blocks, groups, legend, column=layout == "column", widest=widest)
    if room is None:
        scale, canvas = text, laid.width
    else:
        fits = room / laid.width
        scale = fits if shrinks and laid.lines <= 1 else min(text, fits)
        canvas = room / scale
    in_mm = isinstance(width, str) and width.endswith("mm")
    size = " ".join(
        f'{side}="{px / MM:.6g}mm"' if in_mm else f'{side}="{px:.6g}"'
        for side, px in (("width", canvas * scale), ("height", laid.height * scale))
    )
    return Picture(svg(laid, theme, _css_font(chosen.get("font")), canvas, size), canvas * scale, laid.height * scale)


def png(stack: Facts, dpi: float, **options: Unpack[PictureOptions]) -> bytes:
    """Draw a stack as PNG; ``dpi`` does not matter if the width is in px."""
    if not isinstance(dpi, int | float) or isinstance(dpi, bool) or not 1 <= dpi <= _MOST_DPI:
        msg = f"dpi expected a number from 1 to {_MOST_DPI}, received {describe(dpi)}."
        raise ArgumentError(msg)
    width = checked(options).get("width")
    in_px = width is not None and not (isinstance(width, str) and width.endswith("mm"))
    return _converted("to_png", stack, "png", _INCH if in_px else dpi, **options)


def pdf(stack: Facts, **options: Unpack[PictureOptions]) -> bytes:
    """Draw a stack as PDF with real text."""
    return _converted("to_pdf", stack, "pdf", None, **options)


def tikz_code(stack: Facts, **options: Unpack[PictureOptions]) -> str:
    """Draw a stack as TikZ code, without a background and in black unless another theme is chosen."""
    chosen = checked(options)
    if "images" in chosen:
        msg = "to_tikz expected no images, which TikZ code cannot contain; use to_pdf, or leave out images."
        raise ArgumentError(msg)
    drawn = picture(stack, "print", **chosen)
    return tikz(drawn.svg, drawn.width)


def _converted(caller: str, stack: Facts, form: str, ppi: float | None, **options: Unpack[PictureOptions]) -> bytes:
    """Convert a picture with typst, which embeds fonts and uses no network."""
    try:
        typst = importlib.import_module("typst")
    except ImportError:
        msg = f"{caller} expected the package typst, which is not installed; install it: pip install 'seqwidget[paper]'."
        raise MissingPackageError(msg) from None
    chosen = checked(options)
    chosen["font"] = _installed(chosen.get("font", "sans-serif"), typst.Fonts().families())
    drawn = picture(stack, "light", **chosen)
    if ppi and drawn.width * drawn.height * (ppi / _INCH) ** 2 > _MOST_PIXELS:
        msg = f"{caller} expected a picture of at most {_MOST_PIXELS / 1e6:g} million pixels; give a smaller width or dpi."
        raise ArgumentError(msg)
    page = f"width: {drawn.width / _POINT}pt, height: {drawn.height / _POINT}pt, margin: 0pt, fill: none"
    source = f"""
        #set document(title: sys.inputs.title, date: none)
        #set page({page})
        #image(bytes(sys.inputs.svg), format: "svg", width: 100%, height: 100%, fit: "stretch", alt: sys.inputs.title)
    """
    inputs = {"svg": drawn.svg, "title": line(stack.name)}
    found: bytes = typst.compile(source.encode(), format=form, ppi=ppi, sys_inputs=inputs)
    return found


def _blocks(pattern: str, stack: Facts, drawn: Diagram, option: str) -> set[int]:
    """Return the rows of the blocks that a pattern of an option matches."""
    try:
        matches = re.compile(pattern).fullmatch
    except (re.error, OverflowError, RecursionError) as error:
        msg = message(
            "{name} expected a regular expression, received {received}: {why}; use re.escape for a name.",
            name=option,
            received=describe(pattern),
            why=str(error),
        )
        raise NoSuchLayerError(msg) from None
    for field in ("path", "name", "type", "kind"):
        found = set()
        for block in drawn.blocks:
            rows = stack.rows[block.row : block.end] if block.row >= 0 else ()
            names = [getattr(row, field) for row in rows] or (["input"] if field == "kind" else [])
            if any(name == pattern or matches(name) for name in names):
                found.add(block.row)
        if found:
            return found
    known = list(dict.fromkeys(["input", *(row.path for row in stack.rows if row.depth == 0)]))
    shown: Text = ", ".join(map(brief, known[:8]))
    if len(known) > 8:
        shown = message("{layers}, … ({n} in all)", layers=shown, n=len(known))
    msg = message(
        "{name} expected a layer, class or kind of {model!r}, received {received}; its layers are {layers}.",
        name=option,
        model=stack.name,
        received=describe(pattern),
        layers=shown,
    )
    raise NoSuchLayerError(msg)


def _by_row(values: Mapping[str, _Value], stack: Facts, drawn: Diagram, option: str) -> dict[int, _Value]:
    """Return the value for each block that a pattern matches, by its row; the last of several counts."""
    return {row: value for pattern, value in values.items() for row in _blocks(pattern, stack, drawn, option)}


def _groups(titles: Mapping[str, str], stack: Facts, drawn: Diagram) -> list[Group]:
    """Return the groups of blocks; patterns with the same title are one group."""
    members: dict[str, set[int]] = {}
    for pattern, title in titles.items():
        rows = _blocks(pattern, stack, drawn, "groups")
        members.setdefault(title, set()).update(at for at, block in enumerate(drawn.blocks) if block.row in rows)
    return [Group(translate(one_line(title, LONGEST_LABEL)), frozenset(ats)) for title, ats in members.items()]


def _painted(
    drawn: Diagram, theme: Theme, colors: Mapping[str, tuple[str, set[int]]], labels: Mapping[str, str]
) -> tuple[dict[int, Paint], list[tuple[Paint, Text]]]:
    """Return the paint of each block by its row, and the legend, with an entry for each of the user's colours."""
    own = {row: name for name, (_, rows) in colors.items() for row in rows}
    paints = {
        name: Paint("#" + "".join(f"{one:02x}" for one in ImageColor.getrgb(color)[:3])) for name, (color, _) in colors.items()
    }
    of = {block.row: paints[own[block.row]] if block.row in own else _paint(theme, block.cls) for block in drawn.blocks}
    left = {block.cls for block in drawn.blocks if block.row not in own}
    scale = {key.cls for key in drawn.legend if key.cls.startswith("heat")}
    legend = [(_paint(theme, key.cls), key.label) for key in drawn.legend if key.cls in left | scale]
    used = [name for name in colors if name in own.values()]
    return of, legend + [(paints[name], _legend_label(drawn, name, labels)) for name in used]


def _legend_label(drawn: Diagram, name: str, labels: Mapping[str, str]) -> Text:
    own = labels.get(name)
    return one_line(own, LONGEST_LABEL) if own else _kind_name(drawn, name) or one_line(name, LONGEST_LABEL)


def _kind_name(drawn: Diagram, name: str) -> Text | None:
    keys = drawn.legend if drawn.color_by == "kind" else ()
    return next((key.label for key in keys if key.cls == f"kind-{name}"), None)


def _paint(theme: Theme, cls: str) -> Paint:
    return theme.paints.get(cls) or Paint(palette().get(cls, "#8d8d8d"))


def _css_font(font: str | None) -> str:
    """Return the name of a font with others that stand in for it, as in CSS."""
    if font is None:
        return SYSTEM_FONT
    return font if font in _FONTS else f"'{font}', sans-serif"


def _installed(font: str, families: list[str]) -> str:
    """Return the name of an installed font.

    Raises
    ------
    ArgumentError
        If a font with this name is not installed.
    """
    known = {family.lower(): family for family in families}
    names = _FONTS.get(font, (font,))
    found = next((known[name.lower()] for name in names if name.lower() in known), _BUNDLED if font in _FONTS else None)
    if found is None:
        msg = f"font expected one of the installed fonts: {', '.join(families[:20])}; received {describe(font)}."
        raise ArgumentError(msg)
    return found
