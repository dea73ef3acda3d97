"""What a user hands over as input, made into one batch that fits the model; or one line that says why it does not."""

from __future__ import annotations

import itertools
import os
import pathlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from PIL import Image

from .errors import UserError
from .layers import keras_name
from .records import Shape
from .said import phrase, said

Array = np.ndarray[Any, Any]


class InputError(UserError, ValueError):
    """An input that does not fit the model."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples as the model takes them, and what was done to get there."""

    array: Array
    notes: tuple[str, ...] = field(default=())


def batch(x: Any, model: Any, shape: Shape | None, dtype: str | None, *, samples: int = 64) -> Batch:
    """Make a batch of what a user has.

    Parameters
    ----------
    x
        An array or tensor of any library, with or without the batch's axis; a PIL image or a path of one, or a list of these;
        a ``tf.data.Dataset``, a ``keras.utils.PyDataset`` or another iterable of batches, of which only the input is used.
    model : keras.Model
        The model, asked only whether it scales its input itself.
    shape, dtype
        What the model takes, batch first; None while that is not known.
    samples : int
        The greatest number of samples to take.
    """
    notes: list[str] = []
    array = _collected(x, shape, samples, notes)
    if array.dtype.kind in "OSU":
        if dtype != "string":
            raise _refused(shape, f"values of type {type(array.flat[0] if array.size else x).__name__}", "pass numbers")
        return Batch(array[:samples], tuple(notes))
    if array.dtype.kind == "c":
        raise _refused(shape, f"complex numbers ({array.dtype})", "pass their real part or their absolute value")
    array = _with_batch(array, shape, notes)
    if not len(array):
        raise _refused(shape, f"no samples: {array.shape}", "pass at least one")
    if len(array) > samples:
        notes.append(said("the first {taken} of {count:,} samples", taken=samples, count=len(array)))
        array = array[:samples]
    array = array.astype(dtype or ("float32" if array.dtype.kind == "f" else array.dtype), copy=False)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        bad = int(np.flatnonzero(~np.isfinite(array).reshape(len(array), -1).all(axis=1))[0])
        count = int((~np.isfinite(array)).sum())
        raise _refused(shape, f"{count:,} values that are NaN or infinite, the first in sample {bad}", "mend or leave them out")
    notes += _about_range(array, model)
    return Batch(array, tuple(notes))


def _refused(shape: Shape | None, received: str, remedy: str) -> InputError:
    takes = f"a batch of shape {_words(shape)}" if shape else "a batch of numbers"
    return InputError(f"expected {takes}, received {received}; {remedy}.")


def _words(shape: Iterable[int | None]) -> str:
    return f"({', '.join('None' if size is None else str(size) for size in shape)})"


def _collected(x: Any, shape: Shape | None, samples: int, notes: list[str]) -> Array:
    if _is_picture(x):
        return _picture(x, shape, notes)[None]
    if isinstance(x, list | tuple) and x and all(map(_is_picture, x)):
        if shape is None and len({_opened(one).size for one in x}) > 1:
            raise _refused(shape, "images of different sizes, for a model that does not say which it takes", "resize them")
        return np.stack([_picture(one, shape, notes) for one in x[:samples]])
    if isinstance(x, dict):
        raise _refused(shape, f"a dict of {len(x)}", "pass the one input of the stack")
    if isinstance(x, keras.utils.PyDataset):
        return _joined((x[i] for i in range(x.num_batches or 2**31)), samples)
    if (
        not hasattr(x, "__array__")
        and not hasattr(x, "__dlpack__")
        and hasattr(x, "__iter__")
        and not isinstance(x, list | tuple)
    ):
        return _joined(x, samples)
    return _array(x, shape)


def _is_picture(x: Any) -> bool:
    return isinstance(x, Image.Image | os.PathLike) or (isinstance(x, str) and bool(pathlib.Path(x).suffix))


def _opened(picture: Any) -> Any:
    if isinstance(picture, Image.Image):
        return picture
    try:
        return Image.open(picture)
    except OSError as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else "it is not an image that Pillow can read"
        msg = f"expected the path of an image, received {str(picture)!r}: {why}."
        raise InputError(msg) from None


def _picture(picture: Any, shape: Shape | None, notes: list[str]) -> Array:
    """Read an image as 0 to 255, in the size and the channels that the model takes."""
    image = _opened(picture)
    name = said("the image") if isinstance(picture, Image.Image) else pathlib.Path(picture).name
    space: Shape = shape[1:] if shape and len(shape) == 4 else (None, None, 3)  # noqa: PLR2004  a batch of images
    first = space[0] in (1, 3, 4) and space[-1] not in (1, 3, 4)
    channels = space[0] if first else space[-1]
    if channels not in (1, 3, 4):
        raise _refused(shape, f"{name}, an image of {len(image.getbands())} channels", "pass an array")
    image = image.convert({1: "L", 3: "RGB", 4: "RGBA"}[channels])
    height, width = space[1:] if first else space[:2]
    size = (width or image.width, height or image.height)
    if size != image.size:
        sizes = {"before": f"{image.height}×{image.width}", "after": f"{size[1]}×{size[0]}"}
        notes.append(said("{image}: resized from {before} to {after}", image=name, **sizes))
        image = image.resize(size, Image.Resampling.BILINEAR)
    array = np.asarray(image, "float32").reshape(size[1], size[0], channels)
    return np.moveaxis(array, -1, 0) if first else array


def _joined(batches: Any, samples: int) -> Array:
    """Take whole batches until there are enough samples."""
    found: list[Array] = []
    for one in batches:
        found.append(_array(one[0] if isinstance(one, tuple | list) else one, None))
        if sum(map(len, found)) >= samples:
            break
    if not found:
        raise _refused(None, "an iterable without batches", "pass at least one")
    return np.concatenate(list(itertools.islice(found, len(found))))[:samples]


def _array(x: Any, shape: Shape | None) -> Array:
    for step in ("detach", "cpu"):  # a PyTorch tensor that is tracked, or lives elsewhere
        x = getattr(x, step)() if callable(getattr(x, step, None)) else x
    try:
        array = np.asarray(x)
    except (TypeError, ValueError):
        try:
            # PyTorch gives NumPy no bfloat16.
            array = np.asarray(x.float() if hasattr(x, "float") else keras.ops.convert_to_numpy(x))
        except Exception:  # noqa: BLE001  whatever it is, it is not an array
            raise _refused(shape, f"{type(x).__name__} {x!r:.60}", "pass an array, an image or a dataset") from None
    if array.dtype == object and array.size and not isinstance(array.flat[0], str | bytes):
        raise _refused(shape, f"{type(x).__name__} {x!r:.60}", "pass an array, an image or a dataset")
    return array.astype("float32") if array.dtype.kind == "V" else array  # bfloat16 is none of NumPy's own


def _with_batch(array: Array, shape: Shape | None, notes: list[str]) -> Array:
    if shape is None:
        return array if array.ndim else array.reshape(1)
    if _fits(array.shape, shape[1:]) and array.ndim != len(shape):
        notes.append(said("one sample: the batch's axis was added"))
        return array[None]
    if array.ndim == len(shape) and _fits(array.shape[1:], shape[1:]):
        return array
    if array.ndim != len(shape):
        raise _refused(shape, f"{array.ndim} axes: {array.shape}", "add or take away axes with reshape")
    if len(shape) > 2 and _fits((*array.shape[2:], array.shape[1]), shape[1:]):  # noqa: PLR2004
        raise _refused(shape, f"{array.shape}", "its channels come first: np.moveaxis(x, 1, -1) puts them last")
    if len(shape) > 2 and _fits((array.shape[-1], *array.shape[1:-1]), shape[1:]):  # noqa: PLR2004
        raise _refused(shape, f"{array.shape}", "its channels come last: np.moveaxis(x, -1, 1) puts them first")
    wrong = [i for i, (a, b) in enumerate(zip(array.shape, shape, strict=True)) if i and b is not None and a != b]
    where = ", ".join(f"{array.shape[i]} instead of {shape[i]} on axis {i}" for i in wrong)
    raise _refused(shape, f"{array.shape}, {where}", "resize or reshape it")


def _fits(sizes: tuple[int, ...], shape: Shape) -> bool:
    return len(sizes) == len(shape) and all(b is None or a == b for a, b in zip(sizes, shape, strict=True))


def _about_range(array: Array, model: Any) -> list[str]:
    """Note an image's range that may not be the one of the training."""
    if array.ndim != 4 or not model.layers:  # noqa: PLR2004  a batch of images
        return []
    low, high = float(array.min()), float(array.max())
    first = next((one for one in model.layers if keras_name(one) not in ("InputLayer", "Resizing", "CenterCrop")), None)
    scales = keras_name(first) in ("Rescaling", "Normalization", "BatchNormalization")
    if low >= 0 and 1.5 < high <= 255 and not scales:  # noqa: PLR2004
        doubt = phrase(
            "values from {low:g} to {high:g}, and the model does not begin by rescaling: "
            "if it was trained on 0 to 1, pass x / 255"
        )
        return [said(doubt, low=low, high=high)]
    if low >= 0 and 0 < high <= 1 and isinstance(first, keras.layers.Rescaling) and float(np.max(first.scale)) < 0.1:  # noqa: PLR2004
        doubt = phrase(
            "values from {low:g} to {high:g}, and the model begins by rescaling: it was probably trained on 0 to 255"
        )
        return [said(doubt, low=low, high=high)]
    return []
