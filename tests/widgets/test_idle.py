"""Long requests run in steps between the messages from the page, report progress, and can be stopped at any time."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.activations import cache
from seqwidget.widgets import feature_maps, idle

ASK = {"slice": 0, "filters": False, "limit": 160, "budget": 2**20}


@pytest.fixture(autouse=True)
def each_step_alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(idle, "SLICE", 0)
    monkeypatch.setattr(cache, "whole_run", lambda *_, **__: None)  # layer by layer, even on JAX
    yield
    feature_maps.close_all()


def viewer_of(depth: int = 6, samples: int = 2) -> Any:
    model = keras.Sequential([keras.Input((4,)), *(layers.Dense(4, name=f"d{at}") for at in range(depth))])
    return seqwidget.FeatureMaps(model, np.ones((samples, 4), "float32"))


def talk(viewer: Any, script: Callable[[Callable[..., Awaitable[None]]], Awaitable[None]]) -> list[dict[str, Any]]:
    """Run a script of requests in an event loop; return the messages that the page got."""
    got: list[dict[str, Any]] = []
    viewer.send = lambda message, buffers=None: got.append(message)  # noqa: ARG005

    async def ask(identity: str, what: str, **details: Any) -> None:
        fields = {**ASK, "sample": 0, **details} if what == "maps" else details
        viewer._handle_custom_msg({**fields, "id": identity, "ask": what}, [])
        await asyncio.sleep(0)

    async def main() -> None:
        await script(ask)
        for _ in range(1000):  # many more than there are steps
            await asyncio.sleep(0.001 if viewer._working else 0)

    asyncio.run(main())
    return [one for one in got if "id" in one]


def ends(got: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the answer or error to each request; there must be exactly one."""
    last = [one for one in got if "progress" not in one]
    assert len({one["id"] for one in last}) == len(last)
    return {one["id"]: one.get("error") or one["facts"] for one in last}


def test_progress_is_reported_and_other_requests_are_answered_in_between() -> None:
    async def script(ask: Any) -> None:
        await ask("slow", "maps", layer="d5")
        await ask("quick", "photo", sample=0, limit=32)

    got = talk(viewer_of(), script)
    assert [one["progress"] for one in got if "progress" in one] == [{"done": at, "of": 6} for at in range(1, 6)]
    order = [one["id"] for one in got]
    assert order.index("quick") < len(order) - 1 - order[::-1].index("slow")
    assert ends(got)["slow"]["channels"] == 4


def test_a_newer_request_replaces_an_older_one() -> None:
    async def script(ask: Any) -> None:
        await ask("old", "maps", layer="d5")
        await ask("other tab", "maps", layer="d2", sample=1)
        await ask("new", "maps", layer="d2", sample=1)

    found = ends(talk(viewer_of(), script))
    assert found["old"] == "a newer request took its place"
    assert found["other tab"]["channels"] == found["new"]["channels"] == 4


@pytest.mark.parametrize("what", ["maps", "health"])
def test_stop(what: str) -> None:
    async def script(ask: Any) -> None:
        await ask("long", what, **({"layer": "d5"} if what == "maps" else {}))
        await ask("stop", "stop")
        await ask("again", "maps", layer="d5")

    found = ends(talk(viewer := viewer_of(), script))
    assert found["long"] == "stopped"
    assert found["stop"] == {}
    assert found["again"]["channels"] == 4
    assert not viewer._working


def test_an_edit_ends_requests_about_the_model_before_it() -> None:
    viewer = viewer_of()

    async def script(ask: Any) -> None:
        await ask("old", "maps", layer="d5")
        viewer._model.pop()
        viewer.refresh()
        await ask("new", "maps", layer="d4")

    found = ends(talk(viewer, script))
    assert found["old"].startswith("these maps are outdated")
    assert (found["new"]["version"], viewer.state) == (2, 2)


def test_a_change_outside_a_cell_is_noticed_after_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """For example, another thread or a button trains the model."""
    viewer = viewer_of()

    async def script(ask: Any) -> None:
        viewer._model.layers[0].bias.assign([1, 2, 3, 4])
        await ask("click", "maps", layer="d0")
        await asyncio.sleep(0.01)

    with monkeypatch.context() as patch:
        patch.setattr(feature_maps, "_AFTER", 0)
        patch.setattr(feature_maps.IPython, "get_ipython", object)
        assert ends(talk(viewer, script))["click"]["version"] == 1
    assert viewer.state == 2, "the page asks again"


def test_a_change_in_a_cell_is_noticed_before_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = viewer_of()

    async def script(ask: Any) -> None:
        viewer._model.layers[0].bias.assign([1, 2, 3, 4])
        feature_maps.refresh_all()
        await ask("click", "maps", layer="d0")

    with monkeypatch.context() as patch:
        patch.setattr(feature_maps.IPython, "get_ipython", object)
        assert ends(talk(viewer, script))["click"]["version"] == 2


def test_an_interrupt_of_the_kernel_ends_the_work() -> None:
    assert threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as ipykernel does between cells
    failures: list[BaseException] = []

    def steps() -> Any:
        yield 1
        signal.raise_signal(signal.SIGINT)
        yield 2

    try:
        idle.Work(steps(), done=failures.append, failed=failures.append, progress=lambda _: None).start()
        assert [type(one) for one in failures] == [KeyboardInterrupt]
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_reason_of_a_stop_is_raised_in_the_work_which_may_still_have_a_result() -> None:
    def steps(*, goes_on: bool) -> Any:
        for at in range(100):
            try:
                yield at
            except LookupError as why:
                if not goes_on:
                    return at, why
        return None

    ends: list[object] = []

    async def main() -> None:
        for goes_on in (False, True):
            work = idle.Work(steps(goes_on=goes_on), done=ends.append, failed=ends.append)
            work.start()
            work.stop(reason := LookupError())
            work.stop(ValueError("it is over"))
            assert ends.pop() == (reason if goes_on else (0, reason))
            await asyncio.sleep(0.01)
        assert not ends

    asyncio.run(main())


def test_a_message_of_another_thread_is_handled_where_the_cells_run() -> None:
    """As in JupyterLab, which sends the messages of widgets to a thread of their own."""
    threads: list[threading.Thread] = []

    async def main() -> None:
        viewer = viewer_of()
        viewer.serve({"photo": lambda _: threads.append(threading.current_thread())})
        data = {"method": "custom", "content": {"ask": "photo", "id": "1", "sample": 0, "limit": 9}}
        other = threading.Thread(target=viewer._handle_msg, args=[{"content": {"data": data}}])
        other.start()
        other.join()
        assert threads == [], "a cell still runs"
        await asyncio.sleep(0.01)

    asyncio.run(main())
    assert threads == [threading.main_thread()]


class Graph:
    """A stand-in for the compiled graph on JAX: its outputs are computed while the kernel does other things."""

    def __init__(self, viewer: Any, monkeypatch: pytest.MonkeyPatch, looks: int) -> None:
        self.layers, self.looks, self.passes = viewer._model.layers, looks, list[weakref.ref[Any]]()
        monkeypatch.setattr(cache, "whole_run", lambda *_, **__: self)
        monkeypatch.setattr(cache, "are_computed", self.are_computed)

    def outputs(self, inputs: Any) -> dict[str, Any]:
        found, x, self.left = {}, inputs[0], self.looks
        for layer in self.layers:
            found[layer.name] = x = layer(x)
        self.passes.append(weakref.ref(x))
        return found

    def are_computed(self, outputs: Any) -> bool:
        assert len(list(outputs)) == len(self.layers)
        self.left -= 1
        return self.left < 0


def test_a_graph_that_is_done_at_once_has_no_progress_and_answers_the_next_request(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph(viewer := viewer_of(), monkeypatch, looks=0)

    async def script(ask: Callable[..., Awaitable[None]]) -> None:
        await ask("1", "maps", layer="d5")
        await ask("2", "maps", layer="d3")

    got = talk(viewer, script)
    assert [one["id"] for one in got] == ["1", "2"]
    assert [one["channels"] for one in ends(got).values()] == [4, 4]
    assert len(graph.passes) == 1


def test_while_a_graph_runs_there_is_progress_and_a_newer_click_waits_for_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph(viewer := viewer_of(), monkeypatch, looks=40)

    async def script(ask: Callable[..., Awaitable[None]]) -> None:
        await ask("old", "maps", layer="d5")
        await ask("quick", "photo", sample=0, limit=32)
        await ask("new", "maps", layer="d3")

    got = talk(viewer, script)
    found, order = ends(got), [one["id"] for one in got if "progress" not in one]
    assert order == ["quick", "old", "new"]
    assert found["old"] == "a newer request took its place"
    assert found["new"]["channels"] == 4
    assert [one["progress"] for one in got if "progress" in one] == [{"done": 0, "of": None}] * 40
    assert len(graph.passes) == 1


def test_the_outputs_of_a_stopped_graph_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = Graph(viewer := viewer_of(), monkeypatch, looks=10)

    async def script(ask: Callable[..., Awaitable[None]]) -> None:
        await ask("long", "maps", layer="d5")
        await ask("stop", "stop")
        gc.collect()
        assert graph.passes[0]() is None
        await ask("again", "maps", layer="d5")

    found = ends(talk(viewer, script))
    assert found["long"] == "stopped"
    assert found["again"]["channels"] == 4
    assert len(graph.passes) == 2
