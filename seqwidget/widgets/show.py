"""How a widget gets into a notebook so that the saved notebook is never blank."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import IPython

from ..stack.languages import tell
from ..stack.said import said

if TYPE_CHECKING:
    import ipywidgets

    from ..stack.records import Stack

_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def static_bundle(facts: Stack) -> dict[str, str]:
    """Give what stands in for the live panel where there is no kernel: the static panel, and the plain table."""
    return {"text/html": facts.to_html(), "text/plain": str(facts)}


def show(widget: ipywidgets.DOMWidget) -> None:
    """Show a widget below the running cell, with its static panel beside it.

    JupyterLab prefers a widget to the HTML in the same output even when the widget's kernel is long gone, and shows
    "model not found". So there the static panel is an output of its own, in front of the widget; the style sheet shows
    the one of the two that works. Front ends with other markup get both in one output, and choose well.
    """
    shell = IPython.get_ipython()
    if shell is None or not hasattr(shell, "kernel") or widget.comm is None:
        print(repr(widget))  # noqa: T201  a terminal has nothing else, and neither has a closed widget
        return
    data, metadata = widget._repr_mimebundle_()
    if _is_jupyter():
        live, picture = data.pop(_WIDGET_VIEW), data.pop("image/png", None)
        shell.display_pub.publish(data, metadata)
        if picture is not None:  # beside HTML it would not be shown
            shell.display_pub.publish({"image/png": picture, "text/plain": tell(said("(the picture of the above)"))})
        shell.display_pub.publish({_WIDGET_VIEW: live})
    else:
        shell.display_pub.publish(data, metadata)


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


def _is_jupyter() -> bool:
    """Whether the page is Jupyter's own, as far as a kernel can tell: VS Code and Colab have their own markup."""
    return "google.colab" not in sys.modules and not any(name.startswith("VSCODE_") for name in os.environ)
