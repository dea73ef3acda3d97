"""A model that knows when it is in ``fit``, so that what must not change under it waits."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

import keras

from ..errors import UserError
from ..i18n.messages import said
from ..keras_compat import keras_training
from . import session

Act = Callable[[], object]

_runs: dict[int, list[_Run]] = {}  # by the model's id: the loops over data that it is in now, which may nest
_waiting: dict[int, list[Act]] = {}


class _Run:
    """One loop over data: the thread that it is in, and whether changes are let in at each new epoch."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.by_epoch = False


def busy(model: Any) -> bool:
    """Return whether a model is in ``fit`` or another loop over data, in whichever thread."""
    return bool(_runs.get(id(model)))


def check_not_elsewhere(model: Any) -> None:
    """Raise an error if a model is in ``fit`` in another thread. A callback may change its own model, as with Keras."""
    if any(run.thread != threading.get_ident() for run in _runs.get(id(model), ())):
        raise UserError(said("{name!r} is in fit(), so nothing was done; try again when fit has ended.", name=model.name))


def when_idle(model: Any, act: Act) -> bool:
    """Do ``act`` now, or at the end of the ``fit`` that the model is in; return whether it was done now."""
    with session.lock(model):
        idle = not busy(model)
        if idle:
            act()
        else:
            _waiting.setdefault(id(model), []).append(act)
        return idle


def let_in_by_epoch(model: Any) -> None:
    """Note that in the ``fit`` that the model is in, someone lets changes in at each new epoch."""
    for run in _runs.get(id(model), ()):
        run.by_epoch = True


def lets_in(model: Any) -> str:
    """Say when a change of the model will be let in; empty if at once."""
    runs = _runs.get(id(model), ())
    return "" if not runs else said("at the next epoch") if any(run.by_epoch for run in runs) else said("when fit has ended")


def _running(model: Any, act: Callable[[], Any]) -> Any:
    """Run ``act``, during which the model is busy; what waited for its end is done then."""
    __tracebackhide__ = True
    run = _Run()

    def begin_and_act() -> Any:
        __tracebackhide__ = True
        with session.lock(model):  # an edit in another thread ends first
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
    """Make a method that does what the model's own one of that name does, and marks the model as busy meanwhile."""

    @functools.wraps(getattr(keras.Sequential, name))
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        return _running(self, functools.partial(getattr(super(FitGuard, self), name), *args, **kwargs))

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
            keras_training.mark_traced(self)
        return made
