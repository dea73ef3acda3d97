"""Display ``keras.Sequential`` models as live panels in marimo, where there is no extension to load."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .keras_compat.origin import SEQUENTIAL

if TYPE_CHECKING:
    import keras


def register() -> None:
    """Tell marimo how to display models, if this is a marimo notebook, and Keras is imported.

    marimo has no public function for this. If its private one is gone, models are shown as text.
    """
    formatting, models = (sys.modules.get(name) for name in ("marimo._output.formatting", SEQUENTIAL[0]))
    add = getattr(getattr(formatting, "FORMATTERS", None), "add_formatter", None)
    if add is not None and models is not None:
        add(vars(models)[SEQUENTIAL[1]], _panel)


def _panel(model: keras.Sequential) -> tuple[str, str]:
    from .widgets.summary import Summary

    return sys.modules["marimo"].as_html(Summary(model))._mime_()
