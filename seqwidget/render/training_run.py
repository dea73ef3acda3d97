"""Render training runs as text and as HTML without scripts: curves as drawings, numbers as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..i18n.languages import translate
from ..i18n.messages import Text, joined, message, plural
from ..model.training_run import TrainingRun
from ..printable import line
from .formatting import DASH
from .svg import NO_MATH, escape, speaks, style_sheet
from .text import one_line

STATES: dict[str, Text] = {
    "running": message("running"),
    "paused": message("paused"),
    "finished": message("finished"),
    "stopped": message("stopped"),
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
    return sorted(dict.fromkeys(name for run in runs for log in run.logs for name in log), key=lambda name: "loss" not in name)


def _cells(run: TrainingRun, metrics: Iterable[str]) -> list[Text]:
    """Return the cells of a run: number, what changed, state, epochs, and the last value of each metric."""
    last = run.logs[-1] if run.logs else {}
    changes = joined(", ", run.changes_messages) if run.changes_messages else DASH
    return [f"#{run.number}", changes, STATES[run.state], str(len(run.logs)), *(_figure(last.get(name)) for name in metrics)]


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
    """Return one metric as a drawing: its batches as a line, and its epochs as lines with dots."""
    batches = next((curve.points for curve in run.curves if curve.name == name), ())
    lines = {"": [(point[0], point[3]) for point in batches]}
    for prefix in ("val_", "") if not batches else ("val_",):
        lines[prefix] = [(end, log.get(prefix + name)) for end, log in zip(run.epoch_ends, run.logs, strict=False)]
    known = [value for line in lines.values() for _, value in line if value is not None]
    if not known:
        return ""
    low, high, last = min(known), max(known), max(run.batch, 1)
    span = (high - low) or 1.0

    def points(line: Iterable[tuple[int, float | None]]) -> str:
        return " ".join(
            f"{_WIDTH * at / last:.1f},{_MARGIN + (_HEIGHT - 2 * _MARGIN) * (high - value) / span:.1f}"
            for at, value in line
            if value is not None
        )

    drawn = "".join(
        f'<polyline points="{points(line)}" fill="none" stroke="{_COLORS[prefix]}" stroke-width="1.5"/>'
        for prefix, line in lines.items()
        if line
    )
    label = message("{name}: {low} to {high}", name=name, low=_figure(low), high=_figure(high))
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"><title>{escape(label)}</title>'
        f'<text x="2" y="10" font-size="11" fill="#757575">{escape(label)}</text>{drawn}</svg>'
    )
