"""The layout: no block overlaps another, everything fits, and sizes agree with the printed scale."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqwidget.model.folds import Fold, folds
from seqwidget.render.block_positions import DrawnBlock
from seqwidget.render.diagram import Diagram, diagram
from seqwidget.render.figure import figure
from seqwidget.render.scales import COLOR_BY, SIZE_BY
from seqwidget.render.themes import Paint

from .stacks import STACKS, row, stack

GUIDE = stack(
    *(
        row(type=kind, kind="conv", output_shape=(None, *shape), data_format="channels_last", params=params, macs=macs)
        for kind, shape, params, macs in (
            ("Conv2D", (123, 123, 32), 2432, 36_309_600),
            ("Conv2D", (121, 121, 32), 9248, 134_931_456),
            ("MaxPooling2D", (40, 40, 32), 0, 0),
            ("Dense", (10,), 330, 320),
        )
    ),
    input_shape=(None, 250, 250, 3),
)


def closed(facts: Any) -> tuple[Fold, ...]:
    """Return all folds of a stack."""
    return folds(facts.rows, facts.graphs)


@settings(max_examples=150)
@given(one=STACKS, size_by=st.sampled_from(tuple(SIZE_BY)), color_by=st.sampled_from(tuple(COLOR_BY)), folded=st.booleans())
def test_nothing_overlaps_and_everything_fits(one: Any, size_by: str, color_by: str, folded: bool) -> None:  # noqa: FBT001
    picture = diagram(one, size_by=size_by, color_by=color_by, folds=closed(one) if folded else ())
    right = 0.0
    for block in picture.blocks:
        letters = max(len(str(block.label)), len(str(block.shape) + (" ≈" if block.held else "")))
        left = min(block.x, block.cx - letters * 3.4)
        assert left >= right - 0.2
        right = max(block.x + block.w + block.dx, block.cx + letters * 3.4)
        assert block.y - block.dy >= 0
        assert max(block.y + block.h, block.shape_y) <= picture.height
        assert block.y + block.h < block.label_y < block.shape_y
        assert min(block.w, block.h) > 0
        assert re.fullmatch(r"kind-\w+|heat-(\d|none)", block.cls)
    assert right <= picture.width + 0.2


@settings(max_examples=150)
@given(
    one=STACKS,
    other=STACKS,
    shared=st.integers(0, 6),
    ways=st.lists(
        st.tuples(st.sampled_from(tuple(SIZE_BY)), st.sampled_from(tuple(COLOR_BY)), st.booleans()), min_size=2, max_size=2
    ),
)
def test_a_diagram_that_reuses_blocks_is_the_same(one: Any, other: Any, shared: int, ways: Any) -> None:
    after = replace(other, rows=(*one.rows[:shared], *other.rows), input_shape=one.input_shape if shared else other.input_shape)

    def draw(facts: Any, way: tuple[str, str, bool], before: Diagram | None = None) -> Diagram:
        return diagram(facts, size_by=way[0], color_by=way[1], folds=closed(facts) if way[2] else (), before=before)

    first, again = ways
    before = draw(one, first)
    assert draw(after, first, before) == draw(after, first)
    taken = draw(after, again, before)
    assert taken == draw(after, again)
    assert taken.to_dict_after(before, before.to_dict()) == taken.to_dict()


@settings(max_examples=100)
@given(one=STACKS, copies=st.integers(1, 12), widest=st.integers(300, 1500))
def test_lines_of_blocks_fit_and_do_not_overlap(one: Any, copies: int, widest: int) -> None:
    picture = diagram(replace(one, rows=one.rows * copies))
    paint = Paint("#000000")
    drawn = [DrawnBlock(block, paint, (str(block.label), str(block.shape))) for block in picture.blocks]
    lines = figure(picture, drawn, [], [], widest=widest)
    placed = [one.block for one in lines.drawn]
    # no block and no entry of the scale is wider than this
    assert lines.width <= max(widest, 320)
    moved = {"x": 0, "y": 0, "cx": 0, "label_y": 0}
    assert [replace(block, **moved) for block in placed] == [replace(block, **moved) for block in picture.blocks]
    right = below = line = 0.0
    for block, drawing in zip(placed, lines.drawn, strict=True):
        half = max(map(len, drawing.lines)) * 3
        (x, label_y), (_, shape_y) = drawing.spots
        if label_y > line:  # the next line starts below the last one
            right, below, line = 0.0, line, label_y
        assert block.y - block.dy >= (below and below + 14)
        assert min(block.x, x - half) >= right - 0.3
        right = max(block.x + block.w + block.dx, x + half)
        assert right <= lines.width + 0.3
        assert block.y + block.h < label_y < shape_y <= lines.height
        assert label_y == line
    assert lines.lines == len({one.spots[0][1] for one in lines.drawn})
    for note in lines.notes:
        assert line < note.y - 9
        assert 0 < note.x < note.text_x + 3 * len(note.text) <= lines.width


def test_a_stack_of_hundreds_of_layers_is_exported_in_lines() -> None:
    many = stack(*[row()] * 400)
    size = re.search(r'width="([\d.]+)" height="([\d.]+)"', many.to_svg())
    assert size
    assert float(size[1]) <= 1200 < diagram(many).width
    assert float(size[2]) < 3000


def test_blocks_of_unchanged_layers_are_reused() -> None:
    shorter = replace(GUIDE, rows=GUIDE.rows[:3])
    before = diagram(GUIDE)
    after = diagram(shorter, before=before)
    assert [a is b for a, b in zip(before.blocks, after.blocks, strict=False)] == [True] * 4


def test_sizes_agree_with_the_printed_scale() -> None:
    picture = diagram(GUIDE)
    said = re.fullmatch(
        r"Height and depth: 1 px = ([\d.]+) cells; width: ([\d.]+) px = 1 channel; height of a bar: ([\d.]+) px = 1 unit.",
        str(picture.scale),
    )
    assert said, picture.scale
    cells, channels, units = (float(figure) for figure in said.groups())
    image, first, second, pool, vector = picture.blocks
    for block, size in ((image, 250), (first, 123), (second, 121), (pool, 40)):
        assert block.h == pytest.approx(size / cells, abs=0.06)
    assert image.dx / first.dx == pytest.approx(250 / 123, rel=0.01)
    assert image.dy / first.dy == pytest.approx(250 / 123, rel=0.01)
    assert (image.w, first.w) == (pytest.approx(3 * channels), pytest.approx(32 * channels))
    assert vector.h == pytest.approx(10 * units)
    assert not any(block.held for block in picture.blocks)


def test_too_small_or_too_large_sizes_are_clamped_and_marked() -> None:
    sizes = (51200, 64, 64, 2)
    blocks = diagram(stack(*(row(output_shape=(None, size)) for size in sizes), input_shape=None)).blocks
    assert [str(block.held) for block in blocks] == ["drawn smaller than the scale", "", "", "drawn larger than the scale"]
    assert all(str(block.held) in str(block.title) for block in blocks)


def test_channels_first_is_drawn_as_channels_last() -> None:
    shapes = {"channels_last": (None, 20, 30, 3), "channels_first": (None, 3, 20, 30)}
    drawn = [
        diagram(stack(row(output_shape=shape, data_format=name), input_shape=shape)).blocks[-1]
        for name, shape in shapes.items()
    ]
    assert (drawn[0].w, drawn[0].h, drawn[0].dx) == (drawn[1].w, drawn[1].h, drawn[1].dx)


def test_areas_are_to_a_metric() -> None:
    picture = diagram(GUIDE, size_by="macs")
    _, first, second, pool, _ = picture.blocks
    assert (second.w * second.h) / (first.w * first.h) == pytest.approx(134_931_456 / 36_309_600, rel=0.02)
    assert pool.held
    assert "135 M" in str(picture.scale)


def test_colours_are_linear_in_a_metric() -> None:
    picture = diagram(GUIDE, color_by="params")
    assert [block.cls for block in picture.blocks] == ["heat-none", "heat-2", "heat-9", "heat-0", "heat-0"]
    assert [key.cls for key in picture.legend] == ["heat-0", "heat-9"]
    assert "9,248" in str(picture.legend[1].label)


def test_an_unknown_shape_is_not_drawn_as_if_it_were_known() -> None:
    known, unknown = diagram(stack(row(), row(output_shape=None, params=None))).blocks[1:]
    assert (known.unknown, unknown.unknown, unknown.shape) == (False, True, "?")


def test_a_repeated_layer_and_a_repeated_block_are_one_block_each() -> None:
    dense, relu = row(), row(type="ReLU", kind="activation", params=0, macs=0)
    picture = diagram(one := stack(*[dense] * 48, *[relu, relu, dense] * 4), folds=closed(one))
    assert [(block.row, block.end, block.count, str(block.label)) for block in picture.blocks] == [
        (-1, 0, 1, "Input"),
        (0, 48, 48, "Dense ×48"),
        (48, 60, 4, "3 layers ×4"),
    ]
    assert [str(block.title) for block in picture.blocks[1:3]] == [
        "dense (Dense), 48 similar layers; (None, 3); each: 15 parameters; 12 multiply-adds; 12 B activation memory",
        "dense … dense: 3 layers, 4 times; (None, 3); 60 parameters; 48 multiply-adds; 144 B activation memory",
    ]
    by_params = diagram(one, folds=closed(one), size_by="params")
    assert str(by_params.scale).endswith("720.")


def test_a_block_that_grows_says_from_where_to_where() -> None:
    sizes = (32, 48, 64, 80)
    block = [[row(type=name, output_shape=(None, 7, 7, size)) for name in "ABCD"] for size in sizes]
    one = stack(*itertools.chain.from_iterable(block))
    assert [str(block.shape) for block in diagram(one, folds=closed(one)).blocks] == ["4", "7×7×32–80"]


def test_nested_layers_are_one_block() -> None:
    picture = diagram(stack(row(kind="model"), row(depth=1), row(depth=1), row()))
    assert [block.row for block in picture.blocks] == [-1, 0, 3]


def test_frozen_layers_do_not_train() -> None:
    frozen = row(trainable=True, trains=False)
    blocks = diagram(stack(row(), frozen, row(params=0, trains=None, trainable=False))).blocks
    assert [block.frozen for block in blocks[1:]] == [False, True, False]
