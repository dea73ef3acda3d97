"""The comms of a widget, and the pages that use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from comm.base_comm import BaseComm
from ipywidgets import Layout

from .views import page_of

KEPT = 3  # the most earlier comms that a widget keeps


class Pages:
    """The pages that have a widget's model, and the comms that the widget opened before its current one.

    A page does not report that it is gone. So only the earlier comms on which pages sent the last
    messages are kept: a page that shows a panel sends some. A page whose comm was closed gets a new
    one when it shows the widget again.
    """

    def __init__(self) -> None:
        self._of: dict[str | None, set[str | None]] = {}  # pages by the id of their comm
        self._earlier: dict[str, tuple[BaseComm, Layout]] = {}  # by the id of the comm; that of the last message comes last

    def opened(self, comm_id: str | None, page: str | None) -> None:
        """Record that a page has the model of a new comm."""
        self._of[comm_id] = {page}

    def heard(self, comm_id: str | None, msg: Mapping[str, Any]) -> None:
        """Record which page sent a message; ``comm_id`` is that of the current comm."""
        used = msg["content"].get("comm_id")
        if isinstance(used, str) and used in self._earlier:
            self._earlier[used] = self._earlier.pop(used)
            comm_id = used
        self._of.setdefault(comm_id, set()).add(page_of(msg))

    def have(self, page: str | None) -> bool:
        """Return whether a page has the widget's model."""
        return any(page in pages for pages in self._of.values())

    def replace(self, comm: BaseComm, layout: Layout) -> None:
        """Keep a comm that is no longer the current one. If there are too many, close the one that was silent for longest."""
        self._earlier[comm.comm_id] = comm, layout
        comm.on_close(lambda _msg: self._forget(comm.comm_id))
        if len(self._earlier) > KEPT:
            self._close(next(iter(self._earlier)))

    def send(self, msg: dict[str, Any], buffers: list[bytes] | None) -> None:
        """Send a message on all earlier comms."""
        for comm, _ in self._earlier.values():
            comm.send(data=msg, buffers=buffers)

    def close(self) -> None:
        """Close all earlier comms."""
        for comm_id in list(self._earlier):
            self._close(comm_id)

    def _close(self, comm_id: str) -> None:
        self._earlier[comm_id][0].close()
        self._forget(comm_id)

    def _forget(self, comm_id: str) -> None:
        _, layout = self._earlier.pop(comm_id)
        self._of.pop(comm_id, None)
        layout.close()
