"""Convert a user's input into samples for all inputs of a model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from ..checks import attribute, describe
from ..errors import InputError
from ..i18n.messages import Text, message
from ..keras_compat import keras_graph
from ..model.call_graph import read
from ..model.model_inputs import ModelInput, own_input, own_inputs
from . import inputs
from .datasets import Dataset
from .samples import Array, Samples
from .value_range import about_range


@dataclass(frozen=True, slots=True)
class ConvertedInput:
    """What was read from a user's input.

    Attributes
    ----------
    samples
        The samples in the shapes and dtypes that the model takes.
    notes
        What was changed to make the input fit, and doubts about its range of values.
    dataset
        The data set whose first samples these are; None if the input is not a data set.
    """

    samples: Samples
    notes: tuple[Text, ...] = ()
    dataset: Dataset | None = None


def samples_for(model: keras.Model, x: object, *, samples: int = 64) -> ConvertedInput:
    """Convert a user's input into samples for a model.

    Parameters
    ----------
    model : keras.Model
        The model.
    x
        What `inputs.batch` takes. For a model with several inputs, a list or tuple with one of these
        for each input, or a dict of them by the names of the inputs; or a data set of such batches.
    samples : int
        The maximum number of samples.

    Returns
    -------
    ConvertedInput
        The samples and notes about the conversion.

    Raises
    ------
    InputError
        If ``x`` cannot be converted or does not fit the model.
    """
    there = named_inputs(model)
    if there is None:
        one = inputs.batch(x, model, *own_input(model), samples=samples)  # type: ignore[arg-type]  # one input has one shape
        return ConvertedInput(Samples((one.array,)), one.notes, one.dataset)
    notes: list[Text] = []
    dataset = None if inputs.is_one(x) else Dataset(x)  # type: ignore[arg-type]  # it is iterable
    found = _first(dataset, there, samples) if dataset else _each(x, there, samples, notes)
    notes += about_range(found.array, _takers(model, found.shown))
    if len(there) > 1:
        notes.append(message("the samples are shown by the input {name}", name=found.names[found.shown]))
    return ConvertedInput(found, tuple(dict.fromkeys(notes)), dataset)


def batches(dataset: Dataset, model: keras.Model) -> Iterator[Samples]:
    """Convert the batches of a data set, one after the other, without keeping any.

    Raises
    ------
    InputError
        If the data set cannot be read again; and while it is read, if a batch cannot be used.
    """
    there = named_inputs(model)
    if there is None:
        arrays = inputs.batches(dataset, *own_input(model))  # type: ignore[arg-type]  # one input has one shape
        return map(_alone, arrays)

    def converted(given: object) -> Samples:
        return _of_batch(given, there, dataset.source)

    return map(converted, dataset)  # unlike a generator, it does not keep a batch while the next one is read


def _alone(array: Array) -> Samples:
    return Samples((array,))


def named_inputs(model: keras.Model) -> list[ModelInput] | None:
    """Return the inputs of a model that takes them by name or in order; None for a model that takes one array."""
    there, graph = own_inputs(model), keras_graph.graph(model)
    is_dict = graph is not None and not isinstance(model, keras.Sequential) and keras_graph.takes_a_dict(graph)
    return there if len(there) > 1 or is_dict else None


def _takers(model: keras.Model, at: int) -> list[keras.Layer]:
    """Return the layers of a Functional model that take its input with this number."""
    reading = read(model)
    if reading.line:
        return [call.layer for call in reading.calls[:1]]
    found = [
        reading.calls[link.target].layer
        for link in reading.links
        if (link.source, link.tensor) == (None, at) and link.target is not None
    ]
    return [layer for layer in found if isinstance(layer, keras.Layer)]


def _each(x: object, there: Sequence[ModelInput], samples: int, notes: list[Text]) -> Samples:
    """Return all samples of each input; of a list of images, only as many as are requested."""
    given, arrays, counts = split(x, there), list[Array](), list[int]()
    for one, part in zip(there, given, strict=True):
        own: list[Text] = []
        with _about(one):
            arrays.append(inputs.whole(part, one.shape, one.dtype, samples, own))
        counts.append(len(part) if isinstance(part, list) and len(part) > len(arrays[-1]) else len(arrays[-1]))
        notes += _named(own, one)
    found = _together(arrays, counts, there)
    if len(found) > samples:
        notes.append(message("the first {taken} of {count:,} samples", taken=samples, count=len(found)))
    return _together([_typed(one, array[:samples], notes) for one, array in zip(there, arrays, strict=True)], counts, there)


def _typed(one: ModelInput, array: Array, notes: list[Text]) -> Array:
    own: list[Text] = []
    with _about(one):
        array = inputs.as_dtype(array, one.shape, one.dtype, own)
    notes += _named(own, one)
    return array


def _named(notes: list[Text], one: ModelInput) -> list[Text]:
    return [message("{name}: {note}", name=one.name, note=note) for note in notes]


def _first(dataset: Dataset, there: Sequence[ModelInput], samples: int) -> Samples:
    """Return the first batches of a data set, until there are enough samples."""
    found: list[Samples] = []
    for given in inputs.opened(dataset):
        found.append(_of_batch(given, there, dataset.source))
        if found[0].sizes != found[-1].sizes:
            msg = "expected batches of one shape, received some of different shapes; give them all the same shape."
            raise InputError(msg)
        if sum(map(len, found)) >= samples:
            break
    if not found:
        msg = "expected a data set with batches, received one without; pass at least one."
        raise InputError(msg)
    arrays = [np.concatenate(parts)[:samples] for parts in zip(*(one.arrays for one in found), strict=True)]
    return _together(arrays, list(map(len, arrays)), there)


def _of_batch(given: object, there: Sequence[ModelInput], source: object) -> Samples:
    arrays = []
    for one, part in zip(there, split(given, there), strict=True):
        with _about(one):
            arrays.append(inputs.of_batch(part, one.shape, one.dtype, source))
    return _together(arrays, list(map(len, arrays)), there)


def _together(arrays: Sequence[Array], counts: Sequence[int], there: Sequence[ModelInput]) -> Samples:
    """Return the arrays of all inputs together; that of the first image is shown."""
    names = tuple(one.name for one in there)
    if len(set(counts)) > 1:
        different = ", ".join(f"{count} for {name!r}" for count, name in zip(counts, names, strict=True))
        msg = f"expected as many samples for each input, received {different}; pass those that belong together."
        raise InputError(msg)
    images = (at for at, array in enumerate(arrays) if array.ndim == 4 and array.dtype.kind in "fiub")
    return Samples(tuple(arrays), names, next(images, 0))


def split(x: object, there: Sequence[ModelInput]) -> list[object]:
    """Return what was given for each input.

    Raises
    ------
    InputError
        If the names or the number of inputs are not those of the model.
    """
    names = [one.name for one in there]
    wanted = f"expected {_listed(names)}"
    if isinstance(x, Mapping):
        missing, unknown = [name for name in names if name not in x], [key for key in x if key not in names]
        if missing:
            received = f"none for {missing[0]!r}" + (f", but one for {describe(unknown[0])}" if unknown else "")
            msg = f"{wanted}, received {received}; pass a dict with one array for each name."
            raise InputError(msg)
        return [x[name] for name in names]
    several = isinstance(x, list | tuple)
    if not several and len(there) == 1:
        return [x]
    if several and len(x) == len(there):  # type: ignore[arg-type]
        return list(x)  # type: ignore[call-overload]
    received = f"{type(x).__name__} of {len(x)}" if several else describe(x)  # type: ignore[arg-type]
    if not several and attribute(x, "shape") is not None:
        received = f"one array of shape {tuple(x.shape)}"  # type: ignore[attr-defined]
    msg = f"{wanted}, received {received}; pass a list of arrays in this order, or a dict by name."
    raise InputError(msg)


def _listed(names: Sequence[str]) -> str:
    some = ", ".join(map(repr, names[:8])) + (", …" if len(names) > 8 else "")
    return f"an array for the input {some}" if len(names) == 1 else f"an array for each of the {len(names)} inputs {some}"


@contextlib.contextmanager
def _about(one: ModelInput) -> Iterator[None]:
    """Name the input in an error about what was given for it."""
    try:
        yield
    except InputError as error:
        msg = f"{one.name}: {error}"
        raise InputError(msg) from None
