"""Static forms: a stable plain table, and HTML and SVG that escape every name."""

from __future__ import annotations

import html.parser
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from hypothesis import given, settings

from seqwidget.i18n.messages import message
from seqwidget.model.records import Note
from seqwidget.render.diagram import diagram
from seqwidget.render.html import html as panel
from seqwidget.render.html import page
from seqwidget.render.text import one_line, text

from .stacks import STACKS, row, stack

ALLOWED = {
    *("style", "div", "span", "b", "i", "bdi", "figure", "svg", "g", "title", "path", "rect", "text"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "ul", "li", "html", "head", "body", "meta"),
}


class Tags(html.parser.HTMLParser):
    """Collects tags and attributes, and checks that they are nested correctly."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@settings(max_examples=100)
@given(one=STACKS)
def test_every_name_is_escaped(one: Any) -> None:
    for whole in (panel(one), page(one)):
        tags = Tags()
        tags.feed(whole)
        assert tags.open == []
        assert tags.seen <= ALLOWED
        assert not any(name.startswith("on") or name in {"src", "href"} for name in tags.attributes)


@settings(max_examples=100)
@given(one=STACKS)
def test_svg_is_xml_with_nothing_from_elsewhere(one: Any) -> None:
    root = ET.fromstring(one.to_svg())
    assert {element.tag.partition("}")[2] for element in root.iter()} <= ALLOWED - {"style"}
    assert not [key for element in root.iter() for key in element.keys() if "href" in key]  # noqa: SIM118
    assert not [element for element in root.iter() if element.get("id") or element.get("style")]
    assert len(root.findall("./{*}g/{*}title")) == len(diagram(one).blocks)


@settings(max_examples=100)
@given(one=STACKS)
def test_the_table_is_a_table(one: Any) -> None:
    lines = text(one).split("\n")
    assert len(lines) >= 6 + len(one.rows)  # title, three rules, headers, total
    assert not any(line != line.rstrip() for line in lines)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text(one))
    rules = [line for line in lines if line and set(line) == {"─"}]
    assert len(rules) >= 3
    assert len(set(rules)) == 1


def test_the_exact_table() -> None:
    conv = row(
        name="conv",
        path="conv",
        type="Conv2D",
        input_shape=(None, 250, 250, 3),
        output_shape=(None, 123, 123, 32),
        params=2432,
        kernel=(5, 5),
        strides=(2, 2),
        dilation=(1, 1),
        padding="valid",
        receptive_field=(5, 5),
        receptive_field_stride=(2, 2),
        macs=36_309_600,
    )
    notes = (Note("cropped-pixels", 0, "no output cell sees the last 1×1 of 250×250×3", ""),)
    frozen = row(index=1, trainable=False, trains=False)
    assert text(stack(conv, frozen, input_shape=(None, 250, 250, 3), notes=notes)) == (
        f"net: 2 layers, built, input (None, 250, 250, 3)\n{'─' * 112}\n"
        "#  Layer (type)           Output shape          Params  Kernel        Receptive field  Multiply-adds  Activation\n"
        f"{'─' * 112}\n"
        "0  conv (Conv2D)          (None, 123, 123, 32)   2,432  5×5 /2 valid  5×5 every 2             36.3 M        12 B\n"
        "1  dense (Dense, frozen)  (None, 3)                 15                                            12        12 B\n"
        f"{'─' * 112}\n"
        "   total                                            15                                            12        12 B\n"
        "conv: no output cell sees the last 1×1 of 250×250×3"
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb", "a b"),
        ("x" * 300, "x" * 39 + "…"),
        ("\x1b[31mred", "[31mred"),
        ("\u202eevil", "evil"),
        (" ", "(no name)"),
        ("🎉", "🎉"),
    ],
)
def test_names_in_one_line(name: str, shown: str) -> None:
    assert str(one_line(name)) == shown


def test_reasons_are_shown() -> None:
    odd = row(name="odd", path="odd", macs=None, unknown_messages={"macs": "custom computation, cost unknown"})
    twice = row(index=1, shared_with=0)
    printed = text(stack(odd, twice, notes=(Note("a", None, "a\nnote", ""),), unknown_messages={}))
    assert "odd: multiply-adds not known: custom computation, cost unknown" in printed
    assert "the same layer as in row 0" in printed
    assert printed.endswith("a note")
    assert "odd: multiply-adds not known" in panel(stack(odd))


def test_a_record_is_shown_with_its_public_names() -> None:
    odd = row(name="odd", macs=None, unknown_messages={"macs": message("not known")})
    assert repr(odd).startswith("LayerRow(index=0, name='odd'")
    assert repr(odd).endswith("unknown={'macs': 'not known'})")
    assert repr(Note("a", None, message("not known"), "")) == "Note(key='a', row=None, text='not known', why='')"
