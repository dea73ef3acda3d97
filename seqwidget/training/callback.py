"""A callback to freeze and unfreeze layers while ``fit`` runs, from one epoch to the next."""

from __future__ import annotations

import functools

import keras

from ..editing import fit_guard
from ..editing.events import FlagsPending, send
from ..keras_compat import optimizer_slots
from . import pending_changes
from .recompile import retrace


class TrainableCallback(keras.callbacks.Callback):
    """Apply changes of trainable flags at the next epoch, not only after the end of ``fit``.

    >>> model.fit(x, y, epochs=50, callbacks=[seqwidget.TrainableCallback()])

    These are the changes that are made with `seqwidget.Trainable` during ``fit``. The optimizer
    keeps its slots for the weights that remain trainable, as with `seqwidget.recompile`. A watched
    ``keras.Sequential`` that is shown in a panel does not need this callback.

    Raises
    ------
    CannotRecompileError
        At the start of an epoch, if changes are pending and the optimizer cannot be re-created
        from its config.
    """

    def on_train_begin(self, *_: object, **_logs: object) -> None:
        """Record that changes take effect at each epoch."""
        fit_guard.apply_at_epochs(self.model)

    def on_epoch_begin(self, *_: object, **_logs: object) -> None:
        """Apply the changes that are pending."""
        if pending_changes.pending(self.model):
            pending_changes.apply_pending(self.model)
            retrace(self.model)


class SwitchesByEpoch(TrainableCallback):
    """Applies changes at the next epoch of each ``fit`` of a model that is shown, if that is possible; raises no error.

    Otherwise, the changes wait for the end of ``fit``, and the panel says so.
    """

    def on_train_begin(self, *_: object, **_logs: object) -> None:
        """Record that changes take effect at each epoch, if that is possible."""
        fit_guard.apply_at_epochs(self.model, functools.partial(_can_retrace, self.model))

    def on_epoch_begin(self, *_: object, **_logs: object) -> None:
        """Apply the changes that are pending, or say that they have to wait."""
        flags = pending_changes.pending(self.model)
        if not flags:
            return
        if _can_retrace(self.model):
            super().on_epoch_begin()
        else:  # `compile` was called during ``fit``
            fit_guard.apply_at_epochs(self.model, lambda: False)
            send(FlagsPending(self.model, flags))


def _can_retrace(model: keras.Model) -> bool:
    strategy = getattr(model, "distribute_strategy", None)
    if strategy is not None and strategy.num_replicas_in_sync > 1:  # its variables belong to the strategy
        return False
    try:
        optimizer_slots.unbuilt_copy(model.optimizer)
    except Exception:  # noqa: BLE001  an optimizer may raise anything
        return False
    return True
