"""Run layers on real tensors to see their outputs, without leaving traces in the backend."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keras


@contextlib.contextmanager
def observing(*, training: bool) -> Iterator[None]:
    """Compute without gradients in this context; in training mode, also restore the backend's random state after it.

    PyTorch would keep every output in memory to compute gradients. On PyTorch, layers without a
    seed use the random number generator of the process.
    """
    if keras.backend.backend() != "torch":
        yield
        return
    import torch

    with torch.no_grad(), torch.random.fork_rng(range(torch.cuda.device_count()), enabled=training):
        yield
