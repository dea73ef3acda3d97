"""The front ends: how each opens the notebook, and how its kernel ends."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from tests.browser.jupyter import KERNEL_IDLE, RUN_ALL, SAVE
from tests.servers import stop

from . import emulators, get_vscode, servers
from .servers import Server


@dataclass(frozen=True)
class FrontEnd:
    """A front end: its name, the path of the notebook on a Jupyter server, and the script that runs the cells, if it is needed.

    ``schemes`` are the themes to try, and panels are dark in ``dark_schemes``; ``dark`` chooses the dark theme: the end of
    the path, or a script; marimo reads it from a file. ``after_reload`` is what a reloaded page does: where it continues, it
    finds the kernel, with the model as it was edited; elsewhere, it may do so when the cell is run again. ``gone`` is what a
    panel says at the end of the kernel; in a ``silent`` front end, which tells a panel nothing of this, it says so only when
    the pointer is on it. ``live`` is whether an edit is seen while the code that makes it still runs. ``widgets`` is the
    address of another site from which the page gets anywidget. ``frame`` is a selector of the frame that shows outputs, and
    ``emulate`` returns the window and the frame of a front end that is emulated. ``dock`` is where a panel docks, if it can:
    split from the notebook, or at the side of the page. ``serve`` serves the notebooks of a folder, and ``enter`` logs in to
    the server, if it is a hub.
    """

    name: str
    path: str
    ready: str = ""
    run: str = ""
    save: str = ""
    dark: str = ""
    schemes: tuple[str, ...] = ("light", "dark")
    dark_schemes: tuple[str, ...] = ("dark",)
    themes: str = "light and dark"
    after_reload: Literal["continues", "starts again", "static until run again"] = "continues"
    gone: str = "no longer live"
    silent: bool = False
    live: bool = True
    widgets: str = ""
    frame: str = ""
    dock: Literal["", "split", "side"] = ""
    emulate: Callable[[str], tuple[str, str]] | None = None
    serve: Callable[[pathlib.Path], contextlib.AbstractContextManager[Server]] = servers.jupyter
    enter: Callable[[Any, Server], None] | None = None

    def open(self, page: Any, server: Server, scheme: str) -> None:
        """Open the notebook in a theme, and run it."""
        dark = scheme in self.dark_schemes
        query = self.dark if dark and self.dark.startswith("?") else ""
        if self.widgets:
            emulators.serve_anywidget(page, self.widgets)
        if self.emulate:
            emulators.serve(page, server.url, *self.emulate(scheme))
        if self.enter:
            self.enter(page, server)
        page.goto(f"{server.url}{self.path}{query}")
        self.start(page)
        if dark and self.dark and not query:
            page.evaluate(self.dark)

    def start(self, page: Any) -> None:
        """Run the notebook that is open in a page."""
        if self.ready:
            page.wait_for_function(self.ready, timeout=120_000)
        if self.run:
            page.evaluate(self.run)

    def end_kernel(self, server: Server) -> None:
        """End the kernel as an administrator would, not through the page; that of marimo and of Panel ends with its server."""
        if not self.path:
            stop(server.process)
            return
        kernels, headers = f"{server.url}/api/kernels", {"Authorization": f"token {server.token}"} if server.token else {}
        with urllib.request.urlopen(urllib.request.Request(kernels, headers=headers), timeout=5) as answer:
            running = json.load(answer)
        for kernel in running:
            end = urllib.request.Request(f"{kernels}/{kernel['id']}", headers=headers, method="DELETE")
            urllib.request.urlopen(end, timeout=20).close()


def _log_in(page: Any, server: Server) -> None:
    """Log in to a hub, and wait for the server that it starts for this user."""
    page.goto(server.url.partition("/user/")[0])
    page.get_by_label("Username").fill(servers.USER)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server.url}/lab**", timeout=60_000)


_MARIMO_READY = "() => document.querySelectorAll('[data-testid=run-button]').length > 1"  # there are cells
_MARIMO_RUN = "() => [...document.querySelectorAll('[data-testid=run-button]')].at(-1).click()"  # of the whole notebook
_DARK = "() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
_VS_CODE = FrontEnd(
    "VS Code, Jupyter server",
    "/emulated",
    "() => window.run",
    "() => window.run()",
    schemes=tuple(emulators.THEMES),
    themes="light, dark, high contrast",
    dark_schemes=("dark", "high contrast"),
    after_reload="static until run again",
    gone="waiting for the kernel",
    silent=True,
    frame="iframe",
    emulate=emulators.vscode,
)
_LAB = FrontEnd("JupyterLab", "/lab/tree/net.ipynb?reset", KERNEL_IDLE, RUN_ALL, SAVE, _DARK, dock="split")
_NOTEBOOK = FrontEnd("Notebook 7", "/notebooks/net.ipynb", KERNEL_IDLE, RUN_ALL, SAVE, _DARK, dock="side")
_OLDEST = dict(re.findall(r"^([\w-]+)==(\S+)", (servers.ROOT / "requirements-floor.lock").read_text(), re.MULTILINE))
FRONT_ENDS = (
    _LAB,
    replace(_LAB, name=f"JupyterLab {_OLDEST['jupyterlab']}", serve=servers.oldest_jupyter),
    _NOTEBOOK,
    replace(_NOTEBOOK, name=f"Notebook {_OLDEST['notebook']}", serve=servers.oldest_jupyter),
    replace(_LAB, name="JupyterLab on JupyterHub", serve=servers.hub, enter=_log_in),
    FrontEnd(
        "nbclassic",
        "/nbclassic/notebooks/net.ipynb",
        "() => window.Jupyter?.notebook?.kernel?.is_connected()",
        "() => Jupyter.notebook.execute_all_cells()",
        "() => Jupyter.notebook.save_notebook()",
        themes="light",
        dark_schemes=(),  # also where the system is dark
    ),
    FrontEnd(
        "Voila",
        "/voila/render/net.ipynb",
        dark="?theme=dark",
        after_reload="starts again",
        gone="waiting for the kernel",
        silent=True,
    ),
    FrontEnd(
        "marimo edit",
        "",
        _MARIMO_READY,
        _MARIMO_RUN,
        gone="waiting for the kernel",
        serve=lambda folder: servers.marimo(folder / "net.py", "edit"),
    ),
    FrontEnd(
        "marimo run",
        "",
        after_reload="starts again",
        gone="waiting for the kernel",
        serve=lambda folder: servers.marimo(folder / "net.py", "run"),
    ),
    FrontEnd(
        "Panel",
        "",
        dark="?theme=dark",
        after_reload="starts again",
        gone="waiting for the kernel",
        silent=True,
        live=False,
        widgets="https://unpkg.com/anywidget@*/dist/index",
        serve=lambda folder: servers.panel(folder / "app.py"),
    ),
    _VS_CODE,
    replace(_VS_CODE, name="VS Code, own kernel", schemes=("light", "dark"), themes="light and dark", serve=servers.own_kernel),
    FrontEnd(
        "Colab",
        "/emulated",
        "() => window.run",
        "() => window.run()",
        after_reload="static until run again",
        gone="waiting for the kernel",
        silent=True,
        frame="iframe",
        emulate=emulators.colab,
    ),
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
        mark = " ¹" if one.emulate else " ²" if one.serve is servers.oldest_jupyter else ""
        edits = "✓" if one.live else "✓, seen when the callback ends"
        rows.append((f"{one.name}{mark}", edits, "✓", "✓", one.themes, one.after_reload, gone))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def notes() -> str:
    """Return the notes below the table."""
    manager = f"`{get_vscode.PACKAGE}` {get_vscode.VERSION}"
    return (
        f"¹ Emulated. VS Code runs with the widget manager of its Jupyter extension, from the npm package {manager},\n"
        "in a page with the style sheet and the colours of VS Code, on the kernel of a Jupyter server or on one that it\n"
        "starts itself. Colab runs with a widget manager written after the interface that Colab publishes. Neither was tried\n"
        "in the real program. Static panels show the model as it was when the cell ran.\n"
        "² The oldest version that is supported, with the oldest allowed packages: "
        f"ipywidgets {_OLDEST['ipywidgets']} and anywidget {_OLDEST['anywidget']}."
    )
