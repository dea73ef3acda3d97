"""Describe what a run trains, and what has changed since the run before."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import keras

from ..i18n.messages import Text, joined, message, plural
from ..keras_compat import compile_state, optimizer_slots
from ..model.layer_kinds import shows_inside
from ..model.training_state import trained_weights
from .switches import paths

_MOST = 3  # names in one sentence


@dataclass(frozen=True, slots=True)
class RunSetup:
    """What a run starts with.

    Attributes
    ----------
    types
        The name of the class of each layer, by path.
    trains
        Whether each layer with weights has any that ``fit`` trains, by path.
    optimizer
        The name of the optimizer's class.
    rate
        The learning rate; ``None`` if the optimizer has a schedule instead.
    loss
        The name of the loss.
    """

    types: Mapping[str, str]
    trains: Mapping[str, bool]
    optimizer: str
    rate: float | None
    loss: str

    @classmethod
    def of(cls, model: keras.Model) -> RunSetup:
        """Read the setup of a compiled model."""
        found = dict(paths(model))
        trained = trained_weights(model)
        return cls(
            types={path: type(layer).__name__ for path, layer in found.items()},
            trains={
                path: any(id(weight) in trained for weight in layer.weights)
                for path, layer in found.items()
                if layer.weights and not shows_inside(layer)
            },
            optimizer=type(getattr(model.optimizer, "inner_optimizer", model.optimizer)).__name__,
            rate=current_rate(model) if has_fixed_rate(model) else None,
            loss=name_of_loss(compile_state.compile_arguments(model).get("loss")),
        )


def name_of_loss(loss: object) -> str:
    """Return the name of a loss as ``compile`` received it; empty for several losses, or none."""
    return loss if isinstance(loss, str) else str(getattr(loss, "name", None) or getattr(loss, "__name__", ""))


def has_fixed_rate(model: keras.Model) -> bool:
    """Return whether the learning rate of a model is a number, which can be changed, and not a schedule."""
    return bool(model.optimizer) and isinstance(optimizer_slots.learning_rate(model.optimizer), keras.Variable)


def current_rate(model: keras.Model) -> float | None:
    """Return the learning rate of the next update; ``None`` without an optimizer, and for a rate that is not finite."""
    rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) if model.optimizer else math.nan
    return rate if math.isfinite(rate) else None


def differences(before: RunSetup, now: RunSetup) -> Iterator[Text]:
    """Yield a short phrase for each difference between the setups of two runs."""
    for sign, ours, theirs in (("+", now.types, before.types), ("−", before.types, now.types)):
        new = {path: kind for path, kind in ours.items() if theirs.get(path) != kind}
        if new:
            yield joined(" ", (sign, _named([f"{path} ({kind})" for path, kind in new.items()])))
    yield from switched(before, now)
    if before.optimizer != now.optimizer:
        yield message("optimizer {before} → {now}", before=before.optimizer, now=now.optimizer)
    if before.rate != now.rate:
        schedule = message("a schedule")
        rates = (schedule if rate is None else f"{rate:.4g}" for rate in (before.rate, now.rate))
        yield message("learning rate {before} → {now}", before=next(rates), now=next(rates))
    if before.loss != now.loss:
        yield message("loss {before} → {now}", before=before.loss, now=now.loss)


def switched(before: RunSetup, now: RunSetup) -> Iterator[Text]:
    """Yield a phrase for the layers that were frozen between two moments, and one for those that were unfrozen."""
    both = [path for path in now.trains if path in before.trains and now.trains[path] != before.trains[path]]
    if frozen := [path for path in both if not now.trains[path]]:
        yield message("froze {layers}", layers=_named(frozen))
    if unfrozen := [path for path in both if now.trains[path]]:
        yield message("unfroze {layers}", layers=_named(unfrozen))


def _named(names: list[str]) -> Text:
    shown = ", ".join(names[:_MOST])
    left = len(names) - _MOST
    return plural("{shown} and {n} more", "{shown} and {n} more", left, shown=shown) if left > 0 else shown
