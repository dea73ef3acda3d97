"""What a page may choose in a `FeatureMaps` viewer: the maps to show, and how they are drawn.

The viewer also keeps the maps of each choice at the ends of epochs.
"""

from __future__ import annotations

import traitlets

from ..i18n.messages import message
from ..render.colormaps import COLORMAPS
from . import schema
from .base import LiveWidget
from .epoch_maps import VIEW, EpochMaps
from .handlers import Answers
from .requests import RequestData
from .traits import choice, fact

# The choices of the menus, with their labels.
_COLORMAPS = {name: colormap.label for name, colormap in COLORMAPS.items()}
_SCALES = {"channel": message("each channel"), "layer": message("the layer"), "fixed": message("fixed")}
_SORTS = {
    "index": message("channel number"),
    "mean": message("mean"),
    "high": message("maximum"),
    "variance": message("variance"),
    "zeros": message("sparsity"),
    "likeness": message("similarity to the selected channel"),
}


class MapChoices(LiveWidget):
    """The choices of a viewer, and the epochs whose maps are kept."""

    _at_once = ("epoch_maps",)

    layer = traitlets.Unicode().tag(**choice(schema.name))
    sample = traitlets.Int().tag(**choice(schema.index))
    channel = traitlets.Int(-1).tag(**choice(schema.offset))
    slice = traitlets.Int().tag(**choice(schema.index))
    filters = traitlets.Bool().tag(**choice(schema.flag))
    colormap = traitlets.Enum(tuple(COLORMAPS), "viridis").tag(**choice(schema.one_of(_COLORMAPS)))
    scale = traitlets.Enum(tuple(_SCALES), "channel").tag(**choice(schema.one_of(_SCALES)))
    fixed = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(0.0, 1.0)).tag(**choice(schema.bounds))
    sort = traitlets.Enum(tuple(_SORTS), "index").tag(**choice(schema.one_of(_SORTS)))

    epochs: traitlets.List[tuple[int, int]] = traitlets.List().tag(**fact(list[tuple[int, int]]))
    """The run, or 0, and the epoch of all maps that are kept for what is shown."""

    def __init__(self, **values: object) -> None:
        self._epochs = EpochMaps()
        super().__init__(**values)
        self.serve({"epoch_maps": self._epochs.epoch_maps})

    @property
    def _view(self) -> RequestData:
        return {name: getattr(self, name) for name in VIEW}

    def _keep_epoch(self, answers: Answers, run: int, epoch: int) -> None:
        self._epochs.keep(answers, self._view, run, epoch)
        self._list_epochs()

    def _forget_epochs(self) -> None:
        self._epochs.clear()
        self._list_epochs()

    @traitlets.observe(*VIEW)
    def _list_epochs(self, _change: object = None) -> None:
        self.epochs = self._epochs.epochs(self._view)
