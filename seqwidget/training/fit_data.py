"""Take samples from the arguments of a running ``fit``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_BATCH = 32  # the default of fit
_LARGEST = 2**26  # bytes of a batch that is kept


def first_validation(arguments: Mapping[str, object]) -> object | None:
    """Return the inputs of the first validation batch of ``fit``; None if they are not arrays."""
    given = arguments.get("validation_data")
    if given is None:
        return _validation_part(arguments)[: _size(arguments)] if _split(arguments) else None
    x: Any = given[0] if isinstance(given, tuple | list) and given else None
    return x[: _size(arguments)] if _is_array(x) else None


def training_batch(arguments: Mapping[str, object], number: int) -> np.ndarray | None:
    """Return a copy of the inputs of a batch of an epoch, counted from 1.

    None if it is not known: ``fit`` shuffles arrays unless it gets ``shuffle=False``. None also if
    the data are not arrays, if the order is not that of the samples, and for a very large batch.
    """
    x: Any = arguments.get("x")
    if not _is_array(x) or arguments.get("shuffle", True) is not False or arguments.get("steps_per_epoch") is not None:
        return None
    if _split(arguments):
        x = x[: len(x) - len(_validation_part(arguments))]
    size = _size(arguments)
    samples = x[size * (number - 1) : size * number]
    return np.array(samples) if len(samples) > 0 and getattr(samples, "nbytes", 0) <= _LARGEST else None


def _is_array(x: Any) -> bool:
    return hasattr(x, "shape") and hasattr(x, "__getitem__") and len(x.shape) > 0


def _split(arguments: Mapping[str, object]) -> bool:
    split = arguments.get("validation_split")
    return isinstance(split, float) and 0 < split < 1 and _is_array(arguments.get("x"))


def _validation_part(arguments: Mapping[str, Any]) -> Any:
    x = arguments["x"]
    return x[int(len(x) * (1 - arguments["validation_split"])) :]


def _size(arguments: Mapping[str, object]) -> int:
    size = arguments.get("batch_size")
    return size if isinstance(size, int) else _BATCH
