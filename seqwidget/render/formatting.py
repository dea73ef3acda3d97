"""Format numbers and shapes as text, in the same way in all outputs.

``js/src/shared/formatting.ts`` does the same for the front end, with the dash, prefixes and
thresholds that are defined here. One table of examples tests both files.
"""

from __future__ import annotations

from ..i18n.messages import Figure, joined, said
from ..model.records import LayerRow, Shapes

DASH = "—"
STATES = {
    "unbuilt": said("unbuilt"),
    "broken": said("broken"),
    "built": said("built"),
    "compiled": said("compiled"),
    "stale": said("stale"),
}
PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
"""The prefixes of large numbers, each with its power of 1,000."""
ROUNDS_UP = 0.9995
"""A number has a prefix from this part of its power on, where it rounds to 1.00."""
DECIMALS = ((9.995, 2), (99.95, 1))
"""The decimals that make three significant digits of a number below a limit; above, it has none."""


def shape(value: Shapes | None) -> str:
    """Return a shape as ``(None, 123, 123, 32)``; several are joined by `` + ``."""
    if value is None:
        return DASH
    if value and isinstance(value[0], tuple):
        return " + ".join(shape(one) for one in value)
    return f"({', '.join('None' if size is None else str(size) for size in value)}{',' if len(value) == 1 else ''})"


def cells(value: Shapes | None) -> str:
    """Return a shape without the batch axis as ``123×123×32``, for use in the diagram."""
    if value is None:
        return "?"
    if value and isinstance(value[0], tuple):
        return " + ".join(cells(one) for one in value)
    return "×".join("?" if size is None else str(size) for size in value[1:]) or "1"


def count(value: int | None) -> str:
    """Return an integer as ``11,680``."""
    return DASH if value is None else Figure(f"{value:,}")


def short(value: float | None) -> str:
    """Return a number with three significant digits and a prefix (powers of 1,000): ``36.3 M``."""
    if value is None:
        return DASH
    for size, unit in PREFIXES:
        if value >= size * ROUNDS_UP:
            return Figure(f"{_three(value / size)} {unit}")
    return str(int(value))


def memory(value: int | None) -> str:
    """Return a number of bytes as ``1.94 MB``, with prefixes in powers of 1,000."""
    if value is None:
        return DASH
    words = short(value)
    return Figure(f"{words}B" if " " in words else f"{words} B")


def _three(value: float) -> str:
    digits = next((digits for limit, digits in DECIMALS if value < limit), 0)
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def times(values: tuple[float | None, ...]) -> str:
    """Return sizes as ``5×5``, with a question mark for a size that is not fixed."""
    return "×".join("?" if value is None else f"{value:g}" for value in values)


def window(row: LayerRow) -> str:
    """Return the kernel, strides, dilation and padding of a layer as ``5×5 /2 valid``.

    Strides and dilation are left out if they are 1.
    """
    if row.kernel is None:
        return ""
    words = [times(row.kernel)]
    if row.strides and set(row.strides) != {1}:
        words.append(f"/{_short_times(row.strides)}")
    if row.dilation and set(row.dilation) != {1}:
        words.append(said("dilated {by}", by=_short_times(row.dilation)))
    words += [row.padding] if row.padding else []
    return joined(" ", words)


def receptive_field(row: LayerRow) -> str:
    """Return the size and stride of the receptive field as ``13×13 every 6``."""
    if row.receptive_field is None:
        return ""
    words = times(row.receptive_field)
    if not row.receptive_field_stride:
        return words
    return said("{size} every {step}", size=words, step=Figure(_short_times(row.receptive_field_stride)))


def training(row: LayerRow) -> str:
    """Return ``, frozen`` if no weight of a layer trains, and ``, stale`` if the layer is stale.

    For a layer without weights, its ``trainable`` flag decides whether it is frozen.
    """
    frozen = not (row.trainable if row.trains is None else row.trains)
    return joined("", [*([_FROZEN] if frozen else []), *([_STALE] if row.stale else [])])


_FROZEN, _STALE = said(", frozen"), said(", stale")


def flag(row: LayerRow) -> str:
    """Return what the layer's own ``trainable`` flag says."""
    return said("trainable") if row.trainable else said("frozen")


def step(row: LayerRow) -> str:
    """Return whether the compiled training step treats a layer as its flags say."""
    return DASH if row.stale is None else said("stale") if row.stale else said("up to date")


def _short_times(values: tuple[float, ...]) -> str:
    return f"{values[0]:g}" if len(set(values)) == 1 else times(values)
