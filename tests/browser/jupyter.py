"""A real JupyterLab with its own settings, and a person's actions in it, through Playwright."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import nbformat

from tests import forked_kernel
from tests.lab import environment
from tests.notebooks.profile import jitter
from tests.servers import free_port, stop, wait_until_up

# JupyterLab silently ignores "run" until the websocket of the kernel is connected, even when it shows the kernel as idle.
KERNEL_IDLE = """() => {
  const session = window.jupyterapp?.shell.currentWidget?.sessionContext;
  const kernel = session?.session?.kernel;
  return Boolean(session?.isReady && kernel?.connectionStatus === 'connected' && kernel.status === 'idle');
}"""
RUN_ALL = "() => window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => null)"
OPEN = "name => window.jupyterapp.commands.execute('docmanager:open', {path: name}).then(() => null)"
CLEAR = """() => {
  const shell = window.jupyterapp?.shell;
  const kernel = shell?.currentWidget?.sessionContext?.session?.kernel;
  if (!['idle', 'busy'].includes(kernel?.status) || document.querySelector('.jp-Dialog')) return false;
  for (const widget of [...shell.widgets('main')]) widget.dispose();
  shell.expandLeft();
  localStorage.clear();
  sessionStorage.clear();
  return true;
}"""
RENAME = "name => window.jupyterapp.shell.currentWidget.context.rename(name).then(() => null)"
SAVE = "() => window.jupyterapp.shell.currentWidget.context.save()"
KERNELSPEC = {"name": "forked", "display_name": "Python 3 (ipykernel)", "language": "python"}


def write_notebook(path: pathlib.Path, *cells: str) -> pathlib.Path:
    """Write a notebook of code cells, without outputs."""
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": KERNELSPEC})
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    nbformat.write(notebook, path)
    return path


@contextlib.contextmanager
def server(root: pathlib.Path, *, theme: str = "light", locale: str = "default") -> Iterator[str]:
    """Serve ``root`` with JupyterLab on a free port and yield the URL; stop its process group at the end.

    There are two kernels: "python3" as in ``make lab``, and "forked", which starts faster.
    """
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="seqwidget-lab-", ignore_cleanup_errors=True) as name:
        home = pathlib.Path(name)
        settings = {
            "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
            "apputils-extension/themes": {"theme": f"JupyterLab {theme.title()}"},
            "translation-extension/plugin": {"locale": locale},
        }
        for plugin, values in settings.items():
            path = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))
        # Otherwise, each load of a page starts Node.js, to find out whether JupyterLab should be rebuilt.
        page_config = home / "config" / "labconfig" / "page_config.json"
        page_config.parent.mkdir(parents=True)
        page_config.write_text(json.dumps({"buildCheck": False}))
        folders = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "run",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        env = {
            **os.environ,
            **{variable: str(home / folder) for variable, folder in folders.items()},
            "PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **environment(home / "kernel"),  # as `make lab` sets it
        }
        forked_kernel.install(home / "kernel")
        jitter(home / "ipython")
        command = [
            *(sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"),
            *("--ServerApp.token=", "--ServerApp.password=", "--ServerApp.ip=127.0.0.1"),
            *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"),
            *("--ServerApp.disable_check_xsrf=True", "--LabApp.expose_app_in_browser=True"),
            "--JupyterNotebookApp.expose_app_in_browser=True",
        ]
        with (home / "server.log").open("w") as log:
            process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True, cwd=root)
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until_up(f"{url}/api/status", process, home / "server.log")
            yield url
        finally:
            stop(process)


class Lab:
    """One notebook in one browser page."""

    def __init__(self, page: Any, url: str, name: str) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", self._keep_error)
        page.on("console", self._keep_message)
        self.url, self.name = url, name
        self.reusable = True
        if page.url.startswith(url):
            page.evaluate(OPEN, name)
            self.wait_until_idle()
        else:
            self.open()

    def _keep_error(self, error: object) -> None:
        self.errors.append(str(error))

    def _keep_message(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} {message.location['url']}")

    def cleared(self) -> bool:
        """Close all notebooks and forget what the page keeps, for another test.

        Return False if JupyterLab may still restore the notebook after a reload, or report the end of its kernel.
        """
        self.page.remove_listener("pageerror", self._keep_error)
        self.page.remove_listener("console", self._keep_message)
        for other in self.page.context.pages:
            if other != self.page:
                other.close()
        self.page.context.clear_permissions()
        self.page.emulate_media(forced_colors="none")
        self.page.mouse.move(0, 0)
        return self.reusable and bool(self.page.evaluate(CLEAR))

    def open(self, *, reset: bool = True, kernel: bool = True) -> None:
        """Load or reload the page with the notebook's kernel, or a new one if it has none; or without a kernel."""
        self.reusable = reset and kernel
        query = [*(["reset"] if reset else []), *([] if kernel else ["kernel=none"])]
        self.page.goto(f"{self.url}/lab/tree/{self.name}?{'&'.join(query)}", wait_until="commit")
        self.page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=60_000)
        if kernel:
            self.wait_until_idle()

    def rename(self, name: str) -> None:
        """Rename the notebook; the page keeps asking for the old name, so that no other test can use it."""
        self.reusable = False
        self.page.evaluate(RENAME, name)

    def wait_until_idle(self) -> None:
        """Wait until the kernel is idle."""
        self.page.wait_for_function(KERNEL_IDLE, timeout=120_000)

    def run_all(self) -> None:
        """Choose Run > Run All Cells, and wait for the end."""
        self.page.evaluate(RUN_ALL)

    def run(self, cell: int, *, wait: bool = True) -> None:
        """Run one cell; by default, wait for the end."""
        self.page.evaluate(
            """([cell, wait]) => {
              window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
              const done = window.jupyterapp.commands.execute('notebook:run-cell');
              return wait ? done.then(() => null) : null;
            }""",
            [cell, wait],
        )

    def cell(self, index: int) -> Any:
        """Return a locator of one cell."""
        return self.page.locator(".jp-Notebook-cell, .jp-Notebook .jp-Cell").nth(index)

    def execute(self, code: str) -> str:
        """Run code in the notebook's kernel, outside the notebook, and return what it printed."""
        return self.page.evaluate(
            """async code => {
              const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
              const future = kernel.requestExecute({code, store_history: false, silent: false});
              let text = '';
              future.onIOPub = message => {
                if (message.header.msg_type === 'stream') text += message.content.text;
                if (message.header.msg_type === 'error') text += message.content.traceback.join('\\n');
              };
              await future.done;
              return text;
            }""",
            code,
        )

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate(SAVE)

    def shutdown_kernel(self) -> None:
        """Shut the kernel down."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    def shutdown_kernels(self) -> None:
        """Shut down every kernel of the server."""
        self.page.evaluate("() => window.jupyterapp?.serviceManager.sessions.shutdownAll()")

    def interrupt_kernel(self) -> None:
        """Interrupt the kernel."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")

    def restart_kernel(self) -> None:
        """Restart the kernel without a dialog."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
        self.wait_until_idle()
