"""Define the records that widgets send to the page, besides those of `model` and `render`.

The build writes them to ``js/src/generated/records.ts``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from ..model.array_layout import Form


class Empty(TypedDict):
    """A record without fields."""


class Steps(TypedDict):
    """A part of the history: ``what`` are the steps from ``first``, out of ``count``."""

    first: int
    count: int
    position: int
    what: Sequence[str]


class Plan(TypedDict, total=False):
    """What `recompile` would keep, lose and add."""

    kept: Sequence[str]
    lost: Sequence[str]
    new: Sequence[str]


class Waiting(TypedDict, total=False):
    """Pending flags by path, and when they take effect."""

    flags: Mapping[str, bool]
    until: str


class Slots(TypedDict, total=False):
    """Bytes of the optimizer slots for the weights that train, and bytes that the frozen ones would need."""

    train: int
    saves: int


class Point(TypedDict):
    """A layer whose output can be shown. The first point is the input."""

    path: str
    row: int
    """The position of the layer's row in the stack; -1 for the input."""
    depth: int
    type: str
    shape: str
    form: Form
    filters: bool
    """Whether the layer has kernels that can be shown."""


class Catalogue(TypedDict):
    """The page's texts in a language. A text about a number of things has one for each plural category."""

    language: str
    texts: Mapping[str, str | Mapping[str, str]]


class Greeting(TypedDict):
    """The current version, and what the page lacks: the front end, or its texts. A buffer has all traits, if it lacks them."""

    version: int
    front_end: NotRequired[str]
    catalogue: NotRequired[Catalogue]


class Code(TypedDict):
    """Python code that builds the stack, or that does the same as a request."""

    code: str


class Drawing(TypedDict):
    """The shape diagram as an SVG document."""

    svg: str


class Preset(TypedDict):
    """The options of a picture: as JSON in whole, those for which the panel has menus, and the rest as JSON."""

    whole: str
    rest: str
    size_by: NotRequired[str]
    color_by: NotRequired[str]
    folded: NotRequired[bool]
    theme: NotRequired[str]
    layout: NotRequired[str]
    width: NotRequired[str]


class Suggestion(TypedDict):
    """A usual next layer, and the output shape that it would give."""

    code: str
    shape: str


class Suggestions(TypedDict):
    """The usual next layers."""

    offers: Sequence[Suggestion]


class StepMemory(TypedDict):
    """Bytes that a training step needs; ``unknown`` has the reasons for those that are not known."""

    weights: int | None
    gradients: int | None
    optimizer: int | None
    activations: int | None
    backward: int | None
    total: int | None
    unknown: Mapping[str, str]


class StepRow(TypedDict):
    """A layer of an earlier step."""

    name: str
    type: str
    shape: str


class StepPreview(TypedDict):
    """The model at an earlier or later step, and what would change by going there."""

    what: str
    rows: Sequence[StepRow]
    params: str
    added: Sequence[str]
    removed: Sequence[str]
    reshaped: Sequence[str]


class SameMaps(TypedDict):
    """The page already has these maps."""

    same: Literal[True]


class LayerMaps(TypedDict):
    """The maps of a layer for a sample. The statistics and the first tiles are arrays."""

    version: int
    channels: int
    slices: int
    height: int
    width: int
    factor: int
    """One pixel of a tile stands for ``factor`` × ``factor`` cells of the map."""
    shown: tuple[int, int]
    """The height and width of a tile."""


class Tiles(TypedDict):
    """More tiles of a layer; the tiles are an array."""

    factor: int


class ReceptiveFields(TypedDict):
    """Whether the receptive fields of a layer are known; they are arrays."""

    known: bool


class LayerHealth(TypedDict):
    """The channels of a layer that have a problem."""

    path: str
    channels: int
    dead: Sequence[int]
    saturated: Sequence[int]
    not_finite: int
    duplicates: Sequence[tuple[int, int]] | None
    whole: bool


class Health(TypedDict):
    """The health of all layers; their histograms are arrays."""

    layers: Sequence[LayerHealth]
    samples: int
    """The number of samples that were analysed."""
    dataset: bool
    """Whether these are samples of the whole data set."""
    problem: str
    """Why not all samples were analysed; empty otherwise, and as long as the analysis runs."""
    version: int


class Progress(TypedDict):
    """The progress of the answer to a request: the layers that have run, or the samples or batches that are processed."""

    done: int
    of: int | None
    """None if this is unknown."""
    samples: NotRequired[int]
    """The number of samples that are processed, where batches are counted."""
