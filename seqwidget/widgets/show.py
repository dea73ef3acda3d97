"""Display a widget in a notebook, together with static output for the saved file."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import IPython

from ..i18n.languages import translate
from ..i18n.messages import message
from .views import WIDGET_VIEW, current_page, live_pages, publish_view

if TYPE_CHECKING:
    from .base import LiveWidget


def stand_in(html: str, number: int) -> str:
    """Mark a static panel with the number of its widget, so that the live view can hide it."""
    return f'<div data-seqwidget="{number}">{html}</div>'


def show(widget: LiveWidget) -> None:
    """Show a widget below the running cell, after its static panel.

    If one output has both a widget and HTML, front ends show the widget, even when its kernel no
    longer exists; they then show nothing or "model not found". The static panel is therefore a
    separate output. The live view hides it once the kernel has answered.

    A page that has drawn a live view before can draw this one while the kernel writes the static
    panel, which only the saved file needs. It therefore receives an empty panel and the view first.
    """
    shell = IPython.get_ipython()
    if shell is None or not hasattr(shell, "kernel") or widget.comm is None:
        print(repr(widget))  # a terminal or a closed widget shows only text
        return
    page = current_page()
    widget.reach(page)
    twin, display_id = uuid.uuid4().hex, uuid.uuid4().hex
    widget.twin_ids.append(twin)
    if at_once := page in live_pages and not widget.waits_for_cells:
        shell.display_pub.publish({"text/html": stand_in("", widget.number)}, transient={"display_id": twin})
        publish_view(widget, display_id)
    data, metadata = widget._repr_mimebundle_() or ({}, {})
    picture = data.pop("image/png", None)
    data.pop(WIDGET_VIEW)
    shell.display_pub.publish(data, metadata, transient={"display_id": twin}, update=at_once)
    if picture is not None:  # a separate output: next to HTML it would not be shown
        shell.display_pub.publish({"image/png": picture, "text/plain": translate(message("(a picture of the panel above)"))})
    if not at_once:
        publish_view(widget, display_id)
    widget.display_ids.append(display_id)


def update_static(widget: LiveWidget, data: dict[str, str]) -> None:
    """Replace the static panels that `show` has published, which the notebook saves."""
    shell = IPython.get_ipython()
    for twin in widget.twin_ids if shell is not None else ():
        shell.display_pub.publish(data, transient={"display_id": twin}, update=True)


def each_cell(function: Callable[..., None]) -> None:
    """Call a function at the end of each cell. Registering it twice has no further effect."""
    shell = IPython.get_ipython()
    if shell is not None and function not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", function)


def each_cell_no_more(function: Callable[..., None]) -> None:
    """Stop calling a function that was registered with `each_cell`."""
    shell = IPython.get_ipython()
    if shell is not None and function in shell.events.callbacks["post_run_cell"]:
        shell.events.unregister("post_run_cell", function)
