"""The answers to the requests of the feature-map viewer: tiles as bytes, statistics as floats."""

from __future__ import annotations

import collections
import functools
import io
import math
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np

from ..activations.cache import Activations
from ..activations.channel_health import figures
from ..activations.datasets import Dataset
from ..activations.layer_uses import LayerUse
from ..errors import UserError
from ..i18n.messages import message
from ..model.array_layout import Layout, filters, layout_of, together
from ..render import feature_maps_text, formatting, tiles
from ..render.input_preview import preview
from .health import HealthAnswers, ReplacedError
from .records import Progress
from .requests import Answer, Handler, RequestData, Steps

Array = np.ndarray
INPUT = ""
"""The path that stands for the model's input."""
OUTDATED = message("these maps are outdated: the model has changed; refresh them.")
_THE_INPUT = message("the input")

_ANSWERS = 24  # cached answers, each of about a megabyte


class GoneError(UserError, LookupError):
    """A request for maps that cannot be shown, or that are outdated."""


class Answers:
    """The answers to the viewer's requests, for one state of a model.

    Parameters
    ----------
    activations : Activations
        The outputs of the layers.
    version : int
        The number of the model's state. The answers to ``maps`` and ``health`` contain it. The
        requests ``tiles``, ``value`` and ``field`` name it, and fail if it is outdated.
    dataset : Dataset, optional
        The data set whose first samples these are.
    """

    def __init__(self, activations: Activations, version: int, dataset: Dataset | None = None) -> None:
        self.activations, self.version = activations, version
        self._health = HealthAnswers(activations, version, dataset)
        self._given: collections.OrderedDict[tuple[object, ...], Answer] = collections.OrderedDict()

    @property
    def _samples(self) -> Array:
        """The samples of the input that is shown as images."""
        return self.activations.batch.array

    @functools.cached_property
    def inputs(self) -> dict[str, Array]:
        """The samples of each input by its path, first those that are shown: `INPUT`, or its name if there are several."""
        batch = self.activations.batch
        names = batch.names if len(batch.names) > 1 else (INPUT,)
        order = sorted(range(len(names)), key=lambda at: at != batch.shown)
        return {names[at]: batch.arrays[at] for at in order}

    @functools.cached_property
    def _values(self) -> tuple[float, float]:
        samples = self._samples
        low, high = (samples.min(), samples.max()) if samples.dtype.kind in "fiub" else (0, 0)
        return float(low), float(high)

    @property
    def places(self) -> Mapping[str, LayerUse]:
        """The layers whose outputs can be shown, by path."""
        return self.activations.places

    @property
    def handlers(self) -> dict[str, Handler]:
        """The handlers, by the name of the request."""
        questions = (self.maps, self.tiles, self.value, self.field, self.photo, self.thumbnails, self.array)
        return {**{question.__name__: question for question in questions}, "health": self._health.answer}

    def layout(self, path: str, shape: Sequence[int | None]) -> Layout:
        """Return the layout of one sample of a layer's output, or of an input."""
        return layout_of(shape, data_format=self.input_format) if path in self.inputs else self.places[path].layout(shape)

    def points(self) -> list[dict[str, Any]]:
        """Return the inputs and the layers whose outputs can be shown, each as a `Point`."""
        found: list[dict[str, Any]] = []
        for path, samples in self.inputs.items():
            form, size = self.layout(path, samples.shape[1:]).form, formatting.cells((None, *samples.shape[1:]))
            entrance = {"path": path, "row": -1, "depth": 0, "type": message("input"), "shape": size}
            found.append({**entrance, "form": form, "filters": False})
        for path, place in self.places.items():
            sizes = feature_maps_text.sizes(place.row)
            found.append(
                {
                    "path": path,
                    "row": place.position,
                    "depth": place.row.depth,
                    "type": place.row.type,
                    "shape": formatting.cells((None, *sizes)),
                    "form": place.layout(sizes).form,
                    "filters": filters(place.layer) is not None,
                }
            )
        return found

    @property
    def first(self) -> str:
        """The path of the first layer of the model itself, or of an input if there is none."""
        own = (path for path, place in self.places.items() if place.row.depth == 0)
        return next(own, next(iter(self.inputs)))

    @property
    def input_format(self) -> str | None:
        """The data format of the first layer that has one, or None. It is taken as the input's."""
        formats = (getattr(place.layer, "data_format", None) for place in self.places.values())
        return next((one for one in formats if one), None)

    def arranged(self, ask: RequestData) -> Generator[Progress, None, Array]:
        """Return the requested maps in full, with shape (channels, slices, height, width).

        This is a generator, like all handlers that run the model: it yields how many layers have
        run.

        Raises
        ------
        GoneError
            If the model has no such layer, if the layer has no kernels to show, or if the dtype of
            its output cannot be shown.
        """
        path = ask["layer"]
        self._check_layer(path)
        if ask.get("filters"):
            kernels = filters(self.places[path].layer) if path not in self.inputs else None
            if kernels is None:
                msg = message("{layer} has no kernels to show; choose a convolution.", layer=path or _THE_INPUT)
                raise GoneError(msg)
            return kernels
        sample = yield from self._output(path, ask["sample"])
        if sample.dtype.kind not in "fiub":
            raise GoneError(
                message(
                    "the output of {layer} is {dtype}, which cannot be shown as maps; choose another layer.",
                    layer=path or _THE_INPUT,
                    dtype=str(sample.dtype),
                )
            )
        return self.layout(path, sample.shape).arrange(sample)

    def _output(self, path: str, sample: int) -> Generator[Progress, None, Array]:
        self._check_layer(path)
        self.activations.check(sample)
        if path in self.inputs:
            return self.inputs[path][sample]
        steps, order = self.activations.steps_to(path, sample), list(self.places)
        while True:
            try:
                done = next(steps)
            except StopIteration as end:
                return end.value
            if done is None:
                yield from self._waiting()
            elif done in self.places:
                yield {"done": order.index(done) + 1, "of": order.index(path) + 1}

    def _waiting(self) -> Generator[Progress, None, None]:
        """Wait for the graph of all layers. If nobody waits any more, the kernel does not keep its outputs."""
        try:
            yield {"done": 0, "of": None}
        except ReplacedError:  # by a request for maps, which probably needs the same outputs
            raise
        except BaseException:
            self.activations.drop_pass()
            raise

    def _check_layer(self, path: str) -> None:
        if path not in self.inputs and path not in self.places:
            msg = message("the model no longer has {layer!r}, or its output is not known; choose another layer.", layer=path)
            raise GoneError(msg)

    def maps(self, ask: RequestData) -> Steps:
        """Return statistics of all channels, and the first tiles that fit in ``budget`` bytes.

        At least one tile is returned, and the latest answers are cached. If the page already has
        the maps of this version, the answer is ``{"same": True}``.
        """
        if ask.get("have") == self.version:
            return Answer({"same": True})
        key = tuple(ask[name] for name in ("layer", "sample", "slice", "filters", "limit"))
        given = self._given.get(key)
        if given is None or _tiles_in(given, ask["budget"]) > len(given.arrays["codes"]):
            given = self._given[key] = yield from self._made(ask)
            if len(self._given) > _ANSWERS:
                self._given.popitem(last=False)
        codes = given.arrays["codes"][: _tiles_in(given, ask["budget"])]
        return Answer(given.facts, {**given.arrays, "codes": codes})

    def _made(self, ask: RequestData) -> Steps:
        return self._packed(together((yield from self.arranged(ask))), ask["slice"], ask["limit"], ask["budget"])

    def small(self, ask: RequestData) -> Steps:
        """Return the same as `maps`, with tiles so small that all of them fit in ``budget`` bytes."""
        maps = together((yield from self.arranged(ask)))
        side = math.isqrt(ask["budget"] // max(1, len(maps)))
        return self._packed(maps, ask["slice"], max(1, min(side, ask["limit"])), ask["budget"])

    def _packed(self, maps: Array, at: int, limit: int, budget: int) -> Answer:
        found = figures(maps)
        cut = maps[:, min(at, maps.shape[1] - 1)]
        size, factor = tiles.shrunk(cut.shape[1:], limit)
        many = max(1, budget // (size[0] * size[1]))
        small, _ = tiles.shrink(cut[:many], limit)
        codes = tiles.quantise(small, found.low[:many], found.high[:many])
        channels, slices, height, width = maps.shape
        facts = {
            "version": self.version,
            "channels": channels,
            "slices": slices,
            "height": height,
            "width": width,
            "factor": factor,
            "shown": size,
        }
        names = ("low", "high", "mean", "variance", "zeros", "not_finite")
        return Answer(facts, {"codes": codes, **{name: getattr(found, name) for name in names}})

    def tiles(self, ask: RequestData) -> Steps:
        """Return the tiles of the given ``channels``. No side is longer than ``limit`` cells."""
        self._check(ask)
        maps = yield from self.arranged(ask)
        _check_inside(ask["channels"], maps.shape[:1] * len(ask["channels"]))
        maps = maps[ask["channels"]]
        found = figures(maps)
        small, factor = tiles.shrink(maps[:, min(ask["slice"], maps.shape[1] - 1)], ask["limit"])
        return Answer({"factor": factor}, {"codes": tiles.quantise(small, found.low, found.high)})

    def value(self, ask: RequestData) -> Steps:
        """Return the exact value at one position: channel, slice, row and column."""
        self._check(ask)
        maps = yield from self.arranged(ask)
        _check_inside(ask["at"], maps.shape)
        return Answer(arrays={"value": np.asarray(maps[tuple(ask["at"])], "float64").reshape(1)})

    def field(self, ask: RequestData) -> Steps:
        """Return which input positions each cell sees: one boolean array per spatial axis."""
        self._check(ask)
        path, seen = ask["layer"], None
        self._check_layer(path)
        # The page shows one input; which of several inputs a field is a part of would not be seen.
        if len(self.inputs) == 1 and path not in self.inputs and not self.places[path].field.reason:
            shape = (yield from self._output(path, 0)).shape
            layout = self.layout(path, shape)
            cells = tuple(n for axis, n in enumerate(shape) if axis != layout.channel_axis)
            seen = self.places[path].field.seen(cells, layout.channel_axis)
        drawn = min(3, max(1, self._samples.ndim - 2))  # spatial axes of the input
        if seen is None or len(seen) != drawn:
            return Answer({"known": False})
        return Answer({"known": True}, {f"axis{i}": axis for i, axis in enumerate(seen)})

    def photo(self, ask: RequestData) -> Answer:
        """Return one sample of the input as an image. No array if it cannot be shown as one."""
        return Answer(arrays=self._photos([ask["sample"]], ask["limit"]))

    def thumbnails(self, ask: RequestData) -> Answer:
        """Return all samples of the input as small images. No array if they cannot be shown as images."""
        return Answer(arrays=self._photos(list(range(len(self.activations.batch))), ask["limit"]))

    def array(self, ask: RequestData) -> Steps:
        """Return a layer's output for one sample, or its kernels, as the bytes of an .npy file."""
        stream = io.BytesIO()
        if ask["filters"]:
            np.save(stream, (yield from self.arranged(ask)))
        else:
            np.save(stream, (yield from self._output(ask["layer"], ask["sample"])))
        return Answer(arrays={"npy": np.frombuffer(stream.getvalue(), "uint8")})

    def _photos(self, samples: list[int], limit: int) -> dict[str, Array]:
        for sample in samples:
            self.activations.check(sample)
        first = self.input_format == "channels_first"
        found = [preview(self._samples[i], self._values, channels_first=first, limit=limit) for i in samples]
        return {} if any(one is None for one in found) else {"photos": np.stack(found)}  # type: ignore[arg-type]

    def _check(self, ask: RequestData) -> None:
        if ask["version"] != self.version:
            raise GoneError(OUTDATED)


def _tiles_in(maps: Answer, budget: int) -> int:
    """Return how many tiles of a layer's maps fit in a number of bytes; at least one."""
    _, height, width = maps.arrays["codes"].shape
    return min(len(maps.arrays["low"]), max(1, budget // (height * width)))


def _check_inside(indices: Sequence[int], sizes: Sequence[int]) -> None:
    if any(index >= size for index, size in zip(indices, sizes, strict=True)):
        raise GoneError(message("these maps have no such position; refresh them."))
