"""Convert a user's input, such as an array, an image or a data set, into a batch for a model."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import keras
import numpy as np
from PIL import Image

from ..checks import attribute, describe
from ..errors import InputError
from ..i18n.messages import Text, message, plural
from ..model.records import Shape
from .datasets import Dataset
from .refused_input import no_array, refused, words
from .value_range import about_range

Array = np.ndarray
Picture = Image.Image | os.PathLike[str] | str


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples in the shape and dtype that the model takes.

    Attributes
    ----------
    array
        The samples, batch first.
    notes
        What was changed to make the input fit, and doubts about its range of values.
    dataset
        The data set whose first samples these are; None if the input is not a data set.
    """

    array: Array
    notes: tuple[Text, ...] = field(default=())
    dataset: Dataset | None = None


def batch(x: object, model: keras.Model, shape: Shape | None, dtype: str | None, *, samples: int = 64) -> Batch:
    """Convert an input into a batch.

    Parameters
    ----------
    x
        An array or tensor of any library, with or without the batch axis; a PIL image or the path
        of an image file, or a list of these; a ``tf.data.Dataset``, a ``keras.utils.PyDataset`` or
        another iterable of batches. Only the input ``x`` of batches such as ``(x, y)`` is used.
    model : keras.Model
        The model. It is used only to check whether it rescales its input.
    shape : tuple or None
        The input shape of the model, batch first; None while it is unknown.
    dtype : str or None
        The dtype of the model's input; None while it is unknown.
    samples : int
        The maximum number of samples.

    Returns
    -------
    Batch
        The samples and notes about the conversion.

    Raises
    ------
    InputError
        If ``x`` cannot be converted, does not fit the model, or contains values that are NaN or
        infinite.
    """
    notes: list[Text] = []
    dataset = None if is_one(x) else Dataset(x)  # type: ignore[arg-type]  # it is iterable
    if dataset:
        array = _with_batch(_numbers(_first(dataset, shape, samples), x, shape, dtype), shape, notes)
    else:
        array = whole(x, shape, dtype, samples, notes)
    if len(array) > samples:
        notes.append(message("the first {taken} of {count:,} samples", taken=samples, count=len(array)))
    array = as_dtype(array[:samples], shape, dtype, notes)
    return Batch(array, (*notes, *about_range(array, model.layers)), dataset)


def whole(x: object, shape: Shape | None, dtype: str | None, samples: int, notes: list[Text]) -> Array:
    """Convert an input that is not a data set into an array with a batch axis; of a list of images, only the first ones."""
    return _with_batch(_numbers(_collected(x, shape, samples, dtype, notes), x, shape, dtype), shape, notes)


def batches(dataset: Dataset, shape: Shape | None, dtype: str | None) -> Iterator[Array]:
    """Convert the batches of a data set, one after the other, without keeping any.

    Parameters
    ----------
    dataset : Dataset
        The data set.
    shape, dtype
        The shape, batch first, and the dtype of the model's input; None while they are unknown.

    Returns
    -------
    iterator of array
        The batches in the shape and dtype that the model takes.

    Raises
    ------
    InputError
        If the data set cannot be read again; and while it is read, if a batch cannot be used.
    """

    def converted(given: object) -> Array:
        return of_batch(given, shape, dtype, dataset.source)

    return map(converted, dataset)  # unlike a generator, it does not keep a batch while the next one is read


def of_batch(given: object, shape: Shape | None, dtype: str | None, source: object) -> Array:
    """Convert one batch of a data set."""
    array = _numbers(_of_many(given, shape, source), given, shape, dtype)
    return as_dtype(_with_batch(array, shape, []), shape, dtype, [])


def _numbers(array: Array, x: object, shape: Shape | None, dtype: str | None) -> Array:
    """Return an array unchanged if it holds values that the model may take."""
    if array.dtype.kind in "SUO" and dtype != "string":
        raise refused(shape, f"{describe(x)}, which contains values of type {type(array.flat[0]).__name__}", "pass numbers")
    if array.dtype.kind not in "SUO" and dtype == "string":
        raise refused(shape, f"values of dtype {array.dtype}", "pass texts")
    if array.dtype.kind == "c":
        raise refused(shape, f"complex numbers ({array.dtype})", "pass their real part or their absolute value")
    if array.dtype.kind not in "biufSUO":
        raise refused(shape, f"values of dtype {array.dtype}", "pass numbers")
    return array


def as_dtype(array: Array, shape: Shape | None, dtype: str | None, notes: list[Text]) -> Array:
    """Return samples in the dtype of the model's input; raise an error if there are none, or if values are not finite."""
    if not len(array):
        raise refused(shape, f"no samples: {array.shape}", "pass at least one")
    if dtype == "string":
        return array
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))[0])
        count = int((~np.isfinite(array)).sum())
        raise refused(shape, f"{count:,} values that are NaN or infinite, the first in sample {bad}", "replace or remove them")
    return _cast(array, dtype or ("float32" if array.dtype.kind == "f" else str(array.dtype)), notes)


def _cast(array: Array, dtype: str, notes: list[Text]) -> Array:
    """Return an array in the dtype of the model's input, and note if integers cannot hold some values."""
    with np.errstate(invalid="ignore"):  # a number that is too large
        cast = array.astype(dtype, copy=False)
    if cast.dtype.kind in "iu" and (count := int((cast != array).sum())):
        notes.append(
            plural(
                "{n} value does not fit {dtype} and was changed",
                "{n:,} values do not fit {dtype} and were changed",
                count,
                dtype=dtype,
            )
        )
        # Backends convert such values differently, and Keras converts an array to a tensor first.
        cast = keras.ops.convert_to_numpy(keras.ops.cast(keras.ops.convert_to_tensor(array), dtype))
    return cast


def _collected(x: Any, shape: Shape | None, samples: int, dtype: str | None, notes: list[Text]) -> Array:
    if dtype == "string" and isinstance(x, str | bytes):
        raise refused(shape, describe(x), "pass a list of texts, even for a single one")
    if _is_picture(x):
        return _picture(x, shape, notes)[None]
    if isinstance(x, list | tuple) and len(x) and dtype != "string" and all(map(_is_picture, x)):
        if (shape is None or None in shape[1:]) and len({_opened(one).size for one in x}) > 1:
            raise refused(shape, "images of different sizes, for a model that takes images of any size", "resize them")
        return np.stack([_picture(one, shape, notes) for one in x[:samples]])
    return _array(x, shape)


def is_one(x: object) -> bool:
    """Return whether an input is an array, or one or more images, and not a data set."""
    if isinstance(x, keras.utils.PyDataset):
        return False
    return _is_picture(x) or _is_array(x) or isinstance(x, list | tuple | dict | bytes) or not hasattr(type(x), "__iter__")


def _is_array(x: object) -> bool:
    return attribute(x, "__array__") is not None or attribute(x, "__dlpack__") is not None


def _is_picture(x: object) -> TypeGuard[Picture]:
    return isinstance(x, Image.Image | os.PathLike | str)


def _opened(picture: Picture) -> Image.Image:
    if isinstance(picture, Image.Image):
        return picture
    try:
        image = Image.open(picture)
        image.load()
    except (OSError, ValueError, Image.DecompressionBombError) as error:  # or a NUL in the path
        why = "there is no such file" if isinstance(error, FileNotFoundError) else "it is not an image that Pillow can read"
        msg = f"expected an array, a data set or the path of an image, received {describe(pathlib.Path(picture).name)}: {why}."
        raise InputError(msg) from None
    return image


def _picture(picture: Picture, shape: Shape | None, notes: list[Text]) -> Array:
    """Return an image with values from 0 to 255, in the size and channels that the model takes."""
    image = _opened(picture)
    name = message("the image") if isinstance(picture, Image.Image) else pathlib.Path(picture).name
    if shape and len(shape) != 4:  # a batch of images
        raise refused(shape, f"an image of {image.width}×{image.height}", "pass an array of that shape")
    space: Shape = shape[1:] if shape else (None, None, 3)
    first = space[0] in (1, 3, 4) and space[-1] not in (1, 3, 4)
    channels = space[0] if first else space[-1]
    if channels not in (1, 3, 4):
        raise refused(shape, f"{name}, an image of {len(image.getbands())} channels", "pass an array")
    try:
        image = image.convert({1: "L", 3: "RGB", 4: "RGBA"}[channels])
    except ValueError:
        raise refused(shape, f"{name}, an image of mode {image.mode}", "convert it, or pass an array") from None
    height, width = space[1:] if first else space[:2]
    size = (width or image.width, height or image.height)
    if size != image.size:
        sizes = {"before": f"{image.height}×{image.width}", "after": f"{size[1]}×{size[0]}"}
        notes.append(message("{image}: resized from {before} to {after}", image=name, **sizes))
        image = image.resize(size, Image.Resampling.BILINEAR)
    array = np.asarray(image, "float32").reshape(size[1], size[0], channels)
    return np.moveaxis(array, -1, 0) if first else array


def _first(dataset: Dataset, shape: Shape | None, samples: int) -> Array:
    """Concatenate the first batches of a data set until there are enough samples."""
    found: list[Array] = []
    for one in opened(dataset, shape):
        array = _of_many(one, shape, dataset.source)
        if found and array.shape[1:] != found[0].shape[1:]:
            different = f"batches of different shapes, {words(found[0].shape)} and {words(array.shape)}"
            raise refused(shape, different, "give them all the same shape")
        found.append(array)
        if sum(map(len, found)) >= samples:
            break
    if not found:
        raise refused(shape, "an iterable without batches", "pass at least one")
    return np.concatenate(found)[:samples]


def opened(dataset: Dataset, shape: Shape | None = None) -> Iterator[object]:
    """Return the batches of a data set; raise `InputError` if it cannot be read."""
    try:
        return iter(dataset)
    except (TypeError, RuntimeError):  # a dataset inside a TensorFlow graph
        raise no_array(dataset.source, shape) from None


def _of_many(given: object, shape: Shape | None, source: object) -> Array:
    """Return a batch of a data set as an array."""
    array = _array(given, shape)
    if not array.ndim or (shape and array.ndim == len(shape) - 1 and _fits(array.shape, shape[1:])):
        received = f"samples of shape {words(array.shape)}" if array.ndim else f"values such as {describe(given)}"
        remedy = "give batches of them, with a first axis for the samples"
        if callable(attribute(source, "batch")):
            remedy = "the data set is not batched; call .batch(32) on it"
        raise refused(shape, f"{received} one by one", remedy)
    return array


def _array(x: Any, shape: Shape | None) -> Array:
    if isinstance(x, tuple | list) and 1 < len(x) <= 3 and all(len(attribute(one, "shape") or ()) for one in x):
        each = " and ".join(words(one.shape) for one in x)
        if not shape or not _fits(attribute(x[0], "shape"), shape[1:]):  # not the samples
            received = f"{type(x).__name__} of arrays of shapes {each}"
            raise refused(shape, received, "pass the input alone, without labels or weights")
    try:
        if callable(attribute(x, "detach")):  # PyTorch: may have gradients or be on a GPU
            x = x.detach().cpu()
        array = np.asarray(x)
    except Exception:  # noqa: BLE001  ragged lists, symbolic tensors and others
        try:
            # PyTorch cannot convert bfloat16 to a NumPy array.
            array = np.asarray(x.float() if attribute(x, "float") else keras.ops.convert_to_numpy(x))
        except Exception:  # noqa: BLE001  not an array, whatever the error
            raise no_array(x, shape) from None
    if array.dtype == object:
        array = _plain(array, x, shape)
    is_bfloat16 = array.dtype.kind == "V" and array.dtype.names is None  # not a NumPy dtype
    return array.astype("float32") if is_bfloat16 else array


def _plain(array: Array, x: object, shape: Shape | None) -> Array:
    """Return an object array as float32 if it holds numbers, or unchanged if it holds strings.

    Raises
    ------
    InputError
        If it holds anything else.
    """
    kinds = {type(one) for one in array.flat}
    if kinds and all(issubclass(kind, str | bytes) for kind in kinds):
        return array
    if kinds and all(issubclass(kind, int | float | np.number | np.bool_) for kind in kinds):
        with contextlib.suppress(OverflowError):  # an int that no float can hold
            return array.astype("float32")
    raise no_array(x, shape, kinds if array.ndim else ())


def _with_batch(array: Array, shape: Shape | None, notes: list[Text]) -> Array:
    if shape is None:
        return array if array.ndim else array.reshape(1)
    if array.ndim == len(shape) and _fits(array.shape[1:], shape[1:]):
        return array
    if array.ndim == 1 and tuple(shape[1:]) == (1,):  # one number or string per sample, as in Keras
        return array[:, None]
    if _fits(array.shape, shape[1:]):
        notes.append(message("one sample: a batch axis was added"))
        return array[None]
    if not array.size:
        raise refused(shape, f"no samples: {words(array.shape)}", "pass at least one")
    if array.ndim != len(shape):
        raise refused(shape, f"{_count(array.ndim)}: {words(array.shape)}", "add or remove axes with reshape")
    if len(shape) > 2 and _fits((*array.shape[2:], array.shape[1]), shape[1:]):
        raise refused(shape, words(array.shape), "its channels come first: np.moveaxis(x, 1, -1) puts them last")
    if len(shape) > 2 and _fits((array.shape[-1], *array.shape[1:-1]), shape[1:]):
        raise refused(shape, words(array.shape), "its channels come last: np.moveaxis(x, -1, 1) puts them first")
    wrong = [i for i, (a, b) in enumerate(zip(array.shape, shape, strict=True)) if i and b is not None and a != b]
    where = ", ".join(f"{array.shape[i]} instead of {shape[i]} on axis {i}" for i in wrong)
    raise refused(shape, f"{words(array.shape)}, {where}", "resize or reshape it")


def _count(axes: int) -> str:
    return "1 axis" if axes == 1 else f"{axes} axes"


def _fits(sizes: tuple[int, ...], shape: Shape) -> bool:
    return len(sizes) == len(shape) and all(b is None or a == b for a, b in zip(sizes, shape, strict=True))
