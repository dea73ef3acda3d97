"""The events of a model, and the listeners that receive them: one event for each edit."""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

import keras

from ..checks import describe
from ..errors import NotAModelError
from ..model.session import part


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something that happened to a model; see `seqwidget.subscribe`.

    Attributes
    ----------
    model : keras.Model
        The model, as it is after the event.
    """

    model: keras.Model


@dataclass(frozen=True, slots=True, eq=False)
class Edited(Event):
    """The layers, their trainable flags or the step of a model have changed.

    An edit that Ctrl-C has interrupted sends it, too: the model is as before or as after the edit.

    Attributes
    ----------
    model : keras.Model
        The model. ``model.edits`` has its steps.
    """


@dataclass(frozen=True, slots=True, eq=False)
class Refused(Event):
    """An edit has raised an error, and the model is as before.

    Attributes
    ----------
    model : keras.Model
        The model. If the error was diagnosed, ``model.refused`` is the `Diagnosis`.
    error : Exception
        The error.
    """

    error: Exception


@dataclass(frozen=True, slots=True, eq=False)
class FlagsPending(Event):
    """Trainable flags will be set when ``fit`` ends, or at its next epoch.

    Attributes
    ----------
    model : keras.Model
        The model, which is in ``fit``.
    flags : mapping of keras.Layer to bool
        The flags.
    """

    flags: Mapping[keras.Layer, bool] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Compiled(Event):
    """`seqwidget.recompile`, or a panel, has compiled a model again.

    Attributes
    ----------
    model : keras.Model
        The model, which has a new optimizer.
    """


@dataclass(frozen=True, slots=True, eq=False)
class EpochEnded(Event):
    """An epoch of ``fit`` has ended. It is sent in the thread of ``fit``, after the callbacks.

    Not sent if the class of the model has its own ``fit``, or if ``fit`` receives a ``CallbackList``.
    A `seqwidget.TrainingCallback` sends it for any model that is not watched.

    Attributes
    ----------
    model : keras.Model
        The model, which is in ``fit``.
    epoch : int
        The number of the epoch, from 0.
    logs : dict
        The loss and metrics of the epoch, as ``fit`` passes them to callbacks.
    """

    epoch: int
    logs: Mapping[str, float] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class FitProgressed(Event):
    """A ``fit`` that `seqwidget.TrainingCallback` records has made progress, or has ended.

    It is sent in the thread of ``fit``, at most four times a second.

    Attributes
    ----------
    model : keras.Model
        The model. ``seqwidget.runs(model)[-1]`` is the `TrainingRun`.
    """


Listener: TypeAlias = Callable[[Event], object]
T = TypeVar("T")

_logger = logging.getLogger("seqwidget")
_logger.addHandler(logging.NullHandler())  # log nothing in the notebook unless the user asks for it

_edited: contextvars.ContextVar[frozenset[int]] = contextvars.ContextVar("_edited", default=frozenset())
_held: contextvars.ContextVar[dict[int, Event] | None] = contextvars.ContextVar("_held", default=None)


class Listeners(dict[object, Listener]):
    """The part of a model's session that holds its listeners, by subscription."""

    outlives_watching = True


def subscribe(model: keras.Model, listener: Callable[[Event], object]) -> Callable[[], None]:
    """Call a function after every event of a model: edits, refusals, pending flags, recompiling, epochs, progress of ``fit``.

    An error in the function is logged to ``logging.getLogger("seqwidget")``, and not raised.

    Parameters
    ----------
    model : keras.Model
        The model. A ``keras.Sequential`` sends `EpochEnded`, and `Edited` and `Refused` for ``add``
        and ``pop``, only while it is watched: it is a `seqwidget.Sequential`, was passed to
        `seqwidget.watch`, or is shown in a panel. The subscription does not keep the model alive.
    listener : callable
        The function. It receives the event: an `Edited`, `Refused`, `FlagsPending`, `Compiled`,
        `EpochEnded` or `FitProgressed`.

    Returns
    -------
    callable
        Ends the subscription. Calling it again has no effect.

    Raises
    ------
    NotAModelError
        If ``model`` is not a Keras model.

    Examples
    --------
    >>> model = seqwidget.Sequential([keras.Input((4,))])
    >>> unsubscribe = seqwidget.subscribe(model, lambda event: print(type(event).__name__, len(event.model.layers)))
    >>> model.add(layers.Dense(3))
    Edited 1
    >>> unsubscribe()
    >>> model.add(layers.Dense(2))
    """
    if not isinstance(model, keras.Model):
        msg = f"subscribe expected a Keras model, received {describe(model)}; pass the model itself."
        raise NotAModelError(msg)
    listeners, subscription = part(model, Listeners), object()
    listeners[subscription] = listener

    def unsubscribe() -> None:
        listeners.pop(subscription, None)

    return unsubscribe


def send(event: Event) -> None:
    """Send an event to the listeners of its model; inside `holding`, send it when that ends."""
    held = _held.get()
    if held is not None:
        held[id(event.model)] = event
        return
    for listener in list(part(event.model, Listeners).values()):
        try:
            listener(event)
        except Exception:  # a failing listener must never stop the user's cell
            _logger.exception("a listener of model %r failed", getattr(event.model, "name", event.model))


def is_edited(model: keras.Model) -> bool:
    """Return whether the calling code runs inside an edit of ``model``."""
    return id(model) in _edited.get()


def as_one(model: keras.Model, act: Callable[[], T], event: type[Edited | Compiled] = Edited) -> T:
    """Run ``act`` as one edit of ``model``, and send one event: ``event``, or `Refused` if it fails.

    Keras's edits are nested: the constructor calls ``add`` for each layer, and ``add`` calls itself
    for ``input_shape=``. A context variable tells nested calls that an edit is running. Its value
    ends with the call, whereas an interrupt could leave a counter at a wrong value.
    """
    __tracebackhide__ = True
    if is_edited(model):
        return act()
    inside = contextvars.copy_context()
    inside.run(_edited.set, _edited.get() | {id(model)})
    ended: Event = event(model)
    try:
        return inside.run(act)
    except Exception as error:
        ended = Refused(model, error)
        raise
    finally:
        send(ended)


def holding(act: Callable[[], T]) -> T:
    """Run ``act`` and delay all events until its end; only the last event of each model is sent.

    This is for an ``act`` that creates the models it edits, so that they are not known before.
    """
    __tracebackhide__ = True
    held: dict[int, Event] = {}
    inside = contextvars.copy_context()
    inside.run(_held.set, held)
    try:
        return inside.run(act)
    finally:
        for event in held.values():
            send(event)
