"""A panel that is shown again opens a new comm for a page that may not have its model; earlier pages stay live."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import comm
import keras
import pytest
from comm.base_comm import BaseComm
from keras import layers

import seqwidget
from seqwidget.widgets import base, front_end, summary
from seqwidget.widgets.pages import KEPT

HELLO: dict[str, Any] = {"method": "custom", "content": {"id": "1", "ask": "hello"}}


class Recorder(BaseComm):
    """A comm that keeps its messages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.messages: list[tuple[str, Any]] = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type: str, data: Any = None, **_more: Any) -> None:
        self.messages.append((msg_type, data))

    def patches(self) -> list[set[str]]:
        contents = [data["content"] for _, data in self.messages if data and data.get("method") == "custom"]
        return [set(content["patches"]) for content in contents if "patches" in content]


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> Iterator[seqwidget.Summary]:
    monkeypatch.setattr(comm, "create_comm", Recorder)
    pages = ["first page"]
    monkeypatch.setattr(base, "current_page", lambda: pages[-1])
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="one")], name="net")
    panel = seqwidget.Summary(model)
    panel.model_held, panel.pages = model, pages
    yield panel
    summary.close_all()


def reach(panel: Any, page: str) -> None:
    """Show the panel in a page."""
    panel.pages.append(page)
    panel.reach(page)


def hear(panel: seqwidget.Summary, page: object, on: BaseComm | None = None, **more: str) -> None:
    data = {**HELLO, "content": {**HELLO["content"], **more}}
    content = {"comm_id": (on or panel.comm).comm_id, "data": data}
    panel._handle_msg({"header": {"session": page}, "content": content, "buffers": []})


def test_the_page_of_the_cell_and_a_page_that_sent_a_message_keep_the_comm(panel: Any) -> None:
    before = panel.comm
    reach(panel, "first page")
    hear(panel, "second page")
    reach(panel, "second page")
    assert panel.comm is before


def test_another_page_gets_a_new_comm_and_a_new_layout(panel: Any) -> None:
    before = (panel.comm, panel.layout.comm, panel.token)
    reach(panel, "second page")
    opened, first, *_ = panel.comm.messages
    assert opened[0] == "comm_open"
    assert opened[1]["state"]["layout"] == f"IPY_MODEL_{panel.layout.model_id}"
    assert panel.layout.comm.messages[0][0] == "comm_open"
    assert "whole" in str(first[1]["content"]["arrays"]), "it has all facts, also while a cell runs"
    assert not set(before) & {panel.comm, panel.layout.comm, panel.token}


@pytest.mark.parametrize("page", [None, ["list"], {}, 5], ids=["none", "list", "dict", "number"])
def test_a_message_without_a_page_is_answered(panel: Any, page: object) -> None:
    count = len(panel.comm.messages)
    hear(panel, page)
    panel._handle_msg({"content": {"data": HELLO}, "buffers": []})
    assert len(panel.comm.messages) == count + 2


def test_all_pages_follow_an_edit_and_keep_the_choices(panel: Any) -> None:
    panel.size_by = "params"
    before = panel.comm
    reach(panel, "second page")
    first = len(before.patches())
    panel.model_held.add(layers.Dense(2, name="two"))
    assert panel.comm.patches() == before.patches()[first:] != []
    assert [row["name"] for row in panel.stack["rows"]] == ["one", "two"]
    assert panel.comm.messages[0][1]["state"]["size_by"] == "params"


def test_close_closes_the_comms_of_all_pages(panel: Any) -> None:
    comms = [panel.comm, panel.layout.comm]
    reach(panel, "second page")
    comms += [panel.comm, panel.layout.comm]
    panel.close()
    assert [one.messages[-1][0] for one in comms] == ["comm_close"] * 4


def test_a_widget_keeps_few_earlier_comms_and_those_of_pages_that_sent_the_last_messages(panel: Any) -> None:
    comms, layouts = [panel.comm], [panel.layout.comm]
    for number in range(2 * KEPT):
        reach(panel, f"page {number}")
        comms.append(panel.comm)
        layouts.append(panel.layout.comm)
        hear(panel, "first page", comms[0])
    open_comms = [0, *range(len(comms) - KEPT, len(comms))]
    for kind in (comms, layouts):
        assert [at for at, one in enumerate(kind) if one.messages[-1][0] != "comm_close"] == open_comms
    before = [len(one.messages) for one in comms]
    panel.model_held.add(layers.Dense(2, name="two"))
    assert [at for at, one in enumerate(comms) if len(one.messages) > before[at]] == open_comms


def test_a_page_whose_comm_was_forgotten_gets_a_new_one(panel: Any) -> None:
    for number in range(KEPT + 1):
        reach(panel, f"page {number}")
    last = panel.comm
    reach(panel, "page 0")
    assert panel.comm is last, "it still has an earlier comm"
    reach(panel, "first page")
    assert panel.comm is not last


def test_a_comm_that_a_page_closed_gets_no_messages(panel: Any) -> None:
    before, layout = panel.comm, panel.layout
    reach(panel, "second page")
    comm.get_comm_manager().comm_close(None, None, {"content": {"comm_id": before.comm_id, "data": {}}})
    count = len(before.messages)
    panel.model_held.add(layers.Dense(2, name="two"))
    assert len(before.messages) == count
    assert layout.comm is None
    now = panel.comm
    reach(panel, "first page")
    assert panel.comm is not now


def test_the_stored_front_end_and_its_layout_have_a_comm_that_hosts_know_to_send_nothing() -> None:
    stored = front_end.embedded()
    assert isinstance(stored.comm, comm.DummyComm), "others make Panel raise an error"
    assert isinstance(stored.layout.comm, comm.DummyComm)


@pytest.mark.parametrize("display_ids", [["view"], []], ids=["published", "not published"])
def test_only_a_page_that_repeats_an_answered_hello_gets_a_new_comm(
    panel: Any, monkeypatch: pytest.MonkeyPatch, display_ids: list[str]
) -> None:
    """Where the kernel did not publish the view, as in marimo, it has no view to replace, and opens no new comm."""
    views: list[str] = []
    monkeypatch.setattr(base, "publish_view", lambda _panel, display_id, **_options: views.append(display_id))
    panel.display_ids = display_ids
    first = panel.comm
    for now, start in ((100, "a"), (200, "b"), (200.5, "b"), (205, "c"), (205.8, "c")):
        monkeypatch.setattr(base.time, "monotonic", lambda now=now: now)
        hear(panel, "a page", start=start)
    assert panel.comm is first
    monkeypatch.setattr(base.time, "monotonic", lambda: 207)
    hear(panel, "a page", start="c")
    assert (panel.comm is not first, views) == (bool(display_ids), display_ids)
