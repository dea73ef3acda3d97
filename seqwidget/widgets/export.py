"""Static output of a feature-map viewer: a PNG, an HTML page, or a plain table."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..activations.channel_health import Figures, figures
from ..activations.run import last
from ..i18n.languages import translate
from ..i18n.messages import Text, joined, message, plural
from ..model.array_layout import together
from ..printable import line
from ..render import feature_maps_text, tiles
from ..render.colormaps import COLORMAPS
from ..render.html import SEPARATOR, document
from ..render.svg import NO_MATH, escape, speaks, style_sheet
from ..render.text import one_line
from ..render.tile_png import LIMIT, bars, sheet
from .handlers import Answers
from .records import Point

PAGE = 64
"""The number of maps on one page of the grid."""
_LAYER, _OUTPUT = message("Layer"), message("Output of one sample")
_SCALES = {"channel": message("channel"), "layer": message("layer"), "fixed": message("fixed")}


class Shown(Protocol):
    """The attributes of a viewer that `StaticMaps` reads: what is selected, and what is shown."""

    name: str
    layer: str
    sample: int
    samples: int
    slice: int
    filters: bool
    colormap: str
    scale: str
    fixed: tuple[float, float]
    sort: str
    classes: Sequence[str]
    notes: Sequence[Text]
    points: Sequence[Point]


class StaticMaps:
    """Static output of a `FeatureMaps` viewer, as it is when a method is called."""

    def __init__(self, viewer: Shown, answers: Answers) -> None:
        self._viewer = viewer
        self._answers = answers

    def png(self) -> bytes:
        """Draw the first page of the grid as a PNG."""
        viewer = self._viewer
        ask = {"layer": viewer.layer, "sample": viewer.sample, "filters": viewer.filters}
        maps = together(last(self._answers.arranged(ask)))
        found = figures(maps)
        order = _order(found, viewer.sort)[:PAGE]
        chosen = Figures(*(getattr(found, field.name)[order] for field in dataclasses.fields(found)))
        form = "maps" if viewer.filters else self._form(viewer.layer)
        numbers = [int(number) for number in order]
        if form == "vector":
            named = viewer.classes if len(viewer.classes) == len(maps) else [str(i) for i in range(len(maps))]
            return bars(chosen.high, [named[number] for number in numbers])
        small, _ = tiles.shrink(maps[:, min(viewer.slice, maps.shape[1] - 1)], LIMIT[form == "sequence"])
        codes = tiles.quantise(small[order], chosen.low, chosen.high)
        whole = (float(found.low.min()), float(found.high.max()))
        shown = {"channel": None, "layer": whole, "fixed": viewer.fixed}[viewer.scale]
        own = (chosen.low, chosen.high)
        return sheet(codes, own, numbers=numbers, colormap=viewer.colormap, shown=shown, sequence=form == "sequence")

    def text(self) -> str:
        """Return a plain table with one line per layer, with a mark at the selected layer."""
        viewer = self._viewer
        lines = [translate(self._title())]
        width = max(len(_name(point["path"])) + 2 * point["depth"] for point in viewer.points)
        for point in viewer.points:
            mark = ">" if point["path"] == viewer.layer else " "
            name = "  " * point["depth"] + _name(point["path"])
            lines.append(f"{mark} {name:{width}}  {point['shape']:14} {translate(self._shown_as(point['path']))}")
        return "\n".join(map(line, [*lines, *map(translate, viewer.notes)]))

    def html(self, *, page: bool) -> str:
        """Return the grid, its caption and a table of the layers as HTML."""
        image = base64.b64encode(self.png()).decode()
        picture = f'<img style="max-width:100%" alt="{escape(self._caption())}" src="data:image/png;base64,{image}">'
        panel = self._panel(f"<p>{picture}</p>{self._table()}")
        return document(self._viewer.name, style_sheet(), panel) if page else f"<style>{style_sheet()}</style>{panel}"

    def bundle(self) -> dict[str, Any]:
        """Return what a saved notebook stores: a caption with its styles, the PNG and the table."""
        caption = f"<style>{style_sheet()}</style>{self._panel('')}"
        return {"text/html": caption, "image/png": base64.b64encode(self.png()).decode(), "text/plain": self.text()}

    def _title(self) -> Text:
        viewer = self._viewer
        many = plural("{n} sample", "{n} samples", viewer.samples)
        return message("{model}: feature maps of {samples}", model=one_line(viewer.name), samples=many)

    def _caption(self) -> Text:
        viewer = self._viewer
        layer = _name(viewer.layer)
        return message(
            "{layer}: {maps}, sample {sample}, {colormap}, scaled by {scale}",
            layer=message("kernels of {layer}", layer=layer) if viewer.filters else layer,
            maps=self._shown_as(viewer.layer),
            sample=viewer.sample,
            colormap=COLORMAPS[viewer.colormap].label,
            scale=_SCALES[viewer.scale],
        )

    def _panel(self, inside: str) -> str:
        head = f'<b class="sw-name"><bdi>{escape(self._title())}</bdi></b>'
        stat = f"<span>{escape(self._caption())}</span>"
        notes = "\n".join(f"<li>{escape(note)}</li>" for note in self._viewer.notes)
        listed = f'<ul class="sw-notes">{notes}</ul>' if notes else ""
        inside = f'<div class="sw-head">{head}{SEPARATOR}{stat}</div>{inside}{listed}'
        return f'<div class="seqwidget sw-static sw-still {NO_MATH}"{speaks()}>{inside}</div>'

    def _table(self) -> str:
        rows = "".join(map(self._row, self._viewer.points))
        head = f'<tr><th scope="col">{escape(_LAYER)}</th> <th scope="col">{escape(_OUTPUT)}</th></tr>'
        return f'<table class="sw-table"><thead>{head}</thead><tbody>{rows}</tbody></table>'

    def _row(self, point: Point) -> str:
        name = f"<bdi>{escape(_name(point['path']))}</bdi> <span>{escape(point['type'])}</span>"
        head = f'<th scope="row" style="padding-left:{10 + 20 * point["depth"]}px">{name}</th>'
        output = joined(" · ", (point["shape"], self._shown_as(point["path"])))
        return f"<tr>{head} <td>{escape(output)}</td></tr>\n"

    def _shape(self, path: str) -> tuple[int | None, ...]:
        if path in self._answers.inputs:
            return self._answers.inputs[path].shape[1:]
        return feature_maps_text.sizes(self._answers.places[path].row)

    def _shown_as(self, path: str) -> Text:
        shape = self._shape(path)
        return feature_maps_text.shown_as(self._answers.layout(path, shape), shape)

    def _form(self, path: str) -> str:
        return self._answers.layout(path, self._shape(path)).form


def _name(path: str) -> str:
    return translate(one_line(path) if path else message("input"))


def _order(found: Figures, sort: str) -> np.ndarray:
    """Return the channels in the same order as js/src/feature_maps/sorting.ts.

    Only the browser can sort by similarity; here, the channels then stay in the order of their
    numbers.
    """
    if sort in ("index", "likeness"):
        return np.arange(len(found.low))
    return np.argsort(-getattr(found, sort), kind="stable")
