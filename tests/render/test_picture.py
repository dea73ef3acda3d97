"""The options of exported pictures, and what they draw."""

from __future__ import annotations

import itertools
import pathlib
import re
import xml.etree.ElementTree as ET
from typing import Any, get_args

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont

from seqwidget.errors import ArgumentError, CannotWriteError, NoSuchLayerError
from seqwidget.inspection.stack import Stack
from seqwidget.render.picture_options import THEME_NAMES, ColorBy, Layout, PictureOptions, SizeBy, ThemeName
from seqwidget.render.scales import COLOR_BY, SIZE_BY
from seqwidget.render.themes import THEMES

from .stacks import STACKS, row, stack

WAYS = st.fixed_dictionaries(
    {
        "layout": st.sampled_from(get_args(Layout)),
        "font_size": st.sampled_from([None, 6, 12]),
        "size_by": st.sampled_from(get_args(SizeBy)),
        "color_by": st.sampled_from(get_args(ColorBy)),
        "text": st.sampled_from([None, [], ["name", "params", "macs"]]),
        "groups": st.sampled_from([None, {"(?s).*": "All of the layers"}]),
    }
)


def conv(name: str, size: int, channels: int, **some: Any) -> Any:
    shape = (None, size, size, channels)
    return row(name=name, path=name, type="Conv2D", kind="conv", output_shape=shape, data_format="channels_last", **some)


NET = stack(
    conv("conv1", 50, 16, trains=False, trainable=False),
    conv("conv2", 25, 32),
    row(name="flat", path="flat", type="Flatten", kind="shape", output_shape=(None, 20_000)),
    row(name="conv", path="conv"),
    input_shape=(None, 100, 100, 3),
)


def tree(one: Stack = NET, **options: Any) -> ET.Element:
    return ET.fromstring(one.to_svg(**options))


def texts(root: ET.Element) -> list[str]:
    return [text.text or "" for text in root.findall(".//{*}text")]


def fronts(root: ET.Element) -> dict[str, str]:
    """Return the colour of each block's front face, by its label."""
    blocks = [group for group in root.findall("./{*}g") if group.find("{*}title") is not None]
    return {group.findtext("{*}text", ""): group.find("{*}g/{*}path").attrib["fill"] for group in blocks}  # type: ignore[union-attr]


def legend(root: ET.Element) -> dict[str, str]:
    """Return the colour of each entry of the legend, by its text."""
    entries = list(root.findall("./{*}g")[-1])
    squares = [at for at, entry in enumerate(entries) if entry.tag.endswith("rect")]
    texts = [next(entry for entry in entries[at:] if entry.tag.endswith("text")).text or "" for at in squares]
    return dict(zip(texts, (entries[at].attrib["fill"] for at in squares), strict=True))


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_decides_every_colour(theme: ThemeName) -> None:
    svg = NET.to_svg(theme=theme)
    root = ET.fromstring(svg)
    background = [rect.get("fill") for rect in root.findall("./{*}rect")]
    assert background == ([THEMES[theme].background] if THEMES[theme].background else [])
    assert root.get("fill") == THEMES[theme].muted
    assert not re.search(r"<style|@media|prefers|currentColor|href|url\(|class=", svg)


def test_a_picture_has_each_theme_size_and_colour_that_a_panel_offers() -> None:
    assert get_args(ThemeName) == tuple(THEMES) == tuple(THEME_NAMES)
    assert SIZE_BY.keys() <= set(get_args(SizeBy))
    assert COLOR_BY.keys() <= set(get_args(ColorBy))


@pytest.mark.parametrize(
    ("width", "sides"), [("85mm", r"85mm"), ("600px", "600"), (600, "600"), (333.5, "333.5"), ("17 mm", "17mm")]
)
@pytest.mark.parametrize("layout", ["row", "wrapped"])
@pytest.mark.parametrize("font_size", [None, 8])
def test_a_picture_has_its_width(width: Any, sides: str, layout: Any, font_size: Any) -> None:
    root = tree(width=width, layout=layout, font_size=font_size)
    assert root.get("width") == sides
    _, _, w, h = map(float, root.attrib["viewBox"].split())
    drawn = [float(re.match(r"[\d.]+", root.attrib[side])[0]) for side in ("width", "height")]  # type: ignore[index]
    assert drawn[1] / drawn[0] == pytest.approx(h / w, rel=1e-3)


FONTS = pathlib.Path(mpl.get_data_path(), "fonts", "ttf")
# One of the widest fonts that a page may use; the oracle for the room that text needs.
REGULAR, BOLD = (ImageFont.truetype(FONTS / f"DejaVuSans{style}.ttf", 10.5) for style in ("", "-Bold"))


@settings(max_examples=60)
@given(one=STACKS, width=st.integers(60, 2000), ways=WAYS)
def test_no_text_is_cut_off_and_none_overlaps(one: Any, width: int, ways: Any) -> None:
    if not one.rows:
        ways["groups"] = None  # there is nothing to group
    root = tree(one, width=width, **ways)
    left, top, w, h = map(float, root.attrib["viewBox"].split())
    lines: dict[float, list[tuple[float, float]]] = {}
    starts = [text for group in root.findall("./{*}g[@text-anchor='start']") for text in group.findall(".//{*}text")]
    for text in root.findall(".//{*}text"):
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        length = (BOLD if "font-weight" in text.attrib else REGULAR).getlength(text.text or "")
        begin = x if text in starts else x - length / 2
        assert left - 1 <= begin < begin + length <= left + w + 1
        assert top + 8 < y < top + h - 3
        lines.setdefault(y, []).append((begin, begin + length))
    for each in lines.values():
        assert all(end + 2 < begin for (_, end), (begin, _) in itertools.pairwise(sorted(each)))


def test_lines_are_wrapped_at_the_width_and_balanced() -> None:
    def lines(layers: int = 13, **options: Any) -> list[int]:
        many = stack(*[conv(f"c{at}", 40, 8) for at in range(layers)], input_shape=None)
        ys = [text.attrib["y"] for text in tree(many, **options).findall("./{*}g/{*}text[@font-weight]")]
        return [ys.count(y) for y in dict.fromkeys(ys)]

    assert lines(width="85mm", layout="row") == [13]
    assert len(lines(width="85mm")) > len(lines(width="170mm")) > 1
    for layers in range(8, 30):
        each = lines(layers, width="170mm")
        assert min(each) >= max(each) / 2  # no layer is left alone
    assert len(lines(width="170mm", font_size=16)) > len(lines(width="170mm", font_size=8))


def points(root: ET.Element) -> float:
    """Return the size of text in pt."""
    scale = float(root.attrib["width"].removesuffix("mm")) * (96 / 25.4 if "mm" in root.attrib["width"] else 1)
    return float(root.attrib["font-size"]) * scale / float(root.attrib["viewBox"].split()[2]) * 0.75


def test_text_has_its_size_unless_the_width_is_too_small() -> None:
    assert points(tree()) == pytest.approx(7.875)
    assert points(tree(font_size=9)) == pytest.approx(9, rel=1e-3)
    assert points(tree(font_size=9, width="200mm")) == pytest.approx(9, rel=1e-3)
    assert points(tree(font_size=9, width="10mm")) < 3
    assert points(tree(width="400mm")) > 12  # a slide


def test_own_colours_are_in_the_legend() -> None:
    kinds = legend(tree(theme="light"))
    root = tree(theme="light", colors={"conv": "#123456", "conv[12]": "red", "Flatten": "lime"}, labels={"conv[12]": "Encoder"})
    # "conv" is the name of a layer, so that it does not mean the kind
    assert fronts(root) == {"Input": kinds["Input"], "Encoder": "#ff0000", "Flatten": "#00ff00", "Dense": "#123456"}
    assert legend(root) == {
        "Input": kinds["Input"],
        "frozen": "#8d8d8d",
        "Convolution": "#123456",
        "Encoder": "#ff0000",
        "Flatten": "#00ff00",
    }
    of_kind = tree(theme="light", colors={"shape": "#abcdef", "input": "#ff00ff"})
    assert fronts(of_kind)["Flatten"] == legend(of_kind)["Reshape and merge"] == "#abcdef"
    assert fronts(of_kind)["Input"] == legend(of_kind)["Input"] == "#ff00ff"
    assert legend(of_kind)["Convolution"] == kinds["Convolution"]


def test_the_last_of_several_colours_counts_and_the_legend_has_only_what_is_drawn() -> None:
    root = tree(colors={"conv1": "blue", "Conv2D": "red"})
    assert fronts(root)["Conv2D"] == "#ff0000"
    assert "conv1" not in legend(root)


def test_own_labels_keep_counts_and_have_room() -> None:
    root = tree(stack(*[conv("a", 9, 9)] * 4), folded=True, labels={"a": "A very long label <&>"})
    assert "A very long label <&> ×4" in texts(root)
    xs = [float(text.attrib["x"]) for text in root.findall("./{*}g/{*}text[@font-weight]")]
    assert xs[1] - xs[0] > 80


def test_rulers_are_true() -> None:
    """The rulers measure the blocks as they are drawn, at any scale."""
    root = tree()
    shown = dict(zip(texts(root), [None] * 99, strict=False))
    rulers = {}
    for entry in root.findall("./{*}g")[-1]:
        if entry.tag.endswith("path") and "m0 -3v6" in entry.attrib["d"]:
            length = float(re.search(r"h([\d.]+)m0", entry.attrib["d"])[1])  # type: ignore[index]
        elif entry.tag.endswith("text") and re.search(r"\d", entry.text or ""):
            what, count = re.fullmatch(r"(.+): (\d+) \w+", entry.text or "").groups()  # type: ignore[union-attr]
            rulers[what] = length / int(count)
    face = root.findall("./{*}g")[2].find("{*}g/{*}path").attrib["d"]  # type: ignore[union-attr]
    left, top, right, bottom = map(float, re.match(r"M(\S+) (\S+)H(\S+)V(\S+)H", face).groups())  # type: ignore[union-attr]
    assert "25×25×32" in shown
    assert (bottom - top) / 25 == pytest.approx(rulers["Height"], rel=0.02)
    assert (right - left) / 32 == pytest.approx(rulers["Width"], rel=0.02)
    assert set(rulers) == {"Height", "Width", "Height of a bar"}


def test_what_is_not_to_scale_or_frozen_is_explained() -> None:
    assert "frozen" in texts(tree())
    assert "≈: not to scale" in texts(tree())
    plain = stack(conv("a", 50, 16), input_shape=None)
    assert not {"frozen", "≈: not to scale"} & set(texts(tree(plain)))
    assert any("the largest block is" in text for text in texts(tree(size_by="params")))


def test_the_sign_of_what_is_not_to_scale_has_room() -> None:
    wide = [conv(f"wide{at}", 1111, 9999) for at in range(2)]
    root = tree(stack(*[conv(f"thin{at}", 1111, 1) for at in range(3)], *wide, input_shape=None))
    one, other = (float(text.attrib["x"]) for text in root.iter() if text.text == "1111×1111×9999 ≈")
    assert REGULAR.getlength("1111×1111×9999 ≈") + 10 < other - one


def test_the_font_comes_first() -> None:
    assert tree(font="Times New Roman").attrib["font-family"].startswith("'Times New Roman'")
    assert tree(font="serif").attrib["font-family"] == "serif"
    assert "sans-serif" in tree().attrib["font-family"]


def test_fifty_layers_are_small() -> None:
    many = stack(*[conv(f"block{at}_conv", 56, 256, trains=False) for at in range(50)])
    assert len(many.to_svg(theme="mono").encode()) <= 150_000


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"them": "light"}, "expected the options theme, layout, width, font, .*, received 'them'"),
    ({"theme": "neon"}, "theme expected one of 'any', 'light', .*'mono', received 'neon'"),
    ({"layout": "spiral"}, "layout expected one of 'wrapped', 'row', 'column', received 'spiral'"),
    ({"size_by": "name"}, "size_by expected one of 'shape', 'params'"),
    ({"color_by": ["kind"]}, "color_by expected one of 'kind'"),
    ({"folded": "yes"}, "folded expected True or False"),
    ({"width": "wide"}, "width expected a width such as '85mm'"),
    ({"width": 0}, "width expected"),
    ({"width": True}, "width expected"),
    ({"width": float("nan")}, "width expected"),
    ({"width": "99999mm"}, "width expected .* up to 20,000 px"),
    ({"font": "x'; <script>"}, "font expected the name of a font"),
    ({"font_size": 0}, "font_size expected a size in pt"),
    ({"font_size": "8"}, "font_size expected"),
    ({"colors": "red"}, "colors expected a dict of strings"),
    ({"colors": {"conv": 3}}, "colors expected a dict of strings"),
    ({"colors": {"conv": "reddish"}}, "colors expected opaque colours such as '#0072b2' or 'orange', received 'reddish'"),
    ({"colors": {"conv": "rgb(999,0,0)"}}, "colors expected opaque colours"),
    ({"colors": {"conv": "#ff000080"}}, "colors expected opaque colours"),
    ({"labels": [("a", "b")]}, "labels expected a dict of strings"),
    ({"groups": ["a"]}, r"groups expected a dict of strings, such as \{'block1_"),
    ({"text": "type"}, "text expected a list with some of 'type', 'name', .*received 'type'"),
    ({"text": ["size"]}, "text expected a list with some of"),
    ({"text": [[]]}, "text expected a list with some of"),
]


@pytest.mark.parametrize(("options", "words"), WRONG, ids=str)
def test_a_wrong_option_names_the_right_ones(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ArgumentError, match=words) as caught:
        NET.to_svg(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("option", ["colors", "labels", "groups"])
@pytest.mark.parametrize(("pattern", "words"), [("dens", "its layers are input, conv1, conv2, flat, conv"), ("(", "re.escape")])
def test_a_pattern_without_layers_names_them(option: Any, pattern: str, words: str) -> None:
    with pytest.raises(NoSuchLayerError, match=words) as caught:
        NET.to_svg(**{option: {pattern: "red"}})
    assert "\n" not in str(caught.value)


def test_every_option_is_described() -> None:
    described = re.findall(r"^    (\w+)$", (PictureOptions.__doc__ or "").partition("-----\n")[2], re.MULTILINE)
    assert described == list(PictureOptions.__annotations__)


def test_a_file_is_written(tmp_path: pathlib.Path) -> None:
    svg = NET.to_svg(tmp_path / "net.svg", theme="dark")
    assert (tmp_path / "net.svg").read_text(encoding="utf-8") == svg
    with pytest.raises(CannotWriteError, match="No such file or directory"):
        NET.to_svg(tmp_path / "no" / "net.svg")
