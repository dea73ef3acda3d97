"""A stand-in for the kernel's comm: it packs every message as Jupyter does, and counts its bytes."""

from __future__ import annotations

from typing import Any

import comm
from comm.base_comm import BaseComm
from jupyter_client.session import json_packer

sent = 0


class _Packing(BaseComm):
    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any) -> None:
        global sent  # noqa: PLW0603  a counter for the whole process
        packed = json_packer({"msg_type": msg_type, "data": data, "metadata": metadata, **keys})
        sent += len(packed) + sum(memoryview(buffer).nbytes for buffer in buffers or ())


def connect() -> None:
    """Connect every widget that is created from now on to this stand-in."""
    comm.create_comm = _Packing
