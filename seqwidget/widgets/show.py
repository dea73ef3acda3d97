"""How a widget gets into a notebook so that the saved notebook is never blank."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import IPython

from ..i18n.languages import tell
from ..i18n.messages import said

if TYPE_CHECKING:
    from ..inspection.stack import Stack
    from .base import LiveWidget

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def static_bundle(facts: Stack, number: int) -> dict[str, str]:
    """Return what stands in for the live panel where there is no kernel: the static panel, and the plain table."""
    return {"text/html": stand_in(facts.to_html(), number), "text/plain": str(facts)}


def stand_in(html: str, number: int) -> str:
    """Mark a static panel as the one that stands in for the widget of that number: the live view hides it."""
    return f'<div data-seqwidget="{number}">{html}</div>'


def show(widget: LiveWidget) -> None:
    """Show a widget below the running cell, with its static panel in front of it.

    Front ends prefer a widget to the HTML in the same output even when the widget's kernel is long gone, and then show
    nothing or "model not found". So the static panel is an output of its own. The view hides it once the kernel has answered.
    """
    shell = IPython.get_ipython()
    if shell is None or not hasattr(shell, "kernel") or widget.comm is None:
        print(repr(widget))  # noqa: T201  a terminal has nothing else, and neither has a closed widget
        return
    data, metadata = widget._repr_mimebundle_() or ({}, {})
    view, picture = data.pop(_WIDGET_VIEW), data.pop("image/png", None)
    shell.display_pub.publish(data, metadata)
    if picture is not None:  # beside HTML it would not be shown
        shell.display_pub.publish({"image/png": picture, "text/plain": tell(said("(a picture of the panel above)"))})
    shell.display_pub.publish({_WIDGET_VIEW: view, "text/plain": tell(said("(the live panel)"))})


def each_cell(function: Callable[..., None]) -> None:
    """Have a function called at the end of each cell; once is enough."""
    shell = IPython.get_ipython()
    if shell is not None and function not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", function)


def each_cell_no_more(function: Callable[..., None]) -> None:
    """End what `each_cell` began."""
    shell = IPython.get_ipython()
    if shell is not None and function in shell.events.callbacks["post_run_cell"]:
        shell.events.unregister("post_run_cell", function)
