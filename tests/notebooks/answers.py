"""The answers to the exercises: their code, and the output below it.

In a ``<details>`` of a Markdown cell, a Python block directly followed by a text block is an answer that can be run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import nbformat

_DETAILS = re.compile(r"<details>.*?</details>", re.DOTALL)
_ANSWER = re.compile(r"(?P<head>```python\n(?P<code>.*?)```\n\n```text\n)(?P<printed>.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """The code of an answer, and its output as the notebook shows it."""

    code: str
    printed: str


def answers(notebook: nbformat.NotebookNode) -> list[Answer]:
    """Return the answers of a notebook that can be run, in order."""
    return [
        Answer(found["code"], found["printed"])
        for cell in notebook.cells
        for details in _DETAILS.findall(cell.source)
        for found in _ANSWER.finditer(details)
    ]


def store(notebook: nbformat.NotebookNode, printed: Sequence[str]) -> None:
    """Replace the output below each answer."""
    lines: Iterator[str] = iter(printed)
    for cell in notebook.cells:
        cell.source = _DETAILS.sub(
            lambda details: _ANSWER.sub(lambda found: f"{found['head']}{next(lines)}```", details[0]), cell.source
        )
