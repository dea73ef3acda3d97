"""Run a kernel as VS Code does if it starts the kernel itself: ``python -m tests.frontends.own_kernel FOLDER PORT``.

No Jupyter server is between them: VS Code exchanges messages with the kernel over ZeroMQ, and passes those that a server
would send through a websocket to the frame of the outputs. This serves the parts of a server's interface that the
emulated window uses.
"""

from __future__ import annotations

import asyncio
import json
import pathlib
import sys
import uuid
from typing import Any

import nbformat
import zmq.asyncio
from jupyter_client.jsonutil import json_default
from jupyter_client.manager import AsyncKernelManager
from jupyter_server.services.kernels.connection.base import deserialize_binary_message, serialize_binary_message
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

ID = str(uuid.uuid4())


class Kernels(RequestHandler):
    def initialize(self, kernel: AsyncKernelManager) -> None:
        self.kernel = kernel

    async def get(self) -> None:
        is_running = self.kernel.has_kernel and await self.kernel.is_alive()
        self.write(json.dumps([{"id": ID, "name": "python3"}] if is_running else []))

    async def delete(self, _id: str) -> None:
        await self.kernel.shutdown_kernel(now=True)


class Contents(RequestHandler):
    def initialize(self, folder: pathlib.Path) -> None:
        self.folder = folder

    def get(self, name: str) -> None:
        self.write({"content": nbformat.read(self.folder / name, 4)})


class Channels(WebSocketHandler):
    def initialize(self, kernel: AsyncKernelManager) -> None:
        self.kernel = kernel

    def open(self) -> None:
        identity = uuid.uuid4().bytes  # one for all channels
        connect = {
            "shell": self.kernel.connect_shell,
            "control": self.kernel.connect_control,
            "iopub": self.kernel.connect_iopub,
        }
        self.sockets = {channel: act(identity=identity) for channel, act in connect.items()}
        self.listening = [asyncio.create_task(self.listen(*one)) for one in self.sockets.items()]

    async def listen(self, channel: str, socket: Any) -> None:
        while True:
            _, parts = self.kernel.session.feed_identities(await socket.recv_multipart())
            msg = {**self.kernel.session.deserialize(parts), "channel": channel}
            if msg["buffers"]:
                await self.write_message(serialize_binary_message(msg), binary=True)
            else:
                await self.write_message(json.dumps(msg, default=json_default))

    def on_message(self, data: str | bytes) -> None:
        msg = json.loads(data) if isinstance(data, str) else deserialize_binary_message(data)
        self.kernel.session.send(self.sockets[msg.pop("channel")], msg, buffers=msg.pop("buffers", None))

    def on_close(self) -> None:
        for task in self.listening:
            task.cancel()
        for socket in self.sockets.values():
            socket.close()


async def main(folder: pathlib.Path, port: int) -> None:
    kernel = AsyncKernelManager(kernel_name="python3", context=zmq.asyncio.Context())
    await kernel.start_kernel(cwd=str(folder))
    with_kernel = {"kernel": kernel}
    handlers = [
        ("/api/kernels", Kernels, with_kernel),
        ("/api/kernels/([^/]+)", Kernels, with_kernel),
        ("/api/kernels/[^/]+/channels", Channels, with_kernel),
        ("/api/contents/(.+)", Contents, {"folder": folder}),
    ]
    Application(handlers).listen(port, "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(pathlib.Path(sys.argv[1]), int(sys.argv[2])))
