"""Define `Stack`: the facts about a model, with its code and pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..checks import whole_number
from ..errors import UserError
from ..model.connections import edges
from ..model.edges import Edge
from ..model.records import Facts, Json, plain, public_repr
from ..model.training_memory import TrainingMemory
from ..render.text import text
from .exports import Exports


@dataclass(frozen=True, slots=True)
class Stack(Exports):
    """What is known about a model: one `LayerRow` per layer, sums, and the state of the model.

    Attributes
    ----------
    name
        Name of the model.
    rows
        The layers in order. The layers of a nested model follow the row of that model.
    totals
        Sums over the model.
    input_shape
        Shape of the model's input, including the batch axis; ``None`` while it is not known.
    input_dtype
        Dtype of that input.
    built
        Whether every weight exists.
    compiled
        Whether ``compile`` has been called.
    broken
        Whether the model has a layer that does not fit its input.
    stale
        What has changed since ``compile``, and what the next ``fit`` does about it, in one line.
        Empty if the compiled training step does what the model's flags say.
    batch_size
        Number of samples that ``macs`` and ``activation_bytes`` are for.
    notes
        The notes on the stack, including those on its rows.
    unknown
        Why values are missing, by the name of a field of `Stack.totals` or of this record. The
        reason for ``"built"`` is why the model is not built, such as the error that one of its
        layers raised.
    source
        The function that returns the stack's code; see `to_code`.
    training
        The function that estimates memory; see `training_memory`.
    """

    training: Callable[..., TrainingMemory] | None = field(default=None, repr=False, compare=False, metadata={"internal": True})
    __repr__ = public_repr

    def to_code(self) -> str:
        """Return Python code that builds this model.

        The code has only arguments that are not the default, and only names that somebody chose. A
        comment names everything that cannot be imported, such as a lambda or a class defined in a
        notebook.

        Returns
        -------
        str
            A complete script, which ends with ``model = keras.Sequential([...])`` or ``keras.Model(…)``.

        Raises
        ------
        UserError
            If the model runs its own code, or if its layers no longer exist.
        """
        if self.source is None:
            msg = f"to_code expected a stack that inspect made of a model, received a record of {self.name!r}."
            raise UserError(msg)
        return self.source()

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The connections of the layers, with one `Edge` for each tensor that a layer takes from another.

        The edges of a nested model follow those of the model around it. A model that runs code of
        its own has none, because its connections are only known when it runs.

        Examples
        --------
        >>> x = keras.Input((8,))
        >>> model = keras.Model(x, layers.Add()([layers.Dense(8)(x), x]))
        >>> [(edge.source, edge.target) for edge in seqwidget.inspect(model).edges]
        [(None, 0), (0, 1), (None, 1), (1, None)]
        """
        return edges(self.rows, self.graphs)

    def to_dict(self) -> Json:
        """Return the record as JSON data: dicts, lists, strings, numbers, bools and ``None``."""
        return {**Facts.to_dict(self), "edges": plain(self.edges)}

    def training_memory(self, batch_size: int) -> TrainingMemory:
        """Return the memory that one step of training needs, before it runs.

        Parameters
        ----------
        batch_size : int
            The number of samples in a batch.

        Returns
        -------
        TrainingMemory
            Bytes of weights, gradients, optimizer, activations and the backward pass, and their sum.
            The last three are upper estimates. A number that is not known is ``None``, with the
            reason.

        Raises
        ------
        ArgumentError
            If ``batch_size`` is not a whole number of at least 1.
        UserError
            If this is a record that `seqwidget.inspect` did not make.

        Examples
        --------
        >>> model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu")])
        >>> model.compile("adam", "mse")
        >>> memory = seqwidget.inspect(model).training_memory(32)
        >>> memory.weights, memory.gradients, memory.optimizer, memory.activations
        (448, 448, 904, 61440)
        """
        batch_size = whole_number("batch_size", batch_size)
        if self.training is None:
            msg = f"training_memory expected a stack that inspect made of a model, received a record of {self.name!r}."
            raise UserError(msg)
        return self.training(self, batch_size)

    def __str__(self) -> str:
        """Return the table as plain text, independent of the width of the terminal."""
        return text(self)
