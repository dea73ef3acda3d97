"""Questions from the browser: each has an id, and gets one answer or one error, with arrays as binary buffers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..picture.text import one_line
from ..stack.errors import UserError
from ..stack.languages import tell, tell_all
from .spoken import Spoken

_log = logging.getLogger("seqwidget")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: small facts as JSON, and arrays by name."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray[Any, Any]] = field(default_factory=dict)


_LONGEST = 1_000  # characters of an error

Handler = Callable[[dict[str, Any]], Answer]


def serve(widget: Spoken, handlers: Mapping[str, Handler]) -> None:
    """Answer a widget's messages ``{"id", "ask", …}`` by what ``handlers`` has under ``ask``."""
    widget.takes |= handlers.keys()

    def receive(_widget: object, question: Any, _buffers: object) -> None:
        if "ask" not in question:
            return
        try:
            answer = handlers[question["ask"]](question)
        except Exception as error:  # noqa: BLE001  whatever goes wrong is the answer
            _log.debug("the request %r failed", question, exc_info=True)
            said = tell(error.args[0], widget.language) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            widget.send({"id": question.get("id"), "error": one_line(said, _LONGEST)})
            return
        arrays = {name: np.ascontiguousarray(array) for name, array in answer.arrays.items()}
        described = [{"name": name, "dtype": str(array.dtype), "shape": array.shape} for name, array in arrays.items()]
        message = {"id": question.get("id"), "facts": tell_all(answer.facts, widget.language), "arrays": described}
        widget.send(message, buffers=[array.reshape(-1).view("uint8").data for array in arrays.values()])

    widget.on_msg(receive)
