"""The user's requests to a running ``fit``: to stop, to pause, or to change the learning rate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

When: TypeAlias = Literal["batch", "epoch"]


@dataclass(slots=True)
class RunControl:
    """The part of a model's session with the requests, which the training thread reads before each batch.

    Attributes
    ----------
    is_observed
        Whether a Training panel is open, so that layers are measured and progress is sent.
    stops_at_not_finite
        Whether a run ends at its first value that is NaN or infinite.
    stop_after
        Whether to stop after the current batch or epoch; ``None`` to continue.
    is_paused
        Whether to wait before the next batch.
    rate
        The learning rate to set before the next batch; ``None`` to leave it.
    probe
        The samples on which units are examined; ``None`` for the first validation batch.
    """

    outlives_watching: ClassVar = True

    is_observed: bool = False
    stops_at_not_finite: bool = False
    stop_after: When | None = None
    is_paused: bool = False
    rate: float | None = None
    probe: object | None = field(default=None, compare=False)  # an array may have no truth value

    def __bool__(self) -> bool:
        """Return whether there is anything to keep."""
        return self != RunControl() or self.probe is not None

    def forget(self) -> None:
        """Drop the requests that belong to one run."""
        self.stop_after, self.is_paused, self.rate = None, False, None

    def end_watching(self) -> None:
        """Stop measuring, because no panel shows runs any more; a paused run continues."""
        self.probe = None
        self.is_observed = self.stops_at_not_finite = self.is_paused = False
