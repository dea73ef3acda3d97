"""Format numbers and shapes as text, in the same way in all outputs.

``js/src/shared/formatting.ts`` does the same for the front end, with the dash, prefixes and
thresholds that are defined here. One table of examples tests both files.
"""

from __future__ import annotations

from ..i18n.messages import Text, joined, message, number
from ..model.records import LayerRow, Shapes

DASH = "—"
STATES = {
    "unbuilt": message("unbuilt"),
    "broken": message("broken"),
    "built": message("built"),
    "compiled": message("compiled"),
    "stale": message("stale"),
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


def count(value: int | None) -> Text:
    """Return an integer as ``11,680``."""
    return DASH if value is None else number("{n:,}", value)


def short(value: float | None, unit: str = "") -> Text:
    """Return a number with three significant digits and a prefix (powers of 1,000): ``36.3 M``."""
    if value is None:
        return DASH
    for size, prefix in PREFIXES:
        if value >= size * ROUNDS_UP:
            return number(f"{{n:g}} {prefix}{unit}", _three(value / size))
    return f"{int(value)} {unit}".rstrip()


def memory(value: int | None) -> Text:
    """Return a number of bytes as ``1.94 MB``, with prefixes in powers of 1,000."""
    return short(value, "B")


def seconds(value: float | None) -> Text:
    """Return a measured time as ``1.9 ms``, without digits that are noise."""
    return DASH if value is None else number("{n:g} ms", float(f"{round(1000 * value, 2):.2g}"))


def _three(value: float) -> float:
    """Return a number rounded to three significant digits."""
    digits = next((digits for limit, digits in DECIMALS if value < limit), 0)
    return float(f"{value:.{digits}f}")


def times(values: tuple[float | None, ...]) -> str:
    """Return sizes as ``5×5``, with a question mark for a size that is not fixed."""
    return "×".join("?" if value is None else f"{value:g}" for value in values)


def window(row: LayerRow) -> Text:
    """Return the kernel, strides, dilation and padding of a layer as ``5×5 /2 valid``.

    Strides and dilation are left out if they are 1.
    """
    if row.kernel is None:
        return ""
    words: list[Text] = [times(row.kernel)]
    if row.strides and set(row.strides) != {1}:
        words.append(joined("", ("/", _short_times(row.strides))))
    if row.dilation and set(row.dilation) != {1}:
        words.append(message("dilated {by}", by=_short_times(row.dilation)))
    words += [row.padding] if row.padding else []
    return joined(" ", words)


def receptive_field(row: LayerRow) -> Text:
    """Return the size and stride of the receptive field as ``13×13 every 6``."""
    if row.receptive_field is None:
        return ""
    words = times(row.receptive_field)
    if not row.receptive_field_stride:
        return words
    return message("{size} every {step}", size=words, step=_short_times(row.receptive_field_stride))


def training(row: LayerRow) -> Text:
    """Return ``, frozen`` if no weight of a layer trains, and ``, stale`` if the layer is stale.

    For a layer without weights, its ``trainable`` flag decides whether it is frozen.
    """
    frozen = not (row.trainable if row.trains is None else row.trains)
    return joined("", [*([_FROZEN] if frozen else []), *([_STALE] if row.stale else [])])


_FROZEN, _STALE = message(", frozen"), message(", stale")


def flag(row: LayerRow) -> Text:
    """Return what the layer's own ``trainable`` flag says."""
    return message("trainable") if row.trainable else message("frozen")


def step(row: LayerRow) -> Text:
    """Return whether the compiled training step treats a layer as its flags say."""
    return DASH if row.stale is None else message("stale") if row.stale else message("up to date")


def _short_times(values: tuple[float, ...]) -> Text:
    """Return sizes as `times` does, but equal ones only once."""
    shown = values[:1] if len(set(values)) == 1 else values
    return joined("×", [number("{n:g}", value) for value in shown])


def px(value: float) -> str:
    """Return a length in an SVG, in px."""
    return f"{round(value, 1):g}"
