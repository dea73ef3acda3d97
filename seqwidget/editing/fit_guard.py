"""Track whether a model is in ``fit``, delay changes that must not happen during it, and report its epochs."""

from __future__ import annotations

import functools
import inspect
import threading
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import keras

from ..errors import UserError
from ..i18n.messages import Text, joined, message
from ..keras_compat import compile_state
from ..keras_compat.batch_probe import RecentBatches, probed
from ..model.session import part
from ..model.trial import first_line
from . import transaction
from .events import EpochEnded, send

T = TypeVar("T")
Act = Callable[[], object]


class _Loop:
    """A running loop over data: its thread, and whether changes are applied at each new epoch."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.by_epoch: Callable[[], bool] = lambda: False


class FitCallbacks(dict[object, Callable[[], keras.callbacks.Callback]]):
    """The part of a model's session that makes callbacks for each ``fit``, keyed by who asked for them."""


@dataclass(slots=True)
class FitArguments:
    """The part of a model's session that holds the arguments of the running ``fit``, and the error that ended the last one.

    Attributes
    ----------
    given
        The arguments, by name.
    failure
        The error; empty if there was none.
    is_recorded
        Whether a callback records this ``fit``.
    on_failure
        Called after an error.
    """

    given: Mapping[str, object] = field(default_factory=dict)
    failure: Text = ""
    is_recorded: bool = False
    on_failure: Callable[[keras.Model], None] | None = None


class Loops:
    """The part of a model's session that holds its running loops over data, which can be nested, and the changes that wait."""

    def __init__(self) -> None:
        self.running: list[_Loop] = []
        self.waiting: list[Act] = []


class Batches:
    """The part of a model's session that holds its last batches; None unless the model is watched and shown."""

    recent: RecentBatches | None = None


def busy(model: keras.Model) -> bool:
    """Return whether a model is in ``fit`` or another loop over data, in any thread."""
    return bool(part(model, Loops).running)


def check_idle(model: keras.Model, *, is_own_allowed: bool = False) -> None:
    """Raise an error if a model is in ``fit`` or another loop over data.

    A loop in the same thread may be allowed: a callback may change its own model, as in Keras.
    """
    if any(not is_own_allowed or run.thread != threading.get_ident() for run in part(model, Loops).running):
        raise UserError(message("{name!r} is in fit(), so nothing was done; try again when fit has ended.", name=model.name))


def when_idle(model: keras.Model, act: Act) -> bool:
    """Call ``act`` now, or at the end of a running ``fit``. Return whether it was called now."""
    with transaction.lock(model):
        idle = not busy(model)
        if idle:
            act()
        else:
            part(model, Loops).waiting.append(act)
        return idle


def apply_at_epochs(model: keras.Model, applies: Callable[[], bool] = lambda: True) -> None:
    """Record a function that returns whether the running ``fit`` applies pending changes at each new epoch.

    It is called if there are any.
    """
    for run in part(model, Loops).running:
        run.by_epoch = applies


def takes_effect(model: keras.Model) -> Text:
    """Return a text that says when a change takes effect. Empty if it does so immediately."""
    runs = part(model, Loops).running
    return (
        ""
        if not runs
        else message("at the next epoch")
        if any(run.by_epoch() for run in runs)
        else message("when fit has ended")
    )


def _leave_out_hidden(traceback: types.TracebackType | None) -> None:
    """Remove frames that are to be hidden, except for the first one: IPython shows the last frame even so."""
    while traceback is not None:
        while (later := traceback.tb_next) is not None and later.tb_frame.f_locals.get("__tracebackhide__"):
            traceback.tb_next = later.tb_next
        traceback = traceback.tb_next


def _running(model: keras.Model, act: Callable[[], T]) -> T:
    """Run ``act``, mark the model as busy while it runs, and then make the delayed changes."""
    __tracebackhide__ = True
    run = _Loop()

    def begin_and_act() -> T:
        __tracebackhide__ = True
        with transaction.lock(model):  # waits for the end of an edit in another thread
            transaction.settle(model)
            part(model, Loops).running.append(run)
        return act()

    def end() -> None:
        with transaction.lock(model):
            runs = part(model, Loops)
            if run in runs.running:
                runs.running.remove(run)
            while runs.waiting and not runs.running:
                runs.waiting[0]()
                del runs.waiting[0]

    return transaction.always(begin_and_act, end)


def _guarded(name: str) -> Callable[..., object]:
    """Return a method that calls Keras's method ``name`` and marks the model as busy while it runs."""

    @functools.wraps(getattr(keras.Sequential, name))
    def method(self: keras.Model, *args: object, **kwargs: object) -> object:
        __tracebackhide__ = True
        return _running(self, functools.partial(getattr(super(FitGuard, self), name), *args, **kwargs))

    return method


class _Epochs(keras.callbacks.Callback):
    """Sends an event at the end of each epoch."""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Send the event."""
        send(EpochEnded(self.model, epoch, dict(logs or {})))


_FIT = inspect.signature(keras.Sequential.fit)


def _with_epochs(model: keras.Model, args: tuple[object, ...], kwargs: dict[str, object]) -> inspect.BoundArguments:
    """Return the arguments of Keras's ``fit``, with our callbacks as the last ones."""
    given = _FIT.bind(model, *args, **kwargs)
    callbacks = given.arguments.get("callbacks")
    if not isinstance(callbacks, keras.callbacks.CallbackList):
        given.arguments["callbacks"] = [
            *keras.tree.flatten(callbacks or []),
            *(make() for make in part(model, FitCallbacks).values()),
            _Epochs(),
        ]
    return given


class FitGuard:
    """Mixin of watched models that marks the model as busy in ``fit`` and other loops over data."""

    train_function: Callable[..., object] | None

    @functools.wraps(keras.Sequential.fit)
    def fit(self, *args: object, **kwargs: object) -> object:  # noqa: D102  Keras's docstring
        __tracebackhide__ = True
        fit = super().fit  # type: ignore[misc]

        def run() -> object:
            __tracebackhide__ = True
            is_keras_own = getattr(fit, "__func__", None) is keras.Sequential.fit
            if not is_keras_own:  # a user's own fit, which may take other arguments
                return fit(*args, **kwargs)
            given = _with_epochs(self, args, kwargs)
            arguments = part(self, FitArguments)
            arguments.given, arguments.failure, arguments.is_recorded = given.arguments, "", False
            try:
                return keras.Sequential.fit(*given.args, **given.kwargs)
            except Exception as error:
                kind, words = type(error).__name__, first_line(error)
                # Without the error itself, whose traceback would keep the data alive.
                arguments.failure = joined(": ", (kind, words)) if words and words != kind else kind
                if arguments.on_failure is not None:
                    arguments.on_failure(self)
                _leave_out_hidden(error.__traceback__)
                raise
            finally:
                arguments.given = {}

        return _running(self, run)

    evaluate = _guarded("evaluate")
    predict = _guarded("predict")
    train_on_batch = _guarded("train_on_batch")
    test_on_batch = _guarded("test_on_batch")
    predict_on_batch = _guarded("predict_on_batch")

    def make_train_function(self, force: bool = False) -> Callable[..., object] | None:  # noqa: FBT001, FBT002  Keras's signature
        """Build the function for one training step; see ``keras.Model.make_train_function``."""
        before, make = self.train_function, super().make_train_function  # type: ignore[misc]
        is_new = force or before is None
        if is_new and not part(self, FitCallbacks):  # nothing records its fit
            part(self, Batches).recent = None
        if not (is_new and part(self, FitCallbacks)):
            made = make(force=force)
        else:
            batches, runs = part(self, Batches), part(self, Loops).running
            # A callback may train its own model on other batches.
            batches.recent = batches.recent or RecentBatches(lambda: len(runs) == 1)
            with probed(self, batches.recent):
                made = make(force=force)
        if self.train_function is not before:
            compile_state.mark_traced(self)
        return made
