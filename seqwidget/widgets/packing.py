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
    text = json.dumps(encodable(traits), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return np.frombuffer(zlib.compress(text.encode(), _LEVEL), "uint8")
