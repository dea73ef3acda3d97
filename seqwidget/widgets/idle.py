"""Do work between the messages of the front end, so that the kernel stays responsive.

In a kernel, an event loop handles messages and cells one after the other. Long work is done in
slices between them. Without a running event loop, as in a script, work is done at once.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

SLICE = 0.03
"""Seconds of work without a pause; one step may take longer."""
_ERRORS = (Exception, KeyboardInterrupt)  # passed on to the code that waits for the result
_PAUSE = 0.001  # long enough for the event loop to receive and handle messages


def soon(act: Callable[[], object], seconds: float = 0) -> None:
    """Call a function when the kernel is idle, after some seconds; at once without an event loop."""
    loop = _running_loop()
    if loop is None:
        act()
    else:
        loop.call_later(seconds, act)


class HomeLoop:
    """The event loop in which this object was made, if there is one: in a kernel, the loop of the cells.

    JupyterLab sends the messages of widgets to another thread of the kernel, a *subshell*, in which
    they would be handled while a cell runs, and which no interrupt reaches.
    """

    def __init__(self) -> None:
        self._loop = _running_loop()

    def call(self, act: Callable[[], object]) -> None:
        """Call a function in that loop: at once if it is the running one, else when it is idle."""
        if self._loop in (None, _running_loop()) or self._loop.is_closed():
            act()
        else:
            self._loop.call_soon_threadsafe(act)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _ignore(_value: object) -> None:
    pass


class Work(Generic[T]):
    """A generator whose steps run while the kernel is idle.

    Parameters
    ----------
    steps
        The generator. Its return value is the result.
    done
        Called with the result.
    failed
        Called with the error, even if the work is stopped or interrupted.
    progress
        Called after each slice with the last value that the generator has yielded.
    """

    def __init__(
        self,
        steps: Generator[object, None, T],
        done: Callable[[T], object] = _ignore,
        failed: Callable[[BaseException], object] = _ignore,
        progress: Callable[[object], object] = _ignore,
    ) -> None:
        self._steps, self._done, self._failed, self._progress = steps, done, failed, progress
        self._is_over = False

    def start(self) -> None:
        """Run the first slice now, and all others while the kernel is idle."""
        loop = _running_loop()
        if loop is not None:
            self._go_on(loop)
            return
        while not self._slice():
            pass

    def stop(self, why: Exception) -> None:
        """End the work before its end. Do nothing if it is over.

        The reason is raised in the generator, which may still return a result.
        """
        if self._is_over:
            return
        self._is_over = True
        try:
            self._steps.throw(why)
        except StopIteration as result:
            self._done(result.value)
        except _ERRORS as error:
            self._failed(error)
        else:
            self._steps.close()
            self._failed(why)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._is_over and not self._slice():
            loop.call_later(_PAUSE, self._go_on, loop)

    def _slice(self) -> bool:
        """Run steps for the time of a slice, and return whether the work is over."""
        end = time.monotonic() + SLICE
        try:
            with _interruptible():
                last = next(self._steps)
                while time.monotonic() < end:
                    last = next(self._steps)
                self._progress(last)
        except StopIteration as result:
            self._is_over = True
            self._done(result.value)
        except _ERRORS as error:
            self._is_over = True
            self._failed(error)
        return self._is_over


@contextmanager
def _interruptible() -> Generator[None, None, None]:
    """Let an interrupt of the kernel raise KeyboardInterrupt, which ipykernel allows only in cells."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
