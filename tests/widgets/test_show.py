"""What a notebook receives and stores when a panel is shown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import comm
import IPython
import keras
import numpy as np
import pytest
from comm import DummyComm
from keras import layers

import seqwidget
from seqwidget.widgets.views import WIDGET_VIEW, live_pages

HELLO = {"method": "custom", "content": {"id": "1", "ask": "hello"}}


class Notebook:
    """A cell's outputs, as a front end stores them: an update replaces the output with its display id."""

    def __init__(self) -> None:
        self.outputs: dict[str, dict[str, Any]] = {}
        self.received: list[str] = []

    def publish(self, data: dict[str, Any], _metadata: Any = None, *, transient: Any = None, update: bool = False) -> None:
        identity = (transient or {}).get("display_id", f"output {len(self.outputs)}")
        if update and identity not in self.outputs:
            return
        self.outputs[identity] = data
        self.received.append("view" if WIDGET_VIEW in data else data.get("text/html") or "picture")

    def stored(self) -> list[str]:
        """Return the stored outputs as text, without the ids of the view."""
        return [WIDGET_VIEW if WIDGET_VIEW in data else str(data) for data in self.outputs.values()]


@pytest.fixture
def model() -> Any:
    live_pages.clear()  # other tests use pages of the same names
    return keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="one"), layers.Flatten(name="two")], name="net")


def shown(panel: Any, page: str, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    notebook = Notebook()
    kernel = SimpleNamespace(get_parent=lambda: {"header": {"session": page}})
    with monkeypatch.context() as patch:
        patch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=kernel, display_pub=notebook))
        panel.show()
    return notebook


def heard(panel: Any, page: str) -> None:
    panel._handle_msg({"header": {"session": page}, "content": {"data": HELLO}, "buffers": []})


def test_a_page_with_a_live_view_gets_the_view_first_and_stores_the_same(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", DummyComm)
    panel = seqwidget.Summary(model)
    first = shown(panel, "first page", monkeypatch)
    static, view = first.received
    assert view == "view"
    assert "two (Flatten)" in first.stored()[0]
    heard(panel, "first page")
    second = shown(panel, "first page", monkeypatch)
    assert second.received == [f'<div data-seqwidget="{panel.number}"></div>', "view", static]
    assert second.stored() == first.stored()
    third = shown(panel, "another page", monkeypatch)
    assert third.received == first.received, "nobody knows whether this page draws views"
    panel.close()


@pytest.mark.parametrize("page", ["a page that draws", "another page"])
def test_where_widgets_are_not_shown_people_read_the_table_and_how_to_see_the_panel(
    model: Any, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comm, "create_comm", DummyComm)
    panel = seqwidget.Summary(model)
    heard(panel, "a page that draws")
    texts = [data["text/plain"] for data in shown(panel, page, monkeypatch).outputs.values()]
    assert texts == [repr(panel), "(a live panel: to see it, run this cell in a notebook that shows widgets)"]
    panel.close()


def test_maps_are_drawn_after_the_cell_so_that_their_picture_comes_first(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", DummyComm)
    maps = seqwidget.FeatureMaps(model, np.zeros((1, 8, 8, 3), "float32"))
    heard(maps, "page of maps")
    static, *others = shown(maps, "page of maps", monkeypatch).received
    assert "sw-static" in static
    assert others == ["picture", "view"]
    maps.close()
