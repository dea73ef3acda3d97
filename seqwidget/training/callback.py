"""A callback to freeze and unfreeze layers while ``fit`` runs, from one epoch to the next."""

from __future__ import annotations

import keras

from ..editing import fit_guard
from . import pending_changes
from .recompile import retrace


class TrainableCallback(keras.callbacks.Callback):
    """Apply changes of trainable flags at the next epoch, not only after the end of ``fit``.

    >>> model.fit(x, y, epochs=50, callbacks=[seqwidget.TrainableCallback()])

    These are the changes that are made with `seqwidget.Trainable` during ``fit``. The optimizer
    keeps its slots for the weights that remain trainable, as with `seqwidget.recompile`.

    Raises
    ------
    CannotRecompileError
        At the start of an epoch, if changes are pending and the optimizer cannot be re-created
        from its config.
    """

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002, D102  Keras's signature
        fit_guard.let_in_by_epoch(self.model)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002, D102  Keras's signature
        if pending_changes.pending(self.model):
            pending_changes.grant(self.model)
            retrace(self.model)
