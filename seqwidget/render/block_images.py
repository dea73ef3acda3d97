"""Make the pictures on the front faces of blocks, such as feature maps."""

from __future__ import annotations

import io
import os

import numpy as np
from PIL import Image

from ..checks import brief, describe, path_of
from ..errors import ArgumentError
from ..i18n.messages import Message, joined, message
from .colormaps import NOT_FINITE, table
from .tiles import Array, shrink

_LARGEST = 160  # pixels per side; a block is smaller
_SHARP = 80  # pixels per side up to which a picture is enlarged
_NONE = 255  # the place in the palette for NaN and infinite values


def png_of(layer: str, image: object) -> bytes:
    """Return an image as PNG.

    Parameters
    ----------
    layer : str
        The pattern that the image is for.
    image : array or path
        Numbers of shape (height, width), in the colours of viridis from the smallest to the
        largest; numbers of shape (units,), as a column; a picture of shape (height, width, 3), with
        values up to 255 if they are integers, or else up to 1; or the path of a picture.

    Raises
    ------
    ArgumentError
        If it is anything else, or if the file cannot be read.
    """
    picture = _read(layer, image) if isinstance(image, str | os.PathLike) else _drawn(layer, image)
    # Programs smooth a small picture when they enlarge it.
    times = max(1, _SHARP // max(picture.size))
    stream = io.BytesIO()
    picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _unexpected(layer: str, received: str) -> Message:
    return message(
        "images expected arrays of shape (height, width) or (height, width, 3), or paths of images, "
        "received {received} for {layer!r}",
        received=received,
        layer=brief(layer),
    )


def _read(layer: str, path: str | os.PathLike[str]) -> Image.Image:
    try:
        with Image.open(path_of("images", path).expanduser()) as file:
            picture = file.convert("RGB")
            picture.thumbnail((_LARGEST, _LARGEST))
            return picture
    except (OSError, ValueError, RuntimeError, Image.DecompressionBombError) as error:
        if isinstance(error, ArgumentError):
            raise
        why = getattr(error, "strerror", None) or message("not a picture in a known format")
        msg = joined("", (_unexpected(layer, repr(brief(str(path)))), ": ", why, "."))
        raise ArgumentError(msg) from None


def _drawn(layer: str, image: object) -> Image.Image:
    """Return an array as a picture."""
    try:
        array = np.asarray(image)
    except (TypeError, ValueError, RuntimeError):  # e.g. a ragged list, a tensor that needs gradients
        array = np.empty(0, object)
    if array.ndim == 1:
        array = array[:, None]
    if array.dtype.kind not in "fiub" or array.ndim not in (2, 3) or not array.size or array.shape[2:] not in ((), (3,), (4,)):
        raise ArgumentError(joined("", (_unexpected(layer, describe(image)), ".")))
    if array.ndim == 2:
        small, _ = shrink(array.astype("float32"), _LARGEST)
        return _heat(small)
    small, _ = shrink(np.moveaxis(array[..., :3], -1, 0).astype("float32"), _LARGEST)
    scale = 255 if array.dtype.kind in "fb" else 1
    colors = np.nan_to_num(np.clip(np.moveaxis(small, 0, -1) * scale, 0, 255))
    return Image.fromarray(np.ascontiguousarray(colors.round().astype("uint8")))


def _heat(values: Array) -> Image.Image:
    """Return numbers as a picture with a palette, which needs a third of the bytes."""
    finite = np.isfinite(values)
    low, high = (values[finite].min(), values[finite].max()) if finite.any() else (0.0, 1.0)
    place = np.where(finite, (values - low) / ((high - low) or 1), 0)
    picture = Image.fromarray(np.where(finite, (place * (_NONE - 1)).round(), _NONE).astype("uint8"))
    colors = table("viridis")[np.linspace(0, 255, _NONE).round().astype("uint8")]
    picture.putpalette([*colors.ravel().tolist(), *NOT_FINITE])
    return picture
