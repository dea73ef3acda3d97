"""Define the options of exported pictures, and check them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, TypedDict, cast, get_args

from PIL import ImageColor

from ..checks import describe, flag, path_of
from ..errors import ArgumentError
from ..i18n.messages import joined, message
from .block_text import TextColumn
from .themes import THEMES

ThemeName: TypeAlias = Literal["any", "light", "dark", "print", "colorblind", "mono"]
Layout: TypeAlias = Literal["wrapped", "row", "column"]
SizeBy: TypeAlias = Literal["shape", "params", "macs", "activation_bytes", "trainable_params", "receptive_field"]
ColorBy: TypeAlias = Literal[
    "kind",
    "params",
    "macs",
    "activation_bytes",
    "trainable_params",
    "receptive_field",
    "type",
    "dtype",
    "trains",
    "kernel",
    "strides",
    "padding",
]

THEME_NAMES = {
    "any": message("for any page"),
    "light": message("light"),
    "dark": message("dark"),
    "print": message("print"),
    "colorblind": message("colour-blind safe"),
    "mono": message("black and white"),
}
"""The themes, with the label of each in a menu."""
LAYOUTS = {"wrapped": message("several lines"), "row": message("one line"), "column": message("column")}
"""The layouts, with the label of each in a menu."""

MM = 96 / 25.4
"""The px of a millimetre."""
_WIDEST, _MOST_POINTS = 20_000, 200


class PictureOptions(TypedDict, total=False):
    """The options of `seqwidget.Stack.to_svg`, ``to_png`` and ``to_pdf``; all are optional.

    ``colors``, ``labels``, ``groups`` and ``images`` name layers as `seqwidget.Trainable.freeze` does: by a regular
    expression that matches a whole path or name, and also by a class such as ``"Conv2D"``, or by a
    kind such as ``"conv"``. If several match a layer, the last one counts.

    Attributes
    ----------
    theme
        The colours. ``"any"``, the default of SVG, has no background and is legible on white and
        dark pages; ``"light"`` is the default of PNG and PDF. The others are ``"dark"``;
        ``"print"``, with black text and no background; ``"colorblind"``, with colours that
        everybody can tell apart; and ``"mono"``, with greys and stripes.
    layout
        ``"wrapped"``: blocks that do not fit in the width continue on a new line. ``"row"``: there
        is one line, which is scaled down to fit. ``"column"``: the blocks are below each other, with
        their texts beside them.
    width
        The width of the picture: ``"85mm"``, ``"600px"``, or a number of px. By default, the
        picture is as wide as its blocks. Without ``font_size``, labels grow and shrink with it.
    font
        The name of a font, or ``"sans-serif"``, ``"serif"`` or ``"monospace"``.
    font_size
        The size of labels in pt. They are smaller if the picture would not fit in ``width``.
    size_by
        What the size of a block shows: ``"shape"``, ``"params"``, ``"trainable_params"``,
        ``"macs"``, ``"activation_bytes"`` or ``"receptive_field"`` (its longest side).
    color_by
        What the colour of a block shows: ``"kind"``, one of these numbers, or ``"type"``,
        ``"dtype"``, ``"trains"``, ``"kernel"``, ``"strides"`` or ``"padding"``.
    folded
        Whether a run of repeated layers is drawn as one block.
    colors
        Your own colours of layers, such as ``{"conv": "#0072b2", "head_.*": "orange"}``. The legend
        shows them.
    labels
        Your own labels of layers, in place of the first line of their text, such as
        ``{"conv1": "Encoder"}``.
    groups
        Titles of groups of layers, which get a bracket, such as ``{"block1_.*": "Block 1"}``.
        Layers that do not follow each other get a bracket each.
    text
        What is written at a block, with one line for each column: some of ``"type"``, ``"name"``,
        ``"output_shape"``, ``"dtype"``, ``"kernel"``, ``"receptive_field"``, ``"params"``,
        ``"trainable_params"``, ``"macs"`` and ``"activation_bytes"``. The default is
        ``["type", "output_shape"]``; ``[]`` writes nothing.
    images
        Pictures on the front faces of blocks, such as ``{"conv1": maps[0, :, :, 5]}``: arrays of
        shape ``(height, width)``, whose colours are those of viridis, ``(height, width, 3)`` or
        ``(units,)``, or paths of pictures. Front faces then show height and width to scale, and
        channels are depth.
    preset
        The path of a JSON file with options, such as ``{"theme": "print", "width": "85mm"}``, or
        a dict. Options that are passed as well take precedence.
    """

    theme: ThemeName
    layout: Layout
    width: str | float
    font: str
    font_size: float
    size_by: SizeBy
    color_by: ColorBy
    folded: bool
    colors: Mapping[str, str]
    labels: Mapping[str, str]
    groups: Mapping[str, str]
    text: Sequence[TextColumn]
    images: Mapping[str, object]
    preset: str | os.PathLike[str] | PictureOptions


def checked(options: PictureOptions) -> PictureOptions:
    """Return the options that are not None.

    Raises
    ------
    ArgumentError
        If there is no such option, or if an option has a wrong value.
    """
    unknown = options.keys() - PictureOptions.__annotations__
    if unknown:
        known, wrong = ", ".join(PictureOptions.__annotations__), describe(min(map(str, unknown)))
        msg = message("expected the options {known}, received {received}.", known=known, received=wrong)
        raise ArgumentError(msg)
    given = cast("PictureOptions", {name: value for name, value in options.items() if value is not None})
    for name, value in given.items():
        _CHECKS[name](name, value)
    preset = given.pop("preset", None)
    return given if preset is None else {**_of_preset(preset), **given}


def of_json(text: str) -> PictureOptions:
    """Return the options of a preset from its JSON text.

    Raises
    ------
    ArgumentError
        If the text is not the JSON of an object, if there is no such option, or if an option has a
        wrong value.
    """
    return _parsed("preset", text)


def _of_preset(preset: str | os.PathLike[str] | PictureOptions) -> PictureOptions:
    """Return the options of a preset."""
    if isinstance(preset, Mapping):
        return _known("preset", preset)
    where = f"preset {str(preset)!r:.160}"
    try:
        text = path_of("preset", preset).expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, ArgumentError):
            raise
        raise _not_json(where, getattr(error, "strerror", None) or str(error)) from None
    return _parsed(where, text)


def _parsed(where: str, text: str) -> PictureOptions:
    """Return the options of a preset from its JSON text, checked."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _not_json(where, str(error)) from None
    return _known(where, found)


def _not_json(where: str, why: str) -> ArgumentError:
    return ArgumentError(
        message("{where} expected JSON with options such as {example}: {why}.", where=where, example=_EXAMPLE, why=why)
    )


def _known(where: str, found: object) -> PictureOptions:
    """Return the options of a preset, checked."""
    if not isinstance(found, dict) or "preset" in found:
        msg = message(
            "{where} expected an object with options such as {example}, received {received}.",
            where=where,
            example=_EXAMPLE,
            received=describe(found),
        )
        raise ArgumentError(msg)
    try:
        return checked(cast("PictureOptions", found))
    except ArgumentError as error:
        raise ArgumentError(joined(": ", (where, error.args[0]))) from None


_EXAMPLE = '{"theme": "print", "width": "85mm"}'


def _choice(choices: Iterable[str]) -> Callable[[str, object], None]:
    def check(name: str, value: object) -> None:
        if not isinstance(value, str) or value not in choices:
            known = ", ".join(map(repr, choices))
            msg = message(
                "{name} expected one of {known}, received {received}.", name=name, known=known, received=describe(value)
            )
            raise ArgumentError(msg)

    return check


def _width(name: str, value: object) -> None:
    if not isinstance(value, str | int | float) or isinstance(value, bool) or not 0 < px_of(value) <= _WIDEST:
        msg = message(
            "{name} expected a width such as '85mm', '600px' or 600, up to {most:,} px, received {received}.",
            name=name,
            most=_WIDEST,
            received=describe(value),
        )
        raise ArgumentError(msg)


def px_of(width: str | float) -> float:
    """Return a width in px; 0 if it is none."""
    if not isinstance(width, str):
        return width
    found = re.fullmatch(r"(\d+\.?\d*) ?(mm|px)", width)
    return float(found[1]) * (MM if found[2] == "mm" else 1) if found else 0.0


def _size(name: str, value: object) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 1 <= value <= _MOST_POINTS:
        msg = message(
            "{name} expected a size in pt, from 1 to {most}, received {received}.",
            name=name,
            most=_MOST_POINTS,
            received=describe(value),
        )
        raise ArgumentError(msg)


def _font(name: str, value: object) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"\w[\w .+-]*", value):
        msg = message(
            "{name} expected the name of a font, such as 'Arial' or 'serif', received {received}.",
            name=name,
            received=describe(value),
        )
        raise ArgumentError(msg)


def _texts(name: str, value: object) -> None:
    example = {
        "colors": "{'conv': '#0072b2'}",
        "labels": "{'conv1': 'Encoder'}",
        "groups": "{'block1_.*': 'Block 1'}",
    }[name]
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for pair in value.items() for text in pair):
        msg = message(
            "{name} expected a dict of strings, such as {example}, received {received}.",
            name=name,
            example=example,
            received=describe(value),
        )
        raise ArgumentError(msg)
    for color in value.values() if name == "colors" else ():
        try:
            parts: tuple[int, ...] = ImageColor.getrgb(color)
        except ValueError:
            parts = ()
        if len(parts) != 3 or not all(0 <= part <= 255 for part in parts):  # Pillow accepts rgb(999,0,0)
            msg = message(
                "{name} expected opaque colours such as '#0072b2' or 'orange', received {received}.",
                name=name,
                received=describe(color),
            )
            raise ArgumentError(msg)


def _columns(name: str, value: object) -> None:
    columns = get_args(TextColumn)
    if not isinstance(value, list | tuple) or not all(column in columns for column in value):
        msg = message(
            "{name} expected a list with some of {known}, received {received}.",
            name=name,
            known=", ".join(map(repr, columns)),
            received=describe(value),
        )
        raise ArgumentError(msg)


def _images(name: str, value: object) -> None:
    if not isinstance(value, Mapping) or not all(isinstance(pattern, str) for pattern in value):
        msg = message(
            "{name} expected a dict of arrays or paths, such as {example}, received {received}.",
            name=name,
            example="{'conv1': maps[0, :, :, 5]}",
            received=describe(value),
        )
        raise ArgumentError(msg)


def _folded(name: str, value: object) -> None:
    try:
        flag(name, value)
    except ArgumentError:
        msg = message("{name} expected True or False, received {received}.", name=name, received=describe(value))
        raise ArgumentError(msg) from None


def _preset(name: str, value: object) -> None:
    if not isinstance(value, str | os.PathLike | dict):
        msg = message(
            "{name} expected the path of a JSON file or a dict, received {received}.", name=name, received=describe(value)
        )
        raise ArgumentError(msg)


_CHECKS: Mapping[str, Callable[[str, object], None]] = {
    "theme": _choice(THEMES),
    "layout": _choice(get_args(Layout)),
    "width": _width,
    "font": _font,
    "font_size": _size,
    "size_by": _choice(get_args(SizeBy)),
    "color_by": _choice(get_args(ColorBy)),
    "folded": _folded,
    "colors": _texts,
    "labels": _texts,
    "groups": _texts,
    "text": _columns,
    "images": _images,
    "preset": _preset,
}
