"""A callback that lets layers be switched while ``fit`` runs, from one epoch to the next."""

from __future__ import annotations

from typing import Any

import keras

from ..editing import fit_guard
from . import pending_changes
from .recompile import retrace


class TrainableCallback(keras.callbacks.Callback):
    """Let layers that are frozen or unfrozen during ``fit`` be so from the next epoch on, not only after the end.

    >>> model.fit(x, y, epochs=50, callbacks=[seqwidget.TrainableCallback()])

    The optimizer keeps what it has for the weights that go on training, as with `seqwidget.recompile`.
    """

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002, D102  Keras's signature
        fit_guard.let_in_by_epoch(self.model)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002, D102  Keras's signature
        if pending_changes.pending(self.model):
            pending_changes.grant(self.model)
            retrace(self.model)
