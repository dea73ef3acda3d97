"""Columns, brackets, and what is written, sized and coloured in exported pictures."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest

from seqwidget.model.edges import Edge

from .stacks import row, stack
from .test_picture import NET, conv, fronts, legend, texts, tree


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"[\d.]+", path)]


def faces(root: ET.Element) -> list[tuple[float, float, float, float]]:
    """Return left, top, right and bottom of each front face."""
    blocks = [group for group in root.findall(".//{*}g") if group.find("{*}title") is not None]
    paths = [numbers(block.find("{*}g/{*}path").attrib["d"]) for block in blocks]  # type: ignore[union-attr]
    return [(left, top, right, bottom) for left, top, right, bottom, _ in paths]


def test_a_column_has_its_blocks_below_each_other_and_true_rulers() -> None:
    root = tree(layout="column")
    found = faces(root)
    assert all(above[3] < below[1] for above, below in itertools.pairwise(found))
    notes = list(root.findall("./{*}g")[-1])
    rulers = [entry for entry in notes if "m0 -3v6" in entry.get("d", "")]
    said = [notes[notes.index(ruler) + 1].text for ruler in rulers]
    assert said == ["Width: 20 cells", "Height: 20 channels", "Length of a bar: 5000 units"]
    cells, channels, units = (float(re.search(r"h([\d.]+)m0", ruler.attrib["d"])[1]) for ruler in rulers)  # type: ignore[index]
    (_, conv2, flat) = found[1:4]
    assert (conv2[2] - conv2[0]) / 25 == pytest.approx(cells / 20, rel=0.02)
    assert (conv2[3] - conv2[1]) / 32 == pytest.approx(channels / 20, rel=0.02)
    assert (flat[2] - flat[0]) / 20_000 == pytest.approx(units / 5000, rel=0.02)


def test_the_texts_of_a_column_are_aligned() -> None:
    root = tree(layout="column", text=["name", "output_shape", "params"])
    lines = [[float(text.attrib["x"]) for text in group.findall("{*}text")] for group in root.findall(".//{*}g/{*}g[{*}text]")]
    assert {line[1] for line in lines[1:]} == {lines[1][1]}
    assert len(lines) == 5


def test_a_column_connects_its_blocks_on_the_left() -> None:
    ends = ((None, 0), (0, 1), (1, 2), (0, 2), (2, None))
    net = stack(*(conv(name, 9, 9) for name in "abc"), graphs={None: tuple(Edge(*pair) for pair in ends)}, input_shape=None)
    root = tree(net, layout="column")
    found = faces(root)
    paths = [path.attrib["d"] for path in root.findall("./{*}g[@fill='none']/{*}path")]
    lines = [path.split("M")[1] for path in paths]  # without the dots
    assert all(x < min(left for left, *_ in found) for line in lines for x in map(float, re.findall(r"([\d.]+) [\d.]", line)))
    ends_of = [(float(re.findall(r"[\d.]+", line)[1]), float(re.findall(r"[\d.]+", line)[-1])) for line in lines]
    connected = [tuple(at for y in pair for at, face in enumerate(found) if face[1] - 9 < y < face[3]) for pair in ends_of]
    assert sorted(connected) == [(0, 1), (0, 2), (1, 2)]
    assert [connected[at] for at, line in enumerate(lines) if "Q" in line] == [(0, 2)]  # around the block between them


def test_brackets_span_their_groups_and_outer_ones_are_below() -> None:
    root = tree(groups={".*": "Network", "conv[12]": "Features", "flat": "Rest", "conv": "Rest"}, layout="row")
    found = faces(root)
    drawn = root.findall("./{*}g[{*}path]")[-2]
    spans = [numbers(path.attrib["d"]) for path in drawn.findall("{*}path")]
    titles = [text.text for text in drawn.findall("{*}text")]
    of = dict(zip(titles, ((left, right, y) for left, y, _, right, _ in spans), strict=True))
    assert titles.count("Rest") == 1  # patterns with the same title are one group
    for title, first, last in (("Features", 1, 2), ("Rest", 3, 4), ("Network", 1, 4)):
        left, right, y = of[title]
        assert found[first - 1][2] < left <= found[first][0]
        assert found[last][2] <= right
        assert y > max(face[3] for face in found)
        assert last == 4 or right < found[last + 1][0]
    assert of["Network"][2] > of["Features"][2] == of["Rest"][2]


def test_layers_apart_get_a_bracket_each_and_in_a_column_beside_them() -> None:
    root = tree(groups={"conv1|flat": "Some"}, layout="column")
    drawn = root.findall("./{*}g[{*}path]")[-2]
    spans = [numbers(path.attrib["d"]) for path in drawn.findall("{*}path")]
    assert len(spans) == 2
    spans.sort(key=lambda span: span[1])
    for (left, start, _, end, _), (face_left, top, right, bottom) in zip(spans, (faces(root)[1], faces(root)[3]), strict=True):
        assert start < top < bottom <= end
        assert left > right > face_left


def test_what_is_written_at_a_block() -> None:
    shown = set(texts(tree(text=["name", "dtype", "params"], labels={"flat": "To a vector"})))
    assert {"conv1", "conv2", "To a vector", "float32", "Params: 15", "Input"} <= shown
    assert not {"Conv2D", "flat", "Flatten", "25×25×32"} & shown
    assert len(tree(text=["name"]).findall("./{*}g/{*}text[@font-weight]")) == 5
    shapes = tree(text=["output_shape"], labels={"flat": "Vector"})
    assert [text.text for text in shapes.findall("./{*}g/{*}text[@font-weight]")] == ["Vector"]
    assert not tree(text=[]).findall("./{*}g/{*}text[@font-weight]")


def test_what_is_written_at_repeated_layers_is_about_all_of_them() -> None:
    block = [conv("a", 8, 4, params=1), row(name="b", output_shape=(None, 8, 8, 4), data_format="channels_last", params=20)]
    repeated = [replace(one, name=f"{at}_{one.name}", path=f"{at}_{one.name}") for at in range(3) for one in block]
    columns = ["type", "output_shape", "params"]
    root = tree(stack(*repeated, input_shape=None), folded=True, text=columns)
    assert texts(root)[:3] == ["2 layers ×3", "8×8×4", "Params: 63"]
    assert texts(tree(stack(*repeated, input_shape=None), folded=True, text=["name"]))[0] == "0 … 2 ×3"
    alone = [replace(block[0], name=f"{at}", path=f"{at}", params=36) for at in range(3)]
    root = tree(stack(*alone, input_shape=None), folded=True, text=columns)
    assert texts(root)[:3] == ["Conv2D ×3", "8×8×4", "Params: 36 each"]


def test_what_is_not_known_is_not_written() -> None:
    unknown = stack(row(name="a", output_shape=None, params=None, macs=None, kind="other", type="Lambda"), input_shape=None)
    root = tree(unknown, text=["name", "output_shape", "kernel"], layout="column")
    assert texts(root)[:2] == ["a", "?"]


def test_colours_by_a_category_are_in_the_legend() -> None:
    net = stack(
        conv("a", 9, 9, padding="same"), conv("b", 9, 9, padding="valid", trains=False), row(name="c"), input_shape=None
    )
    by: dict[str, Any] = {"theme": "light", "text": ["name"]}
    assert list(legend(tree(net, color_by="padding", **by))) == ["same", "valid", "frozen"]
    front, keys = fronts(tree(net, color_by="padding", **by)), legend(tree(net, color_by="padding", **by))
    assert (front["a"], front["b"]) == (keys["same"], keys["valid"])
    assert front["c"] not in keys.values()
    root = tree(net, color_by="type", colors={"c": "red"}, **by)
    assert legend(root) == {"Conv2D": fronts(root)["a"], "frozen": "#8d8d8d", "c": "#ff0000"}
    many = stack(*(row(name=f"l{at}", type=f"Own{at}") for at in range(20)), input_shape=None)
    assert list(legend(tree(many, color_by="type", **by)))[-2:] == ["Own11", "Other"]


def test_frozen_layers_have_one_entry_in_the_legend() -> None:
    net = stack(conv("a", 9, 9, trains=True), conv("b", 9, 9, trains=False), input_shape=None)
    root = tree(net, color_by="trains", theme="light", text=["name"])
    assert [text for text in texts(root) if text in ("trainable", "frozen")] == ["trainable", "frozen"]
    assert fronts(root)["b"] == legend(root)["frozen"] != fronts(root)["a"] == legend(root)["trainable"]


def test_sizes_and_colours_by_the_receptive_field() -> None:
    net = stack(conv("a", 9, 9, receptive_field=(3, 2)), conv("b", 9, 9, receptive_field=(12, 6)), input_shape=None)
    root = tree(net, size_by="receptive_field", color_by="receptive_field")
    one, other = ((right - left) * (bottom - top) for left, top, right, bottom in faces(root))
    assert other / one == pytest.approx(4, rel=0.01)
    assert "Area: receptive field; the largest block is 12 cells." in texts(root)
    assert list(legend(root)) == ["0", "receptive field of 12 cells"]


def test_without_options_nothing_of_them_is_drawn() -> None:
    assert not NET.to_svg().count('text-anchor="start"') > 1
