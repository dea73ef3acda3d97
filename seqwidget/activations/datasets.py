"""Read data sets: iterables of batches, of which only the input is used."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator

import keras

from ..errors import InputError
from ..i18n.messages import message


class Dataset:
    """A data set that can be read from the start at least twice.

    Each reader starts at the first batch. An iterator, such as a generator, can be read only once,
    and is split in two: it can be read twice here, and the batches that only one reader has read
    are kept for the other.

    Parameters
    ----------
    source : iterable
        A ``tf.data.Dataset``, a ``keras.utils.PyDataset`` or another iterable of batches.

    Attributes
    ----------
    source
        The data set itself.
    """

    def __init__(self, source: Iterable[object]) -> None:
        self.source = source
        self._readers = list(itertools.tee(source)) if isinstance(source, Iterator) else None

    @property
    def batches(self) -> int | None:
        """The number of batches; None if it is unknown or infinite."""
        if isinstance(self.source, keras.utils.PyDataset):
            return self.source.num_batches
        with contextlib.suppress(Exception):  # of many types: TensorFlow and PyTorch raise TypeError
            return len(self.source)  # type: ignore[arg-type]
        return None

    def __iter__(self) -> Iterator[object]:
        """Return the inputs of the batches: the first item of a tuple such as ``(x, y)``.

        Raises
        ------
        InputError
            If the data set is an iterator that has been read twice.
        """
        if self._readers == []:
            raise InputError(
                message("this data set can be read only once, and has been read; pass one that can be read again.")
            )
        if self._readers:
            return map(_input, self._readers.pop())
        if isinstance(self.source, keras.utils.PyDataset):
            return map(_input, map(self.source.__getitem__, itertools.count() if self.batches is None else range(self.batches)))
        return map(_input, self.source)


def _input(given: object) -> object:
    return given[0] if isinstance(given, tuple | list) and len(given) else given
