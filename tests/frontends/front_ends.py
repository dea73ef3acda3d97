"""The front ends: how each opens the notebook, and how its kernel ends."""

from __future__ import annotations

import contextlib
import json
import pathlib
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.browser.jupyter import KERNEL_IDLE, RUN_ALL, SAVE
from tests.servers import stop

from . import servers
from .servers import Server


@dataclass(frozen=True)
class FrontEnd:
    """A front end: its name, the path of the notebook on a Jupyter server, and the script that runs the cells, if it is needed.

    ``schemes`` are the themes to try, and panels are dark in ``dark_schemes``; ``dark`` chooses the dark theme: the end of
    the path, or a script; marimo reads it from a file. ``keeps`` tells whether a reloaded page finds the kernel, with the
    model as it was edited. ``gone`` is what a panel says at its end; in a ``silent`` front end, which tells a panel nothing of
    this, it says so only when the pointer is on it.
    """

    name: str
    path: str
    ready: str = ""
    run: str = ""
    save: str = ""
    dark: str = ""
    schemes: tuple[str, ...] = ("light", "dark")
    dark_schemes: tuple[str, ...] = ("dark",)
    keeps: bool = True
    gone: str = "no longer live"
    silent: bool = False
    frame: str = ""

    @property
    def themes(self) -> str:
        """The themes that panels follow, in words."""
        return "light and dark" if self.dark_schemes else "light"

    def serve(self, folder: pathlib.Path) -> contextlib.AbstractContextManager[Server]:
        """Serve the notebooks of a folder."""
        return servers.jupyter(folder) if self.path else servers.marimo(folder / "net.py", self.name.removeprefix("marimo "))

    def open(self, page: Any, server: Server, scheme: str) -> None:
        """Open the notebook in a theme, and run it."""
        dark = scheme in self.dark_schemes
        query = self.dark if dark and self.dark.startswith("?") else ""
        page.goto(f"{server.url}{self.path}{query}")
        if self.ready:
            page.wait_for_function(self.ready, timeout=120_000)
        if self.run:
            page.evaluate(self.run)
        if dark and self.dark and not query:
            page.evaluate(self.dark)

    def end_kernel(self, server: Server) -> None:
        """End the kernel as an administrator would, not through the page; marimo's ends with its server."""
        if not self.path:
            stop(server.process)
            return
        kernels = f"{server.url}/api/kernels"
        for kernel in json.load(urllib.request.urlopen(kernels, timeout=5)):
            urllib.request.urlopen(urllib.request.Request(f"{kernels}/{kernel['id']}", method="DELETE"), timeout=20).close()


_MARIMO_READY = "() => document.querySelectorAll('[data-testid=run-button]').length > 1"  # there are cells
_MARIMO_RUN = "() => [...document.querySelectorAll('[data-testid=run-button]')].at(-1).click()"  # of the whole notebook
_DARK = "() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
FRONT_ENDS = (
    FrontEnd("JupyterLab", "/lab/tree/net.ipynb?reset", KERNEL_IDLE, RUN_ALL, SAVE, _DARK),
    FrontEnd("Notebook 7", "/notebooks/net.ipynb", KERNEL_IDLE, RUN_ALL, SAVE, _DARK),
    FrontEnd(
        "nbclassic",
        "/nbclassic/notebooks/net.ipynb",
        "() => window.Jupyter?.notebook?.kernel?.is_connected()",
        "() => Jupyter.notebook.execute_all_cells()",
        "() => Jupyter.notebook.save_notebook()",
        dark_schemes=(),  # also where the system is dark
    ),
    FrontEnd("Voila", "/voila/render/net.ipynb", dark="?theme=dark", keeps=False, gone="waiting for the kernel", silent=True),
    FrontEnd("marimo edit", "", _MARIMO_READY, _MARIMO_RUN, gone="waiting for the kernel"),
    FrontEnd("marimo run", "", keeps=False, gone="waiting for the kernel"),
)


def named(name: str) -> FrontEnd:
    """Return a front end by its name."""
    return next(one for one in FRONT_ENDS if one.name == name)


def table() -> str:
    """Return what is tested in each front end, as a Markdown table."""
    head = ("", "edits, seen while a cell runs", "fix and undo by click", "switches, feature maps")
    head += ("themes", "after a reload", "when the kernel is gone")
    rows = [head, ("---",) * len(head)]
    for one in FRONT_ENDS:
        gone = "the panel says so when you point at it" if one.silent else "the panel says so"
        rows.append((one.name, "✓", "✓", "✓", one.themes, "continues" if one.keeps else "starts again", gone))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
