"""The outputs of a notebook that hold a live view of a widget."""

from __future__ import annotations

from collections.abc import Mapping

import IPython
import ipywidgets

from ..i18n.languages import translate
from ..i18n.messages import message

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

live_pages: set[str] = set()
"""The ids of the pages that have sent a message to a widget, so that they have drawn a live view."""


def publish_view(widget: ipywidgets.DOMWidget, display_id: str, *, update: bool = False) -> None:
    """Publish a live view, or replace the view that was published with the same ``display_id``."""
    shell = IPython.get_ipython()
    without_widgets = translate(message("(a live panel: to see it, run this cell in a notebook that shows widgets)"))
    data = {WIDGET_VIEW: widget.get_view_spec(), "text/plain": without_widgets}
    shell.display_pub.publish(data, transient={"display_id": display_id}, update=update)


def current_page() -> str | None:
    """Return the id of the page whose message the kernel handles; None if it is unknown."""
    kernel = getattr(IPython.get_ipython(), "kernel", None)
    return page_of(getattr(kernel, "get_parent", dict)() or {})


def page_of(msg: Mapping[str, object]) -> str | None:
    """Return the id of the page that sent a message, which is the id of its session; None if the message has none."""
    header = msg.get("header")
    session = header.get("session") if isinstance(header, dict) else None
    return session if isinstance(session, str) else None
