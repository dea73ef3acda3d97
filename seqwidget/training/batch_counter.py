"""Count the batches of a run."""

from __future__ import annotations

from collections.abc import Collection

import keras

from ..editing.fit_guard import FitArguments
from ..i18n.messages import Text, message
from ..keras_compat import optimizer_slots
from ..model.session import part


class BatchCounter:
    """The batches of a run, by the numbers that Keras passes to callbacks.

    With ``steps_per_execution``, Keras calls a callback once for several batches. It does not say
    how many batches the last execution of an epoch had. If the data ended, there were fewer; if
    they did not, the epoch may have had more batches than ``steps_per_epoch``. The optimizer counts
    them, too.

    Parameters
    ----------
    model : keras.Model
        The model.
    planned
        The number of batches in an epoch, as ``fit`` tells callbacks; ``None`` if it is not known.

    Attributes
    ----------
    done
        The batches that are known to have ended.
    before_epoch
        The batches before this epoch.
    at_once
        The batches of an execution.
    steps
        The batches in an epoch; ``None`` if that is not known.
    is_dry
        Whether an epoch had fewer batches than planned.
    notes
        A sentence about such an epoch, and one if the number of batches may not be exact.
    """

    def __init__(self, model: keras.Model, planned: int | None) -> None:
        self.done = self.before_epoch = 0
        self._begun = self._ended = -1
        self.at_once: int = getattr(model, "steps_per_execution", 1)
        self.planned = self.steps = planned
        self.is_dry = False
        self.notes: tuple[Text, ...] = ()
        given = part(model, FitArguments).given
        self._is_length_known = bool(given) and planned is not None and given.get("steps_per_epoch") is None
        self._updates: int | None = None

    @property
    def last_execution(self) -> int:
        """The number of batches before the last execution of this epoch, or before its first one if its length is not known.

        It is at least 1.
        """
        return max(1, self.before_epoch + ((self.planned or 1) - 1) // self.at_once * self.at_once)

    def begin_epoch(self, model: keras.Model) -> None:
        """Count the batches of an epoch from here."""
        self.before_epoch, self._begun, self._ended = self.done, -1, -1
        if self.at_once > 1 and not self._is_length_known:
            self._updates = optimizer_slots.updates(model.optimizer)

    def begin(self, batch: int) -> int:
        """Begin a batch or an execution, by the number that Keras passes, and return how many batches have ended."""
        if batch % self.at_once:  # a loop that calls train_on_batch, whatever was compiled
            self.at_once = 1
        self._begun = batch
        return self.before_epoch + batch

    def end(self, before: int, batch: int) -> None:
        """End a batch or an execution, by the batches before its epoch and the number that Keras passes; perhaps late."""
        if before == self.before_epoch:
            self._ended = max(self._ended, batch)

    def is_whole(self, before: int, batch: int) -> bool:
        """Return whether an execution is known to have had all its batches, because it is not the last one of its epoch.

        The beginning of the next execution does not prove this: Keras finds only then that the data
        have ended.
        """
        return self.at_once == 1 or before < self.before_epoch or batch // self.at_once < self._ended // self.at_once

    def last_of(self, before: int, batch: int) -> int:
        """Return the number of the last batch of an execution, counted from 1, if it was whole.

        Parameters
        ----------
        before
            The number of batches before its epoch.
        batch
            The number that Keras passes: of its last batch, or in Keras 3.10 of its first one.
        """
        return before + (batch // self.at_once + 1) * self.at_once

    def end_epoch(self, model: keras.Model, rest: Collection[int], *, is_over: bool) -> None:
        """Count the batches of an epoch that has ended, or that was broken off.

        Parameters
        ----------
        model : keras.Model
            The model.
        rest
            The numbers that Keras passed for the executions that were not known to be whole.
        is_over
            Whether the epoch has ended.
        """
        if rest:
            most = self.last_of(0, max(rest))
            was_left = not is_over and self._begun > self._ended  # an error ended a later execution
            counted = most if was_left or self.at_once == 1 else self._counted(model, most)
            self.done = self.before_epoch + counted
            self.steps = None if self.steps is None else max(self.steps, counted)

    def _counted(self, model: keras.Model, most: int) -> int:
        """Return the number of batches in an epoch, from the number that its executions have at most."""
        if self._is_length_known and self.planned is not None:
            return min(most, self.planned)
        now = optimizer_slots.updates(model.optimizer)
        updates = -1 if now is None or self._updates is None else now - self._updates
        if most - self.at_once < updates <= most:
            return updates
        note = message("the last execution of an epoch is counted as {n} batches, but may have had fewer", n=self.at_once)
        self.notes = (*(one for one in self.notes if one != note), note)
        return most

    def check(self, epoch: int) -> None:
        """Record whether the data of an epoch, counted from 1, have run out."""
        had = self.done - self.before_epoch
        if self.planned is not None and had < self.planned and not self.is_dry:
            note = message(
                "the data ran out in epoch {epoch}: it had {done} of {steps} batches", epoch=epoch, done=had, steps=self.planned
            )
            self.is_dry, self.notes = True, (note, *self.notes)
