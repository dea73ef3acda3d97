"""Notes: what a person should know about a stack that works, such as pixels that no layer ever looks at.

A rule gives the words that its sentence lacks, or None. It would rather miss a case than nag about a good model.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from .errors import UserError
from .geometry import spatial
from .layers import keras_name
from .records import LayerRow, Note
from .said import Said, phrase, said

# Every sentence, with why it matters, by its key: here and nowhere else.
WORDS: dict[str, tuple[str, Said]] = {
    "cropped-pixels": (
        phrase("no output cell sees the last {unseen} of {of}"),
        said("A stride that does not divide the size leaves out positions at the far edges: what is there cannot matter."),
    ),
    "field-beyond-input": (
        phrase("an output cell looks at {field} positions of the input, which has only {size}"),
        said("The rest of its view is padding: from here on, further kernels and pools bring in nothing new of the input."),
    ),
    "two-linear-layers": (
        phrase("{before} and this layer are linear with nothing in between"),
        said("Two linear layers in a row can do no more than one. An activation on the first makes it count."),
    ),
    "bias-before-norm": (
        phrase("its bias goes straight into the BatchNormalization {after}, which takes it away again"),
        said("Subtracting the mean cancels any bias, so these weights train for nothing: use_bias=False saves them."),
    ),
    "softmax-over-one": (
        phrase("a softmax over one unit is always 1"),
        said(
            "Softmax shares 1 out among the units, and one unit gets it all. "
            'For yes or no, one unit takes activation="sigmoid".'
        ),
    ),
    "pool-after-global": (
        phrase("it pools what {before} has pooled to one position already"),
        said("Global pooling leaves one position a channel; another pool can only hand it on."),
    ),
    "dropout-at-the-end": (
        phrase("it drops parts of the model's own output, behind {before}"),
        said("In training, answers are zeroed at random and scaled up. Dropout belongs before the last layer."),
    ),
    "most-parameters": (
        phrase("it has {percent} % of all parameters"),
        said(
            "Most of what the model can learn sits in one layer: often a Dense behind a Flatten, where a global pooling may do."
        ),
    ),
    "embedding-on-floats": (
        phrase("it looks up whole numbers, and {before} gives it fractions"),
        said("Each is cut to an integer before the look-up, and nothing is learned through that. An Embedding goes first."),
    ),
    "not-a-stack": (
        phrase(
            "{name} is a {type} model, not a linear stack: its layers are listed in the order in which Keras runs them, "
            "and the connections between them are not shown."
        ),
        said("Figures that need one line of layers, such as receptive fields, are left out."),
    ),
    "own-code": (
        phrase("{name} ({type}) runs code of its own: the layers that it holds are listed, not the order in which they run."),
        said("Only running it tells what its layers are given, so their shapes and costs are not known."),
    ),
}

_silent: set[str] = set()


def silence(*keys: str) -> None:
    """Leave notes of these keys out from now on, in this Python session.

    Parameters
    ----------
    *keys : str
        Keys of notes, such as ``"bias-before-norm"``; see `Note.key`.

    Raises
    ------
    UserError
        If there is no note of such a key.
    """
    _silent.update(_known(keys))


def unsilence(*keys: str) -> None:
    """Show notes of these keys again; without keys, of all.

    Parameters
    ----------
    *keys : str
        Keys of notes; see `seqwidget.silence`.

    Raises
    ------
    UserError
        If there is no note of such a key.
    """
    _silent.difference_update(_known(keys) if keys else set(_silent))


def silenced() -> list[str]:
    """Give the keys of the notes that are left out."""
    return sorted(_silent)


def _known(keys: tuple[str, ...]) -> tuple[str, ...]:
    for key in keys:
        if key not in WORDS:
            msg = f"expected keys of notes, received {key!r:.60}; they are {', '.join(WORDS)}."
            raise UserError(msg)
    return keys


def note(key: str, row: int | None = None, **words: Any) -> Note:
    """Make a note out of its key and the words that its sentence lacks."""
    text, why = WORDS[key]
    return Note(key, row, said(text, **words), why)


@dataclass(frozen=True)
class Place:
    """One layer in its line of layers, with what is before it (the nearest last) and right behind it.

    ``name`` is that of the Keras class whose work it does.
    """

    row: LayerRow
    layer: Any
    name: str
    before: tuple[Place, ...]
    after: Any
    compiled: bool

    @property
    def nearest(self) -> Place | None:
        """Give the place right before."""
        return self.before[-1] if self.before else None


def is_silent(note: Note) -> bool:
    """Whether a note is silenced."""
    return note.key in _silent


def places(model: Any, rows: Sequence[LayerRow], layers: Sequence[Any], start: int) -> Iterator[tuple[int, Place]]:
    """Give the layers that run in a line of layers, with what is before and behind them in that line.

    Left out are those before the row at ``start`` that have none from there on right behind them.
    """
    lines: dict[str, list[int]] = {}
    parents = {f"{row.path}/": layer for row, layer in zip(rows, layers, strict=True) if row.kind == "model"}
    for position, row in enumerate(rows):
        parent = row.path.removesuffix(row.name) if row.depth else ""
        if isinstance(parents.get(parent, model), keras.Sequential):
            lines.setdefault(parent, []).append(position)
    compiled = bool(model.compiled)
    for line in lines.values():
        first = max(0, bisect.bisect_left(line, start) - 1)
        looked_at = line[max(0, first - _LOOKED_BACK) :]
        before: tuple[Place, ...] = ()
        for position, following in itertools.zip_longest(looked_at, looked_at[1:]):
            after = None if following is None else layers[following]
            layer = layers[position]
            place = Place(rows[position], layer, keras_name(layer), before, after, compiled)
            before = (*before[-_LOOKED_BACK:], place)
            if position >= line[first]:
                yield position, place


def of_layer(position: int, place: Place) -> tuple[Note, ...]:
    """Give the notes on one layer."""
    found = ((key, rule(place)) for key, rule in _RULES.items())
    return tuple(note(key, position, **words) for key, words in found if words is not None)


_LOOKED_BACK = 4  # places: rules look no further back than what may come between a global pool and another

# The rules. Each gives the words for its note, or None.

_Words = dict[str, Any] | None


def _cropped(place: Place) -> _Words:
    row = place.row
    if row.kernel is None or not row.cropped or not any(row.cropped) or row.input_shape is None:
        return None
    return {"unseen": _times(row.cropped), "of": _times(row.input_shape[1:])}


_MATRICES = frozenset({"Dense", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"})
_STEPS = frozenset({*_MATRICES, "SeparableConv1D", "SeparableConv2D", "DepthwiseConv1D", "DepthwiseConv2D"})


def _linear_twice(place: Place) -> _Words:
    nearest = place.nearest
    if nearest is None or not (_is_linear(nearest, _MATRICES) and place.name in _MATRICES):
        return None
    return {"before": nearest.row.name}


def _bias_before_norm(place: Place) -> _Words:
    after, rank = place.after, len(place.row.output_shape or ())
    if not _is_linear(place, _STEPS) or not place.layer.use_bias or keras_name(after) != "BatchNormalization":
        return None
    channels = 1 if getattr(place.layer, "data_format", "") == "channels_first" else rank - 1
    return {"after": after.name} if after.axis in (channels, channels - rank) else None


def _is_linear(place: Place, names: frozenset[str]) -> bool:
    return place.name in names and place.layer.activation is keras.activations.linear


def _softmax_over_one(place: Place) -> _Words:
    shape = place.row.output_shape
    if not shape or isinstance(shape[0], tuple) or not _ends_in_softmax(place):
        return None
    axis = getattr(place.layer, "axis", -1) if place.name == "Softmax" else -1
    return {} if isinstance(axis, int) and -len(shape) <= axis < len(shape) and shape[axis] == 1 else None


def _ends_in_softmax(place: Place) -> bool:
    return place.name == "Softmax" or getattr(place.layer, "activation", None) is keras.activations.softmax


def _pool_after_global(place: Place) -> _Words:
    row = place.row
    if row.kind != "pool" or row.input_shape is None or (row.data_format is None and "Global" not in row.type):
        return None
    sizes = spatial(row.input_shape, getattr(place.layer, "data_format", None))  # type: ignore[arg-type]
    earlier = next((one for one in reversed(place.before) if "Global" in one.name), None)
    return {"before": earlier.row.name} if earlier is not None and sizes and set(sizes) == {1} else None


_DROPOUTS = frozenset(
    {"Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"}
)


def _dropout_at_the_end(place: Place) -> _Words:
    nearest = place.nearest
    if place.after is not None or place.row.depth or nearest is None or place.name not in _DROPOUTS:
        return None
    # while a stack is being built, a Dropout is last for a moment: it is certain only behind an output, or once compiled
    return {"before": nearest.row.name} if _ends_in_softmax(nearest) or place.compiled else None


_FRACTIONS = frozenset({"dense", "conv", "norm", "recurrent", "activation"})


def _embedding_on_floats(place: Place) -> _Words:
    nearest = place.nearest
    if nearest is None or place.name != "Embedding" or nearest.row.kind not in _FRACTIONS:
        return None
    return {"before": nearest.row.name}


def _times(sizes: Any) -> str:
    return "×".join("?" if size is None else str(size) for size in sizes)


_RULES: dict[str, Callable[[Place], _Words]] = {
    "cropped-pixels": _cropped,
    "two-linear-layers": _linear_twice,
    "bias-before-norm": _bias_before_norm,
    "softmax-over-one": _softmax_over_one,
    "pool-after-global": _pool_after_global,
    "dropout-at-the-end": _dropout_at_the_end,
    "embedding-on-floats": _embedding_on_floats,
}


# Rules over all rows.


def beyond(rows: Sequence[LayerRow], position: int) -> _Words:
    """Give the words for a layer that looks beyond the input; it is said of the first one only."""
    row, sizes = rows[position], rows[0].input_shape[1:] if rows[0].input_shape else ()
    field = row.receptive_field
    if row.kernel is None or field is None or len(field) > len(sizes):
        return None
    seen = sizes[1:] if row.data_format == "channels_first" else sizes[: len(field)]
    if any(isinstance(size, int) and reach > size for reach, size in zip(field, seen, strict=True)):
        return {"field": _times(field), "size": _times(seen)}
    return None


_MOST, _FEWEST, _FEWEST_LAYERS = 0.9, 10_000, 3


def about_most(rows: Sequence[LayerRow]) -> list[Note]:
    """Find a layer that outweighs the rest by far. The first follows from the data, and an Embedding from its vocabulary."""
    weighted = [(row.params, i) for i, row in enumerate(rows) if row.params and row.kind != "model"]
    total = sum(params for params, _ in weighted)
    if len(weighted) < _FEWEST_LAYERS or total < _FEWEST:
        return []
    most, position = max(weighted)
    if position == weighted[0][1] or rows[position].kind == "embedding" or most <= _MOST * total:
        return []
    return [note("most-parameters", position, percent=int(100 * most / total))]
