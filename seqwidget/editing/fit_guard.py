"""Track whether a model is in ``fit``, and delay changes that must not happen during it."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

import keras

from ..errors import UserError
from ..i18n.messages import Text, message
from ..keras_compat import keras_training
from . import session

Act = Callable[[], object]

# The loops over data that are running now, by the id of the model. They can be nested.
_runs: dict[int, list[_Run]] = {}
_waiting: dict[int, list[Act]] = {}


class _Run:
    """A running loop over data: its thread, and whether changes are applied at each new epoch."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.by_epoch = False


def busy(model: keras.Model) -> bool:
    """Return whether a model is in ``fit`` or another loop over data, in any thread."""
    return bool(_runs.get(id(model)))


def check_not_elsewhere(model: keras.Model) -> None:
    """Raise an error if a model is in ``fit`` in another thread.

    In the same thread there is no error: a callback may change its own model, as in Keras.
    """
    if any(run.thread != threading.get_ident() for run in _runs.get(id(model), ())):
        raise UserError(message("{name!r} is in fit(), so nothing was done; try again when fit has ended.", name=model.name))


def when_idle(model: keras.Model, act: Act) -> bool:
    """Call ``act`` now, or at the end of a running ``fit``. Return whether it was called now."""
    with session.lock(model):
        idle = not busy(model)
        if idle:
            act()
        else:
            _waiting.setdefault(id(model), []).append(act)
        return idle


def let_in_by_epoch(model: keras.Model) -> None:
    """Record that the running ``fit`` applies pending changes at each new epoch."""
    for run in _runs.get(id(model), ()):
        run.by_epoch = True


def lets_in(model: keras.Model) -> Text:
    """Return a text that says when a change takes effect. Empty if it does so immediately."""
    runs = _runs.get(id(model), ())
    return (
        "" if not runs else message("at the next epoch") if any(run.by_epoch for run in runs) else message("when fit has ended")
    )


def _running(model: keras.Model, act: Callable[[], Any]) -> Any:
    """Run ``act`` and mark the model as busy meanwhile. At the end, run the delayed changes."""
    __tracebackhide__ = True
    run = _Run()

    def begin_and_act() -> Any:
        __tracebackhide__ = True
        with session.lock(model):  # waits for the end of an edit in another thread
            session.settle(model)
            _runs.setdefault(id(model), []).append(run)
        return act()

    def end() -> None:
        with session.lock(model):
            runs, waiting = _runs.get(id(model), []), _waiting.get(id(model), [])
            if run in runs:
                runs.remove(run)
            if not runs:
                _runs.pop(id(model), None)
                while waiting:
                    waiting[0]()
                    del waiting[0]
                _waiting.pop(id(model), None)

    return session.always(begin_and_act, end)


def _guarded(name: str) -> Callable[..., Any]:
    """Return a method that calls Keras's method ``name`` and marks the model as busy meanwhile."""

    @functools.wraps(getattr(keras.Sequential, name))
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return _running(self, functools.partial(getattr(super(FitGuard, self), name), *args, **kwargs))

    return method


class FitGuard:
    """Mixin of watched models that marks the model as busy in ``fit`` and other loops over data."""

    train_function: Any

    fit = _guarded("fit")
    evaluate = _guarded("evaluate")
    predict = _guarded("predict")
    train_on_batch = _guarded("train_on_batch")
    test_on_batch = _guarded("test_on_batch")
    predict_on_batch = _guarded("predict_on_batch")

    def make_train_function(self, force: bool = False) -> Any:  # noqa: FBT001, FBT002  Keras's signature
        """Build the function for one training step; see ``keras.Model.make_train_function``."""
        before = self.train_function
        made = super().make_train_function(force=force)  # type: ignore[misc]
        if self.train_function is not before:
            keras_training.mark_traced(self)
        return made
