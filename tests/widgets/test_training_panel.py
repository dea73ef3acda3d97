"""The Training panel without a browser: its facts, the requests of a page during fit, and its static output."""

from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import seqwidget
from seqwidget.model.session import part
from seqwidget.training.run_control import RunControl
from seqwidget.widgets import summary

from .test_trainable import ask

X, Y = np.linspace(0, 1, 64, dtype="float32").reshape(16, 4), np.ones((16, 1), "float32")


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    summary.close_all()


def net(**options: Any) -> Any:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="first"), layers.Dense(1, name="head")], name="net")
    model.compile(**{"optimizer": keras.optimizers.SGD(0.1), "loss": "mse", **options})
    return model


def fit(model: Any, *callbacks: Any, epochs: int = 3) -> None:
    model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0, callbacks=list(callbacks))


class InEpoch(keras.callbacks.Callback):
    """Sends a request from the page in the second epoch, and keeps the answer and the facts."""

    def __init__(self, panel: Any, *request: str, **fields: Any) -> None:
        super().__init__()
        self.panel, self.request, self.fields = panel, request, fields
        self.answer: Any = None
        self.current: Any = None

    def on_epoch_begin(self, epoch: int, *_logs: object) -> None:
        if epoch == 1:
            self.current = self.panel.current
            self.answer = ask(self.panel, *self.request, **self.fields)


def test_a_run_is_a_fact_while_it_lasts_and_after_it() -> None:
    model = net()
    panel = seqwidget.Training(model)
    assert seqwidget.Training(model) is panel
    assert (panel.ended, panel.current, panel.can_set_rate) == ([], {}, True)
    asking = InEpoch(panel, "stop_fit", after="epoch")
    fit(model, asking)
    assert (asking.current["state"], asking.current["number"]) == ("running", 1)
    assert asking.answer == {}
    assert panel.current == {}
    assert [(run["state"], len(run["logs"])) for run in panel.ended] == [("stopped", 2)]
    assert panel.ended[0] == seqwidget.runs(model)[0].to_dict()


def test_requests_outside_a_fit_and_wrong_ones_are_refused() -> None:
    model = net()
    panel = seqwidget.Training(model)
    for request, fields in (
        ("stop_fit", {"after": "batch"}),
        ("pause_fit", {"pause": True}),
        ("set_learning_rate", {"rate": 1}),
    ):
        assert ask(panel, request, **fields) == {"error": "fit has ended, so nothing was done."}
    for request, fields in (
        ("stop_fit", {"after": "never"}),
        ("pause_fit", {"pause": 1}),
        *(("set_learning_rate", {"rate": rate}) for rate in (0, -1, "1", True, None, float("nan"), float("inf"))),
    ):
        assert "wrong or missing" in ask(panel, request, **fields)["error"]
    control = part(model, RunControl)
    assert (control.stop_after, control.is_paused, control.rate) == (None, False, None)


def test_the_learning_rate_of_a_schedule_stays() -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = net(optimizer=keras.optimizers.SGD(schedule))
    panel = seqwidget.Training(model)
    assert not panel.can_set_rate
    asking = InEpoch(panel, "set_learning_rate", rate=1.0)
    fit(model, asking)
    assert asking.answer == {"error": "the learning rate of net follows a schedule, so it was not changed."}
    assert seqwidget.runs(model)[0].state == "finished"


def test_stop_at_nan_is_a_choice_of_the_page() -> None:
    model = net()
    panel = seqwidget.Training(model)
    panel.set_state({"stops_at_not_finite": True})
    model.fit(X, np.where(np.arange(16)[:, None] == 9, np.nan, Y), batch_size=4, shuffle=False, epochs=5, verbose=0)
    run = seqwidget.runs(model)[0]
    assert run.state == "stopped"
    assert run.not_finite is not None
    assert run.not_finite.batch == 3


def test_static_output_has_curves_numbers_and_harmless_names() -> None:
    model = net()
    panel = seqwidget.Training(model)
    assert repr(panel) == "net: no training run has been recorded"
    fit(model)
    model.get_layer("first").trainable = False
    model.compile(type("<i>", (keras.optimizers.SGD,), {})(0.1, name="sgd"), "mse")
    fit(model)
    head, titles, first, second = repr(panel).split("\n")
    assert head == "net: 2 training runs"
    assert titles.split() == ["run", "what", "changed", "state", "epochs", "loss"]
    assert re.fullmatch(r"#1 +— +finished +3 +\d\S+", first)
    assert re.fullmatch(r"#2 +froze first, optimizer SGD → <i> +finished +3 +\d\S+", second)
    html = panel._repr_mimebundle_()[0]["text/html"]
    assert f'data-seqwidget="{panel.number}"' in html
    assert html.count("<polyline") == 1
    assert "<i>" not in html
    assert "optimizer SGD → &lt;i&gt;" in html


def test_closing_the_panel_ends_measuring() -> None:
    model = net()
    panel = seqwidget.Training(model)
    assert part(model, RunControl).is_observed
    panel.close()
    assert not part(model, RunControl).is_observed


def test_a_failing_view_does_not_stop_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    model = net()
    panel = seqwidget.Training(model)
    monkeypatch.setattr(panel, "_read_runs", lambda: 1 / 0)
    fit(model)
    assert seqwidget.runs(model)[0].state == "finished"


def test_a_summary_follows_fits_by_itself_and_a_trainable_panel_does_not() -> None:
    model = net()
    summary_panel, trainable = seqwidget.Summary(model), seqwidget.Trainable(model)
    asking = InEpoch(summary_panel, "stop_fit", after="epoch")
    fit(model, asking)
    assert (asking.current["state"], asking.answer) == ("running", {})
    assert [(run["state"], len(run["logs"])) for run in summary_panel.ended] == [("stopped", 2)]
    assert [layer["path"] for layer in summary_panel.ended[0]["layers"]] == ["first", "head"]
    assert (trainable.ended, trainable.current) == ([], {})
    training = seqwidget.Training(model)
    training.close()
    assert part(model, RunControl).is_observed  # the summary still shows runs
    summary_panel.close()
    assert not part(model, RunControl).is_observed


def test_a_summary_colours_the_diagram_by_the_updates_of_the_last_run() -> None:
    model = net()
    model.get_layer("head").trainable = False
    model.compile("sgd", "mse")
    panel = seqwidget.Summary(model)
    panel.set_state({"color_by": "update_ratio"})
    colours = {"input": "heat-none", "first": "heat-none", "head": "heat-none"}

    def shown() -> dict[str, str]:
        return {block["name"] or "input": block["cls"] for block in panel.diagram["blocks"]}

    assert shown() == colours
    fit(model)
    ratio = seqwidget.runs(model)[0].layers[0].ratios[-1]
    assert ratio is not None
    assert shown() == {**colours, "first": f"heat-{round(9 * (1 + np.log10(ratio) / 6))}", "head": "heat-0"}
    svg = ask(panel, "picture", size_by="shape", color_by="update_ratio", folded=False)["svg"]
    assert "0.001, as usual" in svg


def test_the_page_asks_for_the_memory_of_a_step() -> None:
    model = net()
    panel = seqwidget.Training(model)
    memory = seqwidget.inspect(model).training_memory(7)
    assert ask(panel, "training_memory", batch_size=7) == {
        **{name: getattr(memory, name) for name in ("weights", "gradients", "optimizer", "activations", "backward", "total")},
        "unknown": {},
    }
    assert "wrong or missing" in ask(panel, "training_memory", batch_size=0)["error"]


def test_the_language_of_the_page_applies_to_runs() -> None:
    model = net()
    panel = seqwidget.Training(model)
    fit(model)
    model.get_layer("head").trainable = False
    seqwidget.recompile(model)
    fit(model)
    panel.set_state({"page_language": "pt-BR"})
    assert panel.ended[1]["changes"] == ["congelou head"]
