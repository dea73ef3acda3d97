"""Write a picture as TikZ code, from its SVG."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping

from .layer_tables import in_latex

_POINT = 72.27 / 96  # TeX's pt in a px
_INHERITED = ("fill", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "text-anchor", "font-weight")
_ANCHORS = {"start": "base west", "middle": "base"}


def tikz(svg: str, width: float) -> str:
    """Return a picture as a ``tikzpicture``, with text in the font of the document.

    Parameters
    ----------
    svg : str
        The picture, as `seqwidget.render.svg.svg` draws it, without images.
    width : float
        Its width in px.
    """
    root = ET.XML(svg)
    left, top, across, down = map(float, root.attrib["viewBox"].split())
    scale = width / across * _POINT
    size = float(root.attrib["font-size"]) * scale
    colors = sorted(set(re.findall(r'"(#[0-9a-f]{6})"', svg)))
    lines = (
        r"% \usepackage{tikz} \usetikzlibrary{svg.path}",
        rf"\begin{{tikzpicture}}[xscale={scale:.4g}, yscale=-{scale:.4g}, every node/.style={{inner sep=0pt,",
        rf"  font=\fontsize{{{size:.3g}pt}}{{{1.2 * size:.3g}pt}}\selectfont}}]",
        *(rf"\definecolor{{{_color(color)}}}{{HTML}}{{{color[1:].upper()}}}" for color in colors),
        rf"\useasboundingbox ({left:g}pt,{top:g}pt) rectangle ({left + across:g}pt,{top + down:g}pt);",
        *_drawn(root, {}, scale),
        r"\end{tikzpicture}%",  # otherwise, the end of the line would be a space
    )
    return "\n".join(lines) + "\n"


def _drawn(element: ET.Element, around: Mapping[str, str], scale: float) -> Iterator[str]:
    """Return the commands for the content of an element, with the attributes that it inherits."""
    style = {**around, **{name: element.attrib[name] for name in _INHERITED if name in element.attrib}}
    for child in element:
        own, kind = {**style, **child.attrib}, child.tag.rpartition("}")[2]
        if kind == "path":
            yield rf"\path[{_options(own, scale)}] svg {{{child.attrib['d']}}};"
        elif kind == "rect":
            x, y, w, h = (float(child.get(side, "0")) for side in ("x", "y", "width", "height"))
            yield rf"\path[{_options(own, scale)}] ({x:g}pt,{y:g}pt) rectangle ({x + w:g}pt,{y + h:g}pt);"
        elif kind == "text":
            weight = r"\bfseries " if "font-weight" in own else ""
            place = f"anchor={_ANCHORS[own['text-anchor']]}, text={_color(own['fill'])}"
            yield rf"\node[{place}] at ({own['x']}pt,{own['y']}pt) {{{weight}{in_latex(child.text or '')}}};"
        elif kind == "svg":
            yield rf"\begin{{scope}}[shift={{({own['x']}pt,{own['y']}pt)}}]"
            yield rf"\clip (0pt,0pt) rectangle ({own['width']}pt,{own['height']}pt);"
            yield from _drawn(child, style, scale)
            yield r"\end{scope}"
        else:
            yield from _drawn(child, style, scale)


def _options(style: Mapping[str, str], scale: float) -> str:
    options = [] if style["fill"] == "none" else [f"fill={_color(style['fill'])}"]
    if style.get("stroke", "none") != "none":
        options += [f"draw={_color(style['stroke'])}", f"line width={float(style.get('stroke-width', '1')) * scale:.3g}pt"]
        if "stroke-opacity" in style:
            options.append(f"draw opacity={style['stroke-opacity']}")
        if "stroke-dasharray" in style:
            on, off = (float(length) * scale for length in style["stroke-dasharray"].split())
            options.append(f"dash pattern=on {on:.3g}pt off {off:.3g}pt")
    return ", ".join(options)


def _color(color: str) -> str:
    return f"sw{color[1:]}"
