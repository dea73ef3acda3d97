"""A Jupyter kernel that starts at once, because it is a fork of a process that has imported Keras.

In a short test with a kernel, importing TensorFlow takes most of the time. This file imports only the standard library. It has
two programs: ``serve`` is the process that is forked; ``connect`` is the command of a kernel, which asks for a fork, lives
as long as the fork, and passes interrupts on to it.
"""

from __future__ import annotations

import atexit
import functools
import gc
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading


@functools.cache
def address() -> str:
    """Start the process that is forked, unless it runs, and return its socket."""
    folder = tempfile.TemporaryDirectory(prefix="seqwidget-forks-")
    path = f"{folder.name}/socket"
    with socket.socket(socket.AF_UNIX) as listener, open(f"{folder.name}/log", "w") as log:  # noqa: PTH123  light
        listener.bind(path)
        listener.listen()
        command = [sys.executable, __file__, "serve", str(listener.fileno())]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=[listener.fileno()])

    def stop() -> None:
        process.communicate()
        folder.cleanup()

    atexit.register(stop)
    return path


def install(folder: pathlib.Path) -> None:
    """Add the kernel "forked" to a folder of JUPYTER_PATH."""
    command = [sys.executable, "-S", "-E", __file__, "connect", address(), "{connection_file}"]
    path = folder / "kernels" / "forked" / "kernel.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"argv": command, "display_name": "Python 3 (ipykernel)", "language": "python"}))


def serve(descriptor: str) -> None:
    """Fork a kernel for each connection to the socket, until the standard input ends."""
    listener = socket.socket(fileno=int(descriptor))
    del sys.path[0]  # this folder, which no kernel has in its path
    # Not ipywidgets: it registers its comms with the kernel in which it is imported.
    import ipykernel.debugger  # noqa: PLC0415
    import ipykernel.kernelapp  # noqa: PLC0415
    import keras  # noqa: F401, PLC0415

    gc.collect()
    gc.freeze()  # otherwise, each kernel searches and so copies these million objects
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that kernels that have ended do not stay as zombie processes
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork():
            connection.close()
            continue
        listener.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ipykernel.kernelapp.launch_new_instance(argv=_arguments(connection))
        os._exit(0)  # no time for TensorFlow to tidy up


def _arguments(connection: socket.socket) -> list[str]:
    """Take over the folder and environment of the command, end with it, and return the arguments of the kernel."""
    import numpy as np  # noqa: PLC0415

    with connection.makefile("rw") as stream:
        wanted = json.loads(stream.readline())
        stream.write(f"{os.getpid()}\n")
    os.setpgid(0, 0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    np.random.seed()  # noqa: NPY002  a fork has the random state of its parent; Python's own is renewed
    threading.Thread(target=lambda: (connection.recv(1), os._exit(0)), daemon=True).start()
    return ["-f", wanted["connection_file"], "--IPKernelApp.capture_fd_output=False"]


def connect(address: str, connection_file: str) -> None:
    """Ask for a kernel, and wait until it ends."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    wanted = {"connection_file": connection_file, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109  light
    connection.sendall(json.dumps(wanted).encode() + b"\n")
    kernel = int(connection.makefile().readline())
    signal.signal(signal.SIGINT, lambda *_: os.kill(kernel, signal.SIGINT))
    while connection.recv(1):
        pass


if __name__ == "__main__":
    {"serve": serve, "connect": connect}[sys.argv[1]](*sys.argv[2:])
