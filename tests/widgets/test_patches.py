"""Patches: what they say, and that a page which applies them knows what the kernel knows."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import comm
import keras
import pytest
from comm.base_comm import BaseComm
from hypothesis import given
from hypothesis import strategies as st
from keras import layers

import seqwidget
from seqwidget.widgets.patches import patch

CASES = json.loads(pathlib.Path(__file__).with_name("patch_cases.json").read_text())
JSON = st.recursive(  # without 0 and 1, which to Python are False and True
    st.none() | st.booleans() | st.integers(2, 4) | st.text("ab🎉", max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


def patched(old: Any, given: dict[str, Any]) -> Any:
    """Apply a patch as js/src/patches.ts does."""
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
def test_a_patch_says_what_is_new(case: dict[str, Any]) -> None:
    assert json.loads(json.dumps(patch(case["old"], case["new"]))) == case["patch"]


@given(JSON, JSON)
def test_old_and_patch_give_new(old: Any, new: Any) -> None:
    sent = json.loads(json.dumps(patch(old, new)))
    assert json.dumps(patched(old, sent), sort_keys=True) == json.dumps(new, sort_keys=True)


class Page(BaseComm):
    """A page that keeps what it is told, and how much that was."""

    def publish_msg(self, msg_type: str, data: Any = None, **_: Any) -> None:
        packed = json.dumps(data)
        self.bytes = len(packed)
        data = json.loads(packed)
        if msg_type == "comm_open":
            self.state = data["state"]
        elif data.get("method") == "update":
            self.state |= data["state"]
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


def knows(panel: Any) -> None:
    assert panel.comm.state == json.loads(json.dumps(panel.get_state()))


def test_a_page_knows_all_that_the_kernel_knows(panel: Any) -> None:
    model = panel._model()
    knows(panel)
    model.add(layers.Flatten())
    knows(panel)
    assert panel.version == 1
    with pytest.raises(ValueError, match="expected"):
        model.add(layers.Conv2D(2, 3))
    knows(panel)
    model.undo()
    model.layers[2].trainable = False
    panel.folded = True
    panel.refresh()
    knows(panel)


def test_an_edit_sends_what_is_new_and_not_the_stack(panel: Any) -> None:
    whole = len(json.dumps(panel.get_state(["stack", "diagram"])))
    panel._model().add(layers.Conv2D(2, 3, padding="same"))
    assert panel.comm.bytes < whole / 10


def test_a_page_that_missed_a_patch_gets_the_whole(panel: Any) -> None:
    panel.comm.state["version"] = -1
    panel.comm.state["stack"] = {}
    panel._handle_msg({"content": {"data": {"method": "custom", "content": {"ask": "whole"}}}, "buffers": []})
    knows(panel)


def test_a_page_cannot_write_facts(panel: Any) -> None:
    before = panel.stack
    panel.set_state({"stack": {"rows": []}, "version": 99, "selected": 3})
    assert panel.stack == before
    assert (panel.version, panel.selected) == (0, 3)
