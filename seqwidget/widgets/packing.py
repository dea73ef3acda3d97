"""Pack all traits of a widget for one message. ``js/src/shared/packing.ts`` unpacks them.

The rows of a model repeat much, so that they are compressed to a tenth or less.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping

import numpy as np

from ..printable import encodable

_LEVEL = 3  # a higher one takes longer than it saves


def packed(traits: Mapping[str, object]) -> np.ndarray:
    """Return traits as bytes: JSON in UTF-8, compressed by zlib."""
    try:
        text = _json(traits).encode()
    except UnicodeEncodeError:  # rare; looking for lone surrogates each time would take as long as the rest
        text = _json(encodable(traits)).encode()
    return np.frombuffer(zlib.compress(text, _LEVEL), "uint8")


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
