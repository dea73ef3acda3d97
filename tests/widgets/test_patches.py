"""Patches: their content, and that a page that applies them has the kernel's state."""

from __future__ import annotations

import base64
import json
import pathlib
import zlib
from typing import Any

import comm
import keras
import numpy as np
import pytest
from comm.base_comm import BaseComm
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

import seqwidget
from seqwidget.widgets.packing import packed
from seqwidget.widgets.patches import patch

CASES = json.loads(pathlib.Path(__file__).with_name("patch_cases.json").read_text())
JSON = st.recursive(  # without 0 and 1, which equal False and True in Python
    st.none() | st.booleans() | st.integers(2, 4) | st.text("ab🎉", max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


def patched(old: Any, given: dict[str, Any]) -> Any:
    """Apply a patch as js/src/shared/patches.ts does."""
    match given:
        case {"=": value}:
            return value
        case {"kept": kept, "text": text}:
            return old[:kept] + text
        case {"length": length, "items": items, "more": more}:
            return [
                patched(value, items[str(at)]) if str(at) in items else value for at, value in enumerate(old[:length])
            ] + more
        case {"keys": keys, "gone": gone}:
            kept = {key: value for key, value in old.items() if key not in gone}
            return kept | {key: patched(old.get(key), one) for key, one in keys.items()}
    raise AssertionError(given)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_patch_contains_what_is_new(case: dict[str, Any]) -> None:
    assert json.loads(json.dumps(patch(case["old"], case["new"]))) == case["patch"]


@given(JSON, JSON)
def test_a_patch_turns_the_old_value_into_the_new_one(old: Any, new: Any) -> None:
    sent = json.loads(json.dumps(patch(old, new)))
    assert json.dumps(patched(old, sent), sort_keys=True) == json.dumps(new, sort_keys=True)


def unpacked(buffer: memoryview) -> Any:
    """Return the traits that a message has in a buffer."""
    return json.loads(zlib.decompress(buffer).decode())


class Page(BaseComm):
    """A page that keeps the state that it receives, and counts the bytes."""

    def publish_msg(self, msg_type: str, data: Any = None, buffers: Any = None, **_: Any) -> None:
        packed = json.dumps(data)
        whole = unpacked(buffers[0]) if buffers else None
        if data.get("method") == "custom":
            self.said = [*getattr(self, "said", []), {**json.loads(packed)["content"], "whole": whole}]
        self.bytes = len(packed) + sum(map(len, buffers or ()))
        data = json.loads(packed)
        if msg_type == "comm_open":
            self.state = data["state"]
        elif data.get("method") == "update":
            self.state |= data["state"]
        elif data.get("method") == "custom" and "id" not in data["content"] and whole is not None:
            self.state |= whole
        elif data.get("method") == "custom" and "patches" in data["content"]:
            content = data["content"]
            assert content["version"] == self.state["version"] + 1
            self.state["version"] += 1
            for name, one in content["patches"].items():
                self.state[name] = patched(self.state[name], one)


@pytest.fixture
def panel(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(comm, "create_comm", Page)
    model = seqwidget.Sequential([keras.Input((8, 8, 1)), *(layers.Conv2D(2, 3, padding="same") for _ in range(60))])
    panel = seqwidget.Summary(model)
    yield panel
    panel.close()


def check_page_state(panel: Any) -> None:
    assert panel.comm.state == json.loads(json.dumps(panel.get_state(panel.keys)))


def test_facts_are_in_no_state_but_that_of_a_page_without_a_kernel(panel: Any) -> None:
    assert not {"stack", "diagram"} & panel.get_state().keys()
    embedded = panel._get_embed_state()["state"]
    assert embedded["stack"]["rows"] == panel.stack["rows"]


def test_a_page_has_the_whole_state_of_the_kernel(panel: Any) -> None:
    model = panel._model()
    check_page_state(panel)
    model.add(layers.Flatten())
    check_page_state(panel)
    assert panel.version == 1
    with pytest.raises(ValueError, match="expected"):
        model.add(layers.Conv2D(2, 3))
    check_page_state(panel)
    model.undo()
    model.layers[2].trainable = False
    panel.folded = True
    panel.refresh()
    check_page_state(panel)


def test_the_first_message_is_a_small_part_of_the_facts_as_json(panel: Any) -> None:
    greet(panel, version=7, front_end=True)
    assert set(panel._facts_names) < set(panel.comm.said[-1]["whole"])
    assert panel.comm.bytes < len(json.dumps(panel.get_state(panel._facts_names))) / 10


def test_names_that_cannot_be_encoded_do_not_stop_the_facts() -> None:
    name = "caf\udc80é"  # from a file with a broken name
    assert unpacked(packed({"stack": {"name": name}}).data) == {"stack": {"name": "caf?é"}}


def test_an_edit_sends_only_changes(panel: Any) -> None:
    whole = len(json.dumps(panel.get_state(["stack", "diagram"])))
    panel._model().add(layers.Conv2D(2, 3, padding="same"))
    assert panel.comm.bytes < whole / 10


def greet(panel: Any, **question: Any) -> dict[str, Any]:
    """Connect as a page does, and return the reply."""
    panel._handle_msg(
        {"content": {"data": {"method": "custom", "content": {"id": "1", "ask": "hello", **question}}}, "buffers": []}
    )
    said = panel.comm.said[-1]
    return said["facts"] | ({} if said["whole"] is None else {"whole": said["whole"]})


def test_only_a_page_that_is_behind_gets_the_whole_state(panel: Any) -> None:
    panel._model().add(layers.Flatten())
    assert greet(panel, version=1, front_end=True) == {"version": 1}
    told = greet(panel, version=0, front_end=True)
    state = json.loads(json.dumps(panel.get_state(panel.keys)))
    assert told["version"] == 1
    assert told["whole"] == {name: state[name] for name in told["whole"]}
    assert {"stack", "diagram", "plan", "gone", "folded", "language"} <= set(told["whole"])


def test_the_front_end_is_sent_to_a_page_without_it_and_is_not_in_the_state(panel: Any) -> None:
    assert "front_end" not in greet(panel, version=0, front_end=True)
    script = greet(panel, version=0)["front_end"]
    assert len(script) > 50_000
    assert len(json.dumps(panel.get_state(["_esm"]))) < 2_000
    assert panel.comm.said[0]["facts"]["version"] == 0, (
        "a kernel says that it is there before anybody asks, also while a cell runs"
    )


@pytest.mark.parametrize("code", [None, "pt"])
def test_the_state_of_a_widget_is_small(code: str | None) -> None:
    seqwidget.language(code)
    model = seqwidget.Sequential([keras.Input((64, 64, 3)), *(layers.Conv2D(8, 3, padding="same") for _ in range(10))])
    for widget in (seqwidget.Summary(model), seqwidget.Trainable(model), seqwidget.FeatureMaps(model, np.ones((2, 64, 64, 3)))):
        for names, most in ((widget.keys, 15_000), (None, 7_000)):
            state = widget.get_state(names)
            assert len(json.dumps(state, default=lambda data: base64.b64encode(data).decode())) <= most
        widget.close()
    seqwidget.language(None)


def test_a_page_cannot_write_facts(panel: Any) -> None:
    before = panel.stack
    panel.set_state({"stack": {"rows": []}, "version": 99, "selected": 3})
    assert panel.stack == before
    assert (panel.version, panel.selected) == (0, 3)
