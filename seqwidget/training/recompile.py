"""Recompile a model with the same settings, so that its training step follows the trainable flags.

The state of the optimizer is kept as far as possible.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import keras

from ..checks import describe
from ..editing import fit_guard
from ..editing.events import Compiled, as_one
from ..errors import CannotRecompileError
from ..i18n.languages import translate
from ..i18n.messages import Message, message, plural
from ..keras_compat import compile_state, optimizer_slots
from ..printable import line


@dataclass(frozen=True, slots=True)
class RecompilePlan:
    """What `recompile` keeps, loses and adds, each as a list of phrases.

    Plans are returned by `recompile_plan` and `recompile`. Printing one shows all phrases.

    Attributes
    ----------
    kept : tuple of str
        Settings, counts and optimizer slots that are kept.
    lost : tuple of str
        Values and optimizer slots that are lost.
    new : tuple of str
        Optimizer slots that start at zero.
    """

    kept_messages: tuple[Message, ...]
    lost_messages: tuple[Message, ...]
    new_messages: tuple[Message, ...]

    @property
    def kept(self) -> tuple[str, ...]:
        """Settings, counts and optimizer slots that are kept, in English."""
        return tuple(map(str, self.kept_messages))

    @property
    def lost(self) -> tuple[str, ...]:
        """Values and optimizer slots that are lost, in English."""
        return tuple(map(str, self.lost_messages))

    @property
    def new(self) -> tuple[str, ...]:
        """Optimizer slots that start at zero, in English."""
        return tuple(map(str, self.new_messages))

    def __str__(self) -> str:
        parts = (
            (message("kept:"), self.kept_messages),
            (message("lost:"), self.lost_messages),
            (message("new:"), self.new_messages),
        )
        told = [(translate(name), "; ".join(map(translate, phrases))) for name, phrases in parts if phrases]
        width = max((len(name) for name, _ in told), default=0)
        return "\n".join(line(f"{name:{width}} {phrases}") for name, phrases in told)

    __repr__ = __str__


def recompile_plan(model: keras.Model) -> RecompilePlan:
    """Return what `recompile` would keep and lose, without recompiling.

    Parameters
    ----------
    model : keras.Model
        A compiled model.

    Returns
    -------
    RecompilePlan
        The plan. Print it to read it.

    Raises
    ------
    CannotRecompileError
        If ``model`` is not a Keras model, or was never compiled.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    >>> model.compile("sgd", "mse")
    >>> seqwidget.recompile_plan(model).kept[-1]
    'the optimizer as it is: it has not trained yet'
    """
    optimizer = _checked(model).optimizer
    settings = (
        message("loss, metrics and settings of compile; {optimizer}", optimizer=_name(optimizer))
        if optimizer
        else message("the settings of compile")
    )
    kept: list[Message] = [settings]
    lost: list[Message] = [message("values of metrics, which start again at every epoch")]
    new: list[Message] = []
    weights = optimizer_slots.optimizer_weights(optimizer)
    if not optimizer_slots.are_known() and optimizer is not None and optimizer.built:
        return RecompilePlan((*kept, *_progress(optimizer)), (*lost, message("all slots of the optimizer")), ())
    if weights is None:
        return RecompilePlan((*kept, message("the optimizer as it is: it has not trained yet")), tuple(lost), ())
    kept += _progress(optimizer)
    slots = optimizer_slots.slots(optimizer)
    today = {id(weight) for weight in model.trainable_weights}

    def have_slots(some: list[keras.Variable]) -> bool:
        return any(slots.get(id(weight)) for weight in some)

    train = [weight for weight in weights if id(weight) in today]
    frozen = [weight for weight in weights if id(weight) not in today]
    if have_slots(train):
        kept.append(
            plural(
                "optimizer slots of {n} weight that still trains",
                "optimizer slots of {n} weights that still train",
                len(train),
            )
        )
    if have_slots(frozen):
        lost.append(
            plural(
                "optimizer slots of {n} weight that is now frozen",
                "optimizer slots of {n} weights that are now frozen",
                len(frozen),
            )
        )
    fresh = len(today - {id(weight) for weight in weights})
    if fresh and any(slots.values()):
        new.append(
            plural(
                "optimizer slots of {n} weight that now trains, starting at zero",
                "optimizer slots of {n} weights that now train, starting at zero",
                fresh,
            )
        )
    return RecompilePlan(tuple(kept), tuple(lost), tuple(new))


def recompile(model: keras.Model) -> RecompilePlan:
    """Recompile a model with the same settings, so that ``fit`` follows the trainable flags.

    The model gets a new optimizer with the same settings. The step count, the learning rate, the
    loss scale and the slots of the weights that remain trainable are copied to it, so a learning
    rate schedule continues where it was. An optimizer that has not trained yet is kept.

    Parameters
    ----------
    model : keras.Model
        A compiled model that is not in ``fit``.

    Returns
    -------
    RecompilePlan
        What was kept, lost and added. `recompile_plan` returns the same without recompiling.

    Raises
    ------
    CannotRecompileError
        If ``model`` is not a Keras model, was never compiled or is in ``fit``, or if its optimizer
        cannot be re-created from its config.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.zeros((2, 4)), np.zeros((2, 2)), verbose=0)
    >>> model.layers[0].trainable = False
    >>> seqwidget.inspect(model).state
    'stale'
    >>> plan = seqwidget.recompile(model)
    >>> seqwidget.inspect(model).state
    'compiled'
    """
    plan = recompile_plan(model)
    if fit_guard.busy(model):
        raise CannotRecompileError(
            message(
                "recompile expected a model that is not in fit(), received {name!r}, which is; recompile "
                "it when fit has ended.",
                name=model.name,
            )
        )
    arguments = compile_state.compile_arguments(model)
    if not arguments:
        raise CannotRecompileError(
            message(
                "recompile expected a model with known compile settings, received {name!r}; call its compile(...).",
                name=model.name,
            )
        )
    arguments |= {"optimizer": renewed(model), "run_eagerly": model.run_eagerly}
    scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    as_one(model, functools.partial(model.compile, **arguments, auto_scale_loss=scaled), Compiled)
    return plan


def retrace(model: keras.Model) -> None:
    """Rebuild a model's training step for the current flags, between two epochs of ``fit``."""
    model.optimizer = renewed(model)
    model.make_train_function(force=True)


def renewed(model: keras.Model) -> keras.optimizers.Optimizer:
    """Return an optimizer for the current trainable weights, with the state of the old one."""
    old = model.optimizer
    if not getattr(old, "built", False):
        return old
    try:
        new = optimizer_slots.unbuilt_copy(old)
    except Exception as error:
        why = message(
            "recompile expected an optimizer that can be rebuilt from its config, received {optimizer}: {error}",
            optimizer=_name(old),
            error=str(error),
        )
        raise CannotRecompileError(why) from error
    new.build(model.trainable_weights)
    if not optimizer_slots.are_known():
        new.iterations.assign(old.iterations)
        return new
    _copy(optimizer_slots.scalars(old), optimizer_slots.scalars(new))
    before, after = optimizer_slots.slots(old), optimizer_slots.slots(new)
    for key, variables in after.items():
        _copy(before.get(key, {}), variables)
    return new


def _copy(values: dict[str, keras.Variable], variables: dict[str, keras.Variable]) -> None:
    for name, variable in variables.items():
        if name in values:
            variable.assign(values[name])


def _checked(model: keras.Model) -> keras.Model:
    if not isinstance(model, keras.Model):
        raise CannotRecompileError(
            message(
                "recompile expected a compiled model, received {received}; pass the model itself.", received=describe(model)
            )
        )
    if not model.compiled:
        raise CannotRecompileError(
            message(
                "recompile expected a compiled model, received {name!r}, which was never compiled; "
                "call its compile(...) first.",
                name=model.name,
            )
        )
    return model


def _progress(optimizer: keras.optimizers.Optimizer) -> Iterable[Message]:
    steps = int(optimizer.iterations)
    yield plural("{n:,} step counted", "{n:,} steps counted", steps)
    rate = optimizer_slots.learning_rate(optimizer)
    if isinstance(rate, keras.Variable):
        yield message("learning rate {rate:.6g}", rate=float(keras.ops.convert_to_numpy(rate)))
    else:
        yield message("position in the learning rate schedule ({schedule})", schedule=type(rate).__name__)
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        yield message("loss scale {scale:,.0f}", scale=float(keras.ops.convert_to_numpy(optimizer.dynamic_scale)))


def _name(optimizer: keras.optimizers.Optimizer) -> str:
    return type(getattr(optimizer, "inner_optimizer", optimizer)).__name__
