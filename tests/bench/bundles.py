"""The sizes of the bundles, compressed as a web server sends them."""

from __future__ import annotations

import gzip
import pathlib

import seqwidget

from .figures import Figure

LIMIT = 60_000
STATIC = pathlib.Path(seqwidget.__file__).parent / "static"


def sizes() -> dict[str, int]:
    """Return the compressed bytes of every bundle."""
    return {path.name: len(gzip.compress(path.read_bytes())) for path in sorted(STATIC.glob("*.js"))}


def measure() -> list[Figure]:
    return [
        Figure(f"{name}, compressed", size / 1e3, LIMIT / 1e3, "kB", 1, "against the promised 60 kB for all widgets")
        for name, size in sizes().items()
    ]
