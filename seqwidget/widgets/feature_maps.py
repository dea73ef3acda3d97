"""The viewer of what every layer makes of a batch."""

from __future__ import annotations

import pathlib
from typing import Any

import anywidget
import numpy as np
import traitlets

from ..picture import tiles
from ..picture.colormaps import COLORMAPS, table
from ..picture.diagram import diagram
from ..stack.activations import LIMIT, Activations
from ..stack.extractor import build, points_of
from ..stack.inspect import inspect
from ..stack.layout import layout_of
from .requests import Answer, serve

_STATIC = pathlib.Path(__file__).parent.parent / "static"


class FeatureMaps(anywidget.AnyWidget):
    """TODO."""

    _esm = _STATIC / "feature_maps.js"
    _css = _STATIC / "feature_maps.css"

    points: traitlets.List[Any] = traitlets.List().tag(sync=True)
    diagram = traitlets.Dict().tag(sync=True)
    colors = traitlets.Bytes().tag(sync=True)
    samples = traitlets.Int().tag(sync=True)
    version = traitlets.Int().tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    sample = traitlets.Int().tag(sync=True)
    colormap = traitlets.Enum(COLORMAPS, "viridis").tag(sync=True)
    channel = traitlets.Int(-1).tag(sync=True)
    scale = traitlets.Enum(("channel", "layer", "fixed"), "channel").tag(sync=True)

    def __init__(self, model: Any, x: Any) -> None:
        build(model, x.shape[1:])
        facts = inspect(model)
        self._points = points_of(facts)
        super().__init__(
            diagram=diagram(facts).to_dict(),
            points=[{"path": path, "name": row.name} for path, row in self._points.items()],
            colors=b"".join(table(name).tobytes() for name in COLORMAPS),
            samples=len(x),
            layer=next(iter(self._points)),
        )
        self._activations = Activations(model, self._points, x, limit=LIMIT)
        serve(self, {"maps": self._maps, "tiles": self._tiles,  "value": self._value})

    def _maps(self, ask: dict[str, Any]) -> Answer:
        maps = self._arranged(ask)
        shown, factor = tiles.shrink(maps[:, ask.get("slice", 0)], ask["limit"])
        low, high = tiles.limits(maps)
        flat = maps.reshape(len(maps), -1)
        many = max(1, ask["budget"] // shown[0].size)
        codes = tiles.quantise(shown[:many], low[:many], high[:many])
        facts = dict(version=self.version, channels=len(maps), slices=maps.shape[1], height=maps.shape[2], width=maps.shape[3], factor=factor, shown=shown.shape[1:])
        return Answer(facts, {"codes": codes, "low": low, "high": high, "mean": flat.mean(1), "variance": flat.var(1), "zeros": (flat == 0).mean(1).astype("f")})

    def _tiles(self, ask: dict[str, Any]) -> Answer:
        maps = self._arranged(ask)[ask["channels"]]
        shown, _ = tiles.shrink(maps[:, ask.get("slice", 0)], ask["limit"])
        return Answer(arrays={"codes": tiles.quantise(shown, *tiles.limits(maps))})

    def _value(self, ask: dict[str, Any]) -> Answer:
        channel, *at = ask["at"]
        return Answer(arrays={"value": np.float64(self._arranged(ask)[channel, *at]).reshape(1)})

    def _arranged(self, ask: dict[str, Any]) -> np.ndarray[Any, Any]:
        sample = self._activations.of(ask["layer"], ask["sample"])
        row = self._points[ask["layer"]]
        return layout_of(row, (None, *sample.shape)).arrange(sample)
