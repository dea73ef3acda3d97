"""A model that knows when it is in ``fit``, so that what must not change under it waits."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import keras

from ..stack import keras_internals
from ..stack.said import said

Act = Callable[[], object]

lock = threading.RLock()  # held while a change is made: a fit that begins meanwhile waits for it
_runs: dict[int, _Run] = {}


class _Run:
    """What is going on in one model: how deep its calls nest, what waits for their end, or only for the next epoch's."""

    def __init__(self) -> None:
        self.depth = 0
        self.waiting: list[Act] = []
        self.by_epoch = False


def busy(model: Any) -> bool:
    """Whether a model is in ``fit`` or another loop over data, in whichever thread."""
    return id(model) in _runs


def when_idle(model: Any, act: Act) -> bool:
    """Do ``act`` now, or at the end of the ``fit`` that the model is in; gives whether it was done now."""
    with lock:
        run = _runs.get(id(model))
        if run is None:
            act()
        else:
            run.waiting.append(act)
        return run is None


def let_in_by_epoch(model: Any) -> None:
    """Note that in the ``fit`` that the model is in, someone lets changes in at each new epoch."""
    if busy(model):
        _runs[id(model)].by_epoch = True


def lets_in(model: Any) -> str:
    """Say when a change of the model will be let in; empty if at once."""
    run = _runs.get(id(model))
    return "" if run is None else said("at the next epoch") if run.by_epoch else said("when fit has ended")


@contextlib.contextmanager
def _running(model: Any) -> Iterator[None]:
    with lock:
        run = _runs.setdefault(id(model), _Run())
        run.depth += 1
    try:
        yield
    finally:
        with lock:
            run.depth -= 1
            if not run.depth:
                del _runs[id(model)]
                for act in run.waiting:
                    act()


def _guarded(name: str) -> Callable[..., Any]:
    """Make a method that does what the model's own one of that name does, and marks the model as busy meanwhile."""

    @functools.wraps(getattr(keras.Sequential, name))
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        with _running(self):
            return getattr(super(FitGuard, self), name)(*args, **kwargs)

    return method


class FitGuard:
    """What a watched model does beyond Keras's own to be left alone in ``fit``."""

    train_function: Any

    fit = _guarded("fit")
    evaluate = _guarded("evaluate")
    predict = _guarded("predict")
    train_on_batch = _guarded("train_on_batch")
    test_on_batch = _guarded("test_on_batch")
    predict_on_batch = _guarded("predict_on_batch")

    def make_train_function(self, force: bool = False) -> Any:  # noqa: FBT001, FBT002  Keras's signature
        """Make the function that does one training step; see ``keras.Model.make_train_function``."""
        before = self.train_function
        made = super().make_train_function(force=force)  # type: ignore[misc]
        if self.train_function is not before:
            keras_internals.mark_traced(self)
        return made
