"""Define the notes on a stack that works, such as ignored input pixels.

A rule returns the words that complete its sentence, or None if it does not apply. It is better to
miss a case than to warn about a good model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence

import keras

from ..i18n.messages import N_, Message, message, number, plural
from ..model.layer_kinds import keras_name
from ..model.receptive_field import Field
from ..model.records import LayerRow, Note
from ..model.windows import ignored, space_of, window
from .stack_layers import StackLayer

# All sentences and the reasons why they matter, by key. They are defined only here.
WORDS: dict[str, tuple[str, Message]] = {
    "cropped-pixels": (
        "{sentence}",  # written by `_cropped`
        message("The strides and the kernel size place the windows so that none of them covers these positions."),
    ),
    "field-beyond-input": (
        N_("every output cell already sees the whole {size} input"),
        message(
            "Further kernels and pooling layers cannot add positions of the input, because every "
            "cell already depends on all of them."
        ),
    ),
    "two-linear-layers": (
        N_("{before} and this layer are linear, with no activation between them"),
        message("Together they compute no more than a single linear layer can. An activation on the first one changes that."),
    ),
    "bias-before-norm": (
        N_("its bias is cancelled by the BatchNormalization layer {after}"),
        message(
            "In training, subtracting the batch mean removes the bias, so it learns nothing. use_bias=False saves the weights."
        ),
    ),
    "softmax-over-one": (
        N_("a softmax over a single value is always 1"),
        message('A softmax divides each value by the sum of all. For a yes/no output, use one unit with activation="sigmoid".'),
    ),
    "pool-after-global": (
        N_("{before} has already pooled its input to a single position"),
        message("Global pooling leaves one position per channel; another pooling layer returns its value unchanged."),
    ),
    "dropout-at-the-end": (
        N_("in training, it changes the model's own output at random, after {before}"),
        message("Predictions and loss become noisy. Dropout belongs before the last layer."),
    ),
    "most-parameters": (
        N_("it holds at least {share} of all parameters"),
        message("If it is a Dense after a Flatten, global pooling instead of the Flatten needs far fewer parameters."),
    ),
    "embedding-on-floats": (
        N_("it looks up integers, but {before} outputs floats"),
        message(
            "The floats are truncated to integers before the lookup, and no gradient passes through it. "
            "An Embedding belongs at the start of a model."
        ),
    ),
    "layout": (
        "{sentence}",  # written by `lint.layouts`
        message(
            "A layer gets its layout when it is built, from the distribution that is set then. "
            "A key of a LayoutMap must match the whole path of a weight, such as model/dense/kernel."
        ),
    ),
    "not-a-stack": (
        N_(
            "{name} ({type}) is not a linear stack: its layers are listed in the order in which Keras runs them, "
            "and a layer does not always take the output of the layer above it."
        ),
        message("Where branches are joined, a receptive field spans what all of them see."),
    ),
    "own-code": (
        N_(
            "{name} ({type}) overrides call: its layers are listed in the order in which it stores "
            "them, not in the order in which they run."
        ),
        message("The inputs of its layers are only known when it runs, so their shapes and costs are unknown."),
    ),
}


def note(key: str, row: int | None = None, **words: object) -> Note:
    """Return the note for a key; ``words`` complete its sentence."""
    text, why = WORDS[key]
    return Note(key, row, message(text, **words), why)


def of_layer(position: int, stacked: StackLayer) -> tuple[Note, ...]:
    """Return the notes on one layer."""
    found = ((key, rule(stacked)) for key, rule in _RULES.items())
    return tuple(note(key, position, **words) for key, words in found if words is not None)


_Words = dict[str, object] | None


_PARTS = {
    "position": (
        *(N_("the last position"), N_("the last {n} positions")),
        *(N_("every second position"), N_("{n} of the {size} positions")),
    ),
    "slice": (
        *(N_("the last slice"), N_("the last {n} slices")),
        *(N_("every second slice"), N_("{n} of the {size} slices")),
    ),
    "row": (
        *(N_("the last row"), N_("the last {n} rows")),
        *(N_("every second row"), N_("{n} of the {size} rows")),
    ),
    "column": (
        *(N_("the last column"), N_("the last {n} columns")),
        *(N_("every second column"), N_("{n} of the {size} columns")),
    ),
}


_AXES = (("position",), ("row", "column"), ("slice", "row", "column"))


_BOTH: dict[tuple[str, ...], Message] = {
    ("the last row", "the last column"): message("the last row and column"),
    ("every second row", "every second column"): message("every second row and column"),
}


def _cropped(stacked: StackLayer) -> _Words:
    row = stacked.row
    if row.kernel is None or not row.cropped or not any(row.cropped):
        return None
    axes = ignored(stacked.layer, row.input_shape, row.output_shape) or ()  # type: ignore[arg-type]
    parts = [_part(name, *axis) for name, axis in zip(_AXES[len(axes) - 1], axes, strict=True) if axis[1]]
    what = _BOTH.get(tuple(map(str, parts)), _and(parts))
    several = len(parts) > 1 or bool(parts[0].values.get("n", 1) > 1)
    size = message("{n}-position", n=axes[0][0]) if len(axes) == 1 else _times(n for n, _ in axes)
    sentence = plural(
        "{what} of the {size} input is ignored",
        "{what} of the {size} input are ignored",
        1 + several,
        what=what,
        size=size,
    )
    return {"sentence": sentence}


def _part(axis: str, size: int, positions: tuple[int, ...]) -> Message:
    """Return words for positions along an axis: which ones they are, or how many."""
    n, (one, many, second, some) = len(positions), _PARTS[axis]
    if positions == tuple(range(size - n, size)):
        pattern = many if n > 1 else one
    else:
        pattern = second if positions == tuple(range(1, size, 2)) else some
    return message(pattern, **{name: value for name, value in (("n", n), ("size", size)) if f"{{{name}}}" in pattern})


def _and(parts: Sequence[Message]) -> Message:
    first, *more = parts
    for i, part in enumerate(more, 1):
        first = (
            message("{first} and {last}", first=first, last=part)
            if i == len(more)
            else message("{first}, {last}", first=first, last=part)
        )
    return first


_LINEAR = re.compile(r"Dense|Conv\dD(Transpose)?")


_BIASED = re.compile(r"Dense|(Depthwise|Separable)?Conv\dD")


def _linear_twice(stacked: StackLayer) -> _Words:
    """Find two consecutive linear layers that a single layer could replace."""
    nearest = stacked.nearest
    if nearest is None or not (_is_linear(nearest, _LINEAR) and _LINEAR.fullmatch(stacked.name)):
        return None
    formats = {getattr(one.layer, "data_format", "channels_last") for one in (nearest, stacked)}
    windows = [window(one.layer) for one in (nearest, stacked)]
    pointwise = [view is None or {*view.kernel, *view.strides} == {1} for view in windows]
    valid = [view is None or (view.padding == "valid" and not view.up) for view in windows]
    # Two layers with wide windows cannot be merged if there is padding. A bias before padding also
    # prevents merging, because the padded edge does not have the bias.
    single = pointwise[1] or (valid[1] and (pointwise[0] or valid[0])) or (pointwise[0] and not nearest.layer.use_bias)
    return {"before": nearest.row.name} if len(formats) == 1 and single else None


def _bias_before_norm(stacked: StackLayer) -> _Words:
    after, layer, rank = stacked.after, stacked.layer, len(stacked.row.output_shape or ())
    if after is None or not _is_linear(stacked, _BIASED) or not layer.use_bias or keras_name(after) != "BatchNormalization":
        return None
    # A frozen BatchNormalization subtracts a mean that does not follow the bias.
    if stacked.shared or not (layer.trainable and after.trainable) or layer.activity_regularizer is not None:
        return None
    channels = 1 if getattr(layer, "data_format", "") == "channels_first" else rank - 1
    return {"after": after.name} if after.axis in (channels, channels - rank) else None


def _is_linear(stacked: StackLayer, names: re.Pattern[str]) -> bool:
    return names.fullmatch(stacked.name) is not None and stacked.layer.activation is keras.activations.linear


def _softmax_over_one(stacked: StackLayer) -> _Words:
    shape = stacked.row.output_shape
    if not shape or isinstance(shape[0], tuple) or not _ends_in_softmax(stacked):
        return None
    axis = getattr(stacked.layer, "axis", -1) if stacked.name == "Softmax" else -1
    return {} if isinstance(axis, int) and -len(shape) <= axis < len(shape) and shape[axis] == 1 else None


def _ends_in_softmax(stacked: StackLayer) -> bool:
    if stacked.row.kind not in {"dense", "conv", "activation"} or not stacked.name:
        return False
    return stacked.name == "Softmax" or getattr(stacked.layer, "activation", None) is keras.activations.softmax


def _pool_after_global(stacked: StackLayer) -> _Words:
    """Find a pooling layer after a global one.

    Only activation, dropout and norm layers may be between them.
    """
    row = stacked.row
    if row.kind != "pool" or not stacked.name or not row.input_shape or not row.output_shape:
        return None
    between = itertools.takewhile(lambda one: "Global" not in one.name, reversed(stacked.before))
    if not all(one.name and one.row.kind in {"activation", "dropout", "norm"} for one in between):
        return None
    earlier = next((one for one in reversed(stacked.before) if "Global" in one.name), None)
    shapes = [row.input_shape] if "Global" in stacked.name else [row.input_shape, row.output_shape]
    sizes = {shape[axis] for shape in shapes for axis in space_of(stacked.layer, len(shape))}
    return {"before": earlier.row.name} if earlier is not None and sizes == {1} else None


_DROPOUTS = frozenset(
    {"Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"}
)


def _dropout_at_the_end(stacked: StackLayer) -> _Words:
    nearest = stacked.nearest
    if stacked.after is not None or stacked.row.depth or nearest is None:
        return None
    if stacked.name not in _DROPOUTS or not stacked.layer.rate:
        return None
    # While a stack is being built, a Dropout may be the last layer for a moment. So the note needs
    # a softmax before the Dropout, or a compiled model.
    return {"before": nearest.row.name} if _ends_in_softmax(nearest) or stacked.compiled else None


def _embedding_on_floats(stacked: StackLayer) -> _Words:
    nearest = stacked.nearest
    if nearest is None or stacked.name != "Embedding" or not nearest.name:
        return None
    return {"before": nearest.row.name} if nearest.row.kind in {"dense", "conv", "norm", "recurrent"} else None


def _times(sizes: Iterable[int | None]) -> str:
    return "×".join("?" if size is None else str(size) for size in sizes)


_RULES: dict[str, Callable[[StackLayer], _Words]] = {
    "cropped-pixels": _cropped,
    "two-linear-layers": _linear_twice,
    "bias-before-norm": _bias_before_norm,
    "softmax-over-one": _softmax_over_one,
    "pool-after-global": _pool_after_global,
    "dropout-at-the-end": _dropout_at_the_end,
    "embedding-on-floats": _embedding_on_floats,
}


def sees_whole_input(row: LayerRow, field: Field) -> bool:
    """Return whether all cells of a layer see the whole input. The note is put only on the first such layer."""
    return row.kernel is not None and field.sees_everything


def input_size(field: Field) -> dict[str, object]:
    """Return the size of the input as text, for the note on a layer whose cells all see the whole input."""
    sizes = field.lengths
    return {"size": message("{n}-position", n=sizes[0]) if len(sizes) == 1 else _times(sizes)}


_MOST, _FEWEST, _FEWEST_LAYERS = 0.9, 10_000, 3


def about_most(rows: Sequence[LayerRow]) -> list[Note]:
    """Return a note on a layer that has far more parameters than the rest.

    The first layer with parameters is left out, because its size follows from the data. So is an
    Embedding, because its size follows from the vocabulary.
    """
    weighted = [(row.params, i) for i, row in enumerate(rows) if row.params and row.kind != "model" and row.shared_with is None]
    total = sum(params for params, _ in weighted)
    if len(weighted) < _FEWEST_LAYERS or total < _FEWEST or any(row.params is None for row in rows):
        return []
    if total != sum(row.params or 0 for row in rows if row.shared_with is None and not row.depth):
        return []
    most, position = max(weighted)
    if position == weighted[0][1] or rows[position].kind == "embedding" or most <= _MOST * total:
        return []
    return [note("most-parameters", position, share=number("{n} %", int(100 * most / total)))]
