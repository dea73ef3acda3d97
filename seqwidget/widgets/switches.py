"""What every panel with switches has: what waits for ``fit`` to end, what compiling again would do, and the acts themselves."""

from __future__ import annotations

import re
from typing import Any

import traitlets

from ..live import fitting, wishes
from ..live.recompile import recompile, recompile_plan
from ..live.switches import by_path, switch, train_last_only
from ..stack.errors import UserError
from .spoken import WORDS, Spoken


class Switches(Spoken):
    """The traits and acts behind the switches; a panel of a model inherits them and calls `_read_switches` at each look."""

    takes = frozenset({"freeze", "unfreeze", "train_last_only", "recompile"})

    switches: traitlets.List[Any] = traitlets.List().tag(sync=True, facts=True)
    """For each row how its switch stands; see `seqwidget.stack.trainable.switches`."""
    plan = traitlets.Dict().tag(**WORDS)
    """What `recompile` would keep and lose; empty unless the compiled step is stale."""
    waiting = traitlets.Dict().tag(**WORDS)
    """The flags that wait, by the layer's path, and until when."""
    said = traitlets.Dict().tag(**WORDS)
    """The last act as code, and the error that it met."""

    def _read_switches(self, model: Any, stale: str) -> None:
        plan = recompile_plan(model) if stale else None
        flags = wishes.pending(model)
        with self.hold_sync():
            self.plan = {"kept": plan.kept, "lost": plan.lost, "new": plan.new} if plan else {}
            self.waiting = {"flags": by_path(model, flags), "until": fitting.lets_in(model)} if flags else {}

    def _on_request(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Do what a person asked for in the browser: one act, one answer in `said`."""
        model = self._followed()
        if model is None or "act" not in content:
            return
        act, options = content["act"], {key: value for key, value in content.items() if key in _OPTIONS}
        if "path" in content:
            options["pattern"] = re.escape(content["path"])
        try:
            if act == "recompile":
                recompile(model)
            elif act == "train_last_only":
                train_last_only(model)
            elif act in ("freeze", "unfreeze"):
                switch(model, on=act == "unfreeze", **options)
            self.said = {"code": code(act, options)}
        except UserError as error:
            self.said = {"code": code(act, options), "error": error.args[0]}
        except Exception as error:  # noqa: BLE001  whatever happens is told in the panel that asked
            self.said = {"code": code(act, options), "error": f"{type(error).__name__}: {error}"}

    def _followed(self) -> Any | None:
        raise NotImplementedError


_OPTIONS = ("pattern", "type", "start", "end")


def code(act: str, options: dict[str, Any]) -> str:
    """Give the line of Python that does what was just done by click."""
    if act == "recompile":
        return "seqwidget.recompile(model)"
    arguments = [repr(options["pattern"])] if "pattern" in options else []
    arguments += [f"{key}={options[key]!r}" for key in _OPTIONS[1:] if key in options]
    return f"seqwidget.Trainable(model).{act}({', '.join(arguments)})"
