"""The commands of the Summary panel: the requests from the page, and a function to answer each."""

from __future__ import annotations

import json
from typing import cast

import keras

from ..diagnosis.suggestions import suggestions
from ..editing.edits import history, step_at, travel
from ..editing.refusals import refused
from ..errors import UserError
from ..i18n.languages import static_language
from ..i18n.messages import message
from ..inspection.inspect import inspect
from ..lint.silence import silence, unsilence
from ..model.differences import difference
from ..model.records import Facts
from ..render import formatting
from ..render.picture import picture as drawn
from ..render.picture_options import LAYOUTS, THEME_NAMES, PictureOptions, checked, of_json
from ..render.scales import COLOR_BY, SIZE_BY
from ..training.layer_times import last_times, steps
from ..training.run_history import history_of
from .requests import Answer, RequestData, Steps


def fix(model: keras.Model, ask: RequestData) -> Answer:
    """Apply one of the fixes for the current refusal."""
    diagnosis = refused(model)
    if diagnosis is None or ask["layer"] != diagnosis.layer:
        msg = message("this fix belongs to an earlier edit, so nothing was done.")
        raise UserError(msg)
    diagnosis.fixes[ask["index"]].apply()
    return Answer()


def go(model: keras.Model, ask: RequestData) -> Answer:
    """Go to a step of the history, unless the model has changed since the click.

    Requests wait while a cell runs, and the cell may change the model.
    """
    steps = history(model)
    # A second click on the same step is not an error: the model is already there.
    if ask["position"] != steps.position and ask["seen"] != [steps.position, len(steps)]:
        msg = message("the model changed before this click arrived, so nothing was done; check the panel and click again.")
        raise UserError(msg)
    travel(model, ask["position"])
    return Answer()


def look(model: keras.Model, ask: RequestData) -> Answer:
    """Return the model at a step, and what would change by going there."""
    step = step_at(model, ask["position"])
    there = step.stack
    change = difference(inspect(model), there)
    rows = [
        {"name": row.name, "type": row.type, "shape": formatting.shape(row.output_shape)} for row in there.rows if not row.depth
    ]
    return Answer(
        {
            "what": step.what_message,
            "rows": rows,
            "params": formatting.count(there.totals.params),
            "added": change.added,
            "removed": change.removed,
            "reshaped": [
                f"{path}: {formatting.shape(here)} → {formatting.shape(then)}" for path, here, then in change.reshaped
            ],
        }
    )


def suggest(model: keras.Model, _ask: RequestData) -> Answer:
    """Return the usual next layers, with the output shape of each."""
    offers = [{"code": one.code, "shape": formatting.shape(one.output_shape)} for one in suggestions(model)]
    return Answer({"offers": offers})


def add(model: keras.Model, ask: RequestData) -> Answer:
    """Add one of the suggested layers."""
    taken = {layer.name for layer in model.layers}
    chosen = next((one for one in suggestions(model) if one.code == ask["code"]), None)
    if chosen is None:
        msg = message("{layer} does not fit on the model as it is now, so nothing was done.", layer=ask["code"])
        raise UserError(msg)
    model.add(chosen.new.make(taken))
    return Answer()


def code(model: keras.Model, _ask: RequestData) -> Answer:
    """Return Python code that builds the stack."""
    return Answer({"code": inspect(model).to_code()})


def picture(model: keras.Model, ask: RequestData) -> Answer:
    """Return the shape diagram as SVG, with the sizes, the colours, the open folds and the language of the panel."""
    return Answer({"svg": _drawn(model, ask, _options(ask))})


def preset(model: keras.Model, ask: RequestData) -> Answer:
    """Return the options of the picture, after a check that it can be drawn with them.

    The options for which the panel has menus are apart from the rest.
    """
    options = _options(ask)
    _drawn(model, ask, options)
    rest = _pasted(ask)
    known = {"size_by": SIZE_BY, "color_by": COLOR_BY, "folded": (True, False), "theme": THEME_NAMES, "layout": LAYOUTS}
    in_menus = {name: value for name, value in rest.items() if value in known.get(name, ())}
    if "width" in rest:
        in_menus["width"] = rest["width"] if isinstance(rest["width"], str) else f"{rest['width']:g}px"
    others = {name: value for name, value in rest.items() if name not in in_menus}
    return Answer({"whole": _json(options), "rest": _json(others) if others else "", **in_menus})


def _options(ask: RequestData) -> PictureOptions:
    """Return the options of a picture: the choices in the panel's menus, and the options of a preset in their place."""
    options = {name: value for name, value in ask.items() if name in ("size_by", "folded", "theme", "layout")}
    if ask.get("width", "").strip():
        options["width"] = ask["width"].strip()
    if ask["color_by"] not in MEASURED:
        options["color_by"] = ask["color_by"]
    return checked(cast("PictureOptions", {**options, **_pasted(ask)}))


def _pasted(ask: RequestData) -> PictureOptions:
    return of_json(ask["preset"]) if ask.get("preset", "").strip() else {}


def _drawn(model: keras.Model, ask: RequestData, options: PictureOptions) -> str:
    stack, color_by = inspect(model), ask["color_by"]
    values = (color_by, measured(model, stack, color_by)) if "color_by" not in options else None
    with static_language(ask["language"]):
        return drawn(stack, "any", values, ask.get("unfolded", ()), **options).svg


def _json(options: object) -> str:
    return json.dumps(options, indent=2, ensure_ascii=False)


def training_memory(model: keras.Model, ask: RequestData) -> Answer:
    """Return the memory that a training step needs."""
    memory = inspect(model).training_memory(ask["batch_size"])
    parts = {name: getattr(memory, name) for name in (*memory.PARTS, "total")}
    return Answer({**parts, "unknown": memory.unknown_messages})


def measure_time(model: keras.Model, ask: RequestData) -> Steps:
    """Measure the time of each layer, which panels then show."""
    measuring = steps(model, ask["batch_size"])
    for done, of in measuring:
        yield {"done": done, "of": of}
    return Answer()


MEASURED = ("update_ratio", "measured_time")
"""The colours that show what was measured, and not a fact about the model."""


def measured(model: keras.Model | None, stack: Facts, color_by: str) -> dict[str, float | None]:
    """Return the last update ratios of the last run, or the last measured times, by path; empty for other colours."""
    if model is None or color_by not in MEASURED:
        return {}
    if color_by == "measured_time":
        times = last_times(model, stack)
        return {layer.path: layer.total for layer in times.layers} if times else {}
    ended, current = history_of(model)
    run = current or (ended[-1] if ended else None)
    return {layer.path: layer.ratios[-1] for layer in run.layers if layer.ratios} if run else {}


def silence_notes(_model: keras.Model, ask: RequestData) -> Answer:
    """Silence one kind of note."""
    silence(ask["key"])
    return Answer()


def unsilence_notes(_model: keras.Model, _ask: RequestData) -> Answer:
    """Show all kinds of note again."""
    unsilence()
    return Answer()


ACTS = {
    "fix": fix,
    "go": go,
    "look": look,
    "suggest": suggest,
    "add": add,
    "code": code,
    "picture": picture,
    "preset": preset,
    "training_memory": training_memory,
    "silence": silence_notes,
    "unsilence": unsilence_notes,
}

CHANGES = frozenset({fix, go, add})
"""The commands that edit the model. They are refused while the model is in ``fit``."""
