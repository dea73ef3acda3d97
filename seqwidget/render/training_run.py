"""Render training runs as text and as HTML without scripts: curves as drawings, numbers as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..i18n.languages import translate
from ..i18n.messages import Text, joined, message, plural
from ..model.training_run import RunState, TrainingRun
from ..printable import line
from .formatting import DASH
from .svg import NO_MATH, escape, speaks, style_sheet
from .text import one_line

STATES: dict[RunState, Text] = {
    "running": message("running"),
    "paused": message("paused"),
    "finished": message("finished"),
    "stopped": message("stopped"),
    "failed": message("ended by an error"),
    "interrupted": message("interrupted"),
}
_HEADS = (message("run"), message("what changed"), message("state"), message("epochs"))
_NO_RUNS = message("no training run has been recorded")
_WIDTH, _HEIGHT, _MARGIN = 300, 110, 14
_COLORS = {"": "#1976d2", "val_": "#e07b00"}


def report(name: str, runs: Sequence[TrainingRun]) -> str:
    """Return the runs of a model as text, with one line per run, and the notes of the last one."""
    metrics = _metrics(runs)
    rows: list[list[Text]] = [[*_HEADS, *metrics], *(_cells(run, metrics) for run in runs)]
    cells = [[translate(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [translate(joined(": ", (one_line(name), _count(runs))))]
    lines += ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells if runs]
    lines += map(translate, runs[-1].notes_messages if runs else ())
    return "\n".join(map(line, lines))


def report_html(name: str, runs: Sequence[TrainingRun]) -> str:
    """Return the runs of a model as HTML: the curves of the last run, a table of all runs, and notes."""
    head = (
        f"<div class=sw-head><b class=sw-name><bdi>{escape(one_line(name))}</bdi></b> <span>{escape(_count(runs))}</span></div>"
    )
    last = runs[-1] if runs else None
    parts = [head, *([_curves(last), _table(runs)] if last else [])]
    if last and last.notes_messages:
        parts.append(f'<ul class="sw-notes">{"".join(f"<li>{escape(note)}</li>" for note in last.notes_messages)}</ul>')
    return f'<style>{style_sheet()}</style><div class="seqwidget sw-static {NO_MATH}"{speaks()}>{"".join(parts)}</div>'


def _count(runs: Sequence[TrainingRun]) -> Text:
    return plural("{n} training run", "{n} training runs", len(runs)) if runs else _NO_RUNS


def _metrics(runs: Iterable[TrainingRun]) -> list[str]:
    """Return the names of all metrics, the loss first."""
    return sorted(dict.fromkeys(name for run in runs for log in run.logs for name in log), key=lambda name: name != "loss")


def _cells(run: TrainingRun, metrics: Iterable[str]) -> list[Text]:
    """Return the cells of a run: number, what changed, state, epochs, and the last value of each metric."""
    last = run.logs[-1] if run.logs else {}
    changes = joined(", ", run.changes_messages) if run.changes_messages else DASH
    return [f"#{run.number}", changes, STATES[run.state], str(run.epochs_done), *(_figure(last.get(name)) for name in metrics)]


def _figure(value: float | None) -> str:
    return DASH if value is None else f"{value:.4g}"


def _table(runs: Sequence[TrainingRun]) -> str:
    metrics = _metrics(runs)
    head = " ".join(f"<th scope=col>{escape(text)}</th>" for text in (*_HEADS, *metrics))
    rows = "".join(f"<tr>{' '.join(f'<td>{escape(cell)}</td>' for cell in _cells(run, metrics))}</tr>\n" for run in runs)
    return (
        '<div style="overflow-x:auto"><table class="sw-table">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>"
    )


def _curves(run: TrainingRun) -> str:
    names = [name for name in _metrics([run]) if not name.startswith("val_")] or [curve.name for curve in run.curves]
    return f"<p style='margin:6px 14px'>{' '.join(_curve(run, name) for name in names)}</p>"


def _curve(run: TrainingRun, name: str) -> str:
    """Return one metric as a drawing: its batches as a line, and the validation after each epoch as a line with dots."""
    batches = [(point[0], point[3]) for curve in run.curves if curve.name == name for point in curve.points]
    epochs = {
        key: [(end, log.get(key)) for end, log in zip(run.epoch_ends, run.logs, strict=False)] for key in (name, f"val_{name}")
    }
    lines = {"": _known(batches or epochs[name]), "val_": _known(epochs[f"val_{name}"])}
    values = [value for line in lines.values() for _, value in line]
    if not values:
        return ""
    low, high, last = min(values), max(values), max(run.batch, 1)
    span = (high - low) or 1.0
    drawn = []
    for prefix, known in lines.items():
        dots = [(_WIDTH * at / last, _MARGIN + (_HEIGHT - 2 * _MARGIN) * (high - value) / span) for at, value in known]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
        if len(dots) > 1:
            drawn.append(f'<polyline points="{points}" fill="none" stroke="{_COLORS[prefix]}" stroke-width="1.5"/>')
        if prefix or len(dots) == 1:
            drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{_COLORS[prefix]}"/>' for x, y in dots]
    label = message("{name}: {low} to {high}", name=name, low=_figure(low), high=_figure(high))
    return (
        f'<svg width="{_WIDTH + 4}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH + 4} {_HEIGHT}" role="img">'
        f"<title>{escape(label)}</title>"
        f'<text x="2" y="10" font-size="11" fill="#757575">{escape(label)}</text>{"".join(drawn)}</svg>'
    )


def _epochs(run: TrainingRun, name: str) -> list[tuple[int, float]]:
    return _known((end, log.get(name)) for end, log in zip(run.epoch_ends, run.logs, strict=False))


def _known(line: Iterable[tuple[int, float | None]]) -> list[tuple[int, float]]:
    return [(at, value) for at, value in line if value is not None]
