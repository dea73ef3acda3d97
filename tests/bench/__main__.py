"""Run the benchmarks, print one table and write it to a file: ``python -m tests.bench [subject …]``."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

from .figures import Figure

SUBJECTS = (
    "start",
    "bundles",
    "live",
    "memory",
    "page",
    "opening",
    "page_memory",
    "feature_maps",
    "clicks",
    "real_models",
    "training",
)
LAST = pathlib.Path(__file__).parent / "last.json"


def measured(subject: str) -> list[Figure]:
    figures: list[Figure] = importlib.import_module(f"{__package__}.{subject}").measure()
    return figures


def table(figures: list[Figure]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| | ours | against | unit | ratio | aim | | |", "| --- | --: | --: | --- | --: | --: | --- | --- |"]
    for one in figures:
        aim = "" if one.aim is None else f"≤ {one.aim:g}"
        cells = (one.name, f"{one.ours:.4g}", f"{one.theirs:.4g}", one.unit, f"{one.ratio:.3g}", aim, one.verdict, one.note)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    chosen = sys.argv[1:]
    figures = [figure for subject in chosen or SUBJECTS for figure in measured(subject)]
    print(table(figures))
    if not chosen:
        LAST.write_text(json.dumps([{**dataclasses.asdict(one), "ratio": one.ratio} for one in figures], indent=1) + "\n")


if __name__ == "__main__":
    main()
