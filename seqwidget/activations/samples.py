"""Define `Samples`: samples of all inputs of a model, as arrays that belong together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples of a model, batch first.

    Attributes
    ----------
    arrays
        One array for each input of the model, in the order of its inputs, all of the same number of
        samples.
    names
        The names of the inputs; empty for a model with one input, which needs no name.
    shown
        Which array is shown where there is room for one, such as in a row of thumbnails.
    """

    arrays: tuple[Array, ...]
    names: tuple[str, ...] = ()
    shown: int = 0

    @property
    def array(self) -> Array:
        """The array that is shown."""
        return self.arrays[self.shown]

    @property
    def sizes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of each array, without the batch axis."""
        return tuple(array.shape[1:] for array in self.arrays)

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, some: slice) -> Samples:
        return replace(self, arrays=tuple(array[some] for array in self.arrays))

    def filled(self, missing: int) -> Samples:
        """Return the samples, followed by copies of the last one."""
        if not missing:
            return self
        more = (np.concatenate([array, np.repeat(array[-1:], missing, axis=0)]) for array in self.arrays)
        return replace(self, arrays=tuple(more))
