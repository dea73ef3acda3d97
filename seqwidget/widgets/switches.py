"""The traits and requests of every panel with switches: pending changes and the recompile plan."""

from __future__ import annotations

import re

import keras
import traitlets

from ..editing import fit_guard
from ..i18n.messages import Text
from ..model.training_state import Switch
from ..training import pending_changes
from ..training import switches as live
from ..training.recompile import recompile as compile_again
from ..training.recompile import recompile_plan
from .base import LiveWidget
from .records import Plan, Waiting
from .requests import Answer, RequestData
from .traits import fact, sentences


class Switches(LiveWidget):
    """The traits of the switches. A panel inherits these traits, and refreshes them with `_read_switches`."""

    switches: traitlets.List[str] = traitlets.List().tag(**fact(list[Switch]))
    """The state of the switch of each row; see `seqwidget.model.training_state.switches`."""
    plan = traitlets.Dict().tag(**sentences(Plan))
    """What `recompile` would keep, lose and add; empty unless the compiled step is stale."""
    waiting = traitlets.Dict().tag(**sentences(Waiting))
    """The pending flags, by the path of the layer, and when they take effect."""

    def _read_switches(self, model: keras.Model, stale: Text) -> None:
        plan = recompile_plan(model) if stale else None
        flags = pending_changes.pending(model)
        with self.hold_sync():
            self.plan = {"kept": plan.kept_messages, "lost": plan.lost_messages, "new": plan.new_messages} if plan else {}
            self.waiting = {"flags": live.by_path(model, flags), "until": fit_guard.takes_effect(model)} if flags else {}


def freeze(model: keras.Model, ask: RequestData) -> Answer:
    """Freeze the layers that a request selects, and return the Python call that does the same."""
    return _switch("freeze", model, ask)


def unfreeze(model: keras.Model, ask: RequestData) -> Answer:
    """Unfreeze the layers that a request selects, and return the call that does the same."""
    return _switch("unfreeze", model, ask)


def train_last_only(model: keras.Model, _ask: RequestData) -> Answer:
    """Unfreeze only the last layer with weights, and return the call that does the same."""
    live.train_last_only(model)
    return Answer({"code": _code("train_last_only", {})})


def recompile(model: keras.Model, _ask: RequestData) -> Answer:
    """Recompile the model with the same settings, and return the call that does the same."""
    compile_again(model)
    return Answer({"code": "seqwidget.recompile(model)"})


SWITCHES = {"freeze": freeze, "unfreeze": unfreeze, "train_last_only": train_last_only, "recompile": recompile}

_OPTIONS = ("pattern", "type", "start", "end")


def _switch(name: str, model: keras.Model, ask: RequestData) -> Answer:
    options = {key: ask[key] for key in _OPTIONS if key in ask}
    if "path" in ask:
        options["pattern"] = re.escape(ask["path"])
    live.switch(model, on=name == "unfreeze", **options)
    return Answer({"code": _code(name, options)})


def _code(name: str, options: dict[str, str]) -> str:
    arguments = [repr(options["pattern"])] if "pattern" in options else []
    arguments += [f"{key}={options[key]!r}" for key in _OPTIONS[1:] if key in options]
    return f"seqwidget.Trainable(model).{name}({', '.join(arguments)})"
